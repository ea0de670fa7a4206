//! What generated requests find: two tenants with users, a ticket, and every way to prove who one is.

use std::time::Duration;

use harness::{Answer, LabsMobile, TestApp, Ticket};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use super::Operation;
use super::requests::{Proof, Sent};

/// "correct horse", cost 4: tests need not wait.
const HORSE: &str = "$2b$04$7u5sA2cuFzxLwvHNgDFk2.0ECsImlVRX0oM/0YHoCR/vZUExVZHhu";

/// "482913", cost 4.
const CODE_HASH: &str = "$2b$04$7u5sA2cuFzxLwvHNgDFk2.1SNrP7x80ta1HdN3pmnA3ks496Ift3u";
const VERIFICATION: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a01";
const PHONE: &str = "+51999000111";

/// The handlers with rows.
pub(super) struct World {
    app: TestApp,
    /// Takes the text messages.
    _sms: LabsMobile,
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
        let sms = LabsMobile::start().await;
        let app = TestApp::with_services(&[
            ("AUTH_SECRET", "cookie-secret"),
            ("LABSMOBILE_ENDPOINT", &sms.url()),
            ("LABSMOBILE_USERNAME", "user"),
            ("LABSMOBILE_TOKEN", "secret"),
        ])
        .await;
        let acme = app.tenant("acme").insert().await;
        let other = app.tenant("globex").insert().await;
        let ada = app.agent(&acme).role("admin").insert().await;
        let bob = app.agent(&acme).named("bob").insert().await;
        Ticket::new(&app, &acme, &ada, "first").insert().await;
        let claims = json!({ "sub": ada, "email": "ada@acme.example", "tenantId": acme, "role": "admin" });
        let key = EncodingKey::from_secret(b"only-for-tests");
        let admin_token = encode(&Header::default(), &claims, &key).unwrap();
        let chat_token = "ab".repeat(32);
        write_rows(&app, [&acme, &ada, &bob, &chat_token]).await;
        let known = vec![
            ("tenantId", acme),
            ("tenantId", other),
            ("createdById", ada.clone()),
            ("peerId", ada.clone()),
            ("recipientId", ada.clone()),
            ("content", "Hello".to_owned()),
            ("assignedToId", bob),
            ("phone", PHONE.to_owned()),
            ("countryCode", "+51".to_owned()),
            ("verificationId", VERIFICATION.to_owned()),
            ("code", "482913".to_owned()),
            ("code", "000000".to_owned()),
            ("displayName", "Bob B.".to_owned()),
            ("email", "bob@acme.example".to_owned()),
            ("sessionToken", chat_token.clone()),
            ("email", format!("{ada}@example.org")),
            ("password", "correct horse".to_owned()),
            ("password", "battery staple".to_owned()),
            ("search", "first".to_owned()),
            ("token", admin_token.clone()),
            ("token", chat_token.clone()),
        ];
        Self {
            app,
            _sms: sms,
            known: Known(known),
            admin_token,
            chat_token,
        }
    }

    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    /// Time goes on, so that what is held back for a while is let through again.
    pub(super) fn pass(&self) {
        self.app.clock().advance(Duration::from_secs(20));
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

/// A password for `ada`; a phone for `bob`, with a session and a code.
async fn write_rows(app: &TestApp, [acme, ada, bob, chat_token]: [&str; 4]) {
    let rows = format!(
        r#"update users set password = '{HORSE}' where id = '{ada}';
           insert into chatbot_phone_users (id, phone, "normalizedPhone", "tenantId", "createdAt", "updatedAt")
             values ('p1', '{PHONE}', '{PHONE}', '{acme}', '2025-01-01', '2025-01-01');
           update users set "chatbotPhoneUserId" = 'p1', phone = '{PHONE}', "normalizedPhone" = '{PHONE}',
                            "approvalStatus" = 'approved', "chatbotAccessStatus" = 'approved' where id = '{bob}';
           insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "lastUsedAt", "createdAt")
             values ('s1', 'p1', '{chat_token}', '2025-12-01', '2025-06-01', '2025-06-01');
           insert into chatbot_phone_otps (id, "publicId", "userId", "codeHash", "expiresAt", "createdAt", "updatedAt")
             values ('o1', '{VERIFICATION}', 'p1', '{CODE_HASH}', '2025-06-15 11:00', '2025-06-15 09:00', '2025-06-15 09:00')"#
    );
    let written = sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(app.pool()).await;
    written.expect("the rows can be written");
}
