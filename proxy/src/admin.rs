//! The admin listener: probes, metrics and the console. Keep it private.

mod secure;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::Facets;
use crate::console::{self, StatusSource, report};
use crate::record;
use crate::tls::Tls;

use self::secure::SecureListener;

/// The media type of Prometheus' text format.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// For what is being answered when the listener is told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Serves the admin listener until told to stop.
pub(crate) async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, facets: Facets, shutdown: CancellationToken) {
    let recording = Router::new()
        .route("/recording", get(record::feed))
        .with_state(facets.recording());
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
        .merge(console::router(source));
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
