//! Callers who logged in by phone, and the touch of their session.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use time::PrimitiveDateTime;
use time::macros::datetime;

use super::{Office, PATH};

const TOKEN: &str = "b0b0000000000000000000000000000000000000000000000000000000000001";

impl Office {
    /// Links a phone to Ada and opens a session for it.
    async fn session(&self) {
        let sql = format!(
            r#"update users set status = 'active', "approvalStatus" = 'approved', "chatbotAccessStatus" = 'approved';
               insert into chatbot_phone_users (id, phone, "normalizedPhone", "tenantId", email, "displayName", "createdAt", "updatedAt")
                 values ('p1', '+51999000111', '+51999000111', '{acme}', 'a@example.org', 'Ada', '2025-01-01', '2025-01-01');
               update users set "chatbotPhoneUserId" = 'p1', phone = '+51999000111', "normalizedPhone" = '+51999000111' where id = '{ada}';
               insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "lastUsedAt", "createdAt")
                 values ('s1', 'p1', '{TOKEN}', '2025-12-01', '2025-01-01', '2025-01-01')"#,
            acme = self.acme,
            ada = self.ada
        );
        self.run(&sql).await;
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(self.app.pool())
            .await
            .unwrap();
    }

    async fn last_used(&self) -> PrimitiveDateTime {
        self.app.native().idle().await;
        sqlx::query_scalar(r#"select "lastUsedAt" from chatbot_phone_sessions"#)
            .fetch_one(self.app.pool())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_session_names_its_tenant_and_is_touched_after_a_read() {
    let office = Office::new().await;
    office.session().await;
    let answer = office.bearer(TOKEN).get(PATH).await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({ "tickets": [] }))
    );
    assert_eq!(office.last_used().await, datetime!(2025-06-15 10:00));
    let active: Option<PrimitiveDateTime> = sqlx::query_scalar(r#"select "lastActiveAt" from chatbot_phone_users"#)
        .fetch_one(office.app.pool())
        .await
        .unwrap();
    assert_eq!(active, Some(datetime!(2025-06-15 10:00)));
}

#[tokio::test]
async fn the_token_in_the_query_wins_over_the_header_in_a_read_only() {
    let office = Office::new().await;
    office.session().await;
    assert_eq!(
        office
            .bearer("nonsense")
            .get(&format!("{PATH}?token={TOKEN}"))
            .await
            .status,
        StatusCode::OK
    );
    let body = json!({ "type": "help_desk", "title": "x", "createdById": office.ada });
    let answer = office.app.client().post(&format!("{PATH}?token={TOKEN}"), &body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_write_touches_the_session_in_its_own_transaction() {
    let office = Office::new().await;
    office.session().await;
    let body = json!({ "type": "help_desk", "title": "x", "createdById": office.ada });
    office.app.clock().advance(Duration::from_secs(60));
    assert_eq!(office.bearer(TOKEN).post(PATH, &body).await.status, StatusCode::OK);
    assert_eq!(office.last_used().await, datetime!(2025-06-15 10:01));
}

#[tokio::test]
async fn a_dry_run_records_the_touch_and_does_not_make_it() {
    let office = Office::new().await;
    office.session().await;
    let request = http::Request::get(PATH)
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(bytes::Bytes::new())
        .unwrap();
    let dry = office
        .app
        .native()
        .dry_run(request, handlers::DryRunLimits::default())
        .await
        .unwrap();
    assert_eq!(dry.effects.len(), 1);
    assert_eq!(
        (dry.effects[0].kind.as_str(), &dry.effects[0].payload["pk"]),
        ("row", &json!("s1"))
    );
    assert_eq!(office.last_used().await, datetime!(2025-01-01 00:00));
}

#[tokio::test]
async fn a_session_that_is_over_or_refused_is_no_token() {
    for spoiled in [
        r#"update chatbot_phone_sessions set "revokedAt" = '2025-06-01'"#,
        r#"update chatbot_phone_sessions set "expiresAt" = '2025-06-15 09:59:59.999'"#,
        r#"update users set "approvalStatus" = 'pending'"#,
        r#"update users set status = 'suspended'"#,
        r#"update users set "chatbotAccessStatus" = 'revoked'"#,
        r#"update users set "chatbotPhoneUserId" = null, phone = null, "normalizedPhone" = null"#,
    ] {
        let office = Office::new().await;
        office.session().await;
        office.run(spoiled).await;
        let answer = office
            .bearer(TOKEN)
            .get(&format!("{PATH}?tenantId={}", office.acme))
            .await;
        assert_eq!(
            (answer.status, &answer.json()["message"]),
            (StatusCode::UNAUTHORIZED, &json!("Invalid token")),
            "{spoiled}"
        );
        assert_eq!(office.last_used().await, datetime!(2025-01-01 00:00), "{spoiled}");
    }
}

#[tokio::test]
async fn an_unlinked_user_of_the_same_phone_is_linked_and_an_e_mail_is_no_proof() {
    let office = Office::new().await;
    office.session().await;
    office
        .run(r#"update users set "chatbotPhoneUserId" = null, phone = null"#)
        .await;
    assert_eq!(office.bearer(TOKEN).get(PATH).await.status, StatusCode::OK);
    office.app.native().idle().await;
    let linked: Value = sqlx::query_scalar(r#"select to_jsonb(u) from users u"#)
        .fetch_one(office.app.pool())
        .await
        .unwrap();
    assert_eq!(
        (&linked["chatbotPhoneUserId"], &linked["phone"]),
        (&json!("p1"), &json!("+51999000111"))
    );

    office.run(r#"update users set "chatbotPhoneUserId" = null, phone = null, "normalizedPhone" = null, email = 'a@example.org'"#).await;
    assert_eq!(office.bearer(TOKEN).get(PATH).await.status, StatusCode::BAD_REQUEST);
}
