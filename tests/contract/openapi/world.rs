//! What generated requests find: two tenants with users, a ticket, and every way to prove who one is.

use harness::{Answer, TestApp, Ticket};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use time::Duration;

use super::Operation;
use super::requests::{Proof, Sent};

/// "correct horse", cost 4: tests need not wait.
const HORSE: &str = "$2b$04$7u5sA2cuFzxLwvHNgDFk2.0ECsImlVRX0oM/0YHoCR/vZUExVZHhu";

/// The handlers with rows.
pub(super) struct World {
    app: TestApp,
    known: Known,
    admin_token: String,
    chat_token: String,
}

/// Words that lead somewhere, by the name of the field that takes them.
pub(super) struct Known(Vec<(&'static str, String)>);

impl Known {
    pub(super) fn words(&self, name: &str) -> Vec<String> {
        let words = self.0.iter().filter(|(field, _)| *field == name);
        words.map(|(_, word)| word.clone()).collect()
    }
}

impl World {
    pub(super) async fn new() -> Self {
        let app = TestApp::with(&[("AUTH_SECRET", "cookie-secret")]).await;
        let acme = app.tenant("acme").insert().await;
        let other = app.tenant("globex").insert().await;
        let ada = app.agent(&acme).role("admin").insert().await;
        let bob = app.agent(&acme).named("bob").insert().await;
        Ticket::new(&app, &acme, &ada, "first").insert().await;
        sqlx::query("update users set password = $2 where id = $1")
            .bind(&ada)
            .bind(HORSE)
            .execute(app.pool())
            .await
            .unwrap();
        let claims = json!({ "sub": ada, "email": "ada@acme.example", "tenantId": acme, "role": "admin" });
        let key = EncodingKey::from_secret(b"only-for-tests");
        let admin_token = encode(&Header::default(), &claims, &key).unwrap();
        let chat_token = "ab".repeat(32);
        chat_session(&app, &acme, &bob, &chat_token).await;
        let known = vec![
            ("tenantId", acme),
            ("tenantId", other),
            ("createdById", ada.clone()),
            ("assignedToId", bob),
            ("email", format!("{ada}@example.org")),
            ("password", "correct horse".to_owned()),
            ("password", "battery staple".to_owned()),
            ("search", "first".to_owned()),
            ("token", admin_token.clone()),
            ("token", chat_token.clone()),
        ];
        Self {
            app,
            known: Known(known),
            admin_token,
            chat_token,
        }
    }

    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    /// Time goes on, so that what is held back for a while is let through again.
    pub(super) fn pass_a_minute(&self) {
        self.app.clock().advance(Duration::MINUTE.unsigned_abs());
    }

    /// A good proof for a security scheme of the document.
    pub(super) fn proof(&self, scheme: &str) -> Proof {
        let bearer = |token: &str| vec![("authorization".to_owned(), format!("Bearer {token}"))];
        let (headers, query) = match scheme {
            "adminToken" => (bearer(&self.admin_token), Vec::new()),
            "chatSession" => (bearer(&self.chat_token), Vec::new()),
            // Legacy's guard takes a plain token from that cookie.
            "adminCookie" => {
                let cookie = format!("next-auth.session-token={}", self.admin_token);
                (vec![("cookie".to_owned(), cookie)], Vec::new())
            }
            "queryToken" => (Vec::new(), vec![("token".to_owned(), self.admin_token.clone())]),
            other => panic!("give the generated requests a proof for the security scheme {other}"),
        };
        Proof {
            headers,
            query,
            good: true,
        }
    }

    pub(super) async fn send(&self, operation: &Operation<'_>, sent: &Sent) -> Result<Answer, String> {
        let mut url = reqwest::Url::parse("http://app.example/").unwrap();
        let segments = operation.path.split('/').skip(1).map(|segment| {
            let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            let value = name.and_then(|name| sent.path.iter().find(|(field, _)| field == name));
            value.map_or(segment, |(_, value)| if value.is_empty() { "x" } else { value })
        });
        url.path_segments_mut().unwrap().clear().extend(segments);
        if !sent.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&sent.query);
        }
        let mut client = self.app.client();
        for (name, value) in &sent.headers {
            client = client.with_header(name, value);
        }
        let mut bytes = Vec::new();
        if let Some(body) = &sent.body {
            client = client.with_header("content-type", &body.media);
            bytes.clone_from(&body.bytes);
        }
        client.try_send(operation.method.clone(), &target(&url), bytes).await
    }
}

/// Path and query, as they are sent.
fn target(url: &reqwest::Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// A chat session of an approved user.
async fn chat_session(app: &TestApp, tenant: &str, user: &str, token: &str) {
    let now = app.clock().now();
    let now = time::PrimitiveDateTime::new(now.date(), now.time());
    let phone_user = r#"insert into chatbot_phone_users (id, phone, "normalizedPhone", "tenantId", "createdAt", "updatedAt")
                        values ('p1', '+51999000111', '+51999000111', $1, $2, $2)"#;
    let link = r#"update users set "chatbotPhoneUserId" = 'p1', "approvalStatus" = 'approved',
                    "chatbotAccessStatus" = 'approved' where id = $1 and "updatedAt" = $2"#;
    let session = r#"insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "lastUsedAt", "createdAt")
                     values ('s1', 'p1', $1, $2 + interval '180 days', $2, $2)"#;
    for (statement, value) in [(phone_user, tenant), (link, user), (session, token)] {
        let written = sqlx::query(statement).bind(value).bind(now).execute(app.pool()).await;
        assert_eq!(written.unwrap().rows_affected(), 1);
    }
}
