//! `GET` and `POST /api/v1/auth/phone/messages`, `POST …/messages/read` (realtime contract).

use harness::{Answer, Client, TestApp};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const MESSAGES: &str = "/api/v1/auth/phone/messages";
const READ: &str = "/api/v1/auth/phone/messages/read";

/// `ada` is logged in by phone; `bob` is of the same tenant, `eve` of another.
struct Room {
    app: TestApp,
    ada: String,
    bob: String,
    eve: String,
}

impl Room {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let (acme, other) = (app.tenant("acme").insert().await, app.tenant("other").insert().await);
        let ada = app.agent(&acme).insert().await;
        let bob = app.agent(&acme).named("bob").insert().await;
        let eve = app.agent(&other).named("eve").insert().await;
        let room = Self { app, ada, bob, eve };
        room.run(&format!(
            r#"insert into chatbot_phone_users (id, phone, "normalizedPhone", "tenantId", email, "displayName", "createdAt", "updatedAt")
                 values ('p1', '+51999000111', '+51999000111', '{acme}', 'a@b.co', 'Ada', '2025-01-01', '2025-01-01');
               update users set "approvalStatus" = 'approved', "chatbotAccessStatus" = 'approved', "chatbotPhoneUserId" = 'p1',
                                phone = '+51999000111', "normalizedPhone" = '+51999000111' where id = '{ada}';
               insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "lastUsedAt", "createdAt")
                 values ('s1', 'p1', 'token', '2025-12-01', '2025-06-01', '2025-06-01')"#,
            ada = room.ada,
        ))
        .await;
        room
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(self.app.pool())
            .await
            .unwrap();
    }

    async fn text(&self, sql: &str) -> Value {
        self.app.native().idle().await;
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select to_jsonb(t) from ({sql}) t")))
            .fetch_one(self.app.pool())
            .await
            .unwrap()
    }

    fn caller(&self) -> Client {
        self.app.client().with_header("authorization", "Bearer token")
    }

    async fn message(&self, id: &str, from: &str, to: &str, more: &str) {
        let mut pair = [from, to];
        pair.sort_unstable();
        self.run(&format!(
            r#"insert into tenant_user_chat_messages (id, "tenantId", "threadKey", "senderId", "recipientId", content, "createdAt")
               values ('{id}', 'tenant-acme', '{}', '{from}', '{to}', 'text of {id}', '2025-06-0{}');
               update tenant_user_chat_messages set id = id {more} where id = '{id}'"#,
            pair.join("."),
            &id[1..],
        ))
        .await;
    }
}

fn assert_answer(answer: &Answer, status: StatusCode, body: &Value) {
    assert_eq!((answer.status, &answer.json()), (status, body));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
}

#[tokio::test]
async fn a_thread_is_shown_from_its_beginning_with_its_attachments() {
    let room = Room::new().await;
    room.message("m2", &room.ada, &room.bob, r#", "editedAt" = '2025-06-03'"#)
        .await;
    room.message("m1", &room.bob, &room.ada, r#", "readAt" = '2025-06-02'"#)
        .await;
    room.message("m3", &room.bob, &room.ada, r#", "isDeleted" = true"#)
        .await;
    room.run(
        r#"insert into chat_attachments (id, "messageId", filename, "originalName", "mimeType", size, url, "createdAt") values
             ('a1', 'm1', 'f1', 'one.png', 'image/png', 5, null, '2025-06-01'),
             ('a2', 'm1', 'f2', 'two.png', 'image/png', 6, '/old', '2025-06-02')"#,
    )
    .await;
    let answer = room.caller().get(&format!("{MESSAGES}?peerId={}", room.bob)).await;
    let expected = json!({ "success": true, "messages": [
        {
            "id": "m1", "senderId": room.bob, "recipientId": room.ada, "content": "text of m1",
            "createdAt": "2025-06-01T00:00:00.000Z", "readAt": "2025-06-02T00:00:00.000Z", "editedAt": null,
            "attachments": [
                { "id": "a1", "filename": "f1", "originalName": "one.png", "mimeType": "image/png", "size": 5,
                  "url": "/api/chat/attachments/a1" },
                { "id": "a2", "filename": "f2", "originalName": "two.png", "mimeType": "image/png", "size": 6, "url": "/old" },
            ],
        },
        {
            "id": "m2", "senderId": room.ada, "recipientId": room.bob, "content": "text of m2",
            "createdAt": "2025-06-02T00:00:00.000Z", "readAt": null, "editedAt": "2025-06-03T00:00:00.000Z",
            "attachments": [],
        },
    ] });
    assert_answer(&answer, StatusCode::OK, &expected);
    let used = room.text(r#"select "lastUsedAt" from chatbot_phone_sessions"#).await;
    assert_eq!(used["lastUsedAt"], json!("2025-06-15T10:00:00"));
    for nobody in ["unknown", "nul%00"] {
        let answer = room.caller().get(&format!("{MESSAGES}?peerId={nobody}")).await;
        assert_answer(&answer, StatusCode::OK, &json!({ "success": true, "messages": [] }));
    }
}

#[tokio::test]
async fn what_is_missing_is_named_before_the_session_is_looked_at() {
    let room = Room::new().await;
    let bad = |text: &str| json!({ "error": text });
    let required = "Authorization required";
    for client in [
        room.app.client(),
        room.app.client().with_header("authorization", "bearer token"),
        room.app.client().with_header("authorization", "Basic token"),
    ] {
        for answer in [
            client.get(MESSAGES).await,
            client.post(MESSAGES, &json!({})).await,
            client.post(READ, &json!({})).await,
        ] {
            assert_answer(&answer, StatusCode::BAD_REQUEST, &bad(required));
        }
    }
    let stranger = room.app.client().with_header("authorization", "Bearer unknown");
    let answer = stranger.get(&format!("{MESSAGES}?peerId=")).await;
    assert_answer(&answer, StatusCode::BAD_REQUEST, &bad("peerId is required"));
    for body in [
        json!({}),
        json!({ "recipientId": "x" }),
        json!({ "recipientId": "x", "content": "" }),
        json!({ "recipientId": 5, "content": "x" }),
        json!({ "recipientId": "x", "content": ["x"] }),
    ] {
        let answer = stranger.post(MESSAGES, &body).await;
        assert_answer(
            &answer,
            StatusCode::BAD_REQUEST,
            &bad("recipientId and content are required"),
        );
    }
    for body in [
        json!({}),
        json!({ "peerId": "x" }),
        json!({ "messageIds": [] }),
        json!({ "peerId": "x", "messageIds": "x" }),
    ] {
        let answer = stranger.post(READ, &body).await;
        assert_answer(
            &answer,
            StatusCode::BAD_REQUEST,
            &bad("peerId and messageIds are required"),
        );
    }
}

#[tokio::test]
async fn a_session_that_does_not_hold_is_refused_with_its_code() {
    let room = Room::new().await;
    let all = async |client: Client| {
        [
            client.get(&format!("{MESSAGES}?peerId=x")).await,
            client
                .post(MESSAGES, &json!({ "recipientId": "x", "content": "x" }))
                .await,
            client.post(READ, &json!({ "peerId": "x", "messageIds": [] })).await,
        ]
    };
    let unknown = json!({ "error": "Session not found", "code": "SESSION_INVALID" });
    for answer in all(room.app.client().with_header("authorization", "Bearer unknown")).await {
        assert_answer(&answer, StatusCode::UNAUTHORIZED, &unknown);
    }
    room.run("update users set status = 'suspended'").await;
    let text = "Tu cuenta se encuentra suspendida. Contacta al administrador.";
    let denied = json!({ "error": text, "code": "ACCESS_DENIED" });
    for answer in all(room.caller()).await {
        assert_answer(&answer, StatusCode::BAD_REQUEST, &denied);
    }
    room.run(r#"update chatbot_phone_sessions set "expiresAt" = '2025-01-01'"#)
        .await;
    let expired = json!({ "error": "Session has expired", "code": "SESSION_INVALID" });
    for answer in all(room.caller()).await {
        assert_answer(&answer, StatusCode::UNAUTHORIZED, &expired);
    }
}

#[tokio::test]
async fn a_message_is_written_with_the_attachments_that_are_free() {
    let room = Room::new().await;
    room.message("m1", &room.bob, &room.ada, "").await;
    room.run(
        r#"insert into chat_attachments (id, "messageId", filename, "originalName", "mimeType", size) values
             ('free', null, 'f', 'o', 'image/png', 5), ('taken', 'm1', 'f', 'o', 'image/png', 5)"#,
    )
    .await;
    let body = json!({
        "recipientId": room.bob,
        "content": " hello ",
        "attachments": [{ "id": "free" }, { "id": "taken" }, { "id": "unknown" }, {}, 5],
    });
    let answer = room.caller().post(MESSAGES, &body).await;
    let message = answer.json()["message"].clone();
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(
        message,
        json!({
            "id": message["id"], "senderId": room.ada, "recipientId": room.bob, "content": " hello ",
            "createdAt": "2025-06-15T10:00:00.000Z", "readAt": null, "editedAt": null,
            "attachments": [{
                "id": "free", "filename": "f", "originalName": "o", "mimeType": "image/png", "size": 5,
                "url": "/api/chat/attachments/free",
            }],
        })
    );
    let row = room
        .text("select * from tenant_user_chat_messages where content = ' hello '")
        .await;
    assert_eq!(
        (&row["threadKey"], &row["tenantId"], &row["isDeleted"]),
        (
            &json!(format!("{}.{}", room.ada, room.bob)),
            &json!("tenant-acme"),
            &json!(false)
        )
    );
    let taken = room
        .text(r#"select "messageId" from chat_attachments where id = 'taken'"#)
        .await;
    assert_eq!(taken["messageId"], json!("m1"));
}

#[tokio::test]
async fn only_a_user_of_the_same_tenant_is_written_to() {
    let room = Room::new().await;
    for recipient in [room.eve.as_str(), "unknown"] {
        let body = json!({ "recipientId": recipient, "content": "x", "attachments": "x" });
        let answer = room.caller().post(MESSAGES, &body).await;
        assert_answer(
            &answer,
            StatusCode::NOT_FOUND,
            &json!({ "error": "Recipient not found" }),
        );
    }
    let used = room.text(r#"select "lastUsedAt" from chatbot_phone_sessions"#).await;
    assert_eq!(used["lastUsedAt"], json!("2025-06-15T10:00:00"), "the session was used");
    let body = json!({ "recipientId": room.ada, "content": "x", "attachments": "x" });
    let answer = room.caller().post(MESSAGES, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "one may write to oneself");
}

#[tokio::test]
async fn own_unread_messages_are_marked_and_counted_once() {
    let room = Room::new().await;
    room.message("m1", &room.bob, &room.ada, "").await;
    room.message("m2", &room.ada, &room.bob, "").await;
    room.message("m3", &room.bob, &room.ada, r#", "isDeleted" = true"#)
        .await;
    room.message("m4", &room.bob, &room.ada, r#", "readAt" = '2025-06-05'"#)
        .await;
    let body = json!({ "peerId": "whoever", "messageIds": ["m1", "m2", "m3", "m4", "unknown", 5, null, "nul\u{0}"] });
    let counted = |count: u64| json!({ "success": true, "count": count });
    assert_answer(&room.caller().post(READ, &body).await, StatusCode::CREATED, &counted(2));
    assert_answer(&room.caller().post(READ, &body).await, StatusCode::CREATED, &counted(0));
    let none = json!({ "peerId": "whoever", "messageIds": [] });
    assert_answer(&room.caller().post(READ, &none).await, StatusCode::CREATED, &counted(0));
    let read = room
        .text(r#"select jsonb_object_agg(id, "readAt") as at from tenant_user_chat_messages"#)
        .await;
    assert_eq!(
        read["at"],
        json!({ "m1": "2025-06-15T10:00:00", "m2": null, "m3": "2025-06-15T10:00:00", "m4": "2025-06-05T00:00:00" })
    );
}

#[tokio::test]
async fn preflights_are_the_backends() {
    let room = Room::new().await;
    for answer in [
        room.app
            .client()
            .send(Method::OPTIONS, "/api/v1/auth/phone/messages", "")
            .await,
        room.app
            .client()
            .send(Method::OPTIONS, "/api/v1/auth/phone/messages/read", "")
            .await,
    ] {
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
}
