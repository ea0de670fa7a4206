//! `GET /api/v1/auth/me` (auth contract, "Backend-only endpoints"). Quirk kept: it repeats the claims of the token, so a user who
//! was deleted since still gets an answer until the token runs out.

use http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::backend;
use crate::domain::role::Role;
use crate::kit::extract::jwt::{self, JwtUser};
use crate::kit::extract::revoked;
use crate::kit::{ApiError, Area, Inbound, Outcome, Reader, Routes, Stop, UnitOfWork as _};

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Auth).read(Method::GET, "/api/v1/auth/me", show).read(
        Method::OPTIONS,
        "/api/v1/auth/me",
        backend::preflight,
    )
}

async fn show(reader: &mut Reader, request: &Inbound) -> Outcome {
    let user = match request.bearer() {
        None => Err("No token provided"),
        Some(token) => verified(reader, token).await?.ok_or("Invalid token"),
    };
    let settings = &reader.context().settings;
    Ok(match user {
        Ok(user) => backend::reply(settings, request, StatusCode::OK, &claims(&user)),
        Err(text) => {
            let refusal = ApiError::envelope(StatusCode::UNAUTHORIZED, text);
            backend::error(settings, request, &refusal)
        }
    })
}

async fn verified(reader: &mut Reader, token: &str) -> Result<Option<JwtUser>, Stop> {
    let now = reader.now();
    let Some(user) = jwt::verify(token, &reader.context().settings.jwt_secrets, now) else {
        return Ok(None);
    };
    let revoked = revoked::is_revoked(reader.db().await?, token).await?;
    Ok((!revoked).then_some(user))
}

/// `{"id","email","role","tenantId"}`; what the token does not say is left out.
pub(super) fn claims(user: &JwtUser) -> Value {
    let mut fields = Map::new();
    let mut say = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value.into());
        }
    };
    say("id", Some(&user.id));
    say("email", user.email.as_deref());
    say("role", user.role.map(Role::as_str));
    say("tenantId", user.tenant.as_deref());
    Value::Object(fields)
}
