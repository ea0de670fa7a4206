//! A way to a server that a test can close, silence and open again: a server that is stopped, or a network that swallows everything.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the gate does with connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Bytes pass.
    Open,
    /// Connections are cut, and new ones end at once.
    Closed,
    /// Connections stay and nothing passes.
    Silent,
}

/// The gate. It stays until the test's runtime ends.
#[derive(Debug, Clone)]
pub struct Gate {
    port: u16,
    state: Arc<watch::Sender<State>>,
}

impl Gate {
    /// An open gate in front of a server.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn before(host: &str, port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let own = listener.local_addr().expect("a bound listener has an address").port();
        let (state, seen) = watch::channel(State::Open);
        let host = host.to_owned();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (host, seen) = (host.clone(), seen.clone());
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect((host.as_str(), port)).await {
                        forward(client, server, seen).await;
                    }
                });
            }
        });
        Self {
            port: own,
            state: Arc::new(state),
        }
    }

    /// Where it listens, on `127.0.0.1`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets everything through.
    pub fn open(&self) {
        self.state.send_replace(State::Open);
    }

    /// Cuts every connection, and every new one.
    pub fn close(&self) {
        self.state.send_replace(State::Closed);
    }

    /// Lets nothing through and cuts nothing.
    pub fn silence(&self) {
        self.state.send_replace(State::Silent);
    }
}

async fn forward(mut client: TcpStream, mut server: TcpStream, mut seen: watch::Receiver<State>) {
    loop {
        let state = *seen.borrow_and_update();
        match state {
            State::Closed => return,
            State::Silent => {
                if seen.changed().await.is_err() {
                    return;
                }
            }
            State::Open => tokio::select! {
                _ended = tokio::io::copy_bidirectional(&mut client, &mut server) => return,
                changed = seen.changed() => if changed.is_err() { return },
            },
        }
    }
}
