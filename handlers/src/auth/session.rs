//! Asking what a token is worth, and giving it back. Both are Ficus's own: legacy has no such endpoints, and does not know what
//! was given back here, so an admin token lives on in legacy routes until it runs out.
//!
//! A token is an admin JWT, a chat session token or a NextAuth cookie. It is looked for in the field `token` of the body, then in
//! the `Authorization` header, then among the cookies; the first place that has one decides.

mod credential;

use http::header::SET_COOKIE;
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use time::Duration;

use self::credential::{Credential, Presented};
use super::nextauth::{self, SessionCookie};
use super::{backend, me};
use crate::domain::role::Role;
use crate::kit::compat::is_same_origin;
use crate::kit::extract::{chat_session, jwt, revoked};
use crate::kit::wire::iso::Iso;
use crate::kit::{Area, Inbound, Outcome, Reader, Routes, Stop, UnitOfWork as _, Work};

const VALIDATE: &str = "/api/v1/auth/session/validate";
const LOGOUT: &str = "/api/v1/auth/logout";
/// How long a token without an end stays revoked; legacy makes none, and no other secret may.
const ENDLESS: Duration = Duration::days(3_650);

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Auth)
        .read(Method::POST, VALIDATE, validate)
        .read(Method::OPTIONS, VALIDATE, backend::preflight)
        .write(Method::POST, LOGOUT, log_out)
        .read(Method::OPTIONS, LOGOUT, backend::preflight)
}

/// `{"active":true,"kind","user","expiresAt"}`, or `{"active":false}` whatever is wrong (as RFC 7662, section 2.2).
async fn validate(reader: &mut Reader, request: &Inbound) -> Outcome {
    let credential = match Presented::find(request) {
        Some(presented) => presented.verify(reader).await?,
        None => None,
    };
    let body = credential.as_ref().map_or_else(inactive, describe);
    let settings = &reader.context().settings;
    Ok(backend::reply(settings, request, StatusCode::OK, &body))
}

fn inactive() -> Value {
    json!({ "active": false })
}

fn describe(credential: &Credential) -> Value {
    match credential {
        Credential::Admin(user) => json!({
            "active": true,
            "kind": "admin",
            "user": me::claims(user),
            "expiresAt": user.expires_at.map(Iso),
        }),
        Credential::Cookie(user) => json!({
            "active": true,
            "kind": "nextauth",
            "user": me::claims(user),
            "expiresAt": user.expires_at.map(Iso),
        }),
        Credential::Chat(session) => json!({
            "active": true,
            "kind": "chat",
            "user": {
                "id": session.user.id,
                "role": session.user.role.map(Role::as_str),
                "tenantId": session.user.tenant,
            },
            "expiresAt": Iso(session.expires_at),
        }),
    }
}

/// `{"success":true}` always: what is no valid token needs no giving back.
async fn log_out(work: &mut Work, request: &Inbound) -> Outcome {
    let mut forgotten = Vec::new();
    match Presented::find(request) {
        Some(Presented::Token(token)) => give_back(work, &token).await?,
        // A page of another origin must not log anybody out by the cookies that a browser adds.
        Some(Presented::Cookies(cookies)) if is_same_origin(&request.headers) => {
            for cookie in cookies {
                give_back_cookie(work, &cookie).await?;
                forgotten.extend(cookie.parts);
            }
        }
        Some(Presented::Cookies(_)) | None => {}
    }
    let settings = &work.context().settings;
    let body = json!({ "success": true });
    let mut reply = backend::reply(settings, request, StatusCode::OK, &body);
    for name in forgotten {
        if let Ok(cookie) = HeaderValue::try_from(ended(&name)) {
            reply = reply.header(SET_COOKIE, cookie);
        }
    }
    Ok(reply)
}

/// An admin token is remembered as revoked; of a chat session the row is, as legacy does it: even if it has run out, and
/// whatever became of its user.
async fn give_back(work: &mut Work, token: &str) -> Result<(), Stop> {
    let now = work.now();
    if let Some(user) = jwt::verify(token, &work.context().settings.jwt_secrets, now) {
        let ends = user.expires_at.unwrap_or(now + ENDLESS);
        revoked::revoke(work.db().await?, token, ends, now).await?;
    } else {
        chat_session::revoke(work.db().await?, token, now).await?;
    }
    Ok(())
}

async fn give_back_cookie(work: &mut Work, cookie: &SessionCookie) -> Result<(), Stop> {
    let now = work.now();
    let secrets = &work.context().settings.auth.cookie_secrets;
    let Some(user) = nextauth::verify(cookie, secrets, now) else {
        return give_back(work, &cookie.value).await;
    };
    // The cookie is good for some seconds beyond its end.
    let ends = user.expires_at.unwrap_or(now + ENDLESS);
    let ends = ends.saturating_add(Duration::MINUTE);
    revoked::revoke(work.db().await?, &cookie.value, ends, now).await?;
    Ok(())
}

/// The cookie that makes a browser forget one of that name.
fn ended(name: &str) -> String {
    let secure = if name.starts_with("__Secure-") { "; Secure" } else { "" };
    format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}")
}
