//! How fast signing in is beside the legacy app, in one run: throughput, latency and processor time per request.
//!
//! `cargo test --release -p suite --test proxy sign_in_speed -- --ignored --nocapture` prints a table; `FICUS_BINARY` names a binary that is built already.
//! Both sides work on one PostgreSQL, whose time is not counted, as is that of this generator.

#![expect(clippy::print_stdout, reason = "a measurement is for reading")]

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::{Client, FicusProcess};
use http::{Method, StatusCode};
use proxy::provision::Progress;
use proxy::provision::legacy::LegacyApp;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::people::{self, PEOPLE};

const AT_ONCE: usize = 16;
/// How many requests come before the measured ones.
const WARM_UP: usize = 200;
/// The ticks of `/proc/PID/stat` in a second, which Linux fixes for programs.
const TICKS: f64 = 100.0;

const FLAGS: &str = "version: 1
routes:
  - { route: POST /api/chat/otp/session, stage: native }
  - { route: GET /api/chat/otp/profile, stage: native }
  - { route: POST /api/chat/otp/verify, stage: native }
  - { route: POST /api/auth/login, stage: native }
  - { route: GET /api/v1/auth/me, stage: native }
";

/// One request.
struct Shot {
    method: Method,
    path: String,
    body: Value,
    token: Option<String>,
}

/// What one side did under one load.
struct Measured {
    rate: f64,
    median: Duration,
    worst: Duration,
    /// Milliseconds of processor time per request.
    cost: f64,
}

/// Seconds of processor time that every process with this variable in its environment has used, by the name of the program.
fn processor_time(program: &str, variable: &str) -> f64 {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let used = |home: &Path| -> Option<f64> {
        let environment = std::fs::read(home.join("environ")).ok()?;
        let named = environment
            .split(|byte| *byte == 0)
            .any(|one| one == variable.as_bytes());
        let stat = std::fs::read_to_string(home.join("stat")).ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        // Not by the name that it shows: servers rename themselves.
        let executable = std::fs::read_link(home.join("exe")).ok()?;
        (named && executable.file_name()? == program).then_some(())?;
        let ticks = fields
            .split(' ')
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<f64>().ok());
        Some(ticks.sum::<f64>() / TICKS)
    };
    processes.filter_map(|process| used(&process.path())).sum()
}

async fn shoot(client: &Client, shots: Vec<Shot>, wanted: StatusCode) -> Vec<Duration> {
    let shots = Arc::new(Mutex::new(VecDeque::from(shots)));
    let gunners = (0..AT_ONCE).map(|_| {
        let (client, shots) = (client.clone(), Arc::clone(&shots));
        tokio::spawn(async move {
            let mut took = Vec::new();
            loop {
                let Some(shot) = shots.lock().await.pop_front() else {
                    return took;
                };
                let mut client = client.clone().with_header("content-type", "application/json");
                if let Some(token) = &shot.token {
                    client = client.with_header("authorization", &format!("Bearer {token}"));
                }
                let body = if shot.body.is_null() {
                    String::new()
                } else {
                    shot.body.to_string()
                };
                let began = Instant::now();
                let answer = client.send(shot.method, &shot.path, body).await;
                took.push(began.elapsed());
                assert_eq!(answer.status, wanted, "{}: {}", shot.path, answer.text());
            }
        })
    });
    let mut all = Vec::new();
    for gunner in gunners.collect::<Vec<_>>() {
        all.extend(gunner.await.unwrap());
    }
    all.sort_unstable();
    all
}

async fn measure(client: &Client, count: usize, make: impl Fn(usize) -> Shot, time: impl Fn() -> f64) -> Measured {
    let warm = WARM_UP.min(count / 4);
    shoot(client, (0..warm).map(&make).collect(), StatusCode::OK).await;
    let (before, began) = (time(), Instant::now());
    let took = shoot(client, (warm..count).map(&make).collect(), StatusCode::OK).await;
    let (seconds, used) = (began.elapsed().as_secs_f64(), time() - before);
    #[expect(clippy::cast_precision_loss, reason = "some thousand requests")]
    let requests = took.len() as f64;
    Measured {
        rate: requests / seconds,
        median: took[took.len() / 2],
        worst: took[took.len() * 99 / 100],
        cost: used * 1_000.0 / requests,
    }
}

fn get(path: &str, token: String) -> Shot {
    Shot {
        method: Method::GET,
        path: path.to_owned(),
        body: Value::Null,
        token: Some(token),
    }
}

fn post(path: &str, body: Value) -> Shot {
    Shot {
        method: Method::POST,
        path: path.to_owned(),
        body,
        token: None,
    }
}

fn line(what: &str, side: &str, measured: &Measured) {
    println!(
        "| {what} | {side} | {:.0} | {:.1} | {:.1} | {:.3} |",
        measured.rate,
        measured.median.as_secs_f64() * 1_000.0,
        measured.worst.as_secs_f64() * 1_000.0,
        measured.cost,
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; run it alone, with --release"]
async fn signing_in_beside_legacy() {
    let database = people::database().await;
    let app = LegacyApp::start(people::settings(&database), &Progress::silent())
        .await
        .unwrap();
    let home = tempfile::TempDir::new().unwrap();
    let flags = home.path().join("flags.yaml");
    std::fs::write(&flags, FLAGS).unwrap();
    let environment = people::environment(&database);
    let ficus = FicusProcess::start_with(&app.url(), Some(&flags), &environment).await;
    let variable = format!("DATABASE_URL={}", database.url);
    let sides = [
        ("legacy", Client::of_origin(&app.url()), "node"),
        ("Ficus", Client::of_origin(ficus.origin()), "ficus"),
    ];
    let signed = sides[1].1.post("/api/auth/login", &people::credentials(0)).await.json();
    let admin = signed["token"].as_str().unwrap().to_owned();
    let token = |person: usize| format!("token{}", person % PEOPLE);

    println!("| what | who | requests/s | median ms | p99 ms | CPU ms/request |\n|---|---|---|---|---|---|");
    for (side, (name, client, program)) in sides.iter().enumerate() {
        let time = || processor_time(program, &variable);
        let run = async |what: &str, count: usize, make: &(dyn Fn(usize) -> Shot + Sync)| {
            line(what, name, &measure(client, count, make, time).await);
        };
        run("who am I (`GET /api/v1/auth/me`)", 4_000, &|_| {
            get("/api/v1/auth/me", admin.clone())
        })
        .await;
        run("profile (`GET /api/chat/otp/profile`)", 4_000, &|n| {
            get("/api/chat/otp/profile", token(n))
        })
        .await;
        run("session validation (`POST /api/chat/otp/session`)", 4_000, &|n| {
            post("/api/chat/otp/session", json!({ "token": token(n), "extend": false }))
        })
        .await;
        run("login (`POST /api/auth/login`)", 400, &|n| {
            post("/api/auth/login", people::credentials(n))
        })
        .await;
        run("verify (`POST /api/chat/otp/verify`)", 400, &|n| {
            let id = format!("code{}", n + side * 1_000);
            post(
                "/api/chat/otp/verify",
                json!({ "verificationId": id, "code": "legacy-demo-1" }),
            )
        })
        .await;
    }
    app.stop().await;
}
