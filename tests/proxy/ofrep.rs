//! Flags for the front-end: the stock OpenFeature SDK says of every client what the proxy does with it.

use harness::{Client, TestProxy};
use http::Method;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use test_support::database::{Cluster, Database};
use test_support::legacy::{Answer, FakeLegacy};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::ChildStdout;

use crate::writing;

const ROUTE: &str = "GET /api/tests/reading";
const PATH: &str = "/ofrep/v1/evaluate/flags";
const ENABLED: &str = "ofrep: { enabled: true, per_second: 1000000 }";

fn flags(stage: &str) -> String {
    format!(
        "version: 1
groups: {{ front: {{ stage: {stage}, canary: {{ share: 50%, subject: [user, 'header:x-client-id'] }} }} }}
routes:
  - route: GET /api/tests/reading
    group: front
    sample: 0%
  - {{ route: POST /api/tests/writing, stage: legacy }}
"
    )
}

struct Stage {
    legacy: FakeLegacy,
    proxy: TestProxy,
    database: Database,
}

async fn stage(config: &str) -> Stage {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    let database = Cluster::shared().await.database().await;
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&database.url)
        .routes(writing::routes)
        .flags(&flags("canary"))
        .config(config)
        .spawn()
        .await;
    Stage {
        legacy,
        proxy,
        database,
    }
}

fn token(user: &str) -> String {
    let claims = json!({"sub": user, "tenantId": "acme", "role": "user", "exp": 4_000_000_000_i64});
    let key = EncodingKey::from_secret(b"only-for-tests");
    encode(&Header::default(), &claims, &key).unwrap()
}

fn subjects() -> Vec<Value> {
    let subjects = (0..200).map(|number| match number % 4 {
        // Somebody who is signed in is drawn by that, whatever the key says.
        0 => json!({ "key": format!("client-{number}"), "token": token(&format!("user-{number}")) }),
        _ => json!({ "key": format!("client-{number}") }),
    });
    subjects.collect()
}

/// A request of this subject, as its browser would send it: the side that answers.
async fn served(proxy: &TestProxy, subject: &Value) -> String {
    let mut client = proxy
        .client()
        .with_header("x-client-id", subject["key"].as_str().unwrap());
    if let Some(token) = subject["token"].as_str() {
        client = client.with_header("authorization", &format!("Bearer {token}"));
    }
    let answer = client.get(writing::READ).await;
    assert_eq!(answer.status, 200);
    answer.header("x-ficus-served-by").unwrap().to_owned()
}

async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    let line = lines.next_line().await.unwrap().expect("the script goes on");
    serde_json::from_str(&line).unwrap()
}

#[tokio::test]
async fn the_stock_sdk_says_of_every_client_what_the_proxy_does() {
    let Stage {
        legacy,
        proxy,
        database: _kept,
    } = stage(ENABLED).await;
    let subjects = subjects();
    let asked = legacy.requests().len();
    let input = json!({ "origin": proxy.origin(), "route": ROUTE, "subjects": subjects });
    let mut script = harness::node::start("ofrep.mjs", &input.to_string()).await;
    let mut lines = BufReader::new(script.stdout.take().unwrap()).lines();
    let first = next(&mut lines).await;
    assert_eq!(first["without"]["value"], "nothing", "{first}");
    assert_eq!(first["without"]["errorCode"], "TARGETING_KEY_MISSING", "{first}");
    assert_eq!(first["unknown"]["errorCode"], "FLAG_NOT_FOUND", "{first}");
    let told = next(&mut lines).await;
    assert_eq!(legacy.requests().len(), asked, "nobody is asked for a flag");
    let told = told.as_array().unwrap();
    assert_eq!(told.len(), subjects.len());
    let mut native = 0;
    for (subject, told) in subjects.iter().zip(told) {
        let side = served(&proxy, subject).await;
        native += usize::from(side == "native");
        assert_eq!(
            (told["value"].as_str(), told["variant"].as_str()),
            (Some(&*side), Some(&*side)),
            "{subject}"
        );
        assert_eq!(told["reason"], "SPLIT");
        assert_eq!(told["flagMetadata"]["group"], "front");
    }
    assert!((60..=140).contains(&native), "{native} of 200");
    assert_eq!(next(&mut lines).await, "ready");
    // The first one's side after the change is the other one.
    let before = told[0]["value"].as_str().unwrap();
    let (stage, after) = if before == "native" {
        ("shadow", "legacy")
    } else {
        ("native", "native")
    };
    proxy.set_flags(&flags(stage));
    let changed = next(&mut lines).await;
    assert_eq!(changed["flagsChanged"], json!([ROUTE]), "{changed}");
    assert_eq!(
        (changed["now"]["value"].as_str(), changed["now"]["reason"].as_str()),
        (Some(after), Some("STATIC"))
    );
    assert_eq!(served(&proxy, &subjects[0]).await, after);
    assert!(script.wait().await.unwrap().success());
    polled_with_the_tag(&proxy).await;
}

async fn polled_with_the_tag(proxy: &TestProxy) {
    let metrics = proxy.metrics().await;
    let polled = metrics
        .lines()
        .find_map(|line| line.strip_prefix("ficus_ofrep_requests_total{outcome=\"not_modified\"} "));
    assert!(
        polled.is_some_and(|count| count.parse::<u64>().unwrap() > 0),
        "the SDK polls with the tag that it has"
    );
    assert!(
        !metrics.contains("ficus_requests_total{route=\"unmatched\""),
        "{metrics}"
    );
}

async fn ask(client: &Client, path: &str, body: &str) -> (u16, Value) {
    let answer = client.try_send(Method::POST, path, body.to_owned()).await.unwrap();
    let value = serde_json::from_str(answer.text()).unwrap_or(Value::Null);
    (answer.status.as_u16(), value)
}

#[tokio::test]
async fn one_flag_is_asked_for_by_its_route_and_mistakes_are_named() {
    let Stage {
        legacy,
        proxy,
        database: _kept,
    } = stage(ENABLED).await;
    let client = proxy.client();
    let one = format!("{PATH}/GET%20%2Fapi%2Ftests%2Freading");
    let (status, told) = ask(&client, &one, r#"{"context":{"targetingKey":"client-1"}}"#).await;
    let side = served(&proxy, &json!({ "key": "client-1" })).await;
    let expected = json!({
        "key": ROUTE, "value": side, "variant": side, "reason": "SPLIT",
        "metadata": { "stage": "canary", "why": "share", "group": "front" },
    });
    assert_eq!((status, told), (200, expected));
    for (path, body, status, code) in [
        (one.as_str(), "{}", 400, "TARGETING_KEY_MISSING"),
        (&one, "{", 400, "PARSE_ERROR"),
        (&one, r#"{"context":{"targetingKey":1}}"#, 400, "INVALID_CONTEXT"),
        (PATH, "nonsense", 400, "PARSE_ERROR"),
        (&format!("{PATH}/GET%20%2Fapi%2Fpages"), "{}", 404, "FLAG_NOT_FOUND"),
        (PATH, &format!("\"{}\"", "x".repeat(70_000)), 400, "PARSE_ERROR"),
    ] {
        let (found, told) = ask(&client, path, body).await;
        assert_eq!((found, told["errorCode"].as_str()), (status, Some(code)), "{path}");
        assert_eq!(told["key"].is_string(), path != PATH, "{told}");
    }
    let refused = client.get(PATH).await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, Some("POST")));
    std::fs::write(proxy.kill_file(), "front\n").unwrap();
    proxy.until_counted("ficus_flags_killed_names 1").await;
    let (_, killed) = ask(&client, &one, "{}").await;
    assert_eq!(
        (killed["value"].as_str(), killed["reason"].as_str()),
        (Some("legacy"), Some("DISABLED"))
    );
    assert_eq!(
        legacy
            .requests()
            .iter()
            .filter(|request| request.path().starts_with("/ofrep"))
            .count(),
        0
    );
}

#[tokio::test]
async fn who_is_told_what_and_how_often_is_configured() {
    let off = stage("").await;
    let answer = off.proxy.client().try_send(Method::POST, PATH, "{}").await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (200, "legacy"),
        "off, the path is one like any other"
    );
    let strict =
        stage("cores: 1\nofrep: { enabled: true, signed_in_only: true, groups: [front], per_second: 3 }").await;
    let client = strict.proxy.client();
    assert_eq!(ask(&client, PATH, "{}").await.0, 401);
    let signed_in = client.with_header("authorization", &format!("Bearer {}", token("u1")));
    let (status, told) = ask(&signed_in, PATH, "{}").await;
    assert_eq!(status, 200);
    let keys: Vec<&str> = told["flags"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|flag| flag["key"].as_str())
        .collect();
    assert_eq!(keys, [ROUTE], "the other route is in no group that is told of");
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(signed_in.try_send(Method::POST, PATH, "{}").await.unwrap());
    }
    let refused = statuses
        .iter()
        .find(|answer| answer.status == 429)
        .expect("three a second are few");
    assert_eq!(refused.header("retry-after"), Some("1"));
}
