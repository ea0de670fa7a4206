//! A stream, played for real on a clone of the lab's database.

use axum::body::Body;
use bytes::Bytes;
use handlers::kit::Timeout;
use handlers::{DryRunLimits, EffectRecord, NotComparable};
use http::Request;
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value;

use super::effects::{self, Script};
use super::error::ReplayError;
use super::lab::Lab;
use super::play::NativeSide;
use super::rows;

/// The answer with its whole stream, the rows that are committed, and the effects that wait in the outbox.
pub(super) async fn play(
    clone: &Lab,
    request: Request<Bytes>,
    script: &Script,
    limits: DryRunLimits,
) -> Result<Result<NativeSide, NotComparable>, ReplayError> {
    let mut request = request.map(Body::from);
    request.extensions_mut().insert(Timeout(limits.budget));
    let whole = async {
        let response = clone
            .native
            .serve(request)
            .await
            .map_err(|failure| match failure.source {
                Some(fault) => NotComparable::Fault(fault),
                None => NotComparable::Panicked,
            })?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, limits.max_answer_bytes).collect().await;
        let body = body.map_err(|_| NotComparable::BodyTooLarge)?.to_bytes();
        Ok(http::Response::from_parts(parts, body))
    };
    let response = match tokio::time::timeout(limits.budget, whole).await {
        Ok(Ok(response)) => response,
        Ok(Err(reason)) => return Ok(Err(reason)),
        Err(_) => return Ok(Err(NotComparable::BudgetSpent)),
    };
    clone.native.idle().await;
    let rows: Value = clone.changes().await?;
    let announced: Vec<EffectRecord> = clone.announced().await?;
    let effects = effects::native(&announced, &script.asked().await);
    Ok(Ok(NativeSide::new(response, rows::seen(&rows), effects)))
}
