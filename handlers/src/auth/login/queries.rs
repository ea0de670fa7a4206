//! The rows that may log in.

use sqlx::PgConnection;

/// A user with a password.
#[derive(sqlx::FromRow)]
pub(super) struct UserRow {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) tenant_id: String,
    pub(super) role: String,
    pub(super) status: String,
    pub(super) password: String,
}

/// The most rows whose passwords are tried: each costs a tenth of a second of computing.
const MOST_TENANTS: i64 = 8;

/// Every user of that e-mail who has a password, the oldest first: one address may belong to several tenants.
pub(super) async fn candidates(db: &mut PgConnection, email: &str) -> sqlx::Result<Vec<UserRow>> {
    sqlx::query_as(
        r#"select id, email, "tenantId" as tenant_id, role::text as role, status::text as status, password
           from users
           where lower(email) = $1 and password <> ''
           order by "createdAt", id
           limit $2"#,
    )
    .bind(email)
    .bind(MOST_TENANTS)
    .fetch_all(db)
    .await
}
