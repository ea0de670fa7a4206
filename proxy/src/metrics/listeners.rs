//! The counters of the listeners. Connections are rare beside requests, so all cores share one set for each listener.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::text::Text;
use super::{Metrics, get};
use crate::app::Reloads;
use crate::tls::Status;

/// What is counted of one listener.
#[derive(Debug, Default)]
pub struct ListenerCells {
    events: Mutex<BTreeMap<(Event, &'static str), u64>>,
    open: AtomicU64,
}

/// An open connection, until dropped.
#[derive(Debug)]
pub struct OpenConnection(Arc<ListenerCells>);

/// What can happen on a listener; each has labels of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Connection,
    Refused,
    Handshake,
    Resumption,
}

impl ListenerCells {
    /// A connection speaks HTTP in this version.
    pub fn connected(self: &Arc<Self>, protocol: &'static str) -> OpenConnection {
        self.count(Event::Connection, protocol);
        self.open.fetch_add(1, Ordering::Relaxed);
        OpenConnection(Arc::clone(self))
    }

    /// A connection was given up, or ended by us, for this reason.
    pub fn refused(&self, reason: &'static str) {
        self.count(Event::Refused, reason);
    }

    /// A TLS handshake, of this version of TLS, was completed; `resumed` ones were short.
    pub fn handshaken(&self, version: &'static str, resumed: bool) {
        self.count(Event::Handshake, version);
        if resumed {
            self.count(Event::Resumption, version);
        }
    }

    fn count(&self, event: Event, label: &'static str) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        *events.entry((event, label)).or_default() += 1;
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Adds the counters of all listeners to `text`.
pub fn render_listeners(rendered: &mut String, metrics: &Metrics) {
    let mut text = Text::onto(rendered);
    let listeners = metrics.listeners();
    let mut events = |event, name: &str, label: &str, help: &str| {
        text.family(name, "counter", help);
        for (listener, cells) in &listeners {
            for ((_, value), count) in cells
                .events
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .filter(|((kind, _), _)| *kind == event)
            {
                text.line(name, &[("listener", listener), (label, value)], count);
            }
        }
    };
    events(
        Event::Connection,
        "ficus_listener_connections_total",
        "protocol",
        "Client connections on which HTTP was spoken, by listener and version.",
    );
    events(
        Event::Refused,
        "ficus_listener_refused_total",
        "reason",
        "Client connections given up or ended by Ficus, by listener and reason.",
    );
    events(
        Event::Handshake,
        "ficus_tls_handshakes_total",
        "version",
        "TLS handshakes completed, by listener and version of TLS.",
    );
    events(
        Event::Resumption,
        "ficus_tls_resumptions_total",
        "version",
        "TLS handshakes that resumed an earlier session.",
    );
    text.family(
        "ficus_listener_connections_open",
        "gauge",
        "Client connections open, by listener.",
    );
    for (listener, cells) in &listeners {
        text.line(
            "ficus_listener_connections_open",
            &[("listener", listener)],
            get(&cells.open),
        );
    }
    *rendered = text.into_string();
}

/// Adds to `text` how the loading of certificates has gone on each listener.
pub(crate) fn render_certificates(rendered: &mut String, all: &[(String, Status)]) {
    let mut text = Text::onto(rendered);
    let reloads = "ficus_tls_reloads_total";
    text.family(
        reloads,
        "counter",
        "New certificates, by listener and what became of them.",
    );
    for (listener, status) in all {
        for (outcome, count) in [("loaded", status.loaded), ("refused", status.failed)] {
            text.line(reloads, &[("listener", listener), ("outcome", outcome)], count);
        }
    }
    let stale = "ficus_tls_stale";
    text.family(stale, "gauge", "1 while the newest certificates are not in force.");
    for (listener, status) in all {
        text.line(stale, &[("listener", listener)], u8::from(status.problem.is_some()));
    }
    *rendered = text.into_string();
}

/// Adds to `text` how new versions of the program and of the configuration were taken.
pub(crate) fn render_upgrades(rendered: &mut String, failed: u64, reloads: Reloads) {
    let mut text = Text::onto(rendered);
    text.single(
        "ficus_upgrades_failed_total",
        "counter",
        "New versions of the program that did not get as far as serving.",
        failed,
    );
    let name = "ficus_config_reloads_total";
    text.family(
        name,
        "counter",
        "New versions of the configuration, by what became of them.",
    );
    text.line(name, &[("outcome", "adopted")], reloads.adopted);
    text.line(name, &[("outcome", "refused")], reloads.refused);
    *rendered = text.into_string();
}
