//! Nobody is logged out by a flip, in either direction: the legacy app and the native handlers side by side on one database, with
//! one secret, and what each of them hands out is used at the other.

use harness::{Answer, Client, LabsMobile, TestProxy};
use http::{Method, StatusCode};
use proxy::provision::Progress;
use proxy::provision::legacy::{LegacyApp, Settings, seed};
use serde_json::{Value, json};
use test_support::database::{Cluster, Database};

const REQUEST: &str = "/api/chat/otp/request";
const VERIFY: &str = "/api/chat/otp/verify";
const SESSION: &str = "/api/chat/otp/session";
const PROFILE: &str = "/api/chat/otp/profile";
const ME: &str = "/api/v1/auth/me";
const TICKETS: &str = "/api/crm/tickets";

/// Of the seed: an administrator with the password below and a phone.
const PHONE: &str = "+34600000101";
const TENANT: &str = "cmtenantfaro000000000001";
const EMAIL: &str = "irene@faro.example";
const PASSWORD: &str = "legacy-demo-1";

struct Both {
    app: LegacyApp,
    proxy: TestProxy,
    sms: LabsMobile,
    _database: Database,
}

impl Both {
    async fn start() -> Self {
        let database = Cluster::shared().await.database().await;
        let sms = LabsMobile::start().await;
        let rows = seed().unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(rows))
            .execute(&database.pool)
            .await
            .unwrap();
        let account = json!({ "username": "user", "token": "secret", "endpoint": sms.url() });
        sqlx::query(
            "insert into system_config (id, key, value, updated_at) values ('sms', 'labsmobile_config', $1, now())
             on conflict (key) do update set value = excluded.value",
        )
        .bind(account)
        .execute(&database.pool)
        .await
        .unwrap();
        let settings = Settings {
            database_url: database.url.clone(),
            environment: vec![("NEST_AUTH_SECRET".to_owned(), "only-for-tests".to_owned())],
        };
        let app = LegacyApp::start(settings, &Progress::silent()).await.unwrap();
        let proxy = TestProxy::builder()
            .legacy_url(&app.url())
            .database(&database.url)
            .flags(&flags("native"))
            .spawn()
            .await;
        Self {
            app,
            proxy,
            sms,
            _database: database,
        }
    }

    fn legacy(&self) -> Client {
        Client::of_origin(&self.app.url())
    }

    fn native(&self) -> Client {
        self.proxy.client()
    }

    /// Asks one side for a code and hands it in at the other; the token of the new session.
    async fn log_in(&self, asked: &Client, verified: &Client) -> String {
        let body = json!({ "phone": PHONE, "tenantId": TENANT });
        let answer = asked.post(REQUEST, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let text = self.sms.messages().pop().expect("a message").text;
        let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
        let body = json!({ "verificationId": answer.json()["verificationId"], "code": code });
        let answer = verified.post(VERIFY, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["session"]["token"].as_str().unwrap().to_owned()
    }
}

fn flags(stage: &str) -> String {
    let routes = [
        ("POST", REQUEST),
        ("POST", VERIFY),
        ("POST", SESSION),
        ("DELETE", SESSION),
        ("GET", PROFILE),
        ("PUT", PROFILE),
        ("POST", "/api/auth/login"),
        ("GET", ME),
        ("GET", TICKETS),
    ];
    let route = |(method, path): &(&str, &str)| format!("  - route: {method} {path}\n    stage: {stage}\n");
    let routes: String = routes.iter().map(route).collect();
    format!("version: 1\nroutes:\n{routes}")
}

fn bearer(client: &Client, token: &str) -> Client {
    client.clone().with_header("authorization", &format!("Bearer {token}"))
}

async fn show(client: &Client, token: &str) -> Answer {
    client.post(SESSION, &json!({ "token": token, "extend": false })).await
}

/// The session with what differs by the mere use of it left out.
fn shown(answer: &Answer) -> (StatusCode, Value) {
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_login_by_phone_goes_on_at_the_other_side() {
    let both = Both::start().await;
    let (legacy, native) = (both.legacy(), both.native());
    for (asked, verified) in [
        (&legacy, &legacy),
        (&legacy, &native),
        (&native, &legacy),
        (&native, &native),
    ] {
        let token = both.log_in(asked, verified).await;
        assert!(token.len() == 64 && token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        let at_legacy = show(&legacy, &token).await;
        assert_eq!(at_legacy.status, StatusCode::OK);
        assert_eq!(shown(&show(&native, &token).await), shown(&at_legacy));
        let at_legacy = bearer(&legacy, &token).get(PROFILE).await;
        assert_eq!(shown(&bearer(&native, &token).get(PROFILE).await), shown(&at_legacy));
        for side in [&legacy, &native] {
            assert_eq!(bearer(side, &token).get(TICKETS).await.status, StatusCode::OK);
        }
        // Ended where it was not opened, it is over at both.
        let other = if std::ptr::eq(verified, &raw const legacy) {
            &native
        } else {
            &legacy
        };
        let ended = other
            .clone()
            .with_header("content-type", "application/json")
            .send(Method::DELETE, SESSION, json!({ "token": token }).to_string())
            .await;
        assert_eq!(ended.status, StatusCode::OK);
        for side in [&legacy, &native] {
            assert_eq!(show(side, &token).await.status, StatusCode::UNAUTHORIZED);
        }
    }
    both.app.stop().await;
}

#[tokio::test]
async fn the_limits_of_a_code_hold_over_both_sides() {
    let both = Both::start().await;
    let (legacy, native) = (both.legacy(), both.native());
    let body = json!({ "phone": PHONE, "tenantId": TENANT });
    let asked = legacy.post(REQUEST, &body).await.json();
    let again = native.post(REQUEST, &body).await;
    assert_eq!(
        (again.status, &again.json()["code"]),
        (StatusCode::BAD_REQUEST, &json!("RATE_LIMITED"))
    );
    let guess = json!({ "verificationId": asked["verificationId"], "code": "000000" });
    for side in [&legacy, &native, &legacy, &native, &legacy] {
        let error = side.post(VERIFY, &guess).await.json()["error"].clone();
        assert_eq!(error, json!("Invalid verification code"));
    }
    for side in [&legacy, &native] {
        let error = side.post(VERIFY, &guess).await.json()["error"].clone();
        assert_eq!(error, json!("Too many invalid attempts"));
    }
    both.app.stop().await;
}

#[tokio::test]
async fn an_admin_token_and_a_session_outlive_flips_there_and_back() {
    let both = Both::start().await;
    let origin = both.native();
    let credentials = json!({ "email": EMAIL, "password": PASSWORD });
    let at_native = origin.post("/api/auth/login", &credentials).await.json();
    let at_legacy = both.legacy().post("/api/auth/login", &credentials).await.json();
    assert_eq!(at_native["user"], at_legacy["user"]);
    let session = both.log_in(&origin, &origin).await;
    for stage in ["legacy", "native", "legacy"] {
        both.proxy.set_flags(&flags(stage));
        let served = if stage == "native" {
            Some("native")
        } else {
            Some("legacy")
        };
        both.proxy
            .until("the flags are in force", ME, |answer| {
                answer.header("x-ficus-served-by") == served
            })
            .await;
        for token in [&at_native["token"], &at_legacy["token"]] {
            let me = bearer(&origin, token.as_str().unwrap()).get(ME).await;
            assert_eq!(
                (me.status, &me.json()["email"]),
                (StatusCode::OK, &json!(EMAIL)),
                "{stage}"
            );
        }
        assert_eq!(show(&origin, &session).await.status, StatusCode::OK, "{stage}");
    }
    both.app.stop().await;
}
