//! Everything replaceable that a running application is given.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::calls::{CallPort, NoCalls};
use super::clock::Clock;
use super::ids::Ids;
use super::ports::{JobPort, MailPort, NotConfigured, PushPort, RealtimePort, SmsPort};

/// Time, chance and the ways out.
#[derive(Clone, Debug)]
pub struct Seams {
    /// The time.
    pub clock: Clock,
    /// Ids and chance.
    pub ids: Ids,
    /// The ways out; `None` takes the real ones that the settings describe.
    pub ports: Option<Ports>,
}

impl Seams {
    /// The machine's clock, unpredictable ids and the real ports.
    #[must_use]
    pub fn production() -> Self {
        Self {
            clock: Clock::system(),
            ids: Ids::random(),
            ports: None,
        }
    }
}

impl Default for Seams {
    fn default() -> Self {
        Self::production()
    }
}

/// The ways out: one port per kind of effect, and one for calls.
#[derive(Clone)]
pub struct Ports {
    /// Text messages.
    pub sms: Arc<dyn SmsPort>,
    /// E-mail.
    pub mail: Arc<dyn MailPort>,
    /// Realtime events.
    pub realtime: Arc<dyn RealtimePort>,
    /// Web push.
    pub push: Arc<dyn PushPort>,
    /// Worker queues.
    pub job: Arc<dyn JobPort>,
    /// Calls whose answer a reply needs.
    pub calls: Arc<dyn CallPort>,
}

impl Ports {
    /// Ports that all answer "not configured": effects stay in the outbox and are counted.
    #[must_use]
    pub fn none() -> Self {
        Self {
            sms: Arc::new(NotConfigured),
            mail: Arc::new(NotConfigured),
            realtime: Arc::new(NotConfigured),
            push: Arc::new(NotConfigured),
            job: Arc::new(NotConfigured),
            calls: Arc::new(NoCalls),
        }
    }
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// Work that goes on beside the requests; whoever started the application spawns and owns it.
pub struct Task {
    /// Its name, for logs and for the status page.
    pub name: &'static str,
    /// It ends when the shutdown token that it was made with is cancelled.
    pub future: BoxFuture<'static, ()>,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Task")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
