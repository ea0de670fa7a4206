//! What shadowing costs the client: the time of answers with every read shadowed and with none, turn by turn in one run.
//!
//! `cargo bench -p suite --bench shadow_load` (the profile of `ficus` itself: build it first with the profile to be measured, and name
//! it in `FICUS_BINARY`). Legacy is a server in this process that thinks for `BENCH_THINK_MS` (10) and answers `BENCH_BYTES` (4096)
//! of JSON; native is `GET /api/health` on a database of its own. `BENCH_TURNS` (6) turns of `BENCH_SECONDS` (5) each way at `BENCH_RATE` (100)
//! requests a second, sent on time whatever came back before, so that a stall is seen by every request that it delays.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made ends with its reason, and its figures are for people"
)]

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::http::header::{CONTENT_TYPE, VARY};
use axum::response::IntoResponse as _;
use axum::routing::get;
use harness::{Client, FicusProcess};
use tempfile::TempDir;
use test_support::database::Cluster;
use test_support::eventually::eventually;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

const PATH: &str = "/api/health";
const NEXT_VARY: &str = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch";
/// Requests that are not measured, at the beginning of each turn.
const WARM_UP: Duration = Duration::from_millis(500);

/// How the run is made.
struct Run {
    think: Duration,
    turns: u64,
    turn: Duration,
    rate: u64,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(run());
}

async fn run() {
    let run = Run {
        think: Duration::from_millis(number("BENCH_THINK_MS", 10)),
        turns: number("BENCH_TURNS", 6),
        turn: Duration::from_secs(number("BENCH_SECONDS", 5)),
        rate: number("BENCH_RATE", 100),
    };
    let legacy = legacy(run.think, number("BENCH_BYTES", 4_096)).await;
    let database = Cluster::shared().await.database().await;
    let home = TempDir::with_prefix("ficus-bench-").expect("a directory");
    let flags = home.path().join("flags.yaml");
    set(&flags, "legacy");
    let environment = [
        ("DATABASE_URL", database.url.as_str()),
        ("NEST_AUTH_SECRET", "only-for-tests"),
    ];
    let ficus = FicusProcess::start_with(&legacy, Some(&flags), &environment).await;
    let client = Client::of_origin(ficus.origin());
    let (mut none, mut all, mut in_force) = (Vec::new(), Vec::new(), "legacy");
    for turn in 0..run.turns {
        // The order alternates, so that a machine that grows slower or warmer favours neither.
        let order = if turn % 2 == 0 {
            ["legacy", "shadow"]
        } else {
            ["shadow", "legacy"]
        };
        for stage in order {
            if stage != in_force {
                switch(&client, &flags, stage).await;
                in_force = stage;
            }
            let times = run.turn(&client).await;
            if stage == "shadow" {
                all.extend(times)
            } else {
                none.extend(times)
            }
        }
    }
    let (none, all) = (Figures::of(none), Figures::of(all));
    let metrics = Client::of_origin(ficus.admin()).get("/metrics").await;
    println!("none shadowed  {none}\nall shadowed   {all}");
    println!(
        "p99 {:+.1} %, p50 {:+.1} %",
        none.growth(&all, 99),
        none.growth(&all, 50)
    );
    let counted = metrics
        .text()
        .lines()
        .filter(|line| line.starts_with("ficus_shadow_total{"));
    counted.for_each(|line| println!("{line}"));
}

impl Run {
    /// The times of one turn, in microseconds, each from the moment when its request was due.
    async fn turn(&self, client: &Client) -> Vec<u64> {
        let mut due = interval(Duration::from_secs(1) / u32::try_from(self.rate).expect("a rate"));
        due.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (began, mut asked) = (Instant::now(), JoinSet::new());
        while began.elapsed() < self.turn + WARM_UP {
            let at = due.tick().await;
            let (client, counts) = (client.clone(), at.saturating_duration_since(began) > WARM_UP);
            asked.spawn(async move {
                let answer = client.get(PATH).await;
                assert!(answer.status.is_success(), "{}", answer.status);
                counts.then(|| u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX))
            });
        }
        asked.join_all().await.into_iter().flatten().collect()
    }
}

struct Figures(Vec<u64>);

impl Figures {
    fn of(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// In microseconds.
    fn percentile(&self, percent: usize) -> u64 {
        let at = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(at).copied().unwrap_or_default()
    }

    #[expect(clippy::cast_precision_loss, reason = "microseconds of a request fit a double")]
    fn growth(&self, other: &Self, percent: usize) -> f64 {
        (other.percentile(percent) as f64 / self.percentile(percent) as f64 - 1.0) * 100.0
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = |percent| Duration::from_micros(self.percentile(percent));
        write!(
            formatter,
            "{} requests, p50 {:?}, p90 {:?}, p99 {:?}",
            self.0.len(),
            at(50),
            at(90),
            at(99)
        )
    }
}

/// An app that thinks and then answers so much JSON.
async fn legacy(think: Duration, bytes: u64) -> String {
    let filler = "x".repeat(usize::try_from(bytes).expect("a size").saturating_sub(20));
    let body = format!(r#"{{"status":"{filler}"}}"#);
    let answer = move || {
        let body = body.clone();
        async move {
            sleep(think).await;
            ([(CONTENT_TYPE, "application/json"), (VARY, NEXT_VARY)], body).into_response()
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route(PATH, get(answer))).await });
    url
}

fn set(flags: &Path, stage: &str) {
    // Native answers something else on purpose; where it does not count, a comparison ends as nearly all of them do. Without the
    // rule every single one is a mismatch, for which legacy is asked again.
    let compare = match std::env::var("BENCH_MISMATCH") {
        Ok(_) => "",
        Err(_) => ", compare: { ignore: ['$'] }",
    };
    let text = format!("version: 1\nroutes:\n  - {{ route: GET {PATH}, stage: {stage}, sample: 100%{compare} }}\n");
    let draft = flags.with_extension("draft");
    std::fs::write(&draft, text)
        .and_then(|()| std::fs::rename(&draft, flags))
        .expect("flags can be written");
}

/// Puts a stage in force and waits until answers carry another version of the flags.
async fn switch(client: &Client, flags: &Path, stage: &str) {
    let version = |answer: harness::Answer| answer.header("x-ficus-flags").unwrap_or_default().to_owned();
    let before = version(client.get(PATH).await);
    set(flags, stage);
    eventually("the flags are in force", async || {
        (version(client.get(PATH).await) != before).then_some(())
    })
    .await;
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}
