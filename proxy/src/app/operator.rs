//! What somebody who looks after the process may ask of it while it runs.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::tls::{Status, Tls};

/// A hand on a running process.
#[derive(Debug, Clone)]
pub struct Operator {
    pub(super) look_at_certificates: Arc<Notify>,
}

impl Operator {
    /// Looks at the certificates now rather than with the next turn.
    pub fn reload(&self) {
        self.look_at_certificates.notify_one();
    }
}

/// The TLS of every listener that has it, by the name of the listener.
#[derive(Debug, Clone, Default)]
pub(super) struct Secured(pub(super) Vec<(String, Arc<Tls>)>);

impl Secured {
    /// How the loading of each has gone.
    pub(super) fn statuses(&self) -> Vec<(String, Status)> {
        let all = self.0.iter();
        all.map(|(listener, tls)| (listener.clone(), tls.status())).collect()
    }

    /// Why the newest certificates of a listener are not in force.
    pub(super) fn problems(&self) -> Vec<String> {
        let problems = self.0.iter();
        problems
            .filter_map(|(listener, tls)| Some(format!("{listener}: {}", tls.status().problem?)))
            .collect()
    }
}
