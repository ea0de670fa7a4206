//! What a shadowed write does to others and shows of itself: it gives way, consumes no limit, sees the very bytes that legacy sees,
//! and the rows that it would have written stand beside the answers.

use std::time::Duration;

use handlers::kit::{ApiError, Area, Inbound, Outcome, Reply, Routes, Stop, UnitOfWork as _, Work};
use harness::TestProxy;
use http::{Method, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey};
use proxy::store::Store;
use serde_json::{Value, json};
use test_support::database::{Cluster, Database};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::time::Instant;

const HOLD: &str = "/api/tests/hold";
const WEBHOOK: &str = "/api/tests/webhook";
const LOGIN: &str = "/api/auth/login";
const VARY: &str = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch";
/// What signs the invented webhooks.
const KEY: &[u8] = b"only-for-tests";

fn routes() -> Routes {
    Routes::new(Area::Public)
        .write(Method::POST, HOLD, hold)
        .write(Method::POST, WEBHOOK, webhook)
}

/// Changes a row and keeps it locked until it is ended.
async fn hold(work: &mut Work, _: &Inbound) -> Outcome {
    sqlx::query("update system_config set value = '\"dry\"' where id = 'held'")
        .execute(work.db().await?)
        .await?;
    std::future::pending().await
}

/// Checks the signature over the raw body, and stores what was announced, as payment webhooks do.
async fn webhook(work: &mut Work, request: &Inbound) -> Outcome {
    let given = request.headers.get("X-Signature").and_then(|value| value.to_str().ok());
    if given != Some(&signature(&request.body)) {
        return Err(Stop::from(ApiError::bare(StatusCode::BAD_REQUEST, "Invalid signature")));
    }
    let event: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    sqlx::query(
        "insert into system_config (id, key, value, created_at, updated_at) values ('hook', $1, $2, now(), now())",
    )
    .bind(event["order"].as_str())
    .bind(&event["state"])
    .execute(work.db().await?)
    .await?;
    sqlx::query("update system_config set value = '\"paid\"' where id = 'held'")
        .execute(work.db().await?)
        .await?;
    Ok(Reply::json(StatusCode::OK, &json!({ "received": true })))
}

fn signature(body: &[u8]) -> String {
    jsonwebtoken::crypto::sign(body, &EncodingKey::from_secret(KEY), Algorithm::HS256).expect("a signature")
}

struct Stage {
    legacy: FakeLegacy,
    database: Database,
    proxy: TestProxy,
}

/// A route that is shadowed with this budget.
async fn stage(route: &str, budget: &str) -> Stage {
    let legacy = FakeLegacy::start().await;
    let database = Cluster::shared().await.database().await;
    sqlx::query(
        "insert into system_config (id, key, value, created_at, updated_at) values ('held', 'held', '1', now(), now())",
    )
    .execute(&database.pool)
    .await
    .expect("a row");
    let flags = format!(
        "version: 1\nroutes:\n  - route: POST {route}\n    stage: shadow\n    shadow: {{ budget: {budget}, rate_per_second: 100 }}\n"
    );
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(routes)
        .flags(&flags)
        .spawn()
        .await;
    Stage {
        legacy,
        database,
        proxy,
    }
}

impl Stage {
    async fn counted(&self, route: &str, outcome: &str, times: usize) {
        let line = format!(r#"ficus_shadow_total{{route="POST {route}",outcome="{outcome}"}} {times}"#);
        eventually(&line, async || self.proxy.metrics().await.contains(&line).then_some(())).await;
    }
}

#[tokio::test]
async fn whoever_waits_for_a_row_of_a_dry_run_gets_it_long_before_the_budget_ends() {
    let stage = stage(HOLD, "30s").await;
    stage.legacy.on("POST", HOLD, Answer::json(200, &json!({})));
    let client = stage.proxy.client();
    let asked = tokio::spawn(async move { client.post(HOLD, &json!({})).await });
    let locked = "select exists (select from pg_locks where mode = 'RowExclusiveLock' and granted
                    and relation = 'system_config'::regclass and pid <> pg_backend_pid())";
    eventually("the dry run holds the row", async || {
        let held: bool = sqlx::query_scalar(locked).fetch_one(&stage.database.pool).await.ok()?;
        held.then_some(())
    })
    .await;
    let waited = Instant::now();
    sqlx::query("update system_config set value = '2' where id = 'held'")
        .execute(&stage.database.pool)
        .await
        .expect("the writer gets the row");
    let waited = waited.elapsed();
    // Generous for a busy machine, and a small part of the budget.
    assert!(waited < Duration::from_secs(10), "{waited:?}");
    assert_eq!(asked.await.expect("an answer").status, StatusCode::OK);
    stage.counted(HOLD, "not compared: gave way", 1).await;
    let value: Value = sqlx::query_scalar("select value from system_config where id = 'held'")
        .fetch_one(&stage.database.pool)
        .await
        .expect("the row");
    assert_eq!(value, json!(2));
}

#[tokio::test]
async fn a_webhook_reaches_both_sides_byte_for_byte_and_its_rows_are_shown() {
    let stage = stage(WEBHOOK, "5s").await;
    // Legacy answers something else, so that the exchange is kept as a sample.
    let answer = Answer::json(200, &json!({ "received": "yes" })).with_header("vary", VARY);
    stage.legacy.on("POST", WEBHOOK, answer);
    let body = b"{ \"order\" :\"o-1\",\t\"state\": [1.0, \"caf\xc3\xa9\", \"\\u00e9\"] }\r\n".to_vec();
    let sent = stage
        .proxy
        .client()
        .with_header("content-type", "application/json")
        .with_header("x-signature", &signature(&body))
        .send(Method::POST, &format!("{WEBHOOK}?mode=test"), body.clone())
        .await;
    assert_eq!(sent.json(), json!({ "received": "yes" }));
    let seen = stage.legacy.wait_for(WEBHOOK, 1).await;
    assert_eq!(
        (seen.body.as_slice(), seen.header("x-signature")),
        (body.as_slice(), Some(signature(&body).as_str()))
    );
    stage.counted(WEBHOOK, "mismatch", 1).await;
    let effects = effects(&stage.proxy).await;
    let rows: Vec<&Value> = effects
        .iter()
        .filter(|one| one["kind"] == "row")
        .map(|one| &one["payload"])
        .collect();
    let of = |op: &str| {
        rows.iter()
            .find(|row| row["op"] == op)
            .unwrap_or_else(|| panic!("{op} in {rows:?}"))
    };
    let (insert, update) = (of("insert"), of("update"));
    assert_eq!(
        (&insert["table"], &insert["pk"], &insert["new"]["key"]),
        (&json!("system_config"), &json!("hook"), &json!("o-1"))
    );
    assert_eq!(
        (&update["pk"], &update["changed"]["value"]),
        (&json!("held"), &json!({ "from": 1, "to": "paid" }))
    );
    let left: i64 = sqlx::query_scalar("select count(*) from system_config where id = 'hook'")
        .fetch_one(&stage.database.pool)
        .await
        .expect("a count");
    assert_eq!(left, 0, "the dry run is undone");
}

/// The effects of the first sample, once it is written.
async fn effects(proxy: &TestProxy) -> Vec<Value> {
    let store = Store::open(&proxy.store_url()).await.expect("the store");
    let text = eventually("a sample", async || {
        let group = store.groups(0).await.ok()?.into_iter().next()?;
        let sample = store.samples(&group.group_key).await.ok()?.into_iter().next()?;
        Some(sample.effects)
    })
    .await;
    serde_json::from_str(&text).expect("a list")
}

#[tokio::test]
async fn a_shadowed_log_in_is_never_counted_by_the_throttle() {
    let stage = stage(LOGIN, "10s").await;
    let refused = Answer::json(401, &json!({ "error": "Invalid credentials" }))
        .with_header("vary", VARY)
        .with_header("access-control-allow-origin", "*");
    stage.legacy.on("POST", LOGIN, refused);
    // Ten failures of one address are allowed; the eleventh would be told to wait.
    let attempts = 12;
    for _ in 0..attempts {
        let attempt = json!({ "email": "nobody@acme.example", "password": "wrong" });
        assert_eq!(
            stage.proxy.client().post(LOGIN, &attempt).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    stage.counted(LOGIN, "match", attempts).await;
    let counted: i64 = sqlx::query_scalar("select count(*) from ficus.throttle")
        .fetch_one(&stage.database.pool)
        .await
        .expect("a count");
    assert_eq!(counted, 0);
}

#[tokio::test]
async fn a_route_is_shadowed_no_more_often_than_its_rate() {
    let stage = stage(WEBHOOK, "5s").await;
    stage.legacy.otherwise(Answer::json(200, &json!({})));
    stage.proxy.set_flags(
        "version: 1\nroutes:\n  - route: POST /api/tests/hold\n    stage: shadow\n    shadow: { budget: 1ms, rate_per_second: 1 }\n",
    );
    let limited = format!(r#"ficus_shadow_total{{route="POST {HOLD}",outcome="not compared: rate limit"}}"#);
    eventually("more requests than the rate", async || {
        for _ in 0..5 {
            assert_eq!(stage.proxy.client().post(HOLD, &json!({})).await.status, StatusCode::OK);
        }
        stage.proxy.metrics().await.contains(&limited).then_some(())
    })
    .await;
}
