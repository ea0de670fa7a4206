//! Rows, inputs and wire types of tickets.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use time::PrimitiveDateTime;

use crate::domain::crm::{TicketPriority, TicketStatus, TicketType};
use crate::kit::ApiError;
use crate::kit::extract::json::Json;
use crate::kit::extract::query::Query;
use crate::kit::wire::iso::Iso;

/// What a list is asked for.
#[derive(Debug, JsonSchema)]
pub(super) struct Filter {
    /// Only tickets of this status.
    pub(super) status: Option<TicketStatus>,
    /// Only tickets of this priority.
    pub(super) priority: Option<TicketPriority>,
    /// Only tickets of this type.
    #[schemars(rename = "type")]
    pub(super) kind: Option<TicketType>,
    /// Only tickets of this user's.
    #[schemars(rename = "assignedToId")]
    pub(super) assigned_to: Option<String>,
    /// Only tickets of this customer.
    #[schemars(rename = "customerId")]
    pub(super) customer: Option<String>,
    /// Only tickets with this in their title, description or customer's name; `%` and `_` are wildcards.
    pub(super) search: Option<String>,
    /// At most so many; a negative number counts from the end of the list.
    #[schemars(default = "most_rows")]
    limit: i64,
    /// After so many.
    #[schemars(default)]
    offset: i64,
}

/// A piece of an ordered list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Page {
    /// At most so many rows.
    pub(super) rows: i64,
    /// After so many.
    pub(super) skip: i64,
    /// Counted from the end of the ordering.
    pub(super) from_end: bool,
}

/// What a ticket is made from.
#[derive(Debug, JsonSchema)]
pub(super) struct NewTicket {
    #[schemars(rename = "type")]
    pub(super) kind: TicketType,
    pub(super) title: String,
    #[schemars(default)]
    pub(super) description: String,
    #[schemars(default = "usual_priority")]
    pub(super) priority: TicketPriority,
    /// A contact, whose name and address the ticket keeps as they are now.
    #[schemars(rename = "customerId", default)]
    pub(super) customer: String,
    /// A user of the tenant.
    #[schemars(rename = "createdById")]
    pub(super) created_by: String,
    /// A user of the tenant.
    #[schemars(rename = "assignedToId")]
    pub(super) assigned_to: Option<String>,
}

/// The rows of a list that does not say how many.
fn most_rows() -> i64 {
    100
}

/// The priority of a ticket that does not say one.
fn usual_priority() -> TicketPriority {
    TicketPriority::Medium
}

/// The customer as the contact is at this moment; it stays so in the ticket.
#[derive(Debug, PartialEq)]
pub(super) struct Snapshot {
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct ContactRow {
    pub(super) display_name: String,
    pub(super) phone: Option<String>,
    pub(super) metadata: Option<Value>,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct TicketRow {
    pub(super) id: String,
    pub(super) tenant_id: String,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) status: String,
    pub(super) priority: String,
    pub(super) customer_id: String,
    pub(super) customer_name: String,
    pub(super) customer_email: Option<String>,
    pub(super) customer_phone: Option<String>,
    pub(super) created_by_id: String,
    pub(super) assigned_to_id: Option<String>,
    pub(super) created_at: PrimitiveDateTime,
    pub(super) updated_at: PrimitiveDateTime,
    pub(super) creator_email: String,
    pub(super) creator_name: Option<String>,
    pub(super) assignee_email: Option<String>,
    pub(super) assignee_name: Option<String>,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct ListedRow {
    #[sqlx(flatten)]
    pub(super) ticket: TicketRow,
    pub(super) comments: i64,
    pub(super) attachments: i64,
}

/// TicketBase of the contract.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ticket {
    id: String,
    tenant_id: String,
    #[serde(rename = "type")]
    #[schemars(with = "TicketType")]
    kind: String,
    title: String,
    description: String,
    #[schemars(with = "TicketStatus")]
    status: String,
    #[schemars(with = "TicketPriority")]
    priority: String,
    customer_id: String,
    customer_name: String,
    customer_email: Option<String>,
    customer_phone: Option<String>,
    created_by_id: String,
    assigned_to_id: Option<String>,
    created_at: Iso,
    updated_at: Iso,
    created_by: Person,
    assigned_to: Option<Person>,
    customer: Option<Customer>,
}

/// A user, as tickets show one.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "TicketPerson")]
struct Person {
    id: String,
    email: String,
    name: Option<String>,
}

/// A customer, as tickets keep one.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "TicketCustomer")]
struct Customer {
    id: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
}

/// A page of tickets.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct TicketList {
    tickets: Vec<ListedTicket>,
}

/// A ticket that was just made.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct TicketMade {
    ticket: TicketWithThread,
}

/// A ticket in a list.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedTicket {
    #[serde(flatten)]
    ticket: Ticket,
    comment_count: i64,
    attachment_count: i64,
}

/// A ticket with its comments and attachments.
#[derive(Debug, JsonSchema, Serialize)]
struct TicketWithThread {
    #[serde(flatten)]
    ticket: Ticket,
    comments: [(); 0],
    attachments: [(); 0],
}

impl Filter {
    pub(super) fn read(query: &Query) -> Result<Self, ApiError> {
        let text = |key: &str| query.text(key).map(str::to_owned);
        Ok(Self {
            status: known(query, "status", TicketStatus::parse)?,
            priority: known(query, "priority", TicketPriority::parse)?,
            kind: known(query, "type", TicketType::parse)?,
            assigned_to: text("assignedToId"),
            customer: text("customerId"),
            search: text("search"),
            limit: query.integer_or("limit", most_rows()),
            offset: query.integer_or("offset", 0),
        })
    }
}

impl Filter {
    pub(super) fn page(&self) -> Page {
        Page::new(self.limit, self.offset)
    }
}

impl Page {
    fn new(limit: i64, offset: i64) -> Self {
        Self {
            rows: limit.saturating_abs(),
            skip: offset.max(0),
            from_end: limit < 0,
        }
    }
}

impl NewTicket {
    pub(super) fn read(body: &Json) -> Result<Self, ApiError> {
        let kind = body.required_text("type")?;
        let priority = match body.truthy_text("priority")? {
            Some(text) => TicketPriority::parse(text),
            None => Some(usual_priority()),
        };
        Ok(Self {
            kind: TicketType::parse(kind).ok_or_else(|| invalid("type"))?,
            title: body.required_text("title")?.to_owned(),
            description: body.truthy_text("description")?.unwrap_or_default().to_owned(),
            priority: priority.ok_or_else(|| invalid("priority"))?,
            customer: body.truthy_text("customerId")?.unwrap_or_default().to_owned(),
            created_by: body.required_text("createdById")?.to_owned(),
            assigned_to: body.truthy_text("assignedToId")?.map(str::to_owned),
        })
    }
}

impl Snapshot {
    pub(super) fn of(contact: Option<ContactRow>) -> Self {
        let Some(contact) = contact else {
            return Self {
                name: "Unknown Customer".to_owned(),
                email: None,
                phone: None,
            };
        };
        let email = contact
            .metadata
            .as_ref()
            .and_then(|metadata| metadata.get("email"))
            .and_then(Value::as_str);
        let name = if contact.display_name.is_empty() {
            "Unknown".to_owned()
        } else {
            contact.display_name
        };
        Self {
            name,
            email: email.filter(|email| !email.is_empty()).map(str::to_owned),
            phone: contact.phone,
        }
    }
}

impl From<TicketRow> for Ticket {
    fn from(row: TicketRow) -> Self {
        let customer = (!row.customer_id.is_empty()).then(|| Customer {
            id: row.customer_id.clone(),
            name: row.customer_name.clone(),
            email: row.customer_email.clone(),
            phone: row.customer_phone.clone(),
        });
        let assigned_to = row.assigned_to_id.clone().zip(row.assignee_email);
        Self {
            created_by: Person {
                id: row.created_by_id.clone(),
                email: row.creator_email,
                name: row.creator_name,
            },
            assigned_to: assigned_to.map(|(id, email)| Person {
                id,
                email,
                name: row.assignee_name,
            }),
            customer,
            id: row.id,
            tenant_id: row.tenant_id,
            kind: row.kind,
            title: row.title,
            description: row.description,
            status: row.status,
            priority: row.priority,
            customer_id: row.customer_id,
            customer_name: row.customer_name,
            customer_email: row.customer_email,
            customer_phone: row.customer_phone,
            created_by_id: row.created_by_id,
            assigned_to_id: row.assigned_to_id,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

impl From<ListedRow> for ListedTicket {
    fn from(row: ListedRow) -> Self {
        Self {
            ticket: row.ticket.into(),
            comment_count: row.comments,
            attachment_count: row.attachments,
        }
    }
}

impl TicketList {
    pub(super) fn of(rows: Vec<ListedRow>) -> Self {
        Self {
            tickets: rows.into_iter().map(ListedTicket::from).collect(),
        }
    }
}

impl TicketMade {
    /// A new ticket has neither comments nor attachments.
    pub(super) fn of(row: TicketRow) -> Self {
        Self {
            ticket: TicketWithThread {
                ticket: row.into(),
                comments: [],
                attachments: [],
            },
        }
    }
}

/// An enum parameter: absent and empty filter nothing, an unknown value is refused (legacy: 500).
fn known<T>(query: &Query, key: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
    query
        .text(key)
        .map(|text| parse(text).ok_or_else(|| invalid(key)))
        .transpose()
}

fn invalid(field: &str) -> ApiError {
    ApiError::bare(StatusCode::BAD_REQUEST, &format!("Invalid {field}"))
}

#[cfg(test)]
mod tests;
