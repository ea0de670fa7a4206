//! `ficus record` through a running proxy: what is recorded is masked, and the parity lab plays it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::{Client, TestProxy, legacy_schema};
use jsonwebtoken::{EncodingKey, Header};
use proxy::provision::Progress;
use proxy::record::{RecordError, RecordPlan, Recorded, record};
use proxy::replay::{Outcome, Plan, Replay, render_text, replay};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::database::{Cluster, Database};
use test_support::eventually::eventually;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::task::JoinHandle;

const TICKETS: &str = "/api/crm/tickets";
const NATIVE: &str = "version: 1\nroutes:\n  - { route: GET /api/crm/tickets, stage: native }\n";
const LEGACY: &str = "version: 1\nroutes:\n  - { route: GET /api/crm/tickets, stage: legacy }\n";
const VARY: &str = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch";

struct Stage {
    legacy: FakeLegacy,
    _database: Database,
    proxy: TestProxy,
    home: TempDir,
}

fn seed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("legacy/seed.sql")
}

/// A legacy app that answers as native does, on the seed of the real one.
async fn stage() -> Stage {
    let legacy = FakeLegacy::start().await;
    let database = Cluster::shared().await.database().await;
    let rows = std::fs::read_to_string(seed()).expect("the seed");
    sqlx::raw_sql(sqlx::AssertSqlSafe(rows))
        .execute(&database.pool)
        .await
        .expect("the rows");
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .flags(NATIVE)
        .spawn()
        .await;
    let list = irene(&proxy).get(TICKETS).await;
    assert_eq!(list.status, 200, "{}", list.text());
    legacy.on(
        "GET",
        TICKETS,
        Answer::json(200, &list.json()).with_header("vary", VARY),
    );
    let refused = json!({ "error": "Invalid credentials" });
    let refused = Answer::json(401, &refused)
        .with_header("vary", VARY)
        .with_header("access-control-allow-origin", "*");
    legacy.on("POST", "/api/auth/login", refused);
    proxy.set_flags(LEGACY);
    proxy
        .until("legacy answers", TICKETS, |answer| {
            answer.header("x-ficus-served-by") == Some("legacy")
        })
        .await;
    Stage {
        legacy,
        _database: database,
        proxy,
        home: TempDir::with_prefix("ficus-record-").expect("a directory"),
    }
}

fn irene(proxy: &TestProxy) -> Client {
    let expires = time::OffsetDateTime::now_utc().unix_timestamp() + 3_600;
    let claims = json!({
        "sub": "cmuserirene0000000000001", "email": "irene@faro.example", "role": "admin",
        "tenantId": "cmtenantfaro000000000001", "exp": expires,
    });
    let key = EncodingKey::from_secret(b"only-for-tests");
    let token = jsonwebtoken::encode(&Header::default(), &claims, &key).expect("a token");
    proxy.client().with_header("authorization", &format!("Bearer {token}"))
}

impl Stage {
    fn out(&self) -> PathBuf {
        self.home.path().join("live.har")
    }

    fn plan(&self, entries: u64) -> RecordPlan {
        RecordPlan {
            out: self.out(),
            admin: self.proxy.admin().to_owned(),
            route: None,
            sample: "100%".to_owned(),
            entries,
            bytes: 1 << 24,
            time: Duration::from_secs(60),
        }
    }

    /// Records beside the test, and returns when the tap is open.
    async fn recording(&self, plan: RecordPlan) -> JoinHandle<Result<Recorded, RecordError>> {
        let running = tokio::spawn(async move { record(&plan, std::future::pending()).await });
        eventually("the recording has begun", async || {
            self.home.path().join("live.har.partial").exists().then_some(())
        })
        .await;
        running
    }

    async fn replayed(&self) -> Replay {
        let schema = self.home.path().join("schema.sql");
        std::fs::write(&schema, legacy_schema()).expect("a file");
        let plan = Plan {
            files: vec![self.out()],
            schema,
            seed: seed(),
            deviations: None,
            area: None,
            only: None,
            compat: false,
            secret: Some("another secret than that of the recording".to_owned()),
            database_url: None,
        };
        replay(&plan, &Progress::silent()).await.expect("a replay")
    }
}

#[tokio::test]
async fn a_recording_of_live_traffic_is_masked_and_can_be_played() {
    let stage = stage().await;
    let running = stage.recording(stage.plan(4)).await;
    let irene = irene(&stage.proxy);
    irene.get(TICKETS).await;
    irene
        .get(&format!("{TICKETS}?status=open&email=irene@faro.example"))
        .await;
    let wrong = json!({ "email": "irene@faro.example", "password": "not-her-password" });
    stage.proxy.client().post("/api/auth/login", &wrong).await;
    stage.proxy.client().get("/somewhere/else").await;
    let recorded = running.await.expect("no panic").expect("a recording");
    assert_eq!((recorded.entries, recorded.dropped, recorded.skipped), (4, 0, 0));
    let text = std::fs::read_to_string(stage.out()).expect("the recording");
    for secret in ["irene@faro.example", "not-her-password", "Bearer ey", "eyJ"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let har: Value = serde_json::from_str(&text).expect("JSON");
    let entries = har["log"]["entries"].as_array().expect("entries");
    assert!(
        entries.iter().all(|entry| entry.get("_db").is_none()),
        "nobody looked at the database"
    );
    let urls: Vec<_> = entries
        .iter()
        .filter_map(|entry| entry["request"]["url"].as_str())
        .collect();
    assert!(
        urls[0].starts_with("http://127.0.0.1:") && urls[0].ends_with(TICKETS),
        "{urls:?}"
    );

    let replay = stage.replayed().await;
    let shown = render_text(&replay);
    let outcomes: Vec<_> = replay.played.iter().map(|one| &one.outcome).collect();
    assert!(matches!(outcomes[0], Outcome::Matched), "{shown}");
    // Legacy's whole list was recorded for a request that asks for less, and its parameter is masked.
    assert!(
        matches!(outcomes[1], Outcome::Masked(parts) if parts.contains("target")),
        "{shown}"
    );
    assert!(matches!(outcomes[2], Outcome::Matched), "{shown}");
    assert!(matches!(outcomes[3], Outcome::NoHandler), "{shown}");
    assert!(replay.reaches(10_000), "what is masked is no mismatch: {shown}");
}

#[tokio::test]
async fn only_what_fits_is_recorded_and_only_once_at_a_time() {
    let stage = stage().await;
    let narrow = RecordPlan {
        route: Some("GET /api/crm/*".to_owned()),
        ..stage.plan(2)
    };
    let running = stage.recording(narrow.clone()).await;
    let second = record(&stage.plan(1), std::future::pending()).await;
    assert!(matches!(second, Err(RecordError::Refused(_))), "{second:?}");
    for _ in 0..2 {
        stage.proxy.client().get("/elsewhere").await;
        irene(&stage.proxy).get(TICKETS).await;
    }
    let recorded = running.await.expect("no panic").expect("a recording");
    assert_eq!(recorded.entries, 2);
    let text = std::fs::read_to_string(stage.out()).expect("the recording");
    assert!(!text.contains("elsewhere"));
    // Two tickets fewer than were asked for, and everything was answered.
    assert!(stage.legacy.requests_to("/elsewhere").len() == 2);
    eventually("the tap is shut, and can be opened again", async || {
        let none = RecordPlan {
            time: Duration::from_millis(1),
            ..narrow.clone()
        };
        record(&none, std::future::pending()).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_proxy_that_drains_ends_the_recording_and_what_there_is_is_whole() {
    let stage = stage().await;
    let running = stage.recording(stage.plan(1_000)).await;
    irene(&stage.proxy).get(TICKETS).await;
    let recorded = r#"ficus_record_total{outcome="recorded"} 1"#;
    eventually(recorded, async || {
        stage.proxy.metrics().await.contains(recorded).then_some(())
    })
    .await;
    let (out, home) = (stage.out(), stage.home);
    drop(stage.proxy);
    assert_eq!(running.await.expect("no panic").expect("a recording").entries, 1);
    let text = std::fs::read_to_string(out).expect("the recording");
    assert!(serde_json::from_str::<Value>(&text).is_ok());
    drop(home);
}
