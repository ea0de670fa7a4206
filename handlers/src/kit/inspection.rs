//! Looking into a dry run: the parity lab (`ficus replay`) reads what a run changed before it is rolled back.

use std::sync::{Arc, OnceLock};

use serde_json::Value;
use sqlx::PgConnection;

use super::calls::CallPort;
use super::fault::Fault;

/// What the parity lab asks of one dry run, set as an extension of its request. No request from outside can carry one.
#[derive(Clone)]
pub struct Inspection {
    /// A statement that gives one JSON value. It is run on the run's own transaction after its last statement.
    pub query: &'static str,
    /// Answers the run's calls to outside services, from a recording.
    pub calls: Arc<dyn CallPort>,
    /// Where the value of the query goes; empty when the run ended without an answer.
    pub found: Arc<OnceLock<Value>>,
}

impl Inspection {
    pub(crate) async fn look(&self, connection: &mut PgConnection) -> Result<(), Fault> {
        let value = sqlx::query_scalar::<_, Value>(self.query).fetch_one(connection).await?;
        // The first look counts: a request is run once.
        let _ = self.found.set(value);
        Ok(())
    }
}

impl std::fmt::Debug for Inspection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Inspection")
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}
