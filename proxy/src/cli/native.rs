//! The one file of the command line that names `handlers`: what this binary can answer by itself, and the schema that
//! its answers need.

use flags::{Inventory, RouteKey};
use handlers::schema::{Action, Outcome, Step};
use serde_json::{Value, json};
use sqlx::PgPool;

/// A native handler, as the commands show it.
#[derive(Debug, Clone)]
pub(crate) struct NativeRoute {
    /// Its route.
    pub(crate) key: RouteKey,
    /// The part of the app that it belongs to.
    pub(crate) area: &'static str,
    /// read, write or stream: whether and how it can be shadowed.
    pub(crate) kind: &'static str,
    /// Outside services whose answer its reply needs.
    pub(crate) calls: &'static [&'static str],
}

impl NativeRoute {
    pub(crate) fn to_json(&self) -> Value {
        json!({ "area": self.area, "kind": self.kind, "calls": self.calls })
    }
}

/// Every handler, sorted by route.
pub(crate) fn routes() -> anyhow::Result<Vec<NativeRoute>> {
    let mut routes = handlers::catalogue()
        .into_iter()
        .map(|endpoint| {
            Ok(NativeRoute {
                key: RouteKey::parse(endpoint.method.as_str(), endpoint.pattern)?,
                area: endpoint.area.as_str(),
                kind: endpoint.kind.as_str(),
                calls: endpoint.calls,
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    routes.sort_by(|left, right| left.key.cmp(&right.key));
    Ok(routes)
}

/// The handlers that a flag may name.
pub(crate) fn inventory(routes: &[NativeRoute]) -> Inventory {
    routes.iter().map(|route| route.key.clone()).collect()
}

/// The OpenAPI document of every handler.
pub(crate) fn openapi() -> anyhow::Result<Value> {
    Ok(handlers::openapi::document()?)
}

/// Creates or adopts the app's schema and adds what is Ficus's own.
pub(crate) async fn migrate(database: &PgPool) -> anyhow::Result<Outcome> {
    Ok(handlers::schema::migrate(database).await?)
}

/// What a migration did, for a script.
pub(crate) fn outcome_to_json(outcome: &Outcome) -> Value {
    let action = match outcome.action {
        Action::Created => "created",
        Action::AdoptedExisting => "adopted_existing",
        Action::Upgraded => "upgraded",
        Action::AlreadyCurrent => "already_current",
    };
    let step = |step: &Step| json!({ "version": step.version, "name": step.name });
    json!({
        "action": action,
        "applied": outcome.applied.iter().map(step).collect::<Vec<_>>(),
        "notes": outcome.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
