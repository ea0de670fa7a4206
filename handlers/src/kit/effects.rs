//! Outside effects: announced by an endpoint, delivered after its commit, only recorded in a dry run.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A text message to one phone.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Sms {
    /// Digits with an optional leading `+`.
    pub phone: String,
    /// The whole text; may carry a one-time code, so it is never logged.
    pub text: String,
}

/// An e-mail to one address.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// The name shown beside the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_name: Option<String>,
    /// The subject line.
    pub subject: String,
    /// The HTML body.
    pub html: String,
    /// The plain text body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// An event on realtime channels (Pusher protocol).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Realtime {
    /// The channels; legacy sends one per call.
    pub channels: Vec<String>,
    /// The event name.
    pub event: String,
    /// The payload; it travels as JSON text, a string as it is.
    pub data: Value,
}

/// A web push message to all devices of one user.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Push {
    /// The user.
    pub user: String,
    /// The title shown.
    pub title: String,
    /// The text shown.
    pub body: String,
    /// What the page gets.
    pub data: Value,
}

/// A job for a worker (BullMQ on Redis in legacy).
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Job {
    /// The queue.
    pub queue: String,
    /// The name of the job.
    pub name: String,
    /// Its data.
    pub data: Value,
    /// Its options, as BullMQ names them.
    pub options: Value,
}

/// Anything that an endpoint may announce.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A text message.
    Sms(Sms),
    /// An e-mail.
    Mail(Mail),
    /// A realtime event.
    Realtime(Realtime),
    /// A web push message.
    Push(Push),
    /// A job for a worker.
    Job(Job),
}

/// What a dry run would have done outside its transaction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EffectRecord {
    /// `sms`, `mail`, `realtime`, `push`, `job` or `row`.
    pub kind: String,
    /// One line without personal data, for reports.
    pub summary: String,
    /// All of it, for the comparison; redact it before it is stored.
    pub payload: Value,
}

/// The effects announced in one unit of work, in their order.
#[derive(Debug, Default)]
pub struct Effects(Vec<Announced>);

/// One effect and, where it must happen once only, the key that says so.
#[derive(Debug)]
pub(crate) struct Announced {
    pub(crate) effect: Effect,
    pub(crate) key: Option<String>,
}

impl Effects {
    pub(crate) fn push(&mut self, effect: Effect, key: Option<String>) {
        self.0.push(Announced { effect, key });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Announced> {
        self.0.iter()
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = EffectRecord> {
        self.0.iter().map(|announced| announced.effect.record())
    }
}

impl Effect {
    /// The name in the outbox, in records and in counters.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sms(_) => "sms",
            Self::Mail(_) => "mail",
            Self::Realtime(_) => "realtime",
            Self::Push(_) => "push",
            Self::Job(_) => "job",
        }
    }

    /// The payload as the outbox stores it.
    #[must_use]
    pub fn payload(&self) -> Value {
        let payload = match self {
            Self::Sms(sms) => serde_json::to_value(sms),
            Self::Mail(mail) => serde_json::to_value(mail),
            Self::Realtime(event) => serde_json::to_value(event),
            Self::Push(push) => serde_json::to_value(push),
            Self::Job(job) => serde_json::to_value(job),
        };
        payload.unwrap_or_else(|_| json!({}))
    }

    /// Reads an outbox row back; `None` for a kind or a payload that this version does not know.
    #[must_use]
    pub fn from_stored(kind: &str, payload: Value) -> Option<Self> {
        match kind {
            "sms" => serde_json::from_value(payload).ok().map(Self::Sms),
            "mail" => serde_json::from_value(payload).ok().map(Self::Mail),
            "realtime" => serde_json::from_value(payload).ok().map(Self::Realtime),
            "push" => serde_json::from_value(payload).ok().map(Self::Push),
            "job" => serde_json::from_value(payload).ok().map(Self::Job),
            _ => None,
        }
    }

    /// The record that a dry run gives back.
    #[must_use]
    pub fn record(&self) -> EffectRecord {
        let summary = match self {
            Self::Sms(_) => "text message to one phone".to_owned(),
            Self::Mail(_) => "e-mail to one address".to_owned(),
            Self::Realtime(event) => format!("event {} on {} channel(s)", event.event, event.channels.len()),
            Self::Push(_) => "push message to one user".to_owned(),
            Self::Job(job) => format!("job {} on queue {}", job.name, job.queue),
        };
        EffectRecord {
            kind: self.kind().to_owned(),
            summary,
            payload: self.payload(),
        }
    }
}

macro_rules! hidden_debug {
    ($($kind:ident),*) => {$(
        impl fmt::Debug for $kind {
            /// Hides the content: it is personal and may carry a code.
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct(stringify!($kind)).finish_non_exhaustive()
            }
        }
    )*};
}
hidden_debug!(Sms, Mail, Push, Job);

macro_rules! into_effect {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Effect {
            fn from(effect: $kind) -> Self {
                Self::$kind(effect)
            }
        }
    )*};
}
into_effect!(Sms, Mail, Realtime, Push, Job);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_survives_the_outbox() {
        let event = Realtime {
            channels: vec!["private-user.u1".into()],
            event: "x".into(),
            data: json!({"a": 1}),
        };
        let effect = Effect::from(event);
        assert_eq!(Effect::from_stored(effect.kind(), effect.payload()), Some(effect));
        assert_eq!(Effect::from_stored("pigeon", json!({})), None);
        assert_eq!(Effect::from_stored("sms", json!({"phone": 1})), None);
    }

    #[test]
    fn a_code_is_in_no_debug_text_and_in_no_summary() {
        let effect = Effect::from(Sms {
            phone: "+51999000111".into(),
            text: "code 123456".into(),
        });
        let shown = format!("{effect:?} {}", effect.record().summary);
        assert!(!shown.contains("123456") && !shown.contains("999000111"), "{shown}");
    }
}
