//! Logging in by phone: `/api/chat/otp/…` and `/api/v1/auth/phone/…` (auth contract).

mod backend;
mod profile;
mod request;
mod service;
mod session;
mod sync;
mod throttled;
mod verify;

use harness::{Answer, LabsMobile, TestApp};
use http::StatusCode;
use serde_json::{Value, json};

const REQUEST: &str = "/api/chat/otp/request";
const VERIFY: &str = "/api/chat/otp/verify";
const SESSION: &str = "/api/chat/otp/session";
const SYNC: &str = "/api/chat/otp/sync";
const PROFILE: &str = "/api/chat/otp/profile";

/// Ada's phone.
const PHONE: &str = "+51999000111";
/// "482913", cost 4: tests need not wait.
const CODE_HASH: &str = "$2b$04$7u5sA2cuFzxLwvHNgDFk2.1SNrP7x80ta1HdN3pmnA3ks496Ift3u";
/// The verification id of the code that [`Stage::code`] makes.
const VERIFICATION: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a01";
/// The token of the session that [`Stage::session`] makes.
const TOKEN: &str = "b0b0000000000000000000000000000000000000000000000000000000000001";

const NO_ACCOUNT: &str = "No encontramos una cuenta autorizada para este número.";
const PENDING: &str = "Tu acceso al chatbot está pendiente de aprobación. Contacta al administrador.";
const SUSPENDED: &str = "Tu cuenta se encuentra suspendida. Contacta al administrador.";
const REVOKED: &str = "Tu acceso al chatbot fue revocado por un administrador.";

/// How an app user is refused, and the text for it; what comes first wins.
const REFUSED: [(&str, &str); 6] = [
    (r#""approvalStatus" = 'pending', status = 'suspended'"#, PENDING),
    (r#""approvalStatus" = 'rejected'"#, PENDING),
    (r#"status = 'suspended', "chatbotAccessStatus" = 'revoked'"#, SUSPENDED),
    (r#"status = 'inactive'"#, SUSPENDED),
    (r#""chatbotAccessStatus" = 'revoked'"#, REVOKED),
    (r#""chatbotAccessStatus" = 'pending'"#, PENDING),
];

/// One tenant; the phone of `ada`, who is approved, is known and not linked yet. Text messages go to a service of the test.
struct Stage {
    app: TestApp,
    sms: LabsMobile,
    acme: String,
    ada: String,
}

impl Stage {
    async fn new() -> Self {
        let sms = LabsMobile::start().await;
        let app = TestApp::with_services(&[
            ("LABSMOBILE_ENDPOINT", &sms.url()),
            ("LABSMOBILE_USERNAME", "user"),
            ("LABSMOBILE_TOKEN", "secret"),
        ])
        .await;
        let acme = app.tenant("acme").insert().await;
        let ada = app.agent(&acme).insert().await;
        let stage = Self { app, sms, acme, ada };
        stage
            .run(&format!(
                r#"update tenants set subdomain = 'acme', domain = 'chat.acme.example';
                   update users set "normalizedPhone" = '{PHONE}', status = 'active', "approvalStatus" = 'approved',
                                    "chatbotAccessStatus" = 'approved'"#
            ))
            .await;
        stage
    }

    /// The same with the phone user `p1`, linked to Ada; both rows are complete.
    async fn linked() -> Self {
        let stage = Self::new().await;
        stage
            .run(&format!(
                r#"insert into chatbot_phone_users (id, phone, "normalizedPhone", "countryCode", "tenantId", "displayName", email,
                                                    "createdAt", "updatedAt")
                     values ('p1', '{PHONE}', '{PHONE}', '+51', '{acme}', 'Ada L.', 'ada@acme.example', '2025-01-01', '2025-01-01');
                   update users set "chatbotPhoneUserId" = 'p1', phone = '{PHONE}'"#,
                acme = stage.acme,
            ))
            .await;
        stage
    }

    /// The same with a session of half a year.
    async fn session() -> Self {
        let stage = Self::linked().await;
        stage.add_session("s1", TOKEN, "p1").await;
        stage
    }

    async fn add_session(&self, id: &str, token: &str, phone_user: &str) {
        self.run(&format!(
            r#"insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "lastUsedAt", "createdAt")
               values ('{id}', '{phone_user}', '{token}', '2025-12-01', '2025-06-01', '2025-06-01')"#
        ))
        .await;
    }

    /// The same as [`Stage::linked`] with the code 482913.
    async fn code() -> Self {
        let stage = Self::linked().await;
        stage.add_code("o1", VERIFICATION).await;
        stage
    }

    async fn add_code(&self, id: &str, verification: &str) {
        self.run(&format!(
            r#"insert into chatbot_phone_otps (id, "publicId", "userId", "codeHash", "expiresAt", "createdAt", "updatedAt")
               values ('{id}', '{verification}', 'p1', '{CODE_HASH}', '2025-06-15 10:04', '2025-06-15 09:59', '2025-06-15 09:59')"#
        ))
        .await;
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(self.app.pool())
            .await
            .unwrap();
    }

    /// The rows of a table, by their ids.
    async fn rows(&self, table: &str) -> Vec<Value> {
        self.app.native().idle().await;
        let sql = format!("select to_jsonb(t) from {table} t order by id");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_all(self.app.pool())
            .await
            .unwrap()
    }

    async fn row(&self, table: &str) -> Value {
        let rows = self.rows(table).await;
        assert_eq!(rows.len(), 1, "{table}");
        rows[0].clone()
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.app.client().post(path, body).await
    }

    /// Asks for a code for Ada's phone.
    async fn ask(&self) -> Answer {
        self.post(REQUEST, &json!({ "phone": PHONE, "tenantId": self.acme }))
            .await
    }

    /// The code in the newest message.
    fn sent_code(&self) -> String {
        let text = self.sms.messages().pop().expect("a message").text;
        text.chars().filter(char::is_ascii_digit).take(6).collect()
    }
}

fn assert_refused(answer: &Answer, status: StatusCode, text: &str, code: &str) {
    let body = json!({ "error": text, "code": code });
    assert_eq!((answer.status, answer.json()), (status, body));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}
