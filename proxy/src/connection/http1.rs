//! An HTTP/1 connection. It has a parser only while it has requests: one that is idle for a moment is put to sleep, and keeps its
//! socket and nothing else until the client says more. Ten thousand idle clients then cost megabytes, not hundreds of them.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::{Connection, Origin, answer};
use crate::body::Body;
use crate::core::Core;
use crate::exchange::Step;
use crate::framing::{self, Alarm, Interim, Socket, Watch};
use crate::listen::{ClientStream, Gate};

/// So long after its last answer a connection is put to sleep: longer than the pauses of a client that is busy.
const AWAKE: Duration = Duration::from_millis(500);

/// How a parser was left.
enum Left {
    /// There is nothing for it to do.
    Idle,
    /// The connection is over.
    Ended(hyper::Result<()>),
}

/// Serves a connection to its end.
pub(super) async fn serve<S: Step>(connection: Connection<S>, stream: ClientStream, origin: Origin) {
    let (socket, watch) = framing::watch(stream, &connection.core.config);
    loop {
        let last = !is_woken(&connection.core, &socket).await;
        // Boxed: what a parser needs must not take memory from a connection that sleeps.
        match Box::pin(parse(&connection, &socket, &watch, &origin, last)).await {
            Left::Idle => {}
            Left::Ended(ended) => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "client connection ended");
                }
                break;
            }
        }
    }
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

/// Answers requests until there are none for a while. With `last`, only what has been asked already.
async fn parse<S: Step>(
    connection: &Connection<S>,
    socket: &Socket<ClientStream>,
    watch: &Watch,
    origin: &Origin,
    last: bool,
) -> Left {
    let Connection { core, steps, gate } = connection;
    let service = service_fn(|request| {
        watch.serve(request, |request, interim| {
            respond(core, &**steps, gate, request, origin, interim)
        })
    });
    let limits = &core.config.limits;
    let parser = http1::Builder::new()
        .max_headers(limits.headers)
        .max_buf_size(limits.head_bytes.max(8 * 1024))
        // Not `pipeline_flush`: with it hyper takes a whole answer into memory when the client reads slowly.
        .writev(true)
        .serve_connection(TokioIo::new(socket.clone()), service)
        .with_upgrades();
    let mut parser = std::pin::pin!(parser);
    if last {
        parser.as_mut().graceful_shutdown();
        return Left::Ended(parser.await);
    }
    let mut idle = Alarm::default();
    let until_idle = std::future::poll_fn(|context| {
        if let Poll::Ready(ended) = parser.as_mut().poll(context) {
            return Poll::Ready(Left::Ended(ended));
        }
        if socket.is_idle() {
            ready!(idle.poll(AWAKE, context));
            return Poll::Ready(Left::Idle);
        }
        idle.over();
        Poll::Pending
    });
    tokio::select! {
        biased;
        left = until_idle => return left,
        () = core.drain.cancelled() => {}
    }
    // A request may be on its way: it is answered, with the word that it was the last one here.
    if let Ok(ended) = timeout(core.config.timeouts.drain_idle, parser.as_mut()).await {
        return Left::Ended(ended);
    }
    Pin::as_mut(&mut parser).graceful_shutdown();
    Left::Ended(parser.await)
}

async fn respond(
    core: &Core,
    steps: &impl Step,
    gate: &Gate,
    request: Request<Incoming>,
    origin: &Origin,
    interim: Option<Interim>,
) -> Result<Response<Body>, Infallible> {
    let mut response = answer(steps, gate, request, origin, interim).await?;
    if core.draining.get() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
