//! Asking what a token is worth, and giving it back. Both are Ficus's own: legacy has no such endpoints, and does not know what
//! was given back here, so an admin token lives on in legacy routes until it runs out.
//!
//! A token is an admin JWT, a chat session token or a NextAuth cookie. It is looked for in the field `token` of the body, then in
//! the `Authorization` header, then among the cookies; the first place that has one decides.

mod credential;

use http::header::SET_COOKIE;
use http::{HeaderValue, Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use time::Duration;

use self::credential::{Credential, Presented, TokenField};
use super::backend;
use super::me::Claims;
use super::nextauth::{self, SessionCookie};
use crate::kit::compat::is_same_origin;
use crate::kit::extract::chat_session::{self, ChatSession};
use crate::kit::extract::{jwt, revoked};
use crate::kit::wire::iso::Iso;
use crate::kit::{self, Area, Callers, Inbound, Operation, Outcome, Reader, Routes, Stop, UnitOfWork as _, Work};

const VALIDATE: &str = "/api/v1/auth/session/validate";
const LOGOUT: &str = "/api/v1/auth/logout";
const ANY_TOKEN: [kit::Credential; 3] = [
    kit::Credential::AdminToken,
    kit::Credential::ChatSession,
    kit::Credential::AdminCookie,
];
/// How long a token without an end stays revoked; legacy makes none, and no other secret may.
const ENDLESS: Duration = Duration::days(3_650);

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Auth)
        .read(Method::POST, VALIDATE, validate)
        .describe(
            Operation::new("Say what a token is worth")
                .callers(Callers::AnybodyOr(&ANY_TOKEN))
                .may_take::<TokenField>()
                .gives::<Validation>(StatusCode::OK),
        )
        .read(Method::OPTIONS, VALIDATE, backend::preflight)
        .describe(backend::preflight_operation())
        .write(Method::POST, LOGOUT, log_out)
        .describe(
            Operation::new("Give a token back")
                .callers(Callers::AnybodyOr(&ANY_TOKEN))
                .may_take::<TokenField>()
                .gives::<Done>(StatusCode::OK)
                .header(
                    "set-cookie",
                    "Makes the browser forget the session cookies, when the token came in them.",
                ),
        )
        .read(Method::OPTIONS, LOGOUT, backend::preflight)
        .describe(backend::preflight_operation())
}

/// What a token is worth.
#[derive(JsonSchema, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Validation {
    /// It holds.
    Active {
        #[schemars(extend("const" = true))]
        active: bool,
        kind: TokenKind,
        user: Claims,
        expires_at: Option<Iso>,
    },
    /// It does not, whatever is wrong (as RFC 7662, section 2.2).
    Inactive {
        #[schemars(extend("const" = false))]
        active: bool,
    },
}

/// Where a token is from.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum TokenKind {
    /// A login with e-mail and password.
    Admin,
    /// NextAuth.
    NextAuth,
    /// Signing in by phone.
    Chat,
}

/// It is done.
#[derive(JsonSchema, Serialize)]
pub(super) struct Done {
    #[schemars(extend("const" = true))]
    success: bool,
}

async fn validate(reader: &mut Reader, request: &Inbound) -> Outcome {
    let credential = match Presented::find(request) {
        Some(presented) => presented.verify(reader).await?,
        None => None,
    };
    let body = credential
        .as_ref()
        .map_or(Validation::Inactive { active: false }, Validation::of);
    let settings = &reader.context().settings;
    Ok(backend::reply(settings, request, StatusCode::OK, &body))
}

impl Done {
    pub(super) fn new() -> Self {
        Self { success: true }
    }
}

impl Validation {
    fn of(credential: &Credential) -> Self {
        let (kind, user, expires_at) = match credential {
            Credential::Admin(user) => (TokenKind::Admin, user.into(), user.expires_at),
            Credential::Cookie(user) => (TokenKind::NextAuth, user.into(), user.expires_at),
            Credential::Chat(session) => (TokenKind::Chat, session.as_ref().into(), Some(session.expires_at)),
        };
        Self::Active {
            active: true,
            kind,
            user,
            expires_at: expires_at.map(Iso),
        }
    }
}

impl From<&ChatSession> for Claims {
    fn from(session: &ChatSession) -> Self {
        Self {
            id: session.user.id.clone(),
            email: None,
            role: session.user.role,
            tenant_id: Some(session.user.tenant.clone()),
        }
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
    let mut reply = backend::reply(settings, request, StatusCode::OK, &Done::new());
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
