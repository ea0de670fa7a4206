//! The rows that a dry run has written, read inside its transaction before it is undone. They are shown beside the answers.
//!
//! Real tables get no triggers, so the transaction itself is asked: which tables it has locked for writing, and which of their rows
//! carry its number. Another connection, which does not see the transaction, has the rows as they were. What it cannot say: deleted
//! rows, rows written under a savepoint, and rows of tables too large to look through.

use serde_json::{Map, Value, json};
use sqlx::{FromRow, PgConnection, PgPool};

use super::effects::EffectRecord;

/// Tables looked at, at most.
const MOST_TABLES: i64 = 16;
/// Rows of one table, at most.
const MOST_ROWS: i64 = 20;
/// A larger table is only named: it would have to be read as a whole.
const LARGEST_TABLE_BYTES: i64 = 4 * 1024 * 1024;

/// A table that the transaction may have written to.
#[derive(Debug, FromRow)]
struct Written {
    name: String,
    /// Quoted for SQL by the server.
    relation: String,
    /// The primary key as an SQL text; none without one.
    key: Option<String>,
    small: bool,
}

/// What this transaction has written; `outside` is not part of it.
pub(crate) async fn read(connection: &mut PgConnection, outside: &PgPool) -> sqlx::Result<Vec<EffectRecord>> {
    let mut records = Vec::new();
    for table in tables(connection).await? {
        match &table.key {
            Some(key) if table.small => {
                let now = rows(&mut *connection, &table, key).await?;
                if now.is_empty() {
                    continue;
                }
                let mut before = rows_before(outside, &table, key, now.keys().cloned().collect()).await?;
                records.extend(
                    now.into_iter()
                        .map(|(pk, new)| table.record(&pk, before.remove(&pk), new)),
                );
            }
            _ => records.push(table.unread()),
        }
    }
    Ok(records)
}

async fn tables(connection: &mut PgConnection) -> sqlx::Result<Vec<Written>> {
    sqlx::query_as(
        "select c.relname::text as name, format('%I.%I', n.nspname, c.relname) as relation,
           (select format('concat_ws(''|'', %s)', string_agg(quote_ident(a.attname), ', ' order by array_position(i.indkey, a.attnum)))
              from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
              where i.indrelid = c.oid and i.indisprimary) as key,
           pg_relation_size(c.oid) <= $1 as small
         from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
         where l.pid = pg_backend_pid() and l.mode = 'RowExclusiveLock' and l.granted and c.relkind = 'r'
           and n.nspname <> 'pg_catalog'
         order by c.relname, c.oid limit $2",
    )
    .bind(LARGEST_TABLE_BYTES)
    .bind(MOST_TABLES)
    .fetch_all(connection)
    .await
}

async fn rows(connection: &mut PgConnection, table: &Written, key: &str) -> sqlx::Result<Map<String, Value>> {
    let sql = format!(
        "select coalesce(jsonb_object_agg(pk, new), '{{}}') from (select {key} as pk, to_jsonb(one) as new from only {} as one \
         where one.xmin = pg_current_xact_id()::xid limit $1) as written",
        table.relation
    );
    let found = scalar(sql).bind(MOST_ROWS).fetch_one(connection).await?;
    Ok(object(found))
}

async fn rows_before(
    outside: &PgPool,
    table: &Written,
    key: &str,
    keys: Vec<String>,
) -> sqlx::Result<Map<String, Value>> {
    let sql = format!(
        "select coalesce(jsonb_object_agg({key}, to_jsonb(one)), '{{}}') from only {} as one where {key} = any ($1)",
        table.relation
    );
    let found = scalar(sql).bind(keys).fetch_one(outside).await?;
    Ok(object(found))
}

/// The names in it come from the catalogue and are quoted by the server; values are bound.
fn scalar<'q>(sql: String) -> sqlx::query::QueryScalar<'q, sqlx::Postgres, Value, sqlx::postgres::PgArguments> {
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

impl Written {
    fn record(&self, pk: &str, before: Option<Value>, new: Value) -> EffectRecord {
        let Some(before) = before else {
            return self.made(
                "insert",
                json!({ "table": self.name, "op": "insert", "pk": pk, "new": new }),
            );
        };
        let changed: Map<String, Value> = object(new)
            .into_iter()
            .filter(|(column, to)| before.get(column) != Some(to))
            .map(|(column, to)| {
                let from = before.get(&column).cloned().unwrap_or_default();
                (column, json!({ "from": from, "to": to }))
            })
            .collect();
        self.made(
            "update",
            json!({ "table": self.name, "op": "update", "pk": pk, "changed": changed }),
        )
    }

    fn unread(&self) -> EffectRecord {
        self.made("write", json!({ "table": self.name, "op": "write" }))
    }

    fn made(&self, op: &str, payload: Value) -> EffectRecord {
        EffectRecord {
            kind: "row".to_owned(),
            summary: format!("{op} in {}", self.name),
            payload,
        }
    }
}
