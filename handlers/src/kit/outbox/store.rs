//! Storing effects in the transaction that announced them.

use sqlx::PgConnection;
use sqlx::types::Json;

use crate::kit::context::Context;
use crate::kit::effects::Effects;

/// Inserts the effects. One whose key is already there is left out: it was announced before and must happen once only.
pub(crate) async fn insert(db: &mut PgConnection, context: &Context, effects: &Effects) -> sqlx::Result<()> {
    let now = context.clock.now();
    for announced in effects.iter() {
        let id = context.ids.uuid().to_string();
        sqlx::query(
            "insert into ficus.outbox (id, idempotency_key, kind, payload, request_id, created_at, due_at, attempts)
             values ($1::uuid, $2, $3, $4, $5, $6, $6, 0)
             on conflict (idempotency_key) do nothing",
        )
        .bind(&id)
        .bind(announced.key.clone().unwrap_or_else(|| id.clone()))
        .bind(announced.effect.kind())
        .bind(Json(announced.effect.payload()))
        .bind(context.request_id.as_deref())
        .bind(now)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
