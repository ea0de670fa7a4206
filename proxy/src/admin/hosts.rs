//! Under which names the admin listener answers. A page of another site can make a browser ask a private address, by a name of its
//! own that leads there (DNS rebinding); it cannot make the browser send another `Host` than that name.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// What machines ask for; they know the process by whatever name, and there is nothing to steal.
const PROBES: [&str; 3] = ["/health", "/ready", "/metrics"];

/// Lets through what was asked under a known name.
pub(super) async fn known(State(names): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    if PROBES.contains(&request.uri().path()) || is_known(request.headers(), request.uri().authority(), &names) {
        return next.run(request).await;
    }
    let why = "the admin listener does not answer under this name; ask localhost or an address, or add the name to `admin.hosts`\n";
    (StatusCode::MISDIRECTED_REQUEST, why).into_response()
}

fn is_known(headers: &HeaderMap, target: Option<&Authority>, names: &[String]) -> bool {
    let header = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = header.and_then(|host| host.parse::<Authority>().ok());
    let host = target.or(host.as_ref()).map(Authority::host);
    host.is_some_and(|host| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || bare.parse::<IpAddr>().is_ok()
            || names.iter().any(|name| name.eq_ignore_ascii_case(host))
    })
}
