//! `GET /api/v1/auth/me` (auth contract, "Backend-only endpoints"). Quirk kept: it repeats the claims of the token, so a user who
//! was deleted since still gets an answer until the token runs out.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::backend;
use crate::domain::role::Role;
use crate::kit::error::Envelope;
use crate::kit::extract::jwt::{self, JwtUser};
use crate::kit::extract::revoked;
use crate::kit::{
    ApiError, Area, Callers, Credential, Inbound, Operation, Outcome, Reader, Routes, Stop, UnitOfWork as _,
};

const ME: &str = "/api/v1/auth/me";

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Auth)
        .read(Method::GET, ME, show)
        .describe(
            Operation::new("Repeat what the token says about its holder")
                .callers(Callers::Only(&[Credential::AdminToken]))
                .gives::<Claims>(StatusCode::OK)
                .gives_nothing(StatusCode::NOT_MODIFIED)
                .refuses::<Envelope>(&[StatusCode::UNAUTHORIZED]),
        )
        .read(Method::OPTIONS, ME, backend::preflight)
        .describe(backend::preflight_operation())
}

/// What a token says about its holder; what it does not say is left out.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Claims {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tenant_id: Option<String>,
}

impl From<&JwtUser> for Claims {
    fn from(user: &JwtUser) -> Self {
        Self {
            id: user.id.clone(),
            email: user.email.clone(),
            role: user.role,
            tenant_id: user.tenant.clone(),
        }
    }
}

async fn show(reader: &mut Reader, request: &Inbound) -> Outcome {
    let user = match request.bearer() {
        None => Err("No token provided"),
        Some(token) => verified(reader, token).await?.ok_or("Invalid token"),
    };
    let settings = &reader.context().settings;
    Ok(match user {
        Ok(user) => backend::reply(settings, request, StatusCode::OK, &Claims::from(&user)),
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
