//! An endpoint that writes two rows and then does what the request asks for; and what is left of it.

use handlers::kit::{Area, Fault, FaultKind, Inbound, Outcome, Reader, Reply, Routes, Stop, UnitOfWork as _, Work};
use http::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;

/// The path of the endpoint.
pub(crate) const WRITE: &str = "/api/tests/writing";
/// The path of a read that does the same without writing.
pub(crate) const READ: &str = "/api/tests/reading";

/// The endpoints.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Public)
        .write(Method::POST, WRITE, write)
        .read(Method::GET, READ, read)
}

async fn read(reader: &mut Reader, request: &Inbound) -> Outcome {
    sqlx::query("select 1").execute(reader.db().await?).await?;
    match request.query().get("then").unwrap_or_default() {
        "fault" => return Err(Fault::new(FaultKind::State, "on purpose").into()),
        "slow" => tokio::time::sleep(std::time::Duration::from_millis(30)).await,
        _ => {}
    }
    Ok(Reply::json(StatusCode::OK, &json!({ "by": "native" })))
}

/// Two rows under the id in the body, and in between whatever `then` says.
async fn write(work: &mut Work, request: &Inbound) -> Outcome {
    let body = request.json_or_empty();
    let id = body
        .get("id")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
        .to_owned();
    insert(work, &format!("{id}-1")).await?;
    let then = request.query().get("then").unwrap_or_default().to_owned();
    match then.as_str() {
        "terminate" => {
            sqlx::query("select pg_terminate_backend(pg_backend_pid())")
                .execute(work.db().await?)
                .await?;
        }
        "lock" => {
            sqlx::query("select pg_advisory_xact_lock(7)")
                .execute(work.db().await?)
                .await?;
        }
        _ => {}
    }
    insert(work, &format!("{id}-2")).await?;
    match then.as_str() {
        "panic" => panic!("on purpose"),
        "hang" => std::future::pending().await,
        "fault" => return Err(Fault::new(FaultKind::State, "on purpose").into()),
        "refuse" => return Ok(Reply::json(StatusCode::CONFLICT, &json!({ "by": "native" }))),
        _ => {}
    }
    Ok(Reply::json(StatusCode::OK, &json!({ "by": "native" })))
}

async fn insert(work: &mut Work, key: &str) -> Result<(), Stop> {
    let sql = "insert into system_config (id, key, value, created_at, updated_at) values ($1, $1, '1', now(), now())";
    sqlx::query(sql).bind(key).execute(work.db().await?).await?;
    Ok(())
}

/// How many rows native has left under an id: two of a write that was committed, none of any other.
pub(crate) async fn rows(pool: &PgPool, id: &str) -> i64 {
    sqlx::query_scalar("select count(*) from system_config where id like $1 || '-%'")
        .bind(id)
        .fetch_one(pool)
        .await
        .unwrap()
}
