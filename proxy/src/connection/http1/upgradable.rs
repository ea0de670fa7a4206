//! A connection on which a request wants to leave HTTP: hyper serves it, until it is idle, and hands over what is left of it when
//! the request gets its wish.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::Pin;
use std::task::Poll;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::{Left, Served};
use crate::body::Body;
use crate::connection::say;
use crate::exchange::{Exchange, Step};
use crate::framing::{Answering, Lent};
use crate::listen::ClientStream;

/// Answers requests until there are none for a while.
pub(super) async fn serve<S: Step>(served: &Served<'_, S>) -> Left {
    let socket = served.socket.lend();
    let left = serve_lent(served, &socket).await;
    if matches!(left, Left::Idle) {
        served.socket.take_back(&socket);
    }
    left
}

async fn serve_lent<S: Step>(served: &Served<'_, S>, socket: &Lent<ClientStream>) -> Left {
    let core = &served.connection.core;
    let service = service_fn(async |request: http::Request<hyper::body::Incoming>| {
        let mut exchange = Exchange::from(request.map(Body::Incoming));
        let turn = served.begin(&mut exchange);
        let mut response = served.answer(&mut exchange).await;
        say(&mut exchange, &mut response);
        served.watch.decide(&turn, response.status());
        Ok::<_, Infallible>(response.map(|body| Answering::new(body, turn)))
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
    let until_idle = std::future::poll_fn(|context| {
        if let Poll::Ready(result) = parser.as_mut().poll(context) {
            return Poll::Ready(ended(result));
        }
        if socket.is_drowsy() {
            return Poll::Ready(Left::Idle);
        }
        Poll::Pending
    });
    tokio::select! {
        biased;
        left = until_idle => return left,
        () = core.drain.cancelled() => {}
    }
    // A request may be on its way: it is answered, with the word that it was the last one here.
    if let Ok(result) = timeout(core.config.timeouts.drain_idle, parser.as_mut()).await {
        return ended(result);
    }
    Pin::as_mut(&mut parser).graceful_shutdown();
    ended(parser.await)
}

fn ended(result: hyper::Result<()>) -> Left {
    if let Err(error) = result {
        tracing::debug!(%error, "client connection ended");
    }
    Left::Ended
}
