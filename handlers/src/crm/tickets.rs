//! Tickets: list and create (CRM contract). Quirks kept: `%` and `_` in `search` are wildcards, a negative `limit` means the last
//! rows, a negative `offset` counts as 0 (legacy: 500), and the customer snapshot is taken from a contact of any tenant.

mod model;
mod policy;
mod queries;

use http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN};
use http::{HeaderValue, Method, StatusCode};

use self::model::{Filter, NewTicket, Snapshot, TicketList, TicketMade};
use super::caller::{self, Named};
use crate::kit::error::{Bare, Envelope};
use crate::kit::fault::OnConstraint as _;
use crate::kit::{
    ApiError, Area, Callers, Credential, Inbound, Operation, Outcome, Reader, Reply, Routes, UnitOfWork as _, Work,
};

const TICKETS: &str = "/api/crm/tickets";

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Crm)
        .read(Method::GET, TICKETS, list)
        .describe(
            Operation::new("List the tickets of a tenant, the newest first")
                .callers(Callers::Only(&[
                    Credential::AdminToken,
                    Credential::ChatSession,
                    Credential::QueryToken,
                ]))
                .query::<Named>()
                .query::<Filter>()
                .gives::<TicketList>(StatusCode::OK)
                .refuses::<Envelope>(&[StatusCode::UNAUTHORIZED])
                .refuses::<Bare>(&[
                    StatusCode::BAD_REQUEST,
                    StatusCode::FORBIDDEN,
                    StatusCode::TOO_MANY_REQUESTS,
                ]),
        )
        .write(Method::POST, TICKETS, create)
        .describe(
            Operation::new("Create a ticket")
                .callers(Callers::Only(&[Credential::AdminToken, Credential::ChatSession]))
                .takes::<Named>()
                .takes::<NewTicket>()
                .gives::<TicketMade>(StatusCode::OK)
                .refuses::<Envelope>(&[StatusCode::UNAUTHORIZED])
                .refuses::<Bare>(&[
                    StatusCode::BAD_REQUEST,
                    StatusCode::FORBIDDEN,
                    StatusCode::TOO_MANY_REQUESTS,
                ]),
        )
        .read(Method::OPTIONS, TICKETS, preflight)
        .describe(
            Operation::new("Say to a page of another origin what it may send")
                .callers(Callers::Anybody)
                .gives_nothing(StatusCode::OK),
        )
}

async fn list(reader: &mut Reader, request: &Inbound) -> Outcome {
    let query = request.query();
    let token = query.text("token").or_else(|| request.bearer());
    let tenant = caller::tenant(reader, request, &Named::in_query(&query), token).await?;
    let filter = Filter::read(&query)?;
    let rows = queries::list(reader.db().await?, &tenant, &filter).await?;
    Ok(Reply::ok(&TicketList::of(rows)))
}

async fn create(work: &mut Work, request: &Inbound) -> Outcome {
    let body = request.json_or_empty();
    let named = Named::in_body(&body)?;
    let tenant = caller::tenant(work, request, &named, request.bearer()).await?;
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
    Ok(Reply::ok(&TicketMade::of(row)))
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
