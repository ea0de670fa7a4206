//! Outside services that speak the wire format of the real ones.

use serde_json::{Value, json};
use test_support::legacy::{Answer, FakeLegacy, Request};

/// `user:secret` in Base64.
const CREDENTIALS: &str = "Basic dXNlcjpzZWNyZXQ=";
const PATH: &str = "/json/send";

/// LabsMobile: `POST /json/send` with basic authentication. Dropping it closes its port.
#[derive(Debug)]
pub struct LabsMobile(FakeLegacy);

/// A message that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMessage {
    /// The digits of the phone.
    pub phone: String,
    /// What it says.
    pub text: String,
    /// Whom it is from.
    pub sender: String,
}

impl LabsMobile {
    /// Starts it; it accepts what is right and refuses the rest as the real one does.
    pub async fn start() -> Self {
        let server = FakeLegacy::start().await;
        server.on("POST", PATH, Answer::by(judge));
        Self(server)
    }

    /// Its whole address.
    pub fn url(&self) -> String {
        format!("{}{PATH}", self.0.url())
    }

    /// From now on it answers so, whatever it is sent.
    pub fn answers(&self, answer: Answer) {
        self.0.on("POST", PATH, answer);
    }

    /// Every message that it was sent, whatever it answered.
    ///
    /// # Panics
    /// When one is not in its wire format.
    pub fn messages(&self) -> Vec<TextMessage> {
        let requests = self.0.requests_to(PATH);
        requests
            .iter()
            .map(|request| message(request).expect("a message in its wire format"))
            .collect()
    }
}

fn judge(request: &Request) -> Answer {
    if request.header("authorization") != Some(CREDENTIALS) {
        let body = json!({ "code": "401", "message": "Unauthorized" });
        return Answer::json(401, &body);
    }
    match message(request) {
        Some(_) => Answer::json(
            200,
            &json!({ "code": "0", "message": "Message has been successfully sent", "subid": "65f33a88ceb3d" }),
        ),
        None => Answer::json(400, &json!({ "code": "21", "message": "Bad request" })),
    }
}

fn message(request: &Request) -> Option<TextMessage> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let phone = text(&body["recipient"][0]["msisdn"])?;
    let json = request.header("content-type") == Some("application/json");
    (json && phone.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    Some(TextMessage {
        phone,
        text: text(&body["message"])?,
        sender: text(&body["tpoa"])?,
    })
}
