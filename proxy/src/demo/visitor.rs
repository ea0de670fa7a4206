//! A client of the app, as the front-end is one: it knows the origin and nothing of Ficus.

use std::time::Duration;

use serde_json::{Value, json};

/// A tenant and one of its users among the invented rows of `tests/legacy/seed.sql`.
pub(super) const TENANT: &str = "cmtenantfaro000000000001";
const USER: &str = "cmuserirene0000000000001";

/// The chat session of that user: legacy needs none when a tenant is named, native handlers insist on one.
pub(super) const SESSION: &str = "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f";

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Says what went wrong in words for the step that asked.
pub(super) type Seen<T> = Result<T, String>;

#[derive(Debug)]
pub(super) struct Visitor {
    client: reqwest::Client,
    origin: String,
}

impl Visitor {
    pub(super) fn new(origin: String) -> Seen<Self> {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, origin })
    }

    /// The status of a page.
    pub(super) async fn status(&self, path: &str) -> Seen<u16> {
        let answer = self.client.get(format!("{}{path}", self.origin)).send().await;
        answer
            .map(|answer| answer.status().as_u16())
            .map_err(|error| format!("GET {path}: {}", chain(&error)))
    }

    /// The titles of the newest tickets.
    pub(super) async fn titles(&self) -> Seen<Vec<String>> {
        self.tickets(&[("limit", "5")]).await
    }

    /// How many tickets have this title.
    pub(super) async fn count(&self, title: &str) -> Seen<usize> {
        Ok(self.tickets(&[("search", title)]).await?.len())
    }

    /// Opens a ticket and returns its id.
    pub(super) async fn open_ticket(&self, title: &str) -> Seen<String> {
        let ticket = json!({
            "tenantId": TENANT, "type": "help_desk", "title": title, "description": "Opened by the demo",
            "priority": "low", "customerId": "", "createdById": USER,
        });
        let request = self
            .client
            .post(format!("{}/api/crm/tickets", self.origin))
            .json(&ticket);
        let answer = self.json("POST /api/crm/tickets", request).await?;
        let id = answer["ticket"]["id"].as_str();
        id.map(str::to_owned)
            .ok_or_else(|| format!("POST /api/crm/tickets answered without a ticket: {answer}"))
    }

    /// The title of one ticket.
    pub(super) async fn title_of(&self, id: &str) -> Seen<String> {
        let request = self
            .client
            .get(format!("{}/api/crm/tickets/{id}?tenantId={TENANT}", self.origin));
        let answer = self.json("GET /api/crm/tickets/[ticketId]", request).await?;
        let title = answer["ticket"]["title"].as_str();
        title
            .map(str::to_owned)
            .ok_or_else(|| format!("GET /api/crm/tickets/[ticketId] answered without a title: {answer}"))
    }

    async fn tickets(&self, query: &[(&str, &str)]) -> Seen<Vec<String>> {
        let mut path = format!("{}/api/crm/tickets?tenantId={TENANT}", self.origin);
        for (name, value) in query {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            path.push_str(&format!("&{name}={value}"));
        }
        let answer = self.json("GET /api/crm/tickets", self.client.get(path)).await?;
        let tickets = answer["tickets"]
            .as_array()
            .ok_or_else(|| format!("GET /api/crm/tickets answered without a list: {answer}"))?;
        Ok(tickets
            .iter()
            .map(|ticket| ticket["title"].as_str().unwrap_or_default().to_owned())
            .collect())
    }

    async fn json(&self, what: &str, request: reqwest::RequestBuilder) -> Seen<Value> {
        let failed = |error: reqwest::Error| format!("{what}: {}", chain(&error));
        let answer = request.bearer_auth(SESSION).send().await.map_err(failed)?;
        let status = answer.status();
        let text = answer.text().await.map_err(failed)?;
        if !status.is_success() {
            return Err(format!(
                "{what} answered {status}: {}",
                text.chars().take(200).collect::<String>()
            ));
        }
        serde_json::from_str(&text).map_err(|error| format!("{what} did not answer with JSON: {error}"))
    }
}

/// An error with its causes: reqwest's own text hides the one that matters.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
