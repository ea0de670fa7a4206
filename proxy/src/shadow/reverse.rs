//! The reverse shadow: native has answered, and legacy is asked the same, so that differences still show after the flip.
//!
//! Safe methods only: what legacy does in a write cannot be taken back. Legacy's answer is compared and thrown away.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::Body;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::budget::Share;
use super::candidate::{Control, DryRunFailure, DryRunResult, NativeAnswer};
use super::evidence::{SECOND_ASKING, Seen};
use super::job::{copy_of, is_event_stream};
use super::tee::{Captured, Copied, Tee, Whole};
use super::{Exchange, NotCompared, Place, Shadow, decode, now_ms};
use crate::store::Record;

/// When an exchange began: by the clock, for what it mints, and by the meter, for how long it took.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    ms: i64,
    at: Instant,
}

impl Started {
    /// At this moment.
    #[must_use]
    pub fn now() -> Self {
        Self {
            ms: now_ms(),
            at: Instant::now(),
        }
    }
}

impl Shadow {
    /// Copies native's answer on its way to the client and asks legacy the same. What is not compared is counted.
    pub fn reverse<B: Body<Data = Bytes> + Unpin>(
        &self,
        exchange: Exchange,
        started: Started,
        response: Response<B>,
    ) -> Response<Tee<B>> {
        let uncopied = |response: Response<B>| response.map(|body| Tee::new(body, None));
        if is_event_stream(response.headers()) {
            self.skip(&exchange.plan, NotCompared::Streamed);
            return uncopied(response);
        }
        let admitted = self.admit(&exchange.plan);
        let admitted = admitted.and_then(|(place, _)| {
            let control = self.shared.control.clone().ok_or(NotCompared::LegacyUnreachable)?;
            Ok((place, control))
        });
        let (place, control) = match admitted {
            Ok(admitted) => admitted,
            Err(reason) => {
                self.skip(&exchange.plan, reason);
                return uncopied(response);
            }
        };
        let (pending, captured) = self.pending();
        let shadow = self.clone();
        let native_took = started.at.elapsed();
        self.spawn(Arc::clone(&exchange.plan), async move {
            let reversed = Reversed {
                exchange,
                started,
                native_took,
                captured,
                control,
                _place: place,
            };
            shadow.conclude_reverse(reversed).await;
        });
        pending.copy(response)
    }

    /// Native's live answer in the shape of a dry run.
    fn answered(&self, native: Copied, took: Duration) -> DryRunResult {
        let body = decode::decoded(&native.headers, native.body, self.shared.limits.answer_bytes)
            .map_err(|reason| DryRunFailure::Unknown(reason.words()))?;
        let mut response = Response::new(body);
        *response.status_mut() = native.status;
        *response.headers_mut() = native.headers;
        Ok(NativeAnswer {
            response,
            effects: Vec::new(),
            took,
        })
    }

    async fn conclude_reverse(&self, reversed: Reversed) {
        let Reversed {
            exchange,
            started,
            native_took,
            captured,
            control,
            _place,
        } = reversed;
        let asked = Instant::now();
        let legacy = control.ask(copy_of(&exchange.request), SECOND_ASKING).await;
        let legacy_took = asked.elapsed();
        let native = match timeout(self.shared.limits.legacy_patience, captured).await {
            Ok(Ok(Ok(native))) => native,
            Ok(Ok(Err(reason))) => return self.skip(&exchange.plan, reason),
            Ok(Err(_)) => return self.skip(&exchange.plan, NotCompared::ClientGone),
            Err(_) => return self.skip(&exchange.plan, NotCompared::ClientSlow),
        };
        let Some(legacy) = legacy else {
            return self.skip(&exchange.plan, NotCompared::LegacyUnreachable);
        };
        let ended_ms = now_ms().max(native.ended_ms);
        let (parts, body) = legacy.into_parts();
        let share = Share::empty(&self.shared.memory);
        let legacy = Copied::new(parts.status, parts.headers, Whole { body, ended_ms, share });
        let seen = Seen {
            exchange: &exchange,
            started_ms: started.ms,
            legacy_took,
            // Native committed before legacy is asked, and legacy only reads.
            raced: false,
        };
        let native = self.answered(native, native_took);
        match self.judge(&seen, legacy, native).await {
            Ok(comparison) => self.shared.recorder.record(Record::Compared(Box::new(comparison))),
            Err(reason) => self.skip(&exchange.plan, reason),
        }
    }
}

/// Everything that the end of a reversed exchange needs.
struct Reversed {
    exchange: Exchange,
    started: Started,
    native_took: Duration,
    captured: oneshot::Receiver<Captured>,
    control: Arc<dyn Control>,
    _place: Place,
}
