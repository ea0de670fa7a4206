//! Who is let in: a token with the role, not too many failures before it, and no page of another site behind it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use super::operation::Operation;
use super::problem::Problem;
use super::tokens::{Caller, Refusal, Role};
use super::{Api, Desk};
use crate::admin::Peer;

/// For one answer; what takes longer has a store that does not answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// An operation behind its role.
pub(super) fn guarded(operation: Operation, api: &Api) -> Router<Api> {
    let gate = (api.clone(), operation.role);
    let guarded = operation.handler.layer(from_fn_with_state(gate, admit));
    Router::new().route(operation.path, guarded)
}

async fn admit(State((api, role)): State<(Api, Role)>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut response = match api.0.caller(&parts, role).await {
        Err(problem) => problem.into_response(),
        Ok(caller) => {
            parts.extensions.insert(caller);
            let request = Request::from_parts(parts, body);
            match timeout(PATIENCE, next.run(request)).await {
                Ok(response) => response,
                Err(_) => slow().into_response(),
            }
        }
    };
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl Desk {
    async fn caller(&self, request: &Parts, role: Role) -> Result<Caller, Problem> {
        let Some(verifier) = &self.verifier else {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "the admin API is off",
                "set `admin.auth` in ficus.yaml, and make a token with `ficus token`",
            ));
        };
        from_here(&request.method, &request.headers)?;
        let (address, now) = (address(request), Instant::now());
        if let Some(left) = self.lockout.wait(address, now) {
            self.counters.locked_out.fetch_add(1, Ordering::Relaxed);
            let why = "too many tokens were refused";
            return Err(
                Problem::new(StatusCode::TOO_MANY_REQUESTS, why, "wait, and look at the token")
                    .retry_after(left.as_secs() + 1),
            );
        }
        let caller = match bearer(&request.headers) {
            Some(token) => verifier.caller(token).await,
            None => Err(Refusal::Missing),
        };
        let caller = caller.map_err(|refusal| self.refused(refusal, address, now))?;
        if caller.role < role {
            self.counters.forbidden.fetch_add(1, Ordering::Relaxed);
            let why = format!("this needs the role `{role}`; yours is `{}`", caller.role);
            return Err(Problem::new(StatusCode::FORBIDDEN, why, "ask somebody who has it"));
        }
        Ok(caller)
    }

    /// All refusals look alike: which part of a token is wrong is nobody's business.
    fn refused(&self, refusal: Refusal, address: IpAddr, now: Instant) -> Problem {
        if let Some(count) = self.counters.refused.get(refusal as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        match refusal {
            Refusal::NoKeys => {
                return Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "tokens cannot be checked now",
                    "the log says why",
                );
            }
            // Somebody without a token guesses nothing.
            Refusal::Missing => {}
            _ => {
                self.lockout.count(address, now);
                tracing::warn!(%address, refusal = refusal.as_str(), "a token was refused by the admin API");
            }
        }
        let remedy = "send `Authorization: Bearer TOKEN`; `ficus token` makes one";
        Problem::new(StatusCode::UNAUTHORIZED, "a valid token is needed", remedy)
    }
}

/// A change comes from a program or from a page of this very origin: a form of another site can neither send JSON nor hide where
/// it comes from.
fn from_here(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let strange = Problem::new(
        StatusCode::FORBIDDEN,
        "a page of another site may change nothing here",
        "send the request from a program, or from this origin",
    );
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(strange);
    }
    let host = text(HOST.as_str()).unwrap_or_default();
    let own = |origin: &str| {
        origin
            .split_once("://")
            .is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
    };
    if text(ORIGIN.as_str()).is_some_and(|origin| !own(origin)) {
        return Err(strange);
    }
    let kind = text(CONTENT_TYPE.as_str()).unwrap_or_default();
    let is_json = kind
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if is_json || *method == Method::DELETE {
        return Ok(());
    }
    let why = "what is sent must be JSON";
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        why,
        "send `Content-Type: application/json`",
    ))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn address(request: &Parts) -> IpAddr {
    let peer = request.extensions.get::<ConnectInfo<Peer>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(Peer(address))| {
        address.ip()
    })
}

fn slow() -> Problem {
    let remedy = "GET /api/flags says what is in force; a kill needs no store";
    Problem::new(StatusCode::GATEWAY_TIMEOUT, "the store did not answer in time", remedy)
}
