//! A scripted legacy app: a real server on a free port that answers as told, records what it was asked, and can misbehave.
//!
//! It speaks HTTP/1.1 by hand, so that a test sees the very bytes that the proxy sent and can send back what no library would.

mod answer;
mod connection;
mod request;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::task::AbortHandle;

pub use answer::{Answer, Chunks};
pub use request::Request;

use crate::eventually::eventually;

/// The running server. Dropping it closes its port and all its connections.
#[derive(Debug)]
pub struct FakeLegacy {
    address: SocketAddr,
    script: Arc<Script>,
    server: AbortHandle,
}

/// What is shared with the connections.
#[derive(Default)]
struct Script {
    answers: Mutex<HashMap<(String, String), Answer>>,
    otherwise: Mutex<Option<Answer>>,
    requests: Mutex<Vec<Request>>,
    connections: Mutex<usize>,
}

impl FakeLegacy {
    /// Starts it; whatever it is asked, it answers 404 until it is told otherwise.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let script = Arc::new(Script::default());
        let server = tokio::spawn(connection::accept(listener, Arc::clone(&script))).abort_handle();
        Self {
            address,
            script,
            server,
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, `method` on `path` (without the query) is answered so.
    pub fn on(&self, method: &str, path: &str, answer: Answer) -> &Self {
        lock(&self.script.answers).insert((method.to_owned(), path.to_owned()), answer);
        self
    }

    /// From now on, whatever has no answer of its own is answered so.
    pub fn otherwise(&self, answer: Answer) -> &Self {
        *lock(&self.script.otherwise) = Some(answer);
        self
    }

    /// Every request so far whose head has been read, in that order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.script.requests).clone()
    }

    /// The requests to `path`, without their queries.
    pub fn requests_to(&self, path: &str) -> Vec<Request> {
        self.requests()
            .into_iter()
            .filter(|request| request.path() == path)
            .collect()
    }

    /// How many connections it has accepted.
    pub fn connections(&self) -> usize {
        *lock(&self.script.connections)
    }

    /// Waits until `path` has been asked for `count` times, and returns the last of these requests.
    ///
    /// # Panics
    /// When that does not happen in time.
    pub async fn wait_for(&self, path: &str, count: usize) -> Request {
        eventually(&format!("{count} requests to {path}"), || async {
            self.requests_to(path).into_iter().nth(count.saturating_sub(1))
        })
        .await
    }
}

impl Drop for FakeLegacy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl std::fmt::Debug for Script {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Script")
    }
}

impl Script {
    fn answer_to(&self, request: &Request) -> Answer {
        let key = (request.method.clone(), request.path().to_owned());
        let own = lock(&self.answers).get(&key).cloned();
        own.or_else(|| lock(&self.otherwise).clone())
            .unwrap_or_else(|| Answer::text(404, "no such page"))
    }
}

/// No lock of this module is held over an await, and none can be left inconsistent by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
