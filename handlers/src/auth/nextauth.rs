//! Session cookies of NextAuth: version 4 (`A256GCM`) and version 5 (`A256CBC-HS512`), whole or in chunks.
//!
//! Sources: the packages `next-auth` 4 and `@auth/core`, files `jwt` and `cookie`. Both derive the key from the secret with
//! HKDF-SHA256 and encrypt the claims as a compact JWE (RFC 7516) with `"alg":"dir"`.

mod cookies;
mod jwe;

use serde_json::Value;
use time::{Duration, OffsetDateTime};

pub(super) use self::cookies::{SessionCookie, find};
use crate::config::Secret;
use crate::domain::role::Role;
use crate::kit::extract::jwt::JwtUser;

/// How far clocks may differ; both versions allow as much.
const TOLERANCE: Duration = Duration::seconds(15);

/// The user of a session cookie, with the first of several secrets that opens it.
pub(super) fn verify(cookie: &SessionCookie, secrets: &[Secret<String>], now: OffsetDateTime) -> Option<JwtUser> {
    let secrets = secrets.iter().map(|secret| secret.expose().as_bytes());
    let opened = secrets
        .filter(|secret| !secret.is_empty())
        .find_map(|secret| jwe::open(&cookie.value, secret, cookie.name))?;
    user(&serde_json::from_slice(&opened).ok()?, now)
}

/// The claims; a cookie that never runs out is not accepted.
fn user(claims: &Value, now: OffsetDateTime) -> Option<JwtUser> {
    let time = |name: &str| {
        let seconds = claims.get(name)?.as_i64()?;
        OffsetDateTime::from_unix_timestamp(seconds).ok()
    };
    let text = |name: &str| {
        let text = claims.get(name)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let expires = time("exp")?;
    if expires <= now - TOLERANCE || time("nbf").is_some_and(|begins| begins > now + TOLERANCE) {
        return None;
    }
    Some(JwtUser {
        id: text("sub").or_else(|| text("id"))?,
        email: text("email"),
        tenant: text("tenantId"),
        role: text("role").as_deref().and_then(Role::parse),
        expires_at: Some(expires),
    })
}
