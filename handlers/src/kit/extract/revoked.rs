//! Tokens that were given back before they ran out.

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// How many rows that no longer matter are removed by one revocation.
const REMOVED_AT_ONCE: i64 = 50;

/// Whether a token was given back.
///
/// # Errors
/// When the database fails.
pub async fn is_revoked(db: &mut PgConnection, token: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select 1 from ficus.revoked_tokens where token_hash = $1)")
        .bind(hash(token))
        .fetch_one(db)
        .await
}

/// Takes a token back, until it would have run out anyway; again does nothing more. Only its hash is kept.
///
/// # Errors
/// When the database fails.
pub async fn revoke(
    db: &mut PgConnection,
    token: &str,
    ends_at: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query("insert into ficus.revoked_tokens (token_hash, ends_at) values ($1, $2) on conflict do nothing")
        .bind(hash(token))
        .bind(ends_at)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "delete from ficus.revoked_tokens where token_hash in (
           select token_hash from ficus.revoked_tokens where ends_at < $1
           order by ends_at limit $2 for update skip locked)",
    )
    .bind(now)
    .bind(REMOVED_AT_ONCE)
    .execute(db)
    .await?;
    Ok(())
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}
