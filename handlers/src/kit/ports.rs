//! The ways out for effects: traits, and the real services behind them.
//!
//! Web push and worker queues have no real port yet. Their effects stay in the outbox: delivery fails with
//! [`PortError::NotConfigured`], is counted, tried again later and never given up.

pub mod brevo;
pub mod labsmobile;
pub mod outside;
pub mod soketi;

use async_trait::async_trait;

use super::effects::{Job, Mail, Push, Realtime, Sms};

/// Why an effect was not delivered. The texts carry no content of the effect.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// No service or no credentials: the effect waits.
    #[error("{0} is not configured")]
    NotConfigured(&'static str),
    /// The service refused it and will refuse it again: it is given up.
    #[error("{service} refused with status {status}")]
    Refused {
        /// The service.
        service: &'static str,
        /// Its HTTP status.
        status: u16,
    },
    /// The effect itself cannot be sent: it is given up.
    #[error("{0}")]
    Invalid(&'static str),
    /// The service failed or did not answer: it is tried again.
    #[error("{service} failed: {reason}")]
    Failed {
        /// The service.
        service: &'static str,
        /// What went wrong, without content.
        reason: String,
    },
}

macro_rules! port {
    ($(#[$doc:meta])* $port:ident, $effect:ident) => {
        $(#[$doc])*
        #[async_trait]
        pub trait $port: Send + Sync {
            /// Delivers one effect. `key` is the same for every try, for services that can use it.
            ///
            /// # Errors
            /// See [`PortError`]; what it says decides whether there is another try.
            async fn deliver(&self, effect: &$effect, key: &str) -> Result<(), PortError>;
        }
    };
}
port!(/// Sends text messages.
    SmsPort, Sms);
port!(/// Sends e-mail.
    MailPort, Mail);
port!(/// Publishes realtime events.
    RealtimePort, Realtime);
port!(/// Sends web push messages.
    PushPort, Push);
port!(/// Puts jobs on worker queues.
    JobPort, Job);

/// The port of a service that is not there.
#[derive(Clone, Copy, Debug)]
pub struct NotConfigured;

macro_rules! not_configured {
    ($($port:ident, $effect:ident, $name:literal;)*) => {$(
        #[async_trait]
        impl $port for NotConfigured {
            async fn deliver(&self, _effect: &$effect, _key: &str) -> Result<(), PortError> {
                Err(PortError::NotConfigured($name))
            }
        }
    )*};
}
not_configured! {
    SmsPort, Sms, "sms";
    MailPort, Mail, "mail";
    RealtimePort, Realtime, "realtime";
    PushPort, Push, "push";
    JobPort, Job, "job";
}

/// Judges an HTTP answer: 2xx is delivered; 408, 425, 429 and 5xx may pass; any other refusal will not.
pub(crate) fn judge(service: &'static str, answer: Result<reqwest::Response, reqwest::Error>) -> Result<(), PortError> {
    let status = match answer {
        Ok(response) => response.status(),
        Err(error) => {
            return Err(PortError::Failed {
                service,
                reason: transport(&error).to_owned(),
            });
        }
    };
    match status.as_u16() {
        200..=299 => Ok(()),
        408 | 425 | 429 | 500.. => Err(PortError::Failed {
            service,
            reason: format!("status {}", status.as_u16()),
        }),
        refused => Err(PortError::Refused {
            service,
            status: refused,
        }),
    }
}

/// The error in words; its own text would show the URL, which can carry a signature.
fn transport(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "broken exchange"
    }
}
