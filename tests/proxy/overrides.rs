//! A tester chooses the side with a signed override; nothing of it reaches either side.

use std::time::Duration;

use flags::Side;
use harness::TestProxy;
use proxy::overrides::{Override, OverrideKey};
use test_support::database::{Cluster, Database};
use test_support::legacy::{Answer, FakeLegacy};

use crate::writing;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const FLAGS: &str = "version: 1
routes:
  - { route: GET /api/tests/reading, stage: shadow, sample: 0% }
  - { route: GET /api/health, stage: shadow, sample: 0% }
";

async fn stage(config: &str) -> (FakeLegacy, Database, TestProxy) {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(writing::routes)
        .flags(FLAGS)
        .config(config)
        .spawn()
        .await;
    (legacy, database, proxy)
}

fn token(key: &str, lasts: Duration) -> String {
    let now = proxy::shadow::now_ms() / 1_000;
    let told = Override::new(
        Side::Native,
        vec!["GET /api/tests/reading".to_owned()],
        "ada",
        now,
        lasts,
    );
    OverrideKey::new(key).unwrap().sign(&told).unwrap()
}

#[tokio::test]
async fn a_signed_override_chooses_the_side_on_its_routes() {
    let (legacy, _database, proxy) = stage(&format!("overrides:\n  key: {KEY}")).await;
    let token = token(KEY, Duration::from_secs(60));
    for client in [
        proxy.client().with_header("x-ficus-override", &token),
        proxy
            .client()
            .with_header("cookie", &format!("a=1; ficus-override={token}; b=2")),
    ] {
        let answer = client.get(writing::READ).await;
        assert_eq!(answer.header("x-ficus-served-by"), Some("native"));
        assert_eq!(answer.header("x-ficus-reason"), Some("override"));
        let other = client.get("/api/health").await;
        assert_eq!(other.header("x-ficus-served-by"), Some("legacy"), "it names one route");
    }
    for request in legacy.requests() {
        assert!(!request.raw_head.contains("ficus"), "{}", request.raw_head);
        if let Some(cookie) = request.header("cookie") {
            assert_eq!(cookie, "a=1; b=2");
        }
    }
    assert!(legacy.requests_to(writing::READ).is_empty());
    proxy
        .until_counted(r#"ficus_overrides_total{outcome="honoured"} 2"#)
        .await;
    proxy
        .until_counted(r#"ficus_overrides_total{outcome="other_route"} 2"#)
        .await;
}

#[tokio::test]
async fn what_is_not_signed_or_has_ended_changes_nothing_and_reaches_nobody() {
    let (legacy, _database, proxy) = stage(&format!("overrides:\n  key: {KEY}")).await;
    let foreign = token("another-key-another-key-another-", Duration::from_secs(60));
    let ended = token(KEY, Duration::ZERO);
    for value in ["native", &foreign, &ended] {
        let client = proxy.client().with_header("x-ficus-override", value);
        let client = client.with_header("x-ficus-stage", "native");
        let answer = client.get(writing::READ).await;
        assert_eq!(answer.header("x-ficus-served-by"), Some("legacy"), "{value}");
    }
    assert_eq!(legacy.requests().len(), 3);
    for request in legacy.requests() {
        assert!(!request.raw_head.contains("ficus"), "{}", request.raw_head);
    }
    proxy
        .until_counted(r#"ficus_overrides_total{outcome="forged"} 2"#)
        .await;
    proxy
        .until_counted(r#"ficus_overrides_total{outcome="expired"} 1"#)
        .await;
}

#[tokio::test]
async fn without_a_key_there_are_no_overrides_and_the_kill_switch_beats_them() {
    let (_legacy, _database, proxy) = stage("").await;
    let token = token(KEY, Duration::from_secs(60));
    let client = proxy.client().with_header("x-ficus-override", &token);
    assert_eq!(client.get(writing::READ).await.text(), "legacy");
    proxy.until_counted(r#"ficus_overrides_total{outcome="off"} 1"#).await;

    let (_legacy, _database, proxy) = stage(&format!("overrides:\n  key: {KEY}")).await;
    std::fs::write(proxy.kill_file(), "").unwrap();
    proxy.until_counted("ficus_flags_killed 1").await;
    let client = proxy.client().with_header("x-ficus-override", &token);
    let answer = client.get(writing::READ).await;
    assert_eq!(answer.header("x-ficus-reason"), Some("killed"));
}

#[tokio::test]
async fn the_command_line_makes_one() {
    let (_legacy, _database, proxy) = stage(&format!("overrides:\n  key: {KEY}")).await;
    let made = |arguments: &[&str]| {
        let mut command = std::process::Command::new(harness::ficus());
        command.args(["override", "--serve", "native"]).args(arguments);
        command.env("FICUS_OVERRIDE_KEY", KEY).env_remove("FICUS_CONFIG");
        command.output().unwrap()
    };
    let output = made(&["--route", "GET /api/tests/reading", "--for", "1h", "--who", "ada"]);
    assert_eq!(output.status.code(), Some(0));
    let token = String::from_utf8(output.stdout).unwrap();
    let client = proxy.client().with_header("x-ficus-override", token.trim());
    let answer = client.get(writing::READ).await;
    assert_eq!(answer.header("x-ficus-reason"), Some("override"));
    for wrong in [&["--route", "/api/x"][..], &[], &["--route", "crm", "--for", "900h"]] {
        assert_eq!(made(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
