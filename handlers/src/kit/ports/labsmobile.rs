//! Text messages through LabsMobile (auth contract, "SMS (LabsMobile)").

use async_trait::async_trait;
use serde_json::{Value, json};
use sqlx::{PgExecutor, PgPool};

use super::{PortError, SmsPort, judge};
use crate::config::{LabsMobileSettings, Secret};
use crate::kit::calls::{CallAnswer, CallError};
use crate::kit::effects::Sms;

/// The service, as calls and reports name it.
pub const SERVICE: &str = "labsmobile";
/// More of an answer than this is not read.
const MOST_OF_ANSWER: usize = 64 * 1024;
const DEFAULT_URL: &str = "https://api.labsmobile.com/json/send";
const DEFAULT_SENDER: &str = "FlowBot";
/// The keys of `system_config`, in the order in which legacy tries them.
const KEYS: [&str; 5] = [
    "labsmobile_config",
    "labs_mobile_api_key",
    "labsmobile_api_key",
    "labs_mobile",
    "LABSMOBILE_API_KEY",
];

/// Sends text messages; the account is read for every message, as in legacy, so that a change in the console counts at once.
#[derive(Clone, Debug)]
pub struct LabsMobile {
    client: reqwest::Client,
    pool: PgPool,
    settings: LabsMobileSettings,
}

#[derive(Debug)]
struct Account {
    url: String,
    username: String,
    token: Secret<String>,
    sender: String,
}

impl LabsMobile {
    /// A port over the account in `system_config`, else the one of the settings.
    #[must_use]
    pub fn new(client: reqwest::Client, pool: PgPool, settings: LabsMobileSettings) -> Self {
        Self { client, pool, settings }
    }

    /// Sends one message and waits for the answer, for a caller whose own answer hangs on it.
    ///
    /// # Errors
    /// When there is no account, or no answer. An answer with an error status is an answer.
    pub async fn send_now(&self, sms: &Sms) -> Result<CallAnswer, CallError> {
        let account = self.account().await.ok_or(CallError::NotConfigured(SERVICE))?;
        let answer = self.post(&account, sms).await;
        let mut answer = answer.map_err(|_| CallError::Unreachable(SERVICE))?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        // The status alone decides; a body that breaks off changes nothing.
        while let Ok(Some(chunk)) = answer.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_OF_ANSWER {
                break;
            }
        }
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(CallAnswer { status, body })
    }

    async fn post(&self, account: &Account, sms: &Sms) -> reqwest::Result<reqwest::Response> {
        let digits: String = sms.phone.chars().filter(char::is_ascii_digit).collect();
        self.client
            .post(&account.url)
            .basic_auth(&account.username, Some(account.token.expose()))
            .json(&json!({ "message": sms.text, "tpoa": account.sender, "recipient": [{ "msisdn": digits }] }))
            .send()
            .await
    }

    /// Database errors are ignored, as in legacy: the settings may still do.
    async fn account(&self) -> Option<Account> {
        let rows = rows(&self.pool).await.unwrap_or_default();
        account(&rows, &self.settings)
    }
}

/// Whether messages can be sent at all; asked before a code is made.
///
/// # Errors
/// When the database fails.
pub async fn is_configured(db: impl PgExecutor<'_>, settings: &LabsMobileSettings) -> sqlx::Result<bool> {
    Ok(account(&rows(db).await?, settings).is_some())
}

async fn rows(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<(String, Value)>> {
    sqlx::query_as("select key, value from system_config where key = any($1) and value is not null order by key")
        .bind(KEYS.as_slice())
        .fetch_all(db)
        .await
}

fn account(rows: &[(String, Value)], settings: &LabsMobileSettings) -> Option<Account> {
    let row = |key: &&str| {
        rows.iter()
            .find(|(name, _)| name == key)
            .and_then(|(_, value)| stored(value))
    };
    KEYS.iter().find_map(row).or_else(|| fallback(settings))
}

fn fallback(settings: &LabsMobileSettings) -> Option<Account> {
    Some(Account {
        url: settings.url.clone().unwrap_or_else(|| DEFAULT_URL.to_owned()),
        username: settings.username.clone()?,
        token: settings.token.clone()?,
        sender: settings.sender.clone().unwrap_or_else(|| DEFAULT_SENDER.to_owned()),
    })
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
        url: text("endpoint")
            .or_else(|| text("baseUrl"))
            .unwrap_or(DEFAULT_URL)
            .to_owned(),
        username: text("username")?.to_owned(),
        token: Secret::new(text("token").or_else(|| text("apiKey"))?.to_owned()),
        sender: text("senderId").unwrap_or(DEFAULT_SENDER).to_owned(),
    })
}

#[async_trait]
impl SmsPort for LabsMobile {
    async fn deliver(&self, sms: &Sms, _key: &str) -> Result<(), PortError> {
        let account = self.account().await.ok_or(PortError::NotConfigured(SERVICE))?;
        if !sms.phone.contains(|character: char| character.is_ascii_digit()) {
            return Err(PortError::Invalid("the phone has no digits"));
        }
        judge(SERVICE, self.post(&account, sms).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_needs_a_name_and_a_token_and_the_endpoint_comes_first() {
        let account =
            stored(&json!({"username": " u ", "apiKey": "k", "baseUrl": "http://b", "endpoint": "http://e"})).unwrap();
        assert_eq!(
            (account.url.as_str(), account.username.as_str(), account.sender.as_str()),
            ("http://e", "u", "FlowBot")
        );
        assert!(stored(&json!({"username": "u", "token": " "})).is_none());
        assert!(stored(&json!("text")).is_none());
    }
}
