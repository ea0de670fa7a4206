//! The real ways out over HTTP: their wire formats, and what is made of answers, errors and silence.

use std::time::Duration;

use handlers::config::{BrevoSettings, LabsMobileSettings, Secret};
use handlers::kit::effects::{Mail, Sms};
use handlers::kit::ports::brevo::Brevo;
use handlers::kit::ports::labsmobile::LabsMobile;
use handlers::kit::ports::{MailPort as _, PortError, SmsPort as _};
use serde_json::{Value, json};
use test_support::database::{Cluster, Database};
use test_support::legacy::{Answer, FakeLegacy};

struct Outside {
    server: FakeLegacy,
    database: Database,
    client: reqwest::Client,
}

impl Outside {
    async fn new() -> Self {
        // As the real one, with less patience.
        let client = reqwest::Client::builder()
            .timeout(Duration::from_millis(300))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        Self {
            server: FakeLegacy::start().await,
            database: Cluster::shared().await.database().await,
            client: client.build().unwrap(),
        }
    }

    fn brevo(&self, key: Option<&str>, sender: Option<&str>) -> Brevo {
        let settings = BrevoSettings {
            url: format!("{}/", self.server.url()),
            api_key: key.map(|key| Secret::new(key.to_owned())),
            sender_email: sender.map(str::to_owned),
            sender_name: "Acme".to_owned(),
        };
        Brevo::new(self.client.clone(), self.database.pool.clone(), settings)
    }

    fn labsmobile(&self) -> LabsMobile {
        let settings = LabsMobileSettings {
            url: Some(format!("{}/json/send", self.server.url())),
            username: Some("user".to_owned()),
            token: Some(Secret::new("secret".to_owned())),
            sender: None,
        };
        LabsMobile::new(self.client.clone(), self.database.pool.clone(), settings)
    }

    async fn configure(&self, key: &str, value: Value) {
        sqlx::query("insert into system_config (id, key, value, updated_at) values ($1, $1, $2, now())")
            .bind(key)
            .bind(value)
            .execute(&self.database.pool)
            .await
            .unwrap();
    }
}

fn mail() -> Mail {
    Mail {
        to: "ada@acme.example".into(),
        to_name: Some("Ada".into()),
        subject: "Subject".into(),
        html: "<p>Hello</p>".into(),
        text: Some("Hello".into()),
    }
}

fn sms() -> Sms {
    Sms {
        phone: "+51999000111".into(),
        text: "ñ".into(),
    }
}

/// How a delivery that met this answer is judged.
fn word(outcome: &Result<(), PortError>) -> String {
    match outcome {
        Ok(()) => "delivered".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Every way in which a service can answer, and the judgement that both ports make of it.
fn answers() -> Vec<(Answer, &'static str)> {
    vec![
        (Answer::json(201, &json!({ "messageId": "1" })), "delivered"),
        (Answer::text(204, ""), "delivered"),
        (
            Answer::json(400, &json!({ "code": "invalid" })),
            "SERVICE refused with status 400",
        ),
        (Answer::text(401, "no"), "SERVICE refused with status 401"),
        (
            Answer::text(302, "").with_header("location", "http://127.0.0.1:1/"),
            "SERVICE refused with status 302",
        ),
        (Answer::text(408, ""), "SERVICE failed: status 408"),
        (Answer::text(429, ""), "SERVICE failed: status 429"),
        (Answer::text(503, ""), "SERVICE failed: status 503"),
        (Answer::Cut, "SERVICE failed: broken exchange"),
        (
            Answer::Raw(b"nonsense\r\n\r\n".to_vec()),
            "SERVICE failed: broken exchange",
        ),
        (Answer::Stall, "SERVICE failed: no answer in time"),
    ]
}

#[tokio::test]
async fn a_mail_is_brevos_and_names_its_key_so_that_a_second_try_is_dropped() {
    let outside = Outside::new().await;
    outside
        .server
        .otherwise(Answer::json(201, &json!({ "messageId": "1" })));
    let port = outside.brevo(Some("key-of-the-environment"), Some("from@acme.example"));
    port.deliver(&mail(), "k1").await.unwrap();
    let copied = json!({ "apiKey": " key-of-the-console ", "ccEmail": "copy@acme.example" });
    outside.configure("brevo_config", copied).await;
    port.deliver(&mail(), "k2").await.unwrap();
    let requests = outside.server.requests_to("/v3/smtp/email");
    let keys: Vec<_> = requests.iter().map(|request| request.header("api-key")).collect();
    assert_eq!(keys, [Some("key-of-the-environment"), Some("key-of-the-console")]);
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_str(requests[1].text()).unwrap();
    let expected = json!({
        "sender": { "email": "from@acme.example", "name": "Acme" },
        "to": [{ "email": "ada@acme.example", "name": "Ada" }],
        "cc": [{ "email": "copy@acme.example" }],
        "subject": "Subject",
        "htmlContent": "<p>Hello</p>",
        "textContent": "Hello",
        "headers": { "idempotencyKey": "k2" },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_yet_waits() {
    let outside = Outside::new().await;
    for (key, sender) in [(None, Some("from@acme.example")), (Some("key"), None)] {
        let outcome = outside.brevo(key, sender).deliver(&mail(), "k").await;
        assert_eq!(word(&outcome), "brevo is not configured");
    }
    assert!(outside.server.requests().is_empty());
}

#[tokio::test]
async fn a_message_is_labsmobiles() {
    let outside = Outside::new().await;
    outside.server.otherwise(Answer::json(200, &json!({ "code": "0" })));
    outside.labsmobile().deliver(&sms(), "k").await.unwrap();
    let request = outside.server.requests_to("/json/send").remove(0);
    assert_eq!(request.method, "POST");
    assert_eq!(request.header("authorization"), Some("Basic dXNlcjpzZWNyZXQ="));
    assert_eq!(request.header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_str(request.text()).unwrap();
    let expected = json!({ "message": "ñ", "tpoa": "FlowBot", "recipient": [{ "msisdn": "51999000111" }] });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn every_answer_of_a_service_is_judged() {
    let outside = Outside::new().await;
    let brevo = outside.brevo(Some("key"), Some("from@acme.example"));
    let labsmobile = outside.labsmobile();
    for (answer, judgement) in answers() {
        outside.server.otherwise(answer.clone());
        let (mailed, sent) = (brevo.deliver(&mail(), "k").await, labsmobile.deliver(&sms(), "k").await);
        assert_eq!(word(&mailed), judgement.replace("SERVICE", "brevo"), "{answer:?}");
        assert_eq!(word(&sent), judgement.replace("SERVICE", "labsmobile"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_tried_again() {
    let outside = Outside::new().await;
    let (brevo, labsmobile) = (
        outside.brevo(Some("key"), Some("from@acme.example")),
        outside.labsmobile(),
    );
    drop(outside.server);
    tokio::task::yield_now().await;
    let mailed = word(&brevo.deliver(&mail(), "k").await);
    assert!(mailed.starts_with("brevo failed: "), "{mailed}");
    let sent = word(&labsmobile.deliver(&sms(), "k").await);
    assert!(sent.starts_with("labsmobile failed: "), "{sent}");
}
