//! `GET /api/health` (auth contract). Quirk kept: the status of the backend is nested under `health`. The internal address of the
//! backend that legacy shows is replaced by a fixed label.

use http::{Method, StatusCode};
use serde_json::json;

use crate::kit::wire::iso::Iso;
use crate::kit::{Area, Inbound, Outcome, Reader, Reply, Routes, UnitOfWork as _};

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    Routes::new(Area::Public).read(Method::GET, "/api/health", show)
}

async fn show(reader: &mut Reader, _request: &Inbound) -> Outcome {
    let reachable = database_answers(reader).await;
    let backend = &reader.context().settings.health_label;
    if !reachable {
        return Ok(Reply::json(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({
                "status": "disconnected",
                "backend": backend,
                "error": "database unreachable",
                "message": "Backend service is not accessible. Please ensure that its database is running.",
            }),
        ));
    }
    let health = json!({ "status": "ok", "timestamp": Iso(reader.now()) });
    Ok(Reply::ok(
        &json!({ "status": "connected", "backend": backend, "health": health }),
    ))
}

async fn database_answers(reader: &mut Reader) -> bool {
    match reader.db().await {
        Ok(connection) => sqlx::Connection::ping(connection).await.is_ok(),
        Err(_) => false,
    }
}
