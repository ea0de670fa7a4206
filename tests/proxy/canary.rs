//! A canary over sockets: who is in is in on every replica, and targets go before the share.

use harness::{Client, TestProxy};
use http::Version;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use test_support::database::{Cluster, Database};
use test_support::legacy::{Answer, FakeLegacy};

use crate::writing;

const FLAGS: &str = "version: 1
routes:
  - route: GET /api/tests/reading
    stage: canary
    sample: 0%
    canary: { share: 50%, subject: [user, \"header:x-client-id\", \"cookie:sid\"] }
    target:
      - { role: super_admin, serve: legacy }
      - { tenant: [acme], serve: native }
";
/// What the tokens of the harness are signed with.
const SECRET: &str = "only-for-tests";

async fn legacy() -> FakeLegacy {
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::text(200, "legacy"));
    legacy
}

async fn replica(legacy: &FakeLegacy, database: &Database) -> TestProxy {
    TestProxy::builder()
        .legacy(legacy)
        .database(&database.url)
        .routes(writing::routes)
        .flags(FLAGS)
        .config("listeners:\n  - { address: 127.0.0.1:0, protocol: h2c }\n")
        .spawn()
        .await
}

/// Who answers a subject over HTTP/2, with its cookies in crumbs as HTTP/2 sends them.
async fn served_over_http2(client: &reqwest::Client, origin: &str, subject: &str) -> (String, String) {
    let request = client
        .get(format!("{origin}{}", writing::READ))
        .header("cookie", "a=1")
        .header("cookie", format!("sid={subject}"));
    let answer = request.send().await.unwrap();
    assert_eq!((answer.version(), answer.status().as_u16()), (Version::HTTP_2, 200));
    let header = |name| {
        let value = answer.headers().get(name);
        value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    };
    (header("x-ficus-served-by"), header("x-ficus-reason"))
}

async fn served(client: &Client) -> (String, String) {
    let answer = client.get(writing::READ).await;
    assert_eq!(answer.status, 200);
    let header = |name| answer.header(name).unwrap_or_default().to_owned();
    (header("x-ficus-served-by"), header("x-ficus-reason"))
}

fn pair(side: &str, reason: &str) -> (String, String) {
    (side.to_owned(), reason.to_owned())
}

fn of_user(client: Client, user: &str, tenant: &str, role: &str, secret: &str) -> Client {
    let claims = json!({"sub": user, "tenantId": tenant, "role": role, "exp": 4_000_000_000_i64});
    let token = encode(
        &Header::default(),
        &claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .unwrap();
    client.with_header("authorization", &format!("Bearer {token}"))
}

/// The side that the published recipe gives to a subject.
fn side_of(subject: &str) -> &'static str {
    if flags::bucket("GET /api/tests/reading", "", subject) < 5_000 {
        "native"
    } else {
        "legacy"
    }
}

#[tokio::test]
async fn a_subject_is_on_the_same_side_on_every_replica_after_a_restart_and_over_http2() {
    let legacy = legacy().await;
    let database = Cluster::shared().await.database().await;
    let (mut native, subjects) = (0, 40);
    let http2 = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    for _ in 0..2 {
        // Two replicas at once, and then two that were started again.
        let replicas = [replica(&legacy, &database).await, replica(&legacy, &database).await];
        for number in 0..subjects {
            let subject = format!("client-{number}");
            let side = side_of(&subject);
            native += usize::from(side == "native");
            for replica in &replicas {
                let by_header = replica.client().with_header("x-client-id", &subject);
                let by_cookie = replica.client().with_header("cookie", &format!("a=1; sid={subject}"));
                let by_user = of_user(replica.client(), &subject, "zeta", "user", SECRET);
                for client in [by_header, by_cookie, by_user] {
                    assert_eq!(served(&client).await, pair(side, "share"), "{subject}");
                }
                let origin = &replica.listeners()[0];
                assert_eq!(
                    served_over_http2(&http2, origin, &subject).await,
                    pair(side, "share"),
                    "{subject}"
                );
            }
        }
    }
    assert!((10..=70).contains(&native), "{native} of 80");
}

#[tokio::test]
async fn without_a_subject_legacy_answers_and_it_is_counted() {
    let legacy = legacy().await;
    let database = Cluster::shared().await.database().await;
    let proxy = replica(&legacy, &database).await;
    assert_eq!(served(&proxy.client()).await, pair("legacy", "no_subject"));
    let line = r#"ficus_decisions_total{route="GET /api/tests/reading",side="legacy",reason="no_subject"} 1"#;
    proxy.until_counted(line).await;
}

#[tokio::test]
async fn targets_believe_a_session_that_is_signed_and_no_other() {
    let legacy = legacy().await;
    let database = Cluster::shared().await.database().await;
    let proxy = replica(&legacy, &database).await;
    let of = |tenant, role, secret| of_user(proxy.client(), "u1", tenant, role, secret);
    assert_eq!(served(&of("acme", "user", SECRET)).await, pair("native", "target"));
    let first = served(&of("acme", "super_admin", SECRET)).await;
    assert_eq!(first, pair("legacy", "target"), "the first target that fits decides");
    assert_eq!(served(&of("zeta", "user", SECRET)).await, pair(side_of("u1"), "share"));
    assert_eq!(
        served(&of("acme", "user", "forged")).await,
        pair("legacy", "no_subject")
    );
}
