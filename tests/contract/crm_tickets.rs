//! `GET` and `POST /api/crm/tickets` (CRM contract).

mod access;
mod create;
mod list;
mod session;

use harness::{Client, TestApp};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

/// The secret of [`TestApp`].
const SECRET: &str = "only-for-tests";
const PATH: &str = "/api/crm/tickets";

/// Two tenants; `ada` works for the first.
struct Office {
    app: TestApp,
    acme: String,
    other: String,
    ada: String,
}

impl Office {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let acme = app.tenant("acme").insert().await;
        let other = app.tenant("other").insert().await;
        let ada = app.agent(&acme).insert().await;
        Self { app, acme, other, ada }
    }

    fn token(&self, tenant: Option<&str>, role: &str) -> String {
        let expires = self.app.clock().now().unix_timestamp() + 3_600;
        let claims =
            json!({ "sub": self.ada, "email": "ada@example.org", "tenantId": tenant, "role": role, "exp": expires });
        encode(
            &Header::default(),
            &claims,
            &EncodingKey::from_secret(SECRET.as_bytes()),
        )
        .unwrap()
    }

    /// Ada, logged in with her password.
    fn agent(&self) -> Client {
        self.bearer(&self.token(Some(&self.acme), "user"))
    }

    fn bearer(&self, token: &str) -> Client {
        self.app
            .client()
            .with_header("authorization", &format!("Bearer {token}"))
    }
}
