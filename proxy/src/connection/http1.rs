//! An HTTP/1 connection. It has a server only while it has requests: one that is idle for a moment is put to sleep, and keeps its
//! socket and nothing else until the client says more. Ten thousand idle clients then cost megabytes, not hundreds of them.
//!
//! The server is our own, for one request after the other: what comes in has been followed by the reader of the connection
//! ([`crate::framing`]), so a head is taken apart once and its answer is one write. A request that wants to leave HTTP is hyper's,
//! which hands the connection over afterwards.

mod answer;
mod head;
mod input;
mod output;
mod requests;
#[cfg(target_os = "linux")]
mod splice;
#[cfg(not(target_os = "linux"))]
#[path = "http1/splice/none.rs"]
mod splice;
mod upgradable;

use http::header::{CONNECTION, HeaderValue};
use http::{Response, StatusCode, Version};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::{Connection, Origin};
use crate::body::Body;
use crate::core::Core;
use crate::exchange::{Exchange, Step};
use crate::framing::{self, LINGER, Refusal, Socket, Turn, Watch};
use crate::listen::ClientStream;

pub use input::ClientBody;

/// How a server was left.
enum Left {
    /// There is nothing for it to do.
    Idle,
    /// The next request is for the other server.
    Upgrade,
    /// The connection is over.
    Ended,
}

/// What a server works with.
struct Served<'a, S> {
    connection: &'a Connection<S>,
    socket: &'a Socket<ClientStream>,
    watch: &'a Watch,
    origin: &'a Origin,
}

/// Serves a connection to its end.
pub(super) async fn serve<S: Step>(connection: Connection<S>, stream: ClientStream, origin: Origin) {
    let (socket, watch) = framing::watch(stream, &connection.core.config);
    let served = Served {
        connection: &connection,
        socket: &socket,
        watch: &watch,
        origin: &origin,
    };
    while is_woken(&connection.core, &socket).await {
        // Boxed: what a server needs must not take memory from a connection that sleeps.
        let mut left = Box::pin(requests::serve(&served)).await;
        if matches!(left, Left::Upgrade) {
            left = Box::pin(upgradable::serve(&served)).await;
        }
        if matches!(left, Left::Ended) {
            watch.ended(&connection.core.metrics);
            return;
        }
    }
    // The drain has begun, and the client says nothing.
    served.close().await;
    watch.ended(&connection.core.metrics);
}

/// Sleeps until there is something to do; false when the drain has begun and the client says nothing more.
async fn is_woken(core: &Core, socket: &Socket<ClientStream>) -> bool {
    let mut woken = std::pin::pin!(socket.woken());
    tokio::select! {
        biased;
        () = woken.as_mut() => true,
        () = core.drain.cancelled() => timeout(core.config.timeouts.drain_idle, woken).await.is_ok(),
    }
}

impl<S: Step> Served<'_, S> {
    /// Ends our side, and waits a moment for the client's. TLS has a last word to write, which a client may not take.
    async fn close(&self) {
        let limit = self.connection.core.config.timeouts.client_write + LINGER;
        // There is nobody to tell when it fails.
        timeout(limit, self.socket.clone().shutdown()).await.ok();
    }

    /// A request is to be answered: its turn, and the word in the exchange if it stands for a refused one.
    fn begin(&self, exchange: &mut Exchange) -> Turn {
        let turn = self.watch.begin();
        if let Some(refusal) = turn.refusal {
            exchange.request.extensions_mut().insert::<Refusal>(refusal);
        }
        // A client that speaks HTTP/1.0 gets no interim answers (RFC 9110, section 15.2).
        match exchange.request.version() {
            Version::HTTP_10 => exchange.interim = None,
            _ => drop(exchange.interim.get_or_insert_with(|| self.watch.interim())),
        }
        turn
    }

    async fn answer(&self, exchange: &mut Exchange) -> Response<Body> {
        let Connection { core, steps, gate } = self.connection;
        let mut response = super::answer(&**steps, gate, exchange, self.origin).await;
        if core.is_draining() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
