//! Who may be named in a ticket.

use http::StatusCode;
use sqlx::PgConnection;

use super::queries;
use crate::domain::tenant::TenantId;
use crate::kit::{ApiError, Stop};

/// The creator and the assignee must be users of the tenant. One that exists elsewhere is answered as one that does not exist.
///
/// # Errors
/// 400 `Invalid {field}`, or a fault of the database.
pub(super) async fn require_member(
    db: &mut PgConnection,
    tenant: &TenantId,
    field: &str,
    user: &str,
) -> Result<(), Stop> {
    // A NUL is in no id and would only make PostgreSQL refuse the statement.
    let known = !user.contains('\0') && queries::is_member(db, tenant, user).await?;
    if known {
        Ok(())
    } else {
        Err(ApiError::bare(StatusCode::BAD_REQUEST, &format!("Invalid {field}")).into())
    }
}
