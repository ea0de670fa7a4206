//! One client connection: requests one after the other through the stack, until the client or the drain ends it.

use std::convert::Infallible;
use std::net::IpAddr;
use std::rc::Rc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::body::Body;
use crate::core::Core;
use crate::exchange::{Exchange, PathVerdict, RequestFacts, RequestId, Step};
use crate::framing::{self, Place, Refusal};
use crate::layers::rescue;

/// Serves a connection to its end.
pub(crate) async fn serve(core: Rc<Core>, steps: Rc<impl Step>, stream: TcpStream, peer: IpAddr) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let Some(_place) = place(&core, peer) else {
        core.metrics.refused(Refusal::Connections.label());
        turn_away(&stream);
        return;
    };
    let (stream, watch) = framing::watch(stream, &core.config);
    let service = service_fn(|request| watch.serve(request, |request| answer(&*steps, request, peer)));
    let limits = &core.config.limits;
    let connection = http1::Builder::new()
        .max_headers(limits.headers)
        .max_buf_size(limits.head_bytes.max(8 * 1024))
        // Not `pipeline_flush`: with it hyper takes a whole answer into memory when the client reads slowly.
        .writev(false)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = core.drain.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "client connection ended");
    }
    watch.ended(&core.metrics);
}

/// A place for one more connection of a client. Trusted hops bring many clients, so they are not counted.
fn place(core: &Core, peer: IpAddr) -> Option<Option<Place>> {
    match core.config.limits.connections_per_client {
        Some(most) if !core.config.trusts(peer) => core.crowd.enter(peer, most).map(Some),
        _ => Some(None),
    }
}

/// Says why, as far as the socket takes it at once, and hangs up: a client over its limit gets nothing that lasts.
fn turn_away(stream: &TcpStream) {
    let answer =
        b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    // There is nobody to tell when it is not taken.
    stream.try_write(answer).ok();
}

async fn answer(steps: &impl Step, request: Request<Incoming>, peer: IpAddr) -> Result<Response<Body>, Infallible> {
    let facts = RequestFacts {
        id: RequestId::none(),
        peer,
        client: peer,
        scheme: "http",
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
