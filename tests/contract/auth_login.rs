//! `POST /api/auth/login` and `POST /api/v1/auth/admin/login` (auth contract).

mod admitted;
mod refused;
mod throttled;

use harness::{Answer, TestApp};
use serde_json::{Value, json};

/// "correct horse", cost 4: tests need not wait.
const HORSE: &str = "$2b$04$7u5sA2cuFzxLwvHNgDFk2.0ECsImlVRX0oM/0YHoCR/vZUExVZHhu";
/// "battery staple", cost 4.
const STAPLE: &str = "$2b$04$fJ4pLwkDlgatvvPfla4j/.251FtFIxftbJ3Wpt9puS3srApHJgnS2";

/// One tenant; `ada` has the password "correct horse".
struct Gate {
    app: TestApp,
    acme: String,
    ada: String,
}

impl Gate {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let app = TestApp::with(settings).await;
        let acme = app.tenant("acme").insert().await;
        let ada = app.agent(&acme).role("admin").insert().await;
        let gate = Self { app, acme, ada };
        gate.set(&gate.ada, "password", HORSE).await;
        gate.set(&gate.ada, "email", "Ada@Acme.example").await;
        gate
    }

    /// Sets one column of a user; enums are cast from their text.
    async fn set(&self, user: &str, column: &str, value: &str) {
        let sql = match column {
            "password" => r#"update users set password = $2 where id = $1"#,
            "email" => r#"update users set email = $2 where id = $1"#,
            "status" => r#"update users set status = $2::"UserStatus" where id = $1"#,
            "approvalStatus" => r#"update users set "approvalStatus" = $2::"TenantApprovalStatus" where id = $1"#,
            "chatbotAccessStatus" => {
                r#"update users set "chatbotAccessStatus" = $2::"ChatbotAccessStatus" where id = $1"#
            }
            other => panic!("no such column here: {other}"),
        };
        let written = sqlx::query(sql)
            .bind(user)
            .bind(value)
            .execute(self.app.pool())
            .await
            .unwrap();
        assert_eq!(written.rows_affected(), 1);
    }

    async fn log_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.app.client().post("/api/auth/login", &body).await
    }

    async fn at_backend(&self, body: &Value) -> Answer {
        self.app.client().post("/api/v1/auth/admin/login", body).await
    }
}
