//! One client connection: requests one after the other through the stack, until the client or the drain ends it.

mod http1;
mod http2;

pub use http1::ClientBody;

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Response};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout};

use crate::body::Body;
use crate::core::Core;
use crate::exchange::{Exchange, PathVerdict, RequestId, Step};
use crate::framing::{Place, Refusal as RequestRefusal, host_name};
use crate::layers::rescue;
use crate::listen::{self, ClientStream, Gate, Opened, Refusal, Wire};
use crate::tls::Presented;

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
#[derive(Debug, Clone)]
struct Origin {
    peer: IpAddr,
    /// The peer as a header has it.
    peer_text: HeaderValue,
    scheme: &'static str,
    /// The certificate that requests are held to.
    presented: Option<Rc<Presented>>,
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
                presented,
            } = opened;
            // A trusted hop brings requests for every host, and names none of them in its handshake.
            let presented = presented.filter(|_| !connection.core.config.trusts(peer)).map(Rc::new);
            let origin = Origin {
                peer,
                peer_text: text_of(peer),
                scheme,
                presented,
            };
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

/// Answers the request of an exchange, which begins now. What Ficus itself says about the answer is in the exchange then.
async fn answer(steps: &impl Step, gate: &Gate, exchange: &mut Exchange, origin: &Origin) -> Response<Body> {
    origin.begin(exchange);
    // What stands for a refused request is to be refused, whatever the listener is for.
    let request = &mut exchange.request;
    let mut refused = request.extensions().get::<RequestRefusal>().is_some();
    if !refused && is_misdirected(request.headers(), origin) {
        request.extensions_mut().insert(RequestRefusal::Misdirected);
        refused = true;
    }
    if let Some(redirect) = gate.redirect.as_ref().filter(|_| !refused) {
        return redirect.answer(request);
    }
    match steps.call(exchange).await {
        Ok(response) => response,
        // Nothing outside the rescue step fails; should that change, the client still gets an answer.
        Err(error) => rescue::answer(&error, exchange.facts.id.as_str(), false),
    }
}

/// Puts what Ficus itself says into the answer.
fn say(exchange: &mut Exchange, response: &mut Response<Body>) {
    for (name, value) in exchange.said.drain(..) {
        response.headers_mut().insert(name, value);
    }
}

impl Origin {
    /// What is known when a request has come, beside what is of note in it.
    fn begin(&self, exchange: &mut Exchange) {
        let facts = &mut exchange.facts;
        facts.id = RequestId::none();
        facts.peer = self.peer;
        facts.peer_text.clone_from(&self.peer_text);
        facts.client = self.peer;
        facts.scheme = self.scheme;
        facts.started = Instant::now();
        facts.answered = None;
        facts.path = PathVerdict::Canonical;
        exchange.routed = None;
        exchange.said.clear();
    }
}

fn text_of(peer: IpAddr) -> HeaderValue {
    // Digits, letters, dots and colons.
    HeaderValue::try_from(peer.to_string()).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

/// Whether the host of a request has another certificate here than the one that its connection began with. A browser asks for several
/// hosts on one connection only where the certificate is for all of them (RFC 9113, section 9.1.1), so none sees this. Anybody else
/// has passed what looks at the name of the handshake, and asks for what that name does not stand for.
fn is_misdirected(headers: &HeaderMap, origin: &Origin) -> bool {
    origin.presented.as_ref().is_some_and(|presented| {
        let host = headers.get(HOST).and_then(|host| host_name(host.as_bytes()));
        host.is_some_and(|host| presented.is_misdirected(host))
    })
}
