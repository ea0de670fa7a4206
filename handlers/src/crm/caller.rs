//! Whose tenant a CRM request is about (CRM contract, "Tenant resolution").
//!
//! Legacy takes any `tenantId` from anybody. Here the caller proves who they are, and the tenant is theirs; only a
//! `super_admin` may name another. The switch `crm-unauthenticated` admits what the admin console of today still needs: calls
//! without a usable token that name an existing tenant, from a page of this very origin, held back per address, and logged.

use http::StatusCode;
use schemars::JsonSchema;
use sqlx::PgConnection;

use crate::domain::tenant::TenantId;
use crate::kit::compat::is_same_origin;
use crate::kit::extract::json::Json;
use crate::kit::extract::principal::Principal;
use crate::kit::extract::query::Query;
use crate::kit::{ApiError, Inbound, Stop, UnitOfWork};

/// The switch in the flag file.
pub(crate) const UNAUTHENTICATED: &str = "crm-unauthenticated";

const NO_TENANT: &str = "tenantId is required or a valid session token must be provided";

/// The tenant that a request names.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub(crate) struct Named {
    /// The tenant, when it is not the caller's own; only a `super_admin` may name another one.
    pub(crate) tenant_id: Option<String>,
}

impl Named {
    pub(crate) fn in_query(query: &Query) -> Self {
        Self {
            tenant_id: query.text("tenantId").map(str::to_owned),
        }
    }

    /// # Errors
    /// 400 when it is no text.
    pub(crate) fn in_body(body: &Json) -> Result<Self, ApiError> {
        Ok(Self {
            tenant_id: body.truthy_text("tenantId")?.map(str::to_owned),
        })
    }
}

/// Finds the tenant. `named` is what the request names, `token` the one that the endpoint accepts; empty ones are none.
///
/// # Errors
/// The refusals of the contract, or a fault of the database.
pub(crate) async fn tenant(
    unit: &mut impl UnitOfWork,
    request: &Inbound,
    named: &Named,
    token: Option<&str>,
) -> Result<TenantId, Stop> {
    let named = named.tenant_id.as_deref();
    let principal = match token {
        Some(token) => Principal::verify(unit, token).await?,
        None => None,
    };
    match (
        principal.as_ref().and_then(|caller| Some((caller, caller.tenant()?))),
        named,
    ) {
        (Some((_, own)), None) => Ok(TenantId::checked(own)),
        (Some((_, own)), Some(named)) if named == own => Ok(TenantId::checked(own)),
        (Some((caller, _)), Some(named)) if caller.is_super_admin() => Ok(TenantId::checked(named)),
        (Some(_), Some(_)) => Err(ApiError::bare(StatusCode::FORBIDDEN, "Forbidden").into()),
        (None, None) => Err(ApiError::bare(StatusCode::BAD_REQUEST, NO_TENANT).into()),
        (None, Some(named)) if request.compat(UNAUTHENTICATED) => admit(unit, request, named, token).await,
        (None, Some(_)) => Err(unauthorized(token).into()),
    }
}

async fn admit(
    unit: &mut impl UnitOfWork,
    request: &Inbound,
    named: &str,
    token: Option<&str>,
) -> Result<TenantId, Stop> {
    if !is_same_origin(&request.headers) || named.contains('\0') {
        return Err(unauthorized(token).into());
    }
    let address = request.client.map(|address| address.to_string()).unwrap_or_default();
    let context = unit.context();
    // A dry run beside legacy is the same call once more: it does not count.
    if !context.is_dry() && !context.compat_limit.admit(&address, context.clock.now()) {
        return Err(ApiError::bare(StatusCode::TOO_MANY_REQUESTS, "Too many requests").into());
    }
    if !exists(unit.lookup().await?, named).await? {
        return Err(unauthorized(token).into());
    }
    tracing::info!(
        switch = UNAUTHENTICATED,
        tenant = named,
        path = request.uri.path(),
        "a call without a valid token was admitted"
    );
    Ok(TenantId::checked(named))
}

async fn exists(db: &mut PgConnection, tenant: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select 1 from tenants where id = $1)")
        .bind(tenant)
        .fetch_one(db)
        .await
}

fn unauthorized(token: Option<&str>) -> ApiError {
    let text = if token.is_some() {
        "Invalid token"
    } else {
        "No token provided"
    };
    ApiError::envelope(StatusCode::UNAUTHORIZED, text)
}
