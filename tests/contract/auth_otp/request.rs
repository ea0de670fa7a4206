//! `POST /api/chat/otp/request`.

use std::time::Duration;

use harness::TextMessage;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::legacy::Answer as Scripted;

use super::{NO_ACCOUNT, PHONE, REFUSED, REQUEST, Stage, assert_refused};

const RATE_LIMITED: &str = "OTP recently sent. Please wait before requesting again.";
const NO_CONFIG: &str = "LabsMobile configuration is missing. Please configure SMS credentials in system settings.";

#[tokio::test]
async fn a_code_is_sent_and_its_row_is_legacys() {
    let stage = Stage::new().await;
    let answer = stage.ask().await;
    let row = stage.row("chatbot_phone_otps").await;
    let expected = json!({
        "success": true,
        "verificationId": row["publicId"],
        "expiresAt": "2025-06-15T10:05:00.000Z",
        "normalizedPhone": PHONE,
        "countryCode": null,
    });
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, expected));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(row["publicId"].as_str().unwrap().len(), 36);
    assert!(row["codeHash"].as_str().unwrap().starts_with("$2b$10$"));
    for (column, value) in [
        ("attemptCount", json!(0)),
        ("metadata", Value::Null),
        ("verifiedAt", Value::Null),
        ("createdAt", json!("2025-06-15T10:00:00")),
        ("updatedAt", json!("2025-06-15T10:00:00")),
        ("expiresAt", json!("2025-06-15T10:05:00")),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    let code = stage.sent_code();
    let message = TextMessage {
        phone: "51999000111".to_owned(),
        text: format!("Tu código de verificación de FlowBot es {code}. Caduca en 5 minutos."),
        sender: "FlowBot".to_owned(),
    };
    assert_eq!(stage.sms.messages(), [message]);
}

#[tokio::test]
async fn the_first_code_of_a_phone_makes_its_user_and_links_it() {
    let stage = Stage::new().await;
    let body = json!({ "phone": "0999 000 111", "countryCode": "0x51", "host": "https://www.chat.acme.example:443/x", "language": "en" });
    let answer = stage.post(REQUEST, &body).await;
    assert_eq!(
        (&answer.json()["normalizedPhone"], &answer.json()["countryCode"]),
        (&json!(PHONE), &json!("+51"))
    );
    let phone_user = stage.row("chatbot_phone_users").await;
    for (column, value) in [
        ("phone", json!(PHONE)),
        ("normalizedPhone", json!(PHONE)),
        ("countryCode", json!("+51")),
        ("tenantId", json!(stage.acme)),
        ("displayName", json!("ada")),
        ("email", json!(format!("{}@example.org", stage.ada))),
        ("lastActiveAt", Value::Null),
        ("language", Value::Null),
        ("createdAt", json!("2025-06-15T10:00:00")),
        ("updatedAt", json!("2025-06-15T10:00:00")),
    ] {
        assert_eq!(phone_user[column], value, "{column}");
    }
    let user = stage.row("users").await;
    assert_eq!(
        (&user["chatbotPhoneUserId"], &user["phone"]),
        (&phone_user["id"], &json!(PHONE))
    );
    let text = &stage.sms.messages()[0].text;
    let english = format!(
        "Your FlowBot verification code is {}. It expires in 5 minutes.",
        stage.sent_code()
    );
    assert_eq!(text, &english);
}

#[tokio::test]
async fn a_tenant_is_named_by_id_subdomain_or_domain() {
    for named in [
        json!({ "tenantId": "tenant-acme" }),
        json!({ "tenantId": " acme " }),
        json!({ "tenantId": "CHAT.acme.example" }),
        json!({ "tenantId": null, "host": "chat.acme.example:3000" }),
        json!({ "tenantId": 7, "host": "acme" }),
    ] {
        let stage = Stage::new().await;
        let mut body = named.clone();
        body["phone"] = json!(PHONE);
        assert_eq!(stage.post(REQUEST, &body).await.status, StatusCode::OK, "{named}");
    }
    let stage = Stage::new().await;
    for elsewhere in [
        json!({}),
        json!({ "tenantId": "" , "host": "acme" }),
        json!({ "tenantId": "default" }),
        json!({ "tenantId": "ACME" }),
        json!({ "tenantId": "acme.flowcast.chat" }),
        json!({ "tenantId": "tenant_unknown" }),
        json!({ "tenantId": "cmtenantquenoexiste0000" }),
    ] {
        let mut body = elsewhere.clone();
        body["phone"] = json!(PHONE);
        let answer = stage.post(REQUEST, &body).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, NO_ACCOUNT, "ACCESS_DENIED");
    }
    assert!(stage.rows("chatbot_phone_users").await.is_empty(), "nobody was found");
}

#[tokio::test]
async fn what_is_no_phone_is_refused_and_writes_nothing() {
    let stage = Stage::linked().await;
    let before = stage.rows("chatbot_phone_users").await;
    for (body, text) in [
        (json!({}), "Phone number is required"),
        (json!({ "phone": "   " }), "Phone number is required"),
        (json!({ "phone": 51_999_000_111_u64 }), "Phone number is required"),
        (json!({ "phone": "+123" }), "Phone number must contain 8-25 digits"),
        (json!({ "phone": "abc" }), "Phone number must contain digits"),
        (
            json!({ "phone": "999000111", "countryCode": "xx" }),
            "Invalid country code",
        ),
        (
            json!({ "phone": "999000111", "countryCode": 51 }),
            "Invalid country code",
        ),
    ] {
        let answer = stage.post(REQUEST, &body).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, text, "INVALID_PHONE");
    }
    for body in ["", "{", "null", "0", "false", "\"\"", "[1]"] {
        let answer = stage.app.client().send(Method::POST, REQUEST, body).await;
        assert_refused(
            &answer,
            StatusCode::BAD_REQUEST,
            "Phone number is required",
            "INVALID_PHONE",
        );
    }
    assert_eq!(stage.rows("chatbot_phone_users").await, before);
}

#[tokio::test]
async fn a_json_scalar_is_refused_in_the_words_of_the_parser() {
    let stage = Stage::new().await;
    let answer = stage.app.client().send(Method::POST, REQUEST, " 5 ").await;
    let body = json!({ "message": "Unexpected token '5', \"5\" is not valid JSON", "error": "Bad Request", "statusCode": 400 });
    assert_eq!((answer.status, answer.json()), (StatusCode::BAD_REQUEST, body));
}

#[tokio::test]
async fn who_has_no_access_gets_no_code_and_was_active_all_the_same() {
    for (refused, text) in REFUSED {
        let stage = Stage::linked().await;
        stage.run(&format!("update users set {refused}")).await;
        assert_refused(&stage.ask().await, StatusCode::BAD_REQUEST, text, "ACCESS_DENIED");
        assert_eq!(
            stage.row("chatbot_phone_users").await["lastActiveAt"],
            json!("2025-06-15T10:00:00"),
            "{refused}"
        );
        assert!(stage.rows("chatbot_phone_otps").await.is_empty());
        assert!(stage.sms.messages().is_empty());
    }
    let stage = Stage::new().await;
    stage.run("update users set status = 'invited'").await;
    assert_eq!(stage.ask().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_user_who_waits_for_approval_is_linked_although_refused() {
    let stage = Stage::new().await;
    stage.run(r#"update users set "approvalStatus" = 'pending'"#).await;
    assert_eq!(stage.ask().await.status, StatusCode::BAD_REQUEST);
    let phone_user = stage.row("chatbot_phone_users").await;
    assert_eq!(stage.row("users").await["chatbotPhoneUserId"], phone_user["id"]);
}

#[tokio::test]
async fn an_email_is_no_proof_and_a_phone_of_somebody_linked_elsewhere_links_nobody() {
    let stage = Stage::linked().await;
    stage
        .run(
            r#"update users set "chatbotPhoneUserId" = null, phone = null, "normalizedPhone" = null, email = 'ADA@acme.example'"#,
        )
        .await;
    assert_refused(&stage.ask().await, StatusCode::BAD_REQUEST, NO_ACCOUNT, "ACCESS_DENIED");
    stage
        .run(&format!(
            r#"insert into chatbot_phone_users (id, phone, "normalizedPhone", "tenantId", "createdAt", "updatedAt")
                 values ('p2', '+51999000222', '+51999000222', '{acme}', '2025-01-01', '2025-01-01');
               update users set "chatbotPhoneUserId" = 'p2', phone = '{PHONE}', "normalizedPhone" = '{PHONE}'"#,
            acme = stage.acme
        ))
        .await;
    assert_refused(&stage.ask().await, StatusCode::BAD_REQUEST, NO_ACCOUNT, "ACCESS_DENIED");
}

#[tokio::test]
async fn the_next_code_waits_a_minute_and_ends_the_one_before() {
    let stage = Stage::new().await;
    let first = stage.ask().await.json();
    stage.app.clock().advance(Duration::from_millis(59_999));
    let answer = stage.ask().await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, RATE_LIMITED, "RATE_LIMITED");
    assert_eq!(
        stage.row("chatbot_phone_users").await["lastActiveAt"],
        json!("2025-06-15T10:00:59.999")
    );
    stage.app.clock().advance(Duration::from_millis(1));
    let second = stage.ask().await;
    assert_eq!(second.status, StatusCode::OK);
    assert_ne!(second.json()["verificationId"], first["verificationId"]);
    assert_eq!(
        stage.row("chatbot_phone_otps").await["publicId"],
        second.json()["verificationId"]
    );
    assert_eq!(stage.sms.messages().len(), 2);
}

#[tokio::test]
async fn without_an_account_at_the_service_no_code_is_made() {
    let stage = Stage::new().await;
    stage
        .run(r#"insert into system_config (id, key, value, updated_at) values ('c', 'labsmobile_config', '{"username": "u", "token": " "}', now())"#)
        .await;
    let bare = harness::TestApp::with_services(&[]).await;
    let acme = bare.tenant("acme").insert().await;
    bare.agent(&acme).insert().await;
    sqlx::query(r#"update users set phone = $1, "approvalStatus" = 'approved', "chatbotAccessStatus" = 'approved'"#)
        .bind(PHONE)
        .execute(bare.pool())
        .await
        .unwrap();
    let answer = bare
        .client()
        .post(REQUEST, &json!({ "phone": PHONE, "tenantId": acme }))
        .await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, NO_CONFIG, "CONFIG_NOT_FOUND");
    let codes: i64 = sqlx::query_scalar("select count(*) from chatbot_phone_otps")
        .fetch_one(bare.pool())
        .await
        .unwrap();
    assert_eq!(codes, 0);
    // A row without a token is passed over: the environment has one.
    assert_eq!(stage.ask().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_message_that_was_not_sent_leaves_no_code_and_no_wait() {
    let stage = Stage::new().await;
    stage.sms.answers(Scripted::json(
        500,
        &json!({ "code": "500", "message": "Server error" }),
    ));
    let answer = stage.ask().await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "Server error", "SMS_DELIVERY_FAILED");
    assert!(stage.rows("chatbot_phone_otps").await.is_empty());
    stage.sms.answers(Scripted::Cut);
    let text = "The verification code could not be sent. Please try again later.";
    assert_refused(&stage.ask().await, StatusCode::BAD_REQUEST, text, "SMS_DELIVERY_FAILED");
    stage.sms.answers(Scripted::json(200, &json!({ "code": "10" })));
    assert_eq!(stage.ask().await.status, StatusCode::OK, "the status alone decides");
}

#[tokio::test]
async fn under_the_switch_a_failure_looks_like_success_as_in_legacy() {
    let stage = Stage::new().await;
    stage.app.switch_on("otp-sms-failure-ignored");
    stage.sms.answers(Scripted::text(401, "no"));
    let answer = stage.ask().await;
    assert_eq!(
        (answer.status, &answer.json()["success"]),
        (StatusCode::OK, &json!(true))
    );
    assert_eq!(stage.rows("chatbot_phone_otps").await.len(), 1);
}

#[tokio::test]
async fn other_channels_are_not_looked_at() {
    let stage = Stage::new().await;
    let body = json!({ "phone": PHONE, "tenantId": stage.acme, "preferredChannel": "WHATSAPP", "whatsappNumber": "" });
    assert_eq!(stage.post(REQUEST, &body).await.status, StatusCode::OK);
    assert_eq!(stage.sms.messages().len(), 1);
}

#[tokio::test]
async fn any_page_may_ask_and_other_methods_are_refused() {
    let stage = Stage::new().await;
    let answer = stage
        .app
        .client()
        .send(Method::OPTIONS, "/api/chat/otp/request", "")
        .await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    for (name, value) in [
        ("access-control-allow-origin", Some("*")),
        (
            "access-control-allow-methods",
            Some("GET, POST, PUT, DELETE, PATCH, OPTIONS"),
        ),
        ("access-control-allow-headers", Some("Content-Type, Authorization")),
        ("content-type", None),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let answer = stage.app.client().get(REQUEST).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::METHOD_NOT_ALLOWED, 0));
    assert_eq!((answer.header("allow"), answer.header("content-type")), (None, None));
}
