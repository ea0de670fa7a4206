//! The parity report as a page of the console: the same document as `ficus report --format html`.

use axum::extract::Query;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::report::{Filter, REPORT_POLICY, Report, render_html};

/// What a query string may ask of the report: the filters of `ficus report`, with moments in milliseconds since 1970.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wishes {
    route: Option<String>,
    group: Option<String>,
    phase: Option<u8>,
    client: Option<String>,
    since: Option<i64>,
    until: Option<i64>,
}

impl From<Query<Wishes>> for Filter {
    fn from(Query(wishes): Query<Wishes>) -> Self {
        // An empty field of a form is no wish.
        let stated = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            route: stated(wishes.route),
            group: stated(wishes.group),
            phase: wishes.phase,
            client: stated(wishes.client),
            since_ms: wishes.since,
            until_ms: wishes.until,
            now_ms: None,
        }
    }
}

/// The page, or why there is none.
pub(crate) fn respond(report: Result<Report, String>) -> Response {
    match report {
        Ok(report) => {
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (CONTENT_SECURITY_POLICY, HeaderValue::from_static(REPORT_POLICY)),
                (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            ];
            (headers, render_html(&report)).into_response()
        }
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("no report: {reason}\n")).into_response(),
    }
}
