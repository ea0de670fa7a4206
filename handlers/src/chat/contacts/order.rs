//! The order of the list.

use std::cmp::Reverse;

use sqlx::PgConnection;

use super::entries::Entry;

/// The bot first, then who wrote last, then by name as a dictionary has it; what is equal stays as it was.
pub(super) async fn sort(db: &mut PgConnection, mut entries: Vec<Entry>) -> sqlx::Result<Vec<Entry>> {
    let places = places(db, &entries).await?;
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|&at| {
        let entry = &entries[at];
        (!entry.is_flowbot, Reverse(entry.last_message_at), places[at])
    });
    let mut taken: Vec<Option<Entry>> = entries.drain(..).map(Some).collect();
    Ok(order.into_iter().filter_map(|at| taken[at].take()).collect())
}

/// The place of each name. The server knows the order of JavaScript, that of ICU; one built without it gets an order that does
/// not tell capitals from small letters.
async fn places(db: &mut PgConnection, entries: &[Entry]) -> sqlx::Result<Vec<usize>> {
    let names: Vec<&str> = entries.iter().map(|entry| entry.display_name.as_str()).collect();
    let knows_icu = "select exists (select 1 from pg_collation where collname = 'und-x-icu')";
    let sorted: Vec<i64> = if sqlx::query_scalar(knows_icu).fetch_one(&mut *db).await? {
        sqlx::query_scalar(
            r#"select at from unnest($1::text[]) with ordinality as names (name, at)
               order by name collate "und-x-icu", at"#,
        )
        .bind(&names)
        .fetch_all(db)
        .await?
    } else {
        sqlx::query_scalar(
            "select at from unnest($1::text[]) with ordinality as names (name, at) order by lower(name), name, at",
        )
        .bind(&names)
        .fetch_all(db)
        .await?
    };
    let mut places = vec![0; names.len()];
    for (place, at) in sorted.into_iter().enumerate() {
        let at = usize::try_from(at - 1).unwrap_or_default();
        if let Some(slot) = places.get_mut(at) {
            *slot = place;
        }
    }
    Ok(places)
}
