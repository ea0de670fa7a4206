//! `GET /api/health` (auth contract). Quirk kept: the status of the backend is nested under `health`. The internal address of the
//! backend that legacy shows is replaced by a fixed label.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use crate::kit::wire::iso::Iso;
use crate::kit::{Area, Callers, Inbound, Operation, Outcome, Reader, Reply, Routes, UnitOfWork as _};

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Public)
        .read(Method::GET, "/api/health", show)
        .describe(
            Operation::new("Say whether the backend and its database answer")
                .callers(Callers::Anybody)
                .gives::<Connected>(StatusCode::OK)
                .refuses::<Disconnected>(&[StatusCode::SERVICE_UNAVAILABLE]),
        )
}

/// The database answers.
#[derive(JsonSchema, Serialize)]
struct Connected {
    #[schemars(extend("const" = "connected"))]
    status: &'static str,
    /// The configured name of this backend.
    backend: String,
    health: Alive,
}

/// The process answers.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Alive {
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
    timestamp: Iso,
}

/// The database does not answer.
#[derive(JsonSchema, Serialize)]
struct Disconnected {
    #[schemars(extend("const" = "disconnected"))]
    status: &'static str,
    /// The configured name of this backend.
    backend: String,
    error: &'static str,
    /// What to do, for a person.
    message: &'static str,
}

impl Alive {
    pub(crate) fn at(now: OffsetDateTime) -> Self {
        Self {
            status: "ok",
            timestamp: Iso(now),
        }
    }
}

async fn show(reader: &mut Reader, _request: &Inbound) -> Outcome {
    let reachable = database_answers(reader).await;
    let backend = reader.context().settings.health_label.clone();
    if !reachable {
        return Ok(Reply::json(
            StatusCode::SERVICE_UNAVAILABLE,
            &Disconnected {
                status: "disconnected",
                backend,
                error: "database unreachable",
                message: "Backend service is not accessible. Please ensure that its database is running.",
            },
        ));
    }
    Ok(Reply::ok(&Connected {
        status: "connected",
        backend,
        health: Alive::at(reader.now()),
    }))
}

async fn database_answers(reader: &mut Reader) -> bool {
    match reader.db().await {
        Ok(connection) => sqlx::Connection::ping(connection).await.is_ok(),
        Err(_) => false,
    }
}
