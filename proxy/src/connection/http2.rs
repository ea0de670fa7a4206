//! HTTP/2 with a client: every setting stated, every end of a connection given a name, and requests in the form in which
//! HTTP/1.1 has them, so that the stack need not know the difference.

mod control;
mod request;
mod streams;
mod watched;

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use http::Request;
use http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

use self::control::Metered;
use self::streams::Streams;
use self::watched::Watched;
use super::{Connection, Origin, answer, say};
use crate::body::Body;
use crate::config::Http2;
use crate::error::ProxyError;
use crate::exchange::{Exchange, Step};
use crate::layers::rescue;
use crate::listen::ClientStream;
use crate::tasks::LocalTasks;

/// Serves a connection to its end.
pub(super) async fn serve<S: Step + 'static>(connection: Connection<S>, stream: ClientStream, origin: Origin) {
    let Connection { core, steps, gate } = connection;
    let settings = &core.config.http2;
    let streams = Rc::new(Streams::default());
    let service = {
        let streams = Rc::clone(&streams);
        let gate = Arc::clone(&gate);
        service_fn(move |request: Request<Incoming>| {
            let (steps, streams) = (Rc::clone(&steps), Rc::clone(&streams));
            let (gate, origin) = (Arc::clone(&gate), origin.clone());
            async move {
                let stream = streams.begin();
                let mut response = match request::as_http1(request) {
                    Ok(request) => {
                        let mut exchange = Exchange::from(request.map(Body::Incoming));
                        let mut response = answer(&*steps, &gate, &mut exchange, &origin).await;
                        say(&mut exchange, &mut response);
                        response
                    }
                    Err(reason) => {
                        gate.cells.refused("http2_request");
                        rescue::answer(&ProxyError::client(reason), "-", false)
                    }
                };
                // HTTP/2 has no such header (RFC 9113, section 8.2.2).
                response.headers_mut().remove(CONNECTION);
                Ok::<_, Infallible>(response.map(|body| Watched::new(body, stream)))
            }
        })
    };
    let (stream, flood) = Metered::new(stream, settings);
    let connection = builder(settings, core.tasks.clone()).serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = streams.idle(settings.idle_timeout.0) => {
            connection.as_mut().graceful_shutdown();
            // A request may still come in before the client has heard of it. What it does not take of the last answer
            // must not hold the connection for ever.
            tokio::select! {
                ended = connection => ended,
                () = streams.idle(settings.stall_timeout.0) => return,
                () = streams.stalled(settings.stall_timeout.0) => return,
            }
        }
        () = streams.stalled(settings.stall_timeout.0) => {
            gate.cells.refused("http2_stalled");
            return;
        }
        () = core.drain.cancelled() => {
            connection.as_mut().graceful_shutdown();
            // A client that does not hear of it, and asks for nothing, must not hold up the drain.
            tokio::select! {
                ended = connection => ended,
                () = streams.idle(core.config.timeouts.drain_idle) => return,
            }
        }
    };
    if let Err(error) = ended {
        let reason = flood.get().unwrap_or_else(|| reason(&error));
        gate.cells.refused(reason);
        tracing::debug!(reason, %error, "client connection ended");
    }
}

fn builder(settings: &Http2, tasks: LocalTasks) -> http2::Builder<LocalTasks> {
    let mut builder = http2::Builder::new(tasks);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.max_concurrent_streams)
        .max_header_list_size(settings.header_list_bytes)
        .header_table_size(settings.header_table_bytes)
        .max_frame_size(settings.frame_bytes)
        .adaptive_window(false)
        .initial_stream_window_size(settings.stream_window_bytes)
        .initial_connection_window_size(settings.connection_window_bytes)
        .max_send_buf_size(settings.send_buffer_bytes)
        .max_pending_accept_reset_streams(settings.max_pending_accept_reset_streams)
        .max_local_error_reset_streams(settings.max_local_error_reset_streams)
        .keep_alive_interval(settings.ping_every.0)
        .keep_alive_timeout(settings.ping_timeout.0);
    // Extended CONNECT (RFC 8441) is not enabled: WebSockets come in by HTTP/1.1.
    builder
}

/// One word for how a connection ended otherwise than by agreement.
fn reason(error: &hyper::Error) -> &'static str {
    if error.is_timeout() {
        return "http2_ping_timeout";
    }
    let cause = std::error::Error::source(error).and_then(|source| source.downcast_ref::<h2::Error>());
    let Some(cause) = cause else {
        return "http2_broken";
    };
    if cause.is_remote() || cause.is_io() {
        return "http2_client_left";
    }
    match cause.reason() {
        Some(h2::Reason::ENHANCE_YOUR_CALM) => "http2_flood",
        Some(h2::Reason::PROTOCOL_ERROR) => "http2_protocol",
        Some(h2::Reason::FLOW_CONTROL_ERROR) => "http2_flow_control",
        Some(h2::Reason::FRAME_SIZE_ERROR) => "http2_frame_size",
        Some(h2::Reason::COMPRESSION_ERROR) => "http2_compression",
        Some(h2::Reason::STREAM_CLOSED) => "http2_stream_closed",
        _ => "http2_broken",
    }
}

/// The streams of a connection are tasks of its core, so a drain waits for them.
impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for LocalTasks {
    fn execute(&self, stream: F) {
        self.spawn(stream);
    }
}
