//! The SQL of tickets.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::model::{ContactRow, Filter, ListedRow, NewTicket, Snapshot, TicketRow};
use crate::domain::tenant::TenantId;
use crate::kit::wire::iso::stored;

/// Newest first; rows of one instant are ordered by their ids, which legacy leaves open.
pub(super) async fn list(db: &mut PgConnection, tenant: &TenantId, filter: &Filter) -> sqlx::Result<Vec<ListedRow>> {
    // A NUL is in no stored text: such a filter matches nothing, and PostgreSQL would refuse it.
    let texts = [&filter.assigned_to, &filter.customer, &filter.search];
    if texts
        .iter()
        .any(|text| text.as_deref().is_some_and(|text| text.contains('\0')))
        || tenant.as_str().contains('\0')
    {
        return Ok(Vec::new());
    }
    let statement = if filter.page().from_end { LIST_FROM_END } else { LIST };
    let mut rows: Vec<ListedRow> = sqlx::query_as(statement)
        .bind(tenant.as_str())
        .bind(filter.status.map(|status| status.as_str()))
        .bind(filter.priority.map(|priority| priority.as_str()))
        .bind(filter.kind.map(|kind| kind.as_str()))
        .bind(filter.assigned_to.as_deref())
        .bind(filter.customer.as_deref())
        .bind(filter.search.as_deref())
        .bind(filter.page().rows)
        .bind(filter.page().skip)
        .fetch_all(db)
        .await?;
    if filter.page().from_end {
        rows.reverse();
    }
    Ok(rows)
}

pub(super) async fn find(db: &mut PgConnection, tenant: &TenantId, id: &str) -> sqlx::Result<TicketRow> {
    sqlx::query_as(concat!(
        ticket_columns!(),
        r#"from tickets t
           join users c on c.id = t."createdById"
           left join users a on a.id = t."assignedToId"
           where t."tenantId" = $1 and t.id = $2"#
    ))
    .bind(tenant.as_str())
    .bind(id)
    .fetch_one(db)
    .await
}

/// A contact of any tenant, as in legacy: a customer id may come from elsewhere.
pub(super) async fn contact(db: &mut PgConnection, id: &str) -> sqlx::Result<Option<ContactRow>> {
    if id.is_empty() {
        return Ok(None);
    }
    sqlx::query_as(r#"select "displayName" as display_name, phone, metadata from chatbot_contacts where id = $1"#)
        .bind(id)
        .fetch_optional(db)
        .await
}

pub(super) async fn is_member(db: &mut PgConnection, tenant: &TenantId, user: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(r#"select exists (select 1 from users where id = $2 and "tenantId" = $1)"#)
        .bind(tenant.as_str())
        .bind(user)
        .fetch_one(db)
        .await
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: &TenantId,
    id: &str,
    new: &NewTicket,
    customer: &Snapshot,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"insert into tickets (id, "tenantId", type, title, description, status, priority, "customerId", "customerName",
                                "customerEmail", "customerPhone", "createdById", "assignedToId", sentiment,
                                "createdAt", "updatedAt")
           values ($1, $2, $3::"TicketType", $4, $5, 'open', $6::"TicketPriority", $7, $8, $9, $10, $11, $12, 'neutral',
                   $13, $13)"#,
    )
    .bind(id)
    .bind(tenant.as_str())
    .bind(new.kind.as_str())
    .bind(&new.title)
    .bind(&new.description)
    .bind(new.priority.as_str())
    .bind(&new.customer)
    .bind(&customer.name)
    .bind(&customer.email)
    .bind(&customer.phone)
    .bind(&new.created_by)
    .bind(&new.assigned_to)
    .bind(stored(now))
    .execute(db)
    .await
    .map(drop)
}

macro_rules! ticket_columns {
    () => {
        r#"select t.id, t."tenantId" as tenant_id, t.type::text as kind, t.title, t.description, t.status::text as status,
                  t.priority::text as priority, t."customerId" as customer_id, t."customerName" as customer_name,
                  t."customerEmail" as customer_email, t."customerPhone" as customer_phone,
                  t."createdById" as created_by_id, t."assignedToId" as assigned_to_id,
                  t."createdAt" as created_at, t."updatedAt" as updated_at,
                  c.email as creator_email, c.name as creator_name, a.email as assignee_email, a.name as assignee_name
           "#
    };
}
use ticket_columns;

macro_rules! list_statement {
    ($order:literal) => {
        concat!(
            ticket_columns!(),
            r#", (select count(*) from ticket_comments m where m."ticketId" = t.id) as comments,
               (select count(*) from ticket_attachments f where f."ticketId" = t.id) as attachments
               from tickets t
               join users c on c.id = t."createdById"
               left join users a on a.id = t."assignedToId"
               where t."tenantId" = $1
                 and ($2::text is null or t.status = $2::"TicketStatus")
                 and ($3::text is null or t.priority = $3::"TicketPriority")
                 and ($4::text is null or t.type = $4::"TicketType")
                 and ($5::text is null or t."assignedToId" = $5)
                 and ($6::text is null or t."customerId" = $6)
                 and ($7::text is null or t.title ilike '%' || $7 || '%' or t.description ilike '%' || $7 || '%')
               order by "#,
            $order,
            " limit $8 offset $9"
        )
    };
}

const LIST: &str = list_statement!(r#"t."createdAt" desc, t.id desc"#);
const LIST_FROM_END: &str = list_statement!(r#"t."createdAt" asc, t.id asc"#);
