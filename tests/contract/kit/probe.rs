//! An endpoint that writes a row, announces an effect, and then does what the test asks for.

use axum::body::Body;
use bytes::Bytes;
use handlers::kit::effects::Realtime;
use handlers::kit::{
    ApiError, Area, CallRequest, Fault, FaultKind, Inbound, Outcome, Reader, Reply, Routes, Stream, UnitOfWork as _,
    Work,
};
use http::{Method, StatusCode};
use serde_json::json;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Public)
        .write(Method::POST, "/probe", probe)
        .calls(&["lyra"])
        .write(Method::POST, "/probe/look", look)
        .write(Method::POST, "/probe/lookup", look_up)
        .read(Method::GET, "/probe", write_in_a_read)
        .read(Method::GET, "/probe/read", read)
        .stream(Method::GET, "/probe/stream", stream)
}

async fn probe(work: &mut Work, request: &Inbound) -> Outcome {
    if request.query().get("then") == Some("wait") {
        work.db().await?;
        std::future::pending::<()>().await;
    }
    sqlx::query("insert into probe (id) values ('row')")
        .execute(work.db().await?)
        .await?;
    work.announce(event());
    if let Some(then) = request.query().get("checkpoint") {
        return after_checkpoint(work, then).await;
    }
    match request.query().get("then").unwrap_or_default() {
        "panic" => panic!("on purpose"),
        "hang" => std::future::pending().await,
        "sleep" => {
            sqlx::query("select pg_sleep(30)").execute(work.db().await?).await?;
        }
        "fault" => return Err(Fault::new(FaultKind::State, "on purpose").into()),
        "refuse" => return Err(ApiError::bare(StatusCode::BAD_REQUEST, "no").into()),
        "rollback" => return Ok(Reply::empty(StatusCode::OK).rollback()),
        "orphan" => {
            sqlx::query("insert into probe (id, parent) values ('child', 'nobody')")
                .execute(work.db().await?)
                .await?;
        }
        "ignore" => {
            let ignored = sqlx::query("select 1/0").execute(work.db().await?).await;
            assert!(ignored.is_err());
        }
        "large" => return Ok(Reply::whole(StatusCode::OK, Bytes::from(vec![b'x'; 2_000]))),
        "call" => return call(work, true).await,
        "pay" => return call(work, false).await,
        _ => {}
    }
    Ok(Reply::ok(&json!({ "id": work.context().ids.uuid().to_string() })))
}

/// Commits, and then does what the test asks for.
async fn after_checkpoint(work: &mut Work, then: &str) -> Outcome {
    work.checkpoint().await?;
    match then {
        "fault" => return Err(Fault::new(FaultKind::State, "on purpose").into()),
        "panic" => panic!("on purpose"),
        "hang" => std::future::pending().await,
        "more" | "rollback" => {
            sqlx::query("insert into probe (id) values ('second')")
                .execute(work.db().await?)
                .await?;
            work.announce(event());
        }
        _ => {}
    }
    let reply = Reply::empty(StatusCode::OK);
    Ok(if then == "rollback" { reply.rollback() } else { reply })
}

/// Only looks, lets the connection go, and then cannot answer.
async fn look(work: &mut Work, _: &Inbound) -> Outcome {
    sqlx::query("select 1").execute(work.db().await?).await?;
    work.checkpoint().await?;
    Err(Fault::new(FaultKind::State, "on purpose").into())
}

/// Tells its session and its transaction apart: `write` before it looks, or try to write where it only looks.
async fn look_up(work: &mut Work, request: &Inbound) -> Outcome {
    let insert = "insert into probe (id) values ('row')";
    match request.query().get("then").unwrap_or_default() {
        "write" => {
            sqlx::query(insert).execute(work.db().await?).await?;
        }
        "cheat" => {
            sqlx::query(insert).execute(work.lookup().await?).await?;
        }
        _ => {}
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from probe")
        .fetch_one(work.lookup().await?)
        .await?;
    Ok(Reply::ok(&json!({ "rows": rows })))
}

/// Tells the server process that it reads by; `sleep` keeps it busy.
async fn read(reader: &mut Reader, request: &Inbound) -> Outcome {
    if request.query().get("then") == Some("sleep") {
        sqlx::query("select pg_sleep(30)").execute(reader.db().await?).await?;
    }
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(reader.db().await?)
        .await?;
    Ok(Reply::ok(&json!({ "pid": pid })))
}

/// Calls, and then cannot answer.
async fn call(work: &mut Work, repeatable: bool) -> Outcome {
    let request = CallRequest {
        service: "lyra",
        operation: "form token",
        payload: json!({}),
        repeatable,
    };
    let answer = work.calls().call(&request).await?;
    Err(Fault::new(FaultKind::State, format!("after status {}", answer.status)).into())
}

async fn write_in_a_read(reader: &mut Reader, _: &Inbound) -> Outcome {
    sqlx::query("insert into probe (id) values ('row')")
        .execute(reader.db().await?)
        .await?;
    Ok(Reply::empty(StatusCode::OK))
}

async fn stream(_: Stream, _: Inbound) -> Outcome {
    Ok(Reply::streamed(StatusCode::OK, Body::from("data: 1\n\n")))
}

fn event() -> Realtime {
    Realtime {
        channels: vec!["private-user.u1".into()],
        event: "probe".into(),
        data: json!({ "a": 1 }),
    }
}
