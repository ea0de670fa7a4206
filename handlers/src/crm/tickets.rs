//! Tickets: list and create (CRM contract). Quirks kept: `%` and `_` in `search` are wildcards, a negative `limit` means the last
//! rows, a negative `offset` counts as 0 (legacy: 500), and the customer snapshot is taken from a contact of any tenant.

mod model;
mod policy;
mod queries;

use http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN};
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;

use self::model::{Filter, ListedTicket, NewTicket, Snapshot, TicketWithThread};
use super::caller;
use crate::kit::fault::OnConstraint as _;
use crate::kit::{ApiError, Area, Inbound, Outcome, Reader, Reply, Routes, UnitOfWork as _, Work};

const TICKETS: &str = "/api/crm/tickets";

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Crm)
        .read(Method::GET, TICKETS, list)
        .write(Method::POST, TICKETS, create)
        .read(Method::OPTIONS, TICKETS, preflight)
}

async fn list(reader: &mut Reader, request: &Inbound) -> Outcome {
    let query = request.query();
    let token = query.text("token").or_else(|| request.bearer());
    let tenant = caller::tenant(reader, request, query.text("tenantId"), token).await?;
    let filter = Filter::read(&query)?;
    let rows = queries::list(reader.db().await?, &tenant, &filter).await?;
    let tickets: Vec<ListedTicket> = rows.into_iter().map(ListedTicket::from).collect();
    Ok(Reply::ok(&json!({ "tickets": tickets })))
}

async fn create(work: &mut Work, request: &Inbound) -> Outcome {
    let body = request.json_or_empty();
    let named = body.truthy_text("tenantId")?;
    let tenant = caller::tenant(work, request, named, request.bearer()).await?;
    let new = NewTicket::read(&body)?;
    policy::require_member(work.db().await?, &tenant, "createdById", &new.created_by).await?;
    if let Some(assignee) = &new.assigned_to {
        policy::require_member(work.db().await?, &tenant, "assignedToId", assignee).await?;
    }
    let contact = queries::contact(work.db().await?, &new.customer).await?;
    let snapshot = Snapshot::of(contact);
    let (id, now) = (work.context().ids.uuid().to_string(), work.now());
    queries::insert(work.db().await?, &tenant, &id, &new, &snapshot, now)
        .await
        .on_constraint("tickets_tenantId_fkey", || invalid("tenantId"))
        .on_constraint("tickets_createdById_fkey", || invalid("createdById"))
        .on_constraint("tickets_assignedToId_fkey", || invalid("assignedToId"))?;
    let row = queries::find(work.db().await?, &tenant, &id).await?;
    Ok(Reply::ok(&json!({ "ticket": TicketWithThread::just_made(row) })))
}

/// The CORS answer of every `/api/crm` route; the answers themselves carry no CORS headers.
async fn preflight(_: &mut Reader, _: &Inbound) -> Outcome {
    Ok(Reply::empty(StatusCode::OK)
        .header(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))
        .header(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, DELETE, PATCH, OPTIONS"),
        )
        .header(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Content-Type, Authorization"),
        ))
}

fn invalid(field: &str) -> ApiError {
    ApiError::bare(StatusCode::BAD_REQUEST, &format!("Invalid {field}"))
}
