//! The message with the code. Its failure is the answer, so it is a call and not an announced effect.

use std::time::Duration;

use serde_json::Value;

use crate::kit::effects::{Effect, Sms};
use crate::kit::ports::labsmobile;
use crate::kit::{CallRequest, Stop, Work};

/// How long the service may take. Less than the ten seconds that legacy gives it, because the whole answer has no more, and
/// after a failure the code must still be removed.
const PATIENCE: Duration = Duration::from_secs(8);
/// As much of the service's own words as is repeated.
const LONGEST_REASON: usize = 200;
const NOT_SENT: &str = "The verification code could not be sent. Please try again later.";

/// The text of the message; Spanish unless English is asked for.
pub(super) fn text(code: &str, language: Option<&str>) -> String {
    match language {
        Some("en") => format!("Your FlowBot verification code is {code}. It expires in 5 minutes."),
        _ => format!("Tu código de verificación de FlowBot es {code}. Caduca en 5 minutos."),
    }
}

/// Sends it. The inner error is why it was not sent, in words for the caller: the service's own where it has some.
///
/// # Errors
/// `Stop::Needs` in a dry run.
pub(super) async fn send(work: &mut Work, phone: &str, text: String) -> Result<Result<(), String>, Stop> {
    let sms = Effect::from(Sms {
        phone: phone.to_owned(),
        text,
    });
    let call = CallRequest {
        service: labsmobile::SERVICE,
        operation: "send",
        payload: sms.payload(),
        repeatable: false,
    };
    let Ok(answered) = tokio::time::timeout(PATIENCE, work.calls().attempt(&call)).await else {
        tracing::warn!("the text message service did not answer in time");
        return Ok(Err(NOT_SENT.to_owned()));
    };
    Ok(match answered? {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => {
            tracing::warn!(status = answer.status, "the text message service refused a message");
            Err(reason(&answer.body))
        }
        Err(error) => {
            tracing::warn!(%error, "a text message was not sent");
            Err(NOT_SENT.to_owned())
        }
    })
}

fn reason(body: &Value) -> String {
    let said = body["message"].as_str().map(str::trim).filter(|said| !said.is_empty());
    said.unwrap_or(NOT_SENT).chars().take(LONGEST_REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_text_is_spanish_unless_english_is_asked_for() {
        let spanish = "Tu código de verificación de FlowBot es 482913. Caduca en 5 minutos.";
        for language in [None, Some("es"), Some("fr"), Some("EN")] {
            assert_eq!(text("482913", language), spanish);
        }
        let english = "Your FlowBot verification code is 482913. It expires in 5 minutes.";
        assert_eq!(text("482913", Some("en")), english);
    }

    #[test]
    fn the_service_speaks_for_itself_where_it_has_words() {
        assert_eq!(reason(&json!({ "code": "30", "message": " No credit " })), "No credit");
        for body in [
            json!(null),
            json!({ "message": 5 }),
            json!({ "message": " " }),
            json!("x"),
        ] {
            assert_eq!(reason(&body), NOT_SENT);
        }
        assert_eq!(reason(&json!({ "message": "x".repeat(1_000) })).len(), LONGEST_REASON);
    }
}
