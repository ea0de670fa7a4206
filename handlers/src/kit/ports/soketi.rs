//! Realtime events through the REST trigger of the Pusher protocol (realtime contract, "REST trigger").

use async_trait::async_trait;
use hmac::{Hmac, Mac as _};
use md5::{Digest as _, Md5};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;

use super::{PortError, RealtimePort, judge};
use crate::config::SoketiSettings;
use crate::kit::clock::Clock;
use crate::kit::effects::Realtime;

const SERVICE: &str = "soketi";
/// The most characters of a channel or event name.
const LONGEST_NAME: usize = 200;

/// Publishes events.
#[derive(Clone, Debug)]
pub struct Soketi {
    client: reqwest::Client,
    clock: Clock,
    settings: SoketiSettings,
}

/// Key order as legacy sends it.
#[derive(Serialize)]
struct Trigger<'e> {
    name: &'e str,
    data: String,
    channels: &'e [String],
}

impl Soketi {
    /// A port to one app of one server.
    #[must_use]
    pub fn new(client: reqwest::Client, clock: Clock, settings: SoketiSettings) -> Self {
        Self {
            client,
            clock,
            settings,
        }
    }

    fn signed(&self, body: &[u8], timestamp: i64) -> String {
        let path = format!("/apps/{}/events", self.settings.app_id);
        let query = format!(
            "auth_key={}&auth_timestamp={timestamp}&auth_version=1.0&body_md5={}",
            self.settings.key,
            hex(&Md5::digest(body))
        );
        let signature = sign(self.settings.secret.expose(), &format!("POST\n{path}\n{query}"));
        format!("{}{path}?{query}&auth_signature={signature}", self.settings.url)
    }
}

#[async_trait]
impl RealtimePort for Soketi {
    async fn deliver(&self, event: &Realtime, _key: &str) -> Result<(), PortError> {
        check(event)?;
        let body = body(event);
        let url = self.signed(&body, self.clock.now().unix_timestamp());
        let answer = self
            .client
            .post(url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await;
        judge(SERVICE, answer)
    }
}

/// A string payload travels as it is, anything else as JSON text.
fn body(event: &Realtime) -> Vec<u8> {
    let data = match &event.data {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    serde_json::to_vec(&Trigger {
        name: &event.event,
        data,
        channels: &event.channels,
    })
    .unwrap_or_default()
}

fn check(event: &Realtime) -> Result<(), PortError> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-=@,.;".contains(character);
    let fits = |channel: &String| !channel.is_empty() && channel.len() <= LONGEST_NAME && channel.chars().all(plain);
    if event.channels.is_empty() || !event.channels.iter().all(fits) {
        return Err(PortError::Invalid("a channel name is not allowed"));
    }
    if event.event.chars().count() > LONGEST_NAME {
        return Err(PortError::Invalid("the event name is too long"));
    }
    Ok(())
}

/// HMAC-SHA256 in lower-case hex; an HMAC takes keys of any length.
fn sign(secret: &str, message: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(message.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _written = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use serde_json::json;

    fn port() -> Soketi {
        Soketi::new(
            reqwest::Client::new(),
            Clock::system(),
            SoketiSettings {
                app_id: "app1".into(),
                key: "key1".into(),
                secret: Secret::new("sec1".into()),
                url: "http://soketi.example:6001".into(),
            },
        )
    }

    #[test]
    fn the_known_answer_of_the_contract() {
        let data = r#"{"id":"1","content":"ñ \"q\"","n":1,"d":"1970-01-01T00:00:00.000Z"}"#;
        let event = Realtime {
            channels: vec!["whatsapp.s1".into()],
            event: "message.received".into(),
            data: json!(data),
        };
        let body = body(&event);
        assert_eq!(body.len(), 150);
        assert_eq!(
            port().signed(&body, 1_795_373_047),
            "http://soketi.example:6001/apps/app1/events?auth_key=key1&auth_timestamp=1795373047&auth_version=1.0\
             &body_md5=3e8c5b0f508000e0c1cc556bb7e45ef3\
             &auth_signature=8c7f6205446b277d609e69519957f0b5227171e83c5deb198f4005816750aaab"
        );
    }

    #[test]
    fn names_that_the_protocol_does_not_allow_are_never_sent() {
        let event = |channel: &str, name: &str| Realtime {
            channels: vec![channel.into()],
            event: name.into(),
            data: json!({}),
        };
        assert!(check(&event("private-user.u1", "x")).is_ok());
        assert!(check(&event("a b", "x")).is_err());
        assert!(check(&event("", "x")).is_err());
        assert!(check(&event(&"a".repeat(201), "x")).is_err());
        assert!(check(&event("a", &"x".repeat(201))).is_err());
    }
}
