//! One client connection: requests one after the other through the stack, until the client or the drain ends it.

mod http1;
mod http2;

use std::convert::Infallible;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout};

use crate::body::Body;
use crate::core::Core;
use crate::exchange::{Exchange, PathVerdict, RequestFacts, RequestId, Step};
use crate::framing::{Place, Refusal as RequestRefusal};
use crate::layers::rescue;
use crate::listen::{self, ClientStream, Gate, Opened, Refusal, Wire};

/// How long a client that is turned away may take to hear why.
const TURNED_AWAY_WITHIN: Duration = Duration::from_millis(100);

/// A connection and what it needs to be served.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    /// The core that accepted it.
    pub(crate) core: Rc<Core>,
    /// The stack of that core.
    pub(crate) steps: Rc<S>,
    /// The listener that it came in by.
    pub(crate) gate: Arc<Gate>,
}

/// What every request of a connection has in common.
#[derive(Debug, Clone, Copy)]
struct Origin {
    peer: IpAddr,
    scheme: &'static str,
}

/// Serves a connection to its end.
pub(crate) async fn serve<S: Step + 'static>(connection: Connection<S>, wire: Wire, peer: IpAddr) {
    let Some(opened) = opened(&connection, wire, peer).await else {
        return;
    };
    match opened {
        Ok(opened) => {
            let protocol = if opened.http2 { "h2" } else { "http/1.1" };
            let open = connection.gate.cells.connected(protocol);
            let Opened {
                stream,
                peer,
                scheme,
                http2,
            } = opened;
            let origin = Origin { peer, scheme };
            let Some(_place) = place(&connection.core, peer) else {
                connection.core.metrics.refused(RequestRefusal::Connections.label());
                turn_away(stream, http2).await;
                return;
            };
            if http2 {
                Box::pin(http2::serve(connection, stream, origin)).await;
            } else {
                http1::serve(connection, stream, origin).await;
            }
            drop(open);
        }
        Err(refusal) => {
            connection.gate.cells.refused(refusal.label());
            tracing::debug!(%peer, reason = refusal.label(), "a connection was given up: {refusal}");
        }
    }
}

/// Makes a connection ready for HTTP; none when the drain has begun and it says nothing.
async fn opened<S>(connection: &Connection<S>, wire: Wire, peer: IpAddr) -> Option<Result<Opened, Refusal>> {
    let timeouts = &connection.core.config.timeouts;
    let mut opening = std::pin::pin!(listen::open(&connection.gate, wire, peer, timeouts.request_head));
    tokio::select! {
        biased;
        opened = opening.as_mut() => Some(opened),
        () = connection.core.drain.cancelled() => {
            // Whoever is in the middle of it has something to ask; who says nothing is not waited for.
            timeout(timeouts.drain_idle, opening).await.ok()
        }
    }
}

/// A place for one more connection of a client. Trusted hops bring many clients, so they are not counted.
fn place(core: &Core, peer: IpAddr) -> Option<Option<Place>> {
    match core.config.limits.connections_per_client {
        Some(most) if !core.config.trusts(peer) => core.crowd.enter(peer, most).map(Some),
        _ => Some(None),
    }
}

/// Says why, if the client takes that at once, and hangs up: a client over its limit gets nothing that lasts.
async fn turn_away(mut stream: ClientStream, http2: bool) {
    let answer =
        b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    if !http2 {
        let said = async {
            stream.write_all(answer).await?;
            stream.shutdown().await
        };
        // There is nobody to tell when it is not taken.
        timeout(TURNED_AWAY_WITHIN, said).await.ok();
    }
}

async fn answer(
    steps: &impl Step,
    gate: &Gate,
    request: Request<Incoming>,
    origin: Origin,
) -> Result<Response<Body>, Infallible> {
    // What stands for a refused request is to be refused, whatever the listener is for.
    let refused = request.extensions().get::<RequestRefusal>().is_some();
    if let Some(redirect) = gate.redirect.as_ref().filter(|_| !refused) {
        return Ok(redirect.answer(&request));
    }
    let facts = RequestFacts {
        id: RequestId::none(),
        peer: origin.peer,
        client: origin.peer,
        scheme: origin.scheme,
        started: Instant::now(),
        path: PathVerdict::Canonical,
    };
    let mut exchange = Exchange {
        request: request.map(Body::Incoming),
        facts,
        routed: None,
    };
    let answered = steps.call(&mut exchange).await;
    // Nothing outside the rescue step fails; should that change, the client still gets an answer.
    Ok(answered.unwrap_or_else(|error| rescue::answer(&error, exchange.facts.id.as_str(), false)))
}
