//! The access log and what answers say of themselves.

use harness::TestProxy;
use serde_json::Value;
use test_support::legacy::{Answer, FakeLegacy};

#[tokio::test]
async fn every_request_is_one_line_of_json_without_its_secrets() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let config = format!("access_log: true\naccess_log_file: {}", file.display());
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .config(&config)
        .flags("version: 1\nroutes:\n  - route: GET /api/health\n    stage: legacy\n")
        .spawn()
        .await;
    let client = proxy.client().with_header("authorization", "Bearer s3cret");
    client.get("/api/health?token=s3cret").await;
    client.send(http::Method::POST, "/a\u{fc}b", "s3cret body").await;
    client.get("/a//b").await;
    client.get("/%00").await;
    drop(client);
    drop(proxy);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("s3cret"), "{text}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |path: &str| lines.iter().find(|line| line["path"] == path).unwrap();
    let health = of("/api/health");
    assert_eq!(
        (&health["route"], &health["side"]),
        (&"GET /api/health".into(), &"legacy".into())
    );
    assert_eq!(
        (&health["response_bytes"], &health["complete"]),
        (&6.into(), &true.into())
    );
    assert!(health["time"].as_str().unwrap().ends_with('Z') && health["total_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(of("/a%C3%BCb")["request_bytes"], 11);
    let statuses: Vec<_> = lines.iter().map(|line| line["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 308, 400]);
}

#[tokio::test]
async fn answers_say_what_the_configuration_lets_them() {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy").with_header("Server-Timing", "app;dur=1"));
    for (config, ours) in [
        ("server_timing: true\nanswer_headers: true", true),
        ("server_timing: false\nanswer_headers: false", false),
    ] {
        let proxy = TestProxy::builder().legacy(&legacy).config(config).spawn().await;
        let answer = proxy.client().get("/a").await;
        let timings: Vec<_> = answer.headers.get_all("server-timing").iter().collect();
        assert_eq!(timings[0], "app;dur=1");
        let own = timings.get(1).is_some_and(|own| {
            let own = own.to_str().unwrap();
            own.starts_with("ficus;dur=") && own.ends_with(";desc=\"legacy\"")
        });
        assert_eq!(own, ours);
        for name in ["x-ficus-served-by", "x-ficus-reason", "x-ficus-flags"] {
            assert_eq!(answer.headers.contains_key(name), ours, "{name}");
        }
    }
}
