//! The admin listener: probes, metrics and the console. Keep it private.

mod api;
mod hosts;
mod secure;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::Facets;
use crate::console::{self, StatusSource, report};
use crate::record;
use crate::tls::Tls;

use self::secure::SecureListener;

pub(crate) use self::api::{Api, check_secret_file};
pub use self::api::{LONGEST, Role, SecretError, document, mint};

/// The media type of Prometheus' text format.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// For what is being answered when the listener is told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The longest body that is read.
const MAX_BODY: usize = 64 * 1024;

/// Whose connection a request came over.
#[derive(Debug, Clone, Copy)]
struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, SecureListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, SecureListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Serves the admin listener until told to stop.
pub(crate) async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, facets: Facets, shutdown: CancellationToken) {
    let recording = Router::new()
        .route("/recording", get(record::feed))
        .with_state(facets.recording());
    let (api, hosts) = (facets.api(), facets.admin_hosts());
    let pages = facets.clone();
    let source: StatusSource = Arc::new(move || {
        let facets = pages.clone();
        Box::pin(async move { facets.view().await })
    });
    let router = Router::new()
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/report", get(parity))
        .with_state(facets)
        .merge(recording)
        .merge(api::router(&api))
        .merge(console::router(source))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(hosts, hosts::known));
    let router = router.into_make_service_with_connect_info::<Peer>();
    let stopped = shutdown.clone().cancelled_owned();
    let serving = async {
        match tls {
            None => axum::serve(listener, router).with_graceful_shutdown(stopped).await,
            Some(tls) => {
                axum::serve(SecureListener::new(listener, tls), router)
                    .with_graceful_shutdown(stopped)
                    .await
            }
        }
    };
    let cut_off = async {
        shutdown.cancelled().await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    let ended = tokio::select! {
        ended = serving => ended,
        () = cut_off => Ok(()),
    };
    if let Err(error) = ended {
        tracing::error!(%error, "the admin listener ended");
    }
}

async fn ready(State(facets): State<Facets>) -> Response {
    match facets.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response(),
    }
}

async fn metrics(State(facets): State<Facets>) -> Response {
    ([(CONTENT_TYPE, PROMETHEUS)], facets.metrics_text()).into_response()
}

async fn parity(State(facets): State<Facets>, wishes: Query<report::Wishes>) -> Response {
    report::respond(facets.report(&wishes.into()).await)
}
