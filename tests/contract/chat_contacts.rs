//! `GET /api/v1/auth/phone/contacts` (realtime contract, "Contact list algorithm").

use harness::{Client, TestApp};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const CONTACTS: &str = "/api/v1/auth/phone/contacts";

/// `ada` of `acme` is logged in by phone; `acme` and `other` have a WhatsApp session each.
struct Book {
    app: TestApp,
    ada: String,
    bob: String,
}

impl Book {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let (acme, _) = (app.tenant("acme").insert().await, app.tenant("other").insert().await);
        let ada = app.agent(&acme).insert().await;
        let bob = app.agent(&acme).named("bob").insert().await;
        let book = Self { app, ada, bob };
        book.run(&format!(
            r#"insert into chatbot_phone_users (id, phone, "normalizedPhone", "tenantId", email, "displayName", "createdAt", "updatedAt")
                 values ('p1', '+51999000111', '+51999000111', '{acme}', 'a@b.co', 'Ada', '2025-01-01', '2025-01-01');
               update users set "approvalStatus" = 'approved', "chatbotAccessStatus" = 'approved', "chatbotPhoneUserId" = 'p1',
                                phone = '+51999000111', "normalizedPhone" = '+51999000111' where id = '{ada}';
               insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "lastUsedAt", "createdAt")
                 values ('s1', 'p1', 'token', '2025-12-01', '2025-06-01', '2025-06-01');
               insert into whatsapp_sessions (id, "sessionId", "tenantId", "lastSync", "updatedAt") values
                 ('w1', 'own', 'tenant-acme', '2025-01-01', '2025-01-01'), ('w2', 'foreign', 'tenant-other', '2025-01-01', '2025-01-01')"#,
            ada = book.ada,
        ))
        .await;
        book
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(self.app.pool())
            .await
            .unwrap();
    }

    /// A WhatsApp contact of the tenant's session; `more` sets further columns.
    async fn whatsapp(&self, id: &str, jid: &str, more: &str) {
        self.run(&format!(
            r#"insert into whatsapp_contacts (id, "sessionId", jid, "tenantId", "createdAt", "updatedAt")
                 values ('{id}', 'own', '{jid}', 'tenant-acme', '2025-01-01', '2025-01-01');
               update whatsapp_contacts set id = id {more} where id = '{id}'"#
        ))
        .await;
    }

    async fn contact(&self, id: &str, name: &str, more: &str) {
        self.run(&format!(
            r#"insert into chatbot_contacts (id, "tenantId", "displayName", "createdAt", "updatedAt")
                 values ('{id}', 'tenant-acme', '{name}', '2025-01-01', '2025-01-02');
               update chatbot_contacts set id = id {more} where id = '{id}'"#
        ))
        .await;
    }

    fn caller(&self) -> Client {
        self.app.client().with_header("authorization", "Bearer token")
    }

    async fn list(&self) -> Vec<Value> {
        let answer = self.caller().get(CONTACTS).await;
        assert_eq!(
            (answer.status, &answer.json()["success"]),
            (StatusCode::OK, &json!(true))
        );
        answer.json()["contacts"].as_array().unwrap().clone()
    }

    async fn entry(&self, id: &str) -> Value {
        let list = self.list().await;
        list.into_iter().find(|entry| entry["id"] == id).expect("an entry")
    }
}

fn names(list: &[Value]) -> Vec<&str> {
    list.iter()
        .map(|entry| entry["displayName"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_three_kinds_have_their_shapes() {
    let book = Book::new().await;
    book.contact(
        "c1",
        "Carla",
        r#", phone = '', email = 'c@d.co', metadata = '{"vip": true, "gone": null}'"#,
    )
    .await;
    book.whatsapp(
        "x1",
        "120@g.us",
        r#", "unreadCount" = 3, metadata = '{"pushName": "Group"}'"#,
    )
    .await;
    let contact = json!({
        "id": "c1", "tenantId": "tenant-acme", "type": "CONTACT", "displayName": "Carla", "phone": null, "description": null,
        "avatarUrl": null, "isFlowbot": false, "name": "Carla", "email": "c@d.co",
        "createdAt": "2025-01-01T00:00:00.000Z", "updatedAt": "2025-01-02T00:00:00.000Z",
        "metadata": { "vip": true }, "unreadCount": 0, "lastMessageAt": null,
    });
    assert_eq!(book.entry("c1").await, contact);
    let user = json!({
        "id": book.bob, "tenantId": "tenant-acme", "type": "TENANT_USER", "displayName": "bob", "phone": null,
        "description": "user", "avatarUrl": null, "isFlowbot": false, "name": "bob",
        "email": format!("{}@example.org", book.bob),
        "createdAt": "2025-06-15T10:00:00.000Z", "updatedAt": "2025-06-15T10:00:00.000Z",
        "metadata": { "role": "user" }, "unreadCount": 0, "lastMessageAt": null,
    });
    assert_eq!(book.entry(&book.bob).await, user);
    let orphan = json!({
        "id": "x1", "tenantId": "tenant-acme", "type": "CONTACT", "displayName": "120@g.us", "phone": null,
        "description": "120@g.us", "avatarUrl": null, "isFlowbot": false,
        "createdAt": "2025-06-15T10:00:00.000Z", "updatedAt": "2025-06-15T10:00:00.000Z",
        "metadata": {
            "whatsappSessionId": "own", "whatsappJid": "120@g.us", "lastMessageAt": null, "sessionStatus": "closed",
            "sessionStartTime": null, "pushName": "Group",
        },
        "unreadCount": 3, "lastMessageAt": null,
    });
    assert_eq!(book.entry("x1").await, orphan);
}

#[tokio::test]
async fn a_contact_is_enriched_by_its_link_then_by_its_phone() {
    let book = Book::new().await;
    book.contact("c1", "Linked", ", phone = '+51911111101'").await;
    book.contact("c2", "By tail", ", phone = '911111102'").await;
    book.contact(
        "c3",
        "Own",
        r#", metadata = '{"whatsappSessionId": "kept", "whatsappJid": "j"}', phone = '+51911111102'"#,
    )
    .await;
    book.whatsapp(
        "x1",
        "1@s.whatsapp.net",
        r#", "chatbotContactId" = 'c1', "sessionStatus" = 'OPEN', "sessionStartedAt" = '2025-05-01'"#,
    )
    .await;
    book.whatsapp("x2", "51911111102@s.whatsapp.net", "").await;
    assert_eq!(
        book.entry("c1").await["metadata"],
        json!({
            "whatsappSessionId": "own", "whatsappJid": "1@s.whatsapp.net", "sessionStatus": "OPEN",
            "sessionStartTime": "2025-05-01T00:00:00.000Z",
        })
    );
    assert_eq!(
        book.entry("c2").await["metadata"]["whatsappJid"],
        json!("51911111102@s.whatsapp.net")
    );
    assert_eq!(
        book.entry("c3").await["metadata"],
        json!({ "whatsappSessionId": "kept", "whatsappJid": "j" })
    );
    let list = book.list().await;
    assert!(
        !list.iter().any(|entry| entry["id"] == "x1" || entry["id"] == "x2"),
        "no orphans"
    );
}

#[tokio::test]
async fn a_user_is_enriched_by_id_and_shows_only_what_the_page_reads() {
    let book = Book::new().await;
    book.run(&format!(
        r#"update users set metadata = '{{"extension": "101", "role": "boss", "whatsappJid": "old"}}' where id = '{}'"#,
        book.bob
    ))
    .await;
    book.whatsapp("x1", "7@s.whatsapp.net", &format!(r#", "userId" = '{}'"#, book.bob))
        .await;
    book.whatsapp("x2", "51999000111@s.whatsapp.net", "").await;
    assert_eq!(
        book.entry(&book.bob).await["metadata"],
        json!({ "role": "boss", "whatsappSessionId": "own", "whatsappJid": "7@s.whatsapp.net" })
    );
    assert_eq!(
        book.entry(&book.ada).await["metadata"],
        json!({ "role": "user", "whatsappSessionId": "own", "whatsappJid": "51999000111@s.whatsapp.net" })
    );
}

#[tokio::test]
async fn nothing_of_another_tenant_gets_on_the_list() {
    let book = Book::new().await;
    book.contact("c1", "Carla", ", phone = '+51911111101'").await;
    book.run(
        r#"insert into chatbot_contacts (id, "tenantId", "displayName", "updatedAt") values ('c9', 'tenant-other', 'Foreign', '2025-01-01');
           insert into whatsapp_contacts (id, "sessionId", jid, "phoneNumber", "tenantId", "updatedAt")
             values ('x9', 'foreign', '51911111101@s.whatsapp.net', '+51911111101', 'tenant-other', '2025-01-01')"#,
    )
    .await;
    for path in [CONTACTS.to_owned(), format!("{CONTACTS}?tenantId=tenant-other")] {
        let list = book.caller().get(&path).await.json()["contacts"].clone();
        assert_eq!(names(list.as_array().unwrap()), ["ada", "bob", "Carla"], "{path}");
    }
    assert_eq!(book.entry("c1").await["metadata"], Value::Null);
}

#[tokio::test]
async fn the_bot_is_first_then_who_wrote_last_then_the_names() {
    let book = Book::new().await;
    book.contact("c1", "Émile", "").await;
    book.contact("c2", "zoe", "").await;
    book.contact("c3", "eva", "").await;
    book.contact("c4", "Zed", r#", "isDefaultFlowbot" = true, type = 'BOT'"#)
        .await;
    book.whatsapp("x1", "9@g.us", r#", name = 'Group', "lastMessageAt" = '2025-06-01'"#)
        .await;
    book.run(&format!(
        r#"insert into tenant_user_chat_messages (id, "tenantId", "threadKey", "senderId", "recipientId", content, "createdAt", "readAt", "isDeleted")
           values ('m1', 'tenant-acme', 'k', '{bob}', '{ada}', 'x', '2025-06-01', null, true),
                  ('m2', 'tenant-acme', 'k', '{bob}', '{ada}', 'x', '2025-06-02', '2025-06-02', false),
                  ('m3', 'tenant-acme', 'k', '{ada}', '{bob}', 'x', '2025-06-03', null, false)"#,
        ada = book.ada,
        bob = book.bob,
    ))
    .await;
    assert_eq!(
        names(&book.list().await),
        ["Zed", "bob", "Group", "ada", "Émile", "eva", "zoe"]
    );
    let bob = book.entry(&book.bob).await;
    assert_eq!(
        (&bob["unreadCount"], &bob["lastMessageAt"]),
        (&json!(1), &json!("2025-06-03T00:00:00.000Z"))
    );
}

#[tokio::test]
async fn the_token_is_looked_for_in_the_query_first() {
    let book = Book::new().await;
    let answer = book.app.client().get(&format!("{CONTACTS}?token=token")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let refusals = [
        (
            book.app.client().get(CONTACTS).await,
            StatusCode::BAD_REQUEST,
            json!({ "error": "Session token is required" }),
        ),
        (
            book.caller().get(&format!("{CONTACTS}?token=unknown")).await,
            StatusCode::UNAUTHORIZED,
            json!({ "error": "Session not found", "code": "SESSION_INVALID" }),
        ),
    ];
    for (answer, status, body) in refusals {
        assert_eq!((answer.status, answer.json()), (status, body));
    }
    book.run(r#"update users set "approvalStatus" = 'pending'"#).await;
    let answer = book.caller().get(CONTACTS).await;
    let text = "Tu acceso al chatbot está pendiente de aprobación. Contacta al administrador.";
    assert_eq!(
        (answer.status, answer.json()),
        (
            StatusCode::BAD_REQUEST,
            json!({ "error": text, "code": "ACCESS_DENIED" })
        )
    );
}

#[tokio::test]
async fn preflights_are_the_backends() {
    let book = Book::new().await;
    let answer = book
        .app
        .client()
        .send(Method::OPTIONS, "/api/v1/auth/phone/contacts", "")
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
}
