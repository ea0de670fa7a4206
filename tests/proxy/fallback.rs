//! Native fails in every way that it can, on a real PostgreSQL: legacy answers when nothing has happened, and never otherwise.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use harness::{Answer as Heard, TestProxy};
use http::Method;
use serde_json::json;
use test_support::cutting_proxy;
use test_support::database::{Cluster, Database};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};

use crate::writing::{self, READ, WRITE, rows};

const FLAGS: &str = "version: 1
routes:
  - { route: POST /api/tests/writing, stage: native, timeout: 700ms }
  - { route: GET /api/tests/reading, stage: native }
";

struct Stage {
    legacy: FakeLegacy,
    database: Database,
    proxy: TestProxy,
}

async fn stage(flags: &str, config: &str) -> Stage {
    let database = Cluster::shared().await.database().await;
    let url = database.url.clone();
    stage_on(database, &url, flags, config).await
}

async fn stage_on(database: Database, url: &str, flags: &str, config: &str) -> Stage {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::json(200, &json!({ "by": "legacy" })));
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(url)
        .setting("FICUS_DATABASE_CONNECTIONS", "2")
        .setting("FICUS_DATABASE_WAIT_MS", "100")
        .routes(writing::routes)
        .flags(flags)
        .config(config)
        .spawn()
        .await;
    Stage {
        legacy,
        database,
        proxy,
    }
}

fn fresh_id() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("w{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Stage {
    async fn write(&self, id: &str, then: &str) -> Heard {
        let path = format!("{WRITE}?then={then}");
        self.proxy.client().post(&path, &json!({ "id": id })).await
    }

    /// How often the write of this id was done: natively, and by legacy.
    async fn done(&self, id: &str) -> (i64, usize) {
        let body = json!({ "id": id }).to_string();
        let asked = self.legacy.requests_to(WRITE);
        let by_legacy = asked.iter().filter(|request| request.text() == body).count();
        (rows(&self.database.pool, id).await, by_legacy)
    }

    /// Legacy answers with the same body, native has left nothing, and the answer says why.
    async fn falls_back(&self, then: &str, cause: &str) {
        let id = fresh_id();
        let heard = self.write(&id, then).await;
        assert_eq!(
            (heard.status.as_u16(), heard.json()),
            (200, json!({ "by": "legacy" })),
            "{then}"
        );
        assert_eq!(heard.header("x-ficus-served-by"), Some("legacy"), "{then}");
        assert_eq!(heard.header("x-ficus-reason"), Some("fallback"), "{then}");
        assert_eq!(self.done(&id).await, (0, 1), "{then}");
        self.proxy
            .until_counted(&format!(r#"ficus_fallbacks_total{{cause="{cause}"}} 1"#))
            .await;
    }

    /// The client hears of the failure, and legacy of nothing.
    async fn fails(&self, then: &str, done: (i64, usize), why: &str) {
        let id = fresh_id();
        let heard = self.write(&id, then).await;
        assert!(heard.status.is_server_error(), "{then}: {}", heard.status);
        assert_eq!(self.done(&id).await, done, "{then}");
        self.proxy
            .until_counted(&format!(r#"ficus_fallbacks_refused_total{{why="{why}"}} 1"#))
            .await;
    }
}

#[tokio::test]
async fn a_write_that_fails_before_its_commit_is_answered_by_legacy() {
    let stage = stage(FLAGS, "").await;
    stage.falls_back("panic", "panic").await;
    stage.falls_back("hang", "timeout").await;
    // The database ends the connection in the middle of the transaction.
    stage.falls_back("terminate", "fault").await;
    let id = fresh_id();
    let heard = stage.write(&id, "").await;
    assert_eq!(heard.json(), json!({ "by": "native" }));
    assert_eq!(stage.done(&id).await, (2, 0), "native works again");
}

#[tokio::test]
async fn an_answer_is_no_failure_even_when_it_refuses() {
    let stage = stage(FLAGS, "").await;
    let id = fresh_id();
    let heard = stage.write(&id, "refuse").await;
    assert_eq!(
        (heard.status.as_u16(), heard.header("x-ficus-served-by")),
        (409, Some("native"))
    );
    assert_eq!(stage.done(&id).await, (2, 0));
}

// With threads: the connections through the cutting proxy must be able to end while Ficus is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_outcome_is_unknown_is_never_repeated() {
    let database = Cluster::shared().await.database().await;
    let direct: sqlx::postgres::PgConnectOptions = database.url.parse().unwrap();
    let port = cutting_proxy::start(direct.get_host(), direct.get_port()).await;
    let cut = database
        .url
        .replace(&format!(":{}/", direct.get_port()), &format!(":{port}/"));
    assert_ne!(cut, database.url);
    let stage = stage_on(database, &cut, FLAGS, "").await;
    // The server has committed it, and only the answer was lost: a second side would write it twice.
    stage.fails("", (2, 0), "may_have_happened").await;
}

#[tokio::test]
async fn a_pool_without_a_free_connection_is_answered_by_legacy() {
    let stage = stage(
        "version: 1\nroutes: [{ route: POST /api/tests/writing, stage: native }]\n",
        "",
    )
    .await;
    let mut holder = stage.database.pool.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(7)")
        .execute(&mut *holder)
        .await
        .unwrap();
    let ids = [fresh_id(), fresh_id()];
    let free = async {
        let waiting =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'advisory'";
        eventually("both connections wait for the lock", || async {
            let count: i64 = sqlx::query_scalar(waiting)
                .fetch_one(&stage.database.pool)
                .await
                .unwrap();
            (count == 2).then_some(())
        })
        .await;
        stage.falls_back("", "saturated").await;
        holder.rollback().await.unwrap();
    };
    let (one, two, ()) = tokio::join!(stage.write(&ids[0], "lock"), stage.write(&ids[1], "lock"), free);
    for (heard, id) in [(one, &ids[0]), (two, &ids[1])] {
        assert_eq!(heard.json(), json!({ "by": "native" }));
        assert_eq!(stage.done(id).await, (2, 0));
    }
}

#[tokio::test]
async fn after_a_fallback_the_whole_time_begins_anew() {
    let no_longer_than_native = "version: 1
routes:
  - { route: POST /api/tests/writing, stage: native, timeout: 2s, total_timeout: 2s }
";
    let stage = stage(no_longer_than_native, "").await;
    let (answer, pieces) = Answer::chunked("application/json");
    stage.legacy.on("POST", WRITE, answer);
    let slowly = async {
        stage.legacy.wait_for(WRITE, 1).await;
        for piece in ["{\"by\":", "\"legacy\"}"] {
            pieces.send(piece.into()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        drop(pieces);
    };
    tokio::join!(stage.falls_back("hang", "timeout"), slowly);
}

#[tokio::test]
async fn what_the_route_does_not_name_is_the_answer() {
    let only_timeout = "version: 1
routes:
  - { route: POST /api/tests/writing, stage: native, timeout: 700ms, fallback: [timeout] }
";
    let stage = stage(only_timeout, "").await;
    stage.falls_back("hang", "timeout").await;
    stage.fails("panic", (0, 0), "not_named").await;
}

#[tokio::test]
async fn a_retired_route_never_asks_legacy() {
    let retired = "version: 1
routes:
  - { route: POST /api/tests/writing, stage: retired, timeout: 700ms }
  - { route: GET /api/tests/reading, stage: retired, sample: 100% }
";
    let stage = stage(retired, "").await;
    for then in ["panic", "hang", "fault", "terminate"] {
        let id = fresh_id();
        let heard = stage.write(&id, then).await;
        assert!(heard.status.is_server_error(), "{then}");
        assert_eq!(stage.done(&id).await, (0, 0), "{then}");
    }
    stage
        .proxy
        .until_counted(r#"ficus_fallbacks_refused_total{why="retired"} 4"#)
        .await;
    let heard = stage.proxy.client().get(READ).await;
    assert_eq!(heard.json(), json!({ "by": "native" }));
    assert!(stage.legacy.requests().is_empty());
}

#[tokio::test]
async fn a_body_over_its_cap_reaches_native_whole_and_has_no_fallback() {
    let stage = stage(FLAGS, "fallback:\n  body_bytes: 10").await;
    let id = format!("{}-long", fresh_id());
    let heard = stage.write(&id, "").await;
    assert_eq!(heard.json(), json!({ "by": "native" }));
    assert_eq!(stage.done(&id).await, (2, 0));
    stage.fails("panic", (0, 0), "body_gone").await;
    stage
        .proxy
        .until_counted(r#"ficus_fallback_bodies_skipped_total{why="too_large"} 2"#)
        .await;
}

#[tokio::test]
async fn a_native_side_that_keeps_failing_is_skipped_and_comes_back() {
    let config = "circuit:\n  failures: 3\n  pause: 1s";
    let stage = stage(FLAGS, config).await;
    let client = stage.proxy.client();
    let ask = async |then: &str| client.get(&format!("{READ}?then={then}")).await;
    for _ in 0..3 {
        assert_eq!(ask("fault").await.header("x-ficus-reason"), Some("fallback"));
    }
    let skipped = ask("").await;
    assert_eq!(skipped.header("x-ficus-reason"), Some("circuit"));
    assert_eq!(
        skipped.json(),
        json!({ "by": "legacy" }),
        "native could answer this one, but is not asked"
    );
    let metrics = stage.proxy.metrics().await;
    for line in [
        r#"ficus_circuit_open{route="GET /api/tests/reading"} 1"#,
        r#"ficus_fallbacks_total{cause="circuit"} 1"#,
        r#"ficus_decisions_total{route="GET /api/tests/reading",side="legacy",reason="circuit"} 1"#,
        r#"ficus_decisions_total{route="GET /api/tests/reading",side="legacy",reason="fallback"} 3"#,
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    let id = fresh_id();
    stage.write(&id, "").await;
    assert_eq!(stage.done(&id).await, (2, 0), "other routes are not skipped");
    eventually("a probe closes it", || async {
        (ask("").await.header("x-ficus-served-by") == Some("native")).then_some(())
    })
    .await;
    assert_eq!(ask("").await.header("x-ficus-reason"), Some("stage"));
}

#[tokio::test]
async fn native_handlers_that_are_off_are_no_reason_for_an_error() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let flags = "version: 1\nroutes:\n  - { route: GET /api/health, stage: native }\n  - { route: POST /api/crm/tickets, stage: native, fallback: [panic] }\n";
    let proxy = TestProxy::builder().legacy(&legacy).flags(flags).spawn().await;
    let heard = proxy.client().get("/api/health").await;
    assert_eq!(
        (heard.text(), heard.header("x-ficus-reason")),
        ("legacy", Some("fallback"))
    );
    let heard = proxy.client().send(Method::POST, "/api/crm/tickets", "{}").await;
    assert_eq!(heard.status, 503);
    assert!(legacy.requests_to("/api/crm/tickets").is_empty());
}
