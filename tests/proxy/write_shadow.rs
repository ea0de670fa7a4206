//! The shadow of a write leaves nothing behind on a real PostgreSQL, however it ends, and legacy's answer is unharmed.

use std::time::Duration;

use handlers::kit::effects::Realtime;
use handlers::kit::{Area, Inbound, Outcome, Reply, Routes, UnitOfWork as _, Work};
use harness::TestProxy;
use http::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;
use test_support::database::{Cluster, Database};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

const PATH: &str = "/api/tests/write";
const FLAGS: &str =
    "version: 1\nroutes:\n  - route: POST /api/tests/write\n    stage: shadow\n    shadow: { budget: 1s }\n";

fn routes() -> Routes {
    Routes::new(Area::Public).write(Method::POST, PATH, write)
}

/// Writes a row, announces an effect, and then does what the request asks for.
async fn write(work: &mut Work, request: &Inbound) -> Outcome {
    sqlx::query(
        "insert into system_config (id, key, value, created_at, updated_at) values ('t', 't', '1', now(), now())",
    )
    .execute(work.db().await?)
    .await?;
    work.announce(Realtime {
        channels: vec!["private-tests".to_owned()],
        event: "written".to_owned(),
        data: json!({}),
    });
    match request.query().get("then").unwrap_or_default() {
        "panic" => panic!("on purpose"),
        "hang" => std::future::pending().await,
        "sleep" => {
            sqlx::query("select pg_sleep(30)").execute(work.db().await?).await?;
        }
        _ => {}
    }
    Ok(Reply::json(StatusCode::OK, &json!({ "ok": true })))
}

/// What the handler answers, with the header that Next.js adds to everything.
fn equal_answer() -> Answer {
    const VARY: &str = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch";
    Answer::json(200, &json!({ "ok": true })).with_header("vary", VARY)
}

struct Stage {
    legacy: FakeLegacy,
    database: Database,
    proxy: TestProxy,
}

async fn stage() -> Stage {
    let legacy = FakeLegacy::start().await;
    legacy.on("POST", PATH, equal_answer());
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(routes)
        .flags(FLAGS)
        .spawn()
        .await;
    Stage {
        legacy,
        database,
        proxy,
    }
}

/// Rows, effects, and backends that are in a transaction.
async fn traces(pool: &PgPool) -> (i64, i64, i64) {
    let sql = "select (select count(*) from system_config where id = 't'), (select count(*) from ficus.outbox),
               (select count(*) from pg_stat_activity where datname = current_database() and xact_start is not null
                  and pid <> pg_backend_pid())";
    sqlx::query_as(sql).fetch_one(pool).await.unwrap()
}

impl Stage {
    async fn asked(&self, then: &str) {
        let path = format!("{PATH}?then={then}");
        let answer = self.proxy.client().post(&path, &json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, r#"{"ok":true}"#));
        assert_eq!(answer.header("x-ficus-served-by"), Some("legacy"));
        assert_eq!(self.legacy.requests().len(), 1);
    }

    async fn counted(&self, outcome: &str) {
        let line = format!(r#"ficus_shadow_total{{route="POST {PATH}",outcome="{outcome}"}} 1"#);
        eventually(&line, async || self.proxy.metrics().await.contains(&line).then_some(())).await;
    }

    async fn quiet(&self) {
        eventually("no trace is left", async || {
            (traces(&self.database.pool).await == (0, 0, 0)).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn an_equal_write_is_a_match_and_leaves_nothing() {
    let stage = stage().await;
    stage.asked("").await;
    stage.counted("match").await;
    stage.quiet().await;
}

#[tokio::test]
async fn a_handler_that_panics_counts_as_a_mismatch_and_leaves_nothing() {
    let stage = stage().await;
    stage.asked("panic").await;
    stage.counted("mismatch").await;
    stage.quiet().await;
}

#[tokio::test]
async fn a_handler_or_a_statement_that_hangs_spends_its_budget_and_leaves_nothing() {
    for then in ["hang", "sleep"] {
        let stage = stage().await;
        stage.asked(then).await;
        stage.counted("not compared: budget spent").await;
        stage.quiet().await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_during_the_dry_run_leaves_nothing() {
    let stage = stage().await;
    let mut client = TcpStream::connect(stage.proxy.address()).await.unwrap();
    let head = format!("POST {PATH}?then=sleep HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{{}}");
    client.write_all(head.as_bytes()).await.unwrap();
    eventually("the dry run is at work", async || {
        (traces(&stage.database.pool).await.2 > 0).then_some(())
    })
    .await;
    drop(client);
    stage.counted("not compared: client gone").await;
    stage.quiet().await;
    assert!(
        stage.legacy.requests().is_empty(),
        "whoever left before legacy was asked asked nothing"
    );
}

#[tokio::test]
async fn a_row_that_somebody_holds_delays_no_one_for_longer_than_the_budget() {
    let stage = stage().await;
    let mut holder = stage.database.pool.begin().await.unwrap();
    sqlx::query("lock table system_config in access exclusive mode")
        .execute(&mut *holder)
        .await
        .unwrap();
    let started = tokio::time::Instant::now();
    stage.asked("").await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    stage.counted("not compared: locked").await;
    holder.rollback().await.unwrap();
    stage.quiet().await;
}
