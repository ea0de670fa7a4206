//! The console: what a person sees who opens the admin listener in a browser.
//!
//! Pages are plain HTML made on the server; they need no script, and their Content-Security-Policy forbids any. Everything
//! that comes from outside (routes, problems, differences) goes through [`escape`](html::escape), with no way around it:
//! [`html::Html`] only takes text.

pub(crate) mod html;
pub(crate) mod report;
mod status;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::BoxFuture;
use serde::Deserialize;

pub use view::{FlagsView, LegacyView, NativeView, RouteView, StatusView};

/// No script, no frame, no form target, nothing from another origin.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Stylesheet and icon change with the binary only.
const ASSET_CACHE: &str = "public, max-age=300";

/// Where the pages get what they show; called once a page view, on the admin listener's runtime.
pub type StatusSource = Arc<dyn Fn() -> BoxFuture<'static, StatusView> + Send + Sync>;

/// What a query string may ask of the status page.
#[derive(Debug, Deserialize)]
struct Wishes {
    /// `off` keeps the page from loading itself again.
    refresh: Option<String>,
}

/// The console's pages: `/`, and the stylesheet and icon that it names.
pub fn router(source: StatusSource) -> Router {
    Router::new()
        .route("/", get(show_status))
        .route(
            "/console.css",
            get(|| async { asset("text/css; charset=utf-8", include_str!("console/console.css")) }),
        )
        .route(
            "/console.svg",
            get(|| async { asset("image/svg+xml", include_str!("console/console.svg")) }),
        )
        .with_state(source)
}

async fn show_status(State(source): State<StatusSource>, Query(wishes): Query<Wishes>) -> Response {
    let refreshing = wishes.refresh.as_deref() != Some("off");
    let view = source().await;
    respond("text/html; charset=utf-8", "no-store", status::page(&view, refreshing))
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    respond(content_type, ASSET_CACHE, text.to_owned())
}

fn respond(content_type: &'static str, cache: &'static str, body: String) -> Response {
    const fn header(name: HeaderName, value: &'static str) -> (HeaderName, HeaderValue) {
        (name, HeaderValue::from_static(value))
    }
    let headers = [
        header(CONTENT_TYPE, content_type),
        header(CACHE_CONTROL, cache),
        header(CONTENT_SECURITY_POLICY, POLICY),
        header(X_CONTENT_TYPE_OPTIONS, "nosniff"),
        header(REFERRER_POLICY, "no-referrer"),
    ];
    (headers, body).into_response()
}
