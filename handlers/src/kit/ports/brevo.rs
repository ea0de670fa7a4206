//! E-mail through Brevo's transactional API (`POST /v3/smtp/email`).
//!
//! Legacy stores Brevo's settings and sends nothing; this is what a native endpoint announces mail to.

use async_trait::async_trait;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{MailPort, PortError, judge};
use crate::config::{BrevoSettings, Secret};
use crate::kit::effects::Mail;

const SERVICE: &str = "brevo";

/// Sends e-mail; the account is read for every message, so that a change in the console counts at once.
#[derive(Clone, Debug)]
pub struct Brevo {
    client: reqwest::Client,
    pool: PgPool,
    settings: BrevoSettings,
}

#[derive(Debug)]
struct Account {
    api_key: Secret<String>,
    copy_to: Option<String>,
}

impl Brevo {
    /// A port over the account in `system_config` (`brevo_config`, then `brevo_email`), else the one of the settings.
    #[must_use]
    pub fn new(client: reqwest::Client, pool: PgPool, settings: BrevoSettings) -> Self {
        Self { client, pool, settings }
    }

    async fn account(&self) -> Option<Account> {
        let rows: Vec<Value> = sqlx::query_scalar(
            "select value from system_config where key in ('brevo_config', 'brevo_email') and value is not null
             order by key",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap_or_default();
        let settings = || {
            Some(Account {
                api_key: self.settings.api_key.clone()?,
                copy_to: None,
            })
        };
        rows.iter().find_map(stored).or_else(settings)
    }
}

fn stored(value: &Value) -> Option<Account> {
    let text = |name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    Some(Account {
        api_key: Secret::new(text("apiKey")?.to_owned()),
        copy_to: text("ccEmail").map(str::to_owned),
    })
}

/// The body of the API. `idempotencyKey` makes Brevo drop a repeated try.
fn body(mail: &Mail, key: &str, sender: (&str, &str), copy_to: Option<&str>) -> Value {
    let mut to = json!({ "email": mail.to });
    if let Some(name) = &mail.to_name {
        to["name"] = json!(name);
    }
    let mut body = json!({
        "sender": { "email": sender.0, "name": sender.1 },
        "to": [to],
        "subject": mail.subject,
        "htmlContent": mail.html,
        "headers": { "idempotencyKey": key },
    });
    if let Some(text) = &mail.text {
        body["textContent"] = json!(text);
    }
    if let Some(copy_to) = copy_to {
        body["cc"] = json!([{ "email": copy_to }]);
    }
    body
}

#[async_trait]
impl MailPort for Brevo {
    async fn deliver(&self, mail: &Mail, key: &str) -> Result<(), PortError> {
        let sender = self
            .settings
            .sender_email
            .as_deref()
            .ok_or(PortError::NotConfigured(SERVICE))?;
        let account = self.account().await.ok_or(PortError::NotConfigured(SERVICE))?;
        let answer = self
            .client
            .post(format!("{}/v3/smtp/email", self.settings.url.trim_end_matches('/')))
            .header("api-key", account.api_key.expose())
            .json(&body(
                mail,
                key,
                (sender, &self.settings.sender_name),
                account.copy_to.as_deref(),
            ))
            .send()
            .await;
        judge(SERVICE, answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_parts_are_absent_and_not_null() {
        let mail = Mail {
            to: "a@b.example".into(),
            to_name: None,
            subject: "s".into(),
            html: "<p>".into(),
            text: None,
        };
        assert_eq!(
            body(&mail, "k", ("from@b.example", "F"), None),
            json!({
                "sender": {"email": "from@b.example", "name": "F"}, "to": [{"email": "a@b.example"}],
                "subject": "s", "htmlContent": "<p>", "headers": {"idempotencyKey": "k"}
            })
        );
    }
}
