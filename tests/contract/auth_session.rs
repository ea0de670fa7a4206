//! `POST /api/v1/auth/session/validate` and `POST /api/v1/auth/logout`, which are Ficus's own (see the deviations).

use harness::{Client, TestApp};
use http::{Method, StatusCode};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use time::Duration;

/// Made by `next-auth` 4 with the secret `cookie-secret`; good until 2030.
const FOUR: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..QSau59DizlA20GfW.SssdKg_B5pbDhdU9yR6lmqpcFmfxOh8SzZ-ZruSjsaYS7YjQTlyaHC2sasl_6giKvez6q4ssffeB66AWj_9UYMz0hP7WsHU3t8MUdrKfMx-qQj04mkwRP9L2VFauoVAr5GTPv0ITyrnMBoXUjXsi0CpZxe-8LBCRvEmAvyU-RqaC1O1I1_BUX4bLXmZT9d4XGWsidbk.iOJ5OEHPc89EhxDHGstneA";
/// Made by `@auth/core` with the same secret for the cookie `authjs.session-token`.
const FIVE: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwia2lkIjoiTWZoSkpMZVJWLU5hZXZEZXNMN1NSYklYN3pzcGczeWpQYlhQZmtpWlR0LXFGeFFJSGlSWURYOUticzc5aDVRVzN1LS14OTlWcnZlNVdnMXp6X3lWd1EifQ..B8YipMqBW_DcGS72LPhUQQ.FQ9cCVxf3AyyvFa6-7AWFZZUpde_qco0KJqQo57wN2z_b1twJ9R6qSvOBH4dlJypQRDyRoJYRyrrU7kpJLT0JXn_KeIKWEIgUkxFCJ7qTdOuvkRnW_LLHlZmDYnYWUwKgvtim7HVLBtrNWu74lY3a_1JKXcSSrJ0wpqyVT0MDOEdXQx04gtoVZZgG2_RYMZqP4zzXz2S_n3lrvUlG4amPQ.0hrgY6RLwvSHtjhu9bxn00u6oESXbPOlhy8pmgh9cmI";
/// The same for `__Secure-authjs.session-token`.
const FIVE_SECURE: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwia2lkIjoiMy13OTZ6cWQ1MUszVUc2bDAxN1NKdVlOWEJKM3BWcm5NN3E0emJ2S05qNzhtQ1l0WVZFc3FoMGI4b2tvV2JvS3YxbUYxTzRfaFJIQy04LVhrXzVXb1EifQ..NsZwiaHYDrIiKtnT4F5kxQ.jKM6r_6LzWcAtla2Hc5sMa-PIA7QZclnJfZPiAqo2noVliQBmp8gOG16XjTPDAopTOjEm6_ff2p7RDhEcALUXWEpXS8J9MSQOelPvFb3kpL9sX4oJfDa6jIiGLv4tgZOalJ7zfQEWQxW_m-sU705ZGHJFwguZUwzq-rHccmlq-YHWoBxpTRso8TrHUvXUy32vo16TGja11GpYdIaZTfMEg.gBBR_1zpoHLvR8FhnOvtb2pzSJMBZvPggwkFJMVfDIA";

const SETTINGS: [(&str, &str); 2] = [
    ("AUTH_SECRET", "new-cookie-secret"),
    ("FICUS_PREVIOUS_AUTH_SECRETS", "cookie-secret"),
];

fn admin_token(app: &TestApp) -> String {
    let exp = app.clock().now().unix_timestamp() + 3_600;
    let claims = json!({ "sub": "u1", "email": "ada@acme.example", "tenantId": "t1", "role": "admin", "exp": exp });
    let key = EncodingKey::from_secret(b"only-for-tests");
    encode(&Header::default(), &claims, &key).unwrap()
}

fn ada() -> Value {
    json!({ "id": "u1", "email": "ada@acme.example", "role": "admin", "tenantId": "t1" })
}

/// A chat session of an approved user: its token and the user.
async fn chat(app: &TestApp) -> (String, String, String) {
    let tenant = app.tenant("acme").insert().await;
    let user = app.agent(&tenant).insert().await;
    let now = app.clock().now();
    let now = time::PrimitiveDateTime::new(now.date(), now.time());
    let token = "ab".repeat(32);
    sqlx::query(
        r#"insert into chatbot_phone_users (id, phone, "normalizedPhone", "tenantId", "createdAt", "updatedAt")
           values ('p1', '+51999000111', '+51999000111', $1, $2, $2)"#,
    )
    .bind(&tenant)
    .bind(now)
    .execute(app.pool())
    .await
    .unwrap();
    sqlx::query(
        r#"update users set "chatbotPhoneUserId" = 'p1', "approvalStatus" = 'approved', "chatbotAccessStatus" = 'approved' where id = $1"#,
    )
    .bind(&user)
    .execute(app.pool())
    .await
    .unwrap();
    sqlx::query(
        r#"insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "lastUsedAt", "createdAt")
           values ('s1', 'p1', $1, $2, $3, $3)"#,
    )
    .bind(&token)
    .bind(now + Duration::days(180))
    .bind(now)
    .execute(app.pool())
    .await
    .unwrap();
    (token, user, tenant)
}

fn bearer(app: &TestApp, token: &str) -> Client {
    app.client().with_header("authorization", &format!("Bearer {token}"))
}

fn cookie(app: &TestApp, value: &str) -> Client {
    app.client().with_header("cookie", value)
}

async fn validate(client: &Client) -> Value {
    let answer = client.post("/api/v1/auth/session/validate", &json!({})).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()
}

#[tokio::test]
async fn an_admin_token_is_known_in_the_header_and_in_the_body() {
    let app = TestApp::new().await;
    let token = admin_token(&app);
    let expected = json!({ "active": true, "kind": "admin", "user": ada(), "expiresAt": "2025-06-15T11:00:00.000Z" });
    assert_eq!(validate(&bearer(&app, &token)).await, expected);
    let body = json!({ "token": token });
    let answer = app.client().post("/api/v1/auth/session/validate", &body).await;
    assert_eq!(answer.json(), expected);
    app.clock().advance(std::time::Duration::from_secs(3_600));
    assert_eq!(validate(&bearer(&app, &token)).await, json!({ "active": false }));
}

#[tokio::test]
async fn a_chat_session_is_known() {
    let app = TestApp::new().await;
    let (token, user, tenant) = chat(&app).await;
    let expected = json!({
        "active": true,
        "kind": "chat",
        "user": { "id": user, "role": "user", "tenantId": tenant },
        "expiresAt": "2025-12-12T10:00:00.000Z",
    });
    assert_eq!(validate(&bearer(&app, &token)).await, expected);
}

#[tokio::test]
async fn nothing_and_nonsense_are_inactive_alike() {
    let app = TestApp::with(&SETTINGS).await;
    let inactive = json!({ "active": false });
    assert_eq!(validate(&app.client()).await, inactive);
    for token in ["nonsense", "a.b.c", "..", &"0".repeat(64)] {
        assert_eq!(validate(&bearer(&app, token)).await, inactive, "{token}");
    }
    for value in ["a.b.c.d.e", "....", "eyJhbGciOiJkaXIifQ....x"] {
        let client = cookie(&app, &format!("next-auth.session-token={value}"));
        assert_eq!(validate(&client).await, inactive, "{value}");
    }
}

#[tokio::test]
async fn session_cookies_of_both_versions_are_opened_with_an_earlier_secret() {
    let app = TestApp::with(&SETTINGS).await;
    for value in [
        format!("next-auth.session-token={FOUR}"),
        format!("x=1; __Secure-next-auth.session-token={FOUR}"),
        format!("authjs.session-token={FIVE}"),
        format!("__Secure-authjs.session-token={FIVE_SECURE}; y=2"),
        format!(
            "authjs.session-token.1={}; authjs.session-token.0={}",
            &FIVE[100..],
            &FIVE[..100]
        ),
    ] {
        let answer = validate(&cookie(&app, &value)).await;
        assert_eq!(
            (&answer["kind"], &answer["user"]),
            (&json!("nextauth"), &ada()),
            "{value}"
        );
        assert!(answer["expiresAt"].as_str().unwrap().starts_with("20"));
    }
}

#[tokio::test]
async fn a_cookie_under_another_name_changed_late_or_of_another_secret_is_not_opened() {
    let app = TestApp::with(&SETTINGS).await;
    let inactive = json!({ "active": false });
    let four = format!("next-auth.session-token={FOUR}");
    // The key of version 5 is of the name: a cookie of one name is worth nothing under another.
    let moved = format!("authjs.session-token={FIVE_SECURE}");
    assert_eq!(validate(&cookie(&app, &moved)).await, inactive);
    for token in [FOUR, FIVE] {
        for part in 0..5 {
            let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
            let letter = if parts[part].starts_with('A') { "B" } else { "A" };
            let rest = parts[part].get(1..).unwrap_or_default().to_owned();
            parts[part] = format!("{letter}{rest}");
            let changed = parts.join(".");
            let both = format!("next-auth.session-token={changed}; authjs.session-token={changed}");
            assert_eq!(validate(&cookie(&app, &both)).await, inactive, "part {part}");
        }
        let short = &token[..token.len() - 4];
        let both = format!("next-auth.session-token={short}; authjs.session-token={short}");
        assert_eq!(validate(&cookie(&app, &both)).await, inactive);
    }
    let stranger = TestApp::with(&[("AUTH_SECRET", "new-cookie-secret")]).await;
    assert_eq!(validate(&cookie(&stranger, &four)).await, inactive);
    app.clock().set(time::macros::datetime!(2031-01-01 00:00 UTC));
    assert_eq!(validate(&cookie(&app, &four)).await, inactive);
}

#[tokio::test]
async fn a_token_that_was_given_back_is_worth_nothing() {
    let app = TestApp::new().await;
    let client = bearer(&app, &admin_token(&app));
    assert_eq!(client.get("/api/v1/auth/me").await.status, StatusCode::OK);
    for _ in 0..2 {
        let answer = client.post("/api/v1/auth/logout", &json!({})).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::OK, json!({ "success": true }))
        );
    }
    assert_eq!(validate(&client).await, json!({ "active": false }));
    assert_eq!(client.get("/api/v1/auth/me").await.status, StatusCode::UNAUTHORIZED);
    let tickets = client.get("/api/crm/tickets?tenantId=t1").await;
    assert_eq!(tickets.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn logging_out_revokes_a_chat_session_whatever_became_of_its_user() {
    let app = TestApp::new().await;
    let (token, user, _) = chat(&app).await;
    sqlx::query("update users set status = 'suspended' where id = $1")
        .bind(&user)
        .execute(app.pool())
        .await
        .unwrap();
    let body = json!({ "token": token });
    let answer = app.client().post("/api/v1/auth/logout", &body).await;
    assert_eq!(answer.status, StatusCode::OK);
    let revoked: bool =
        sqlx::query_scalar(r#"select "revokedAt" is not null from chatbot_phone_sessions where id = 's1'"#)
            .fetch_one(app.pool())
            .await
            .unwrap();
    assert!(revoked);
}

#[tokio::test]
async fn only_a_page_of_this_origin_logs_out_by_cookie() {
    let app = TestApp::with(&SETTINGS).await;
    let client = cookie(&app, &format!("__Secure-next-auth.session-token={FOUR}"));
    let foreign = client.clone().with_header("sec-fetch-site", "cross-site");
    let answer = foreign.post("/api/v1/auth/logout", &json!({})).await;
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(validate(&client).await["active"], json!(true));
    let own = client.clone().with_header("sec-fetch-site", "same-origin");
    let answer = own.post("/api/v1/auth/logout", &json!({})).await;
    assert_eq!(
        answer.header("set-cookie"),
        Some("__Secure-next-auth.session-token=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure")
    );
    assert_eq!(validate(&client).await, json!({ "active": false }));
}

#[tokio::test]
async fn without_a_token_there_is_nothing_to_give_back() {
    let app = TestApp::new().await;
    for body in [json!({}), json!({ "token": "nul\u{0}" }), json!({ "token": 5 })] {
        let answer = app.client().post("/api/v1/auth/logout", &body).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::OK, json!({ "success": true }))
        );
    }
}

#[tokio::test]
async fn preflights_are_the_backends() {
    let app = TestApp::new().await;
    for answer in [
        app.client()
            .send(Method::OPTIONS, "/api/v1/auth/session/validate", "")
            .await,
        app.client().send(Method::OPTIONS, "/api/v1/auth/logout", "").await,
    ] {
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
}
