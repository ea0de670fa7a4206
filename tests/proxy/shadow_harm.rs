//! Whatever the native side does in a shadow, the client gets legacy's answer and the process keeps its memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use handlers::kit::{Area, Inbound, Outcome, Reader, Reply, Routes};
use harness::TestProxy;
use http::{Method, StatusCode};
use serde_json::json;
use test_support::database::{Cluster, Database};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};

const HANG: &str = "/api/tests/hang";
const STUCK: &str = "/api/tests/stuck";
const HUGE: &str = "/api/tests/huge";
const SMALL: &str = "/api/tests/small";
const GIBIBYTE: usize = 1 << 30;
/// How long a handler keeps its thread.
const STUCK_FOR: Duration = Duration::from_millis(1_500);

static STUCK_IS_OVER: AtomicBool = AtomicBool::new(false);

fn routes() -> Routes {
    Routes::new(Area::Public)
        .read(Method::GET, HANG, hang)
        .read(Method::GET, STUCK, stuck)
        .read(Method::GET, HUGE, huge)
        .read(Method::GET, SMALL, small)
}

async fn hang(_: &mut Reader, _: &Inbound) -> Outcome {
    std::future::pending().await
}

/// Never gives its thread back while it works.
async fn stuck(_: &mut Reader, _: &Inbound) -> Outcome {
    std::thread::sleep(STUCK_FOR);
    STUCK_IS_OVER.store(true, Ordering::SeqCst);
    small_answer()
}

async fn huge(_: &mut Reader, _: &Inbound) -> Outcome {
    Ok(Reply::whole(StatusCode::OK, vec![0; GIBIBYTE].into()))
}

async fn small(_: &mut Reader, _: &Inbound) -> Outcome {
    small_answer()
}

fn small_answer() -> Outcome {
    Ok(Reply::json(StatusCode::OK, &json!({ "ok": true })))
}

struct Stage {
    legacy: FakeLegacy,
    proxy: TestProxy,
    _database: Database,
}

async fn stage() -> Stage {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::json(200, &json!({ "ok": true })));
    let database = Cluster::shared().await.database().await;
    let routes_of_flags = [HANG, STUCK, HUGE, SMALL]
        .map(|path| format!("  - {{ route: GET {path}, stage: shadow }}\n"))
        .concat();
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(routes)
        .flags(&format!(
            "version: 1\ndefaults:\n  shadow: {{ budget: 200ms }}\nroutes:\n{routes_of_flags}"
        ))
        .spawn()
        .await;
    Stage {
        legacy,
        proxy,
        _database: database,
    }
}

impl Stage {
    /// How often requests of a route ended so; `outcome` may be the beginning of several.
    async fn counted(&self, path: &str, outcome: &str) -> usize {
        let start = format!(r#"ficus_shadow_total{{route="GET {path}",outcome="{outcome}"#);
        let metrics = self.proxy.metrics().await;
        let lines = metrics.lines().filter(|line| line.starts_with(&start));
        lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok())
            .sum()
    }

    async fn counts(&self, path: &str, outcome: &str, times: usize) {
        eventually(outcome, async || {
            (self.counted(path, outcome).await == times).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn handlers_that_hang_delay_nobody_and_are_counted() {
    let stage = stage().await;
    let clients: Vec<_> = (0..40).map(|_| stage.proxy.client()).collect();
    let answers = futures_util::future::join_all(clients.iter().map(|client| client.get(HANG))).await;
    assert!(answers.iter().all(|answer| answer.text() == r#"{"ok":true}"#));
    stage.counts(HANG, "not compared: ", 40).await;
    assert!(stage.counted(HANG, "not compared: budget spent").await > 0);
    assert_eq!(stage.proxy.client().get(SMALL).await.status, StatusCode::OK);
    eventually("others are compared again", async || {
        stage.proxy.client().get(SMALL).await;
        // Their answers differ in a header that legacy adds; that they are compared is the point.
        (stage.counted(SMALL, "mi").await > 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_keeps_its_thread_does_not_keep_the_client() {
    let stage = stage().await;
    let answer = stage.proxy.client().get(STUCK).await;
    assert_eq!(answer.text(), r#"{"ok":true}"#);
    let elsewhere = stage.proxy.client().get("/elsewhere").await;
    assert_eq!(elsewhere.status, StatusCode::OK);
    assert!(
        !STUCK_IS_OVER.load(Ordering::SeqCst),
        "the answers came while the handler was still stuck"
    );
}

#[tokio::test]
async fn answers_of_a_gibibyte_are_not_held() {
    let stage = stage().await;
    let before = peak_resident_bytes();
    for _ in 0..4 {
        assert_eq!(stage.proxy.client().get(HUGE).await.text(), r#"{"ok":true}"#);
    }
    stage.counts(HUGE, "not compared: body too large", 4).await;
    stage.legacy.on("GET", SMALL, Answer::Zeros(64 << 20));
    assert_eq!(stage.proxy.client().get(SMALL).await.body.len(), 64 << 20);
    stage.counts(SMALL, "not compared: body too large", 1).await;
    // The client of the test holds 64 MiB; other tests of this process run beside.
    let grown = peak_resident_bytes().saturating_sub(before);
    assert!(grown < GIBIBYTE as u64 / 2, "{grown} bytes more than before");
}

/// The most memory that this process has ever had resident; the kernel keeps that mark.
fn peak_resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel describes the process");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("a high-water mark");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}
