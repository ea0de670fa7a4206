//! The native handlers as the shadow's candidate: their limits, their reasons and their request extensions, translated.

use std::sync::Arc;

use bytes::Bytes;
use flags::RoutePlan;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use handlers::{DryRunLimits, EffectRecord, Native, NotComparable};
use http::Request;
use serde_json::{Value, json};

use super::introduce;
use crate::exchange::RequestFacts;
use crate::shadow::{Candidate, DryRunFailure, DryRunResult, NativeAnswer, RunLimits};

/// The handlers, able to run dry.
#[derive(Clone, Debug)]
pub struct NativeCandidate {
    native: Native,
}

impl NativeCandidate {
    /// These handlers.
    #[must_use]
    pub fn new(native: Native) -> Self {
        Self { native }
    }
}

impl Candidate for NativeCandidate {
    fn dry_run(&self, mut request: Request<Bytes>, limits: RunLimits) -> BoxFuture<'static, DryRunResult> {
        let extensions = request.extensions_mut();
        let plan = extensions.remove::<Arc<RoutePlan>>();
        if let Some(facts) = extensions.remove::<RequestFacts>() {
            introduce(extensions, &facts, plan.as_deref());
        }
        let native = self.native.clone();
        let limits = DryRunLimits {
            budget: limits.budget,
            lock_timeout: limits.lock_timeout,
            max_answer_bytes: limits.answer_bytes,
        };
        async move {
            let run = native.dry_run(request, limits).await.map_err(failure)?;
            Ok(NativeAnswer {
                response: run.response,
                effects: run.effects.iter().chain(&run.rows).map(shown).collect(),
                took: run.took,
            })
        }
        .boxed()
    }
}

/// A fault and a panic are the handler's own failure and count; everything else says nothing about its answer.
fn failure(reason: NotComparable) -> DryRunFailure {
    match reason {
        NotComparable::Fault(_) | NotComparable::Panicked => DryRunFailure::Broken(reason.to_string()),
        other => DryRunFailure::Unknown(other.to_string().into()),
    }
}

fn shown(effect: &EffectRecord) -> Value {
    json!({"kind": effect.kind, "summary": effect.summary, "payload": effect.payload})
}
