//! `GET /recording` on the admin listener: one line of JSON for each entry, for as long as somebody reads.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::entry::entry;
use super::tap::{Taking, Tap, Totals, Wanted};

/// How often the counters are sent; it also shows both ends that the other one is there.
const COUNTERS_EVERY: Duration = Duration::from_secs(1);

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    route: Option<String>,
    sample: Option<String>,
}

/// The state of the handler: the tap, and what ends every recording when the process is to end.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) tap: Tap,
    pub(crate) stopping: CancellationToken,
}

/// Opens the tap and streams what comes through it.
pub(crate) async fn feed(State(source): State<Source>, Query(asked): Query<Asked>) -> Response {
    let sample = match asked.sample.as_deref().unwrap_or("100%").parse() {
        Ok(sample) => sample,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("sample: {error}\n")).into_response(),
    };
    let wanted = Wanted {
        route: asked.route,
        sample,
    };
    let Some(taking) = source.tap.open(wanted) else {
        return (StatusCode::CONFLICT, "another recording is going on\n").into_response();
    };
    let mut counters = interval(COUNTERS_EVERY);
    counters.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let feed = Feed {
        began: source.tap.totals(),
        source,
        taking,
        counters,
        number: 0,
    };
    let lines = stream::unfold(feed, |mut feed| async move {
        let line = feed.line().await?;
        Some((Ok::<_, Infallible>(Bytes::from(format!("{line}\n"))), feed))
    });
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

struct Feed {
    source: Source,
    taking: Taking,
    counters: Interval,
    began: Totals,
    number: u64,
}

impl Feed {
    /// The next line; none when the process drains.
    async fn line(&mut self) -> Option<Value> {
        loop {
            tokio::select! {
                biased;
                () = self.source.stopping.cancelled() => return None,
                _ = self.counters.tick() => return Some(self.counts()),
                raw = self.taking.queue.recv() => match entry(&raw?, self.number + 1) {
                    Some(entry) => {
                        self.number += 1;
                        return Some(json!({ "entry": entry }));
                    }
                    None => self.source.tap.skip(),
                },
            }
        }
    }

    fn counts(&self) -> Value {
        let (began, now) = (self.began, self.source.tap.totals());
        let since = |now: u64, began: u64| now.saturating_sub(began);
        json!({ "dropped": since(now.dropped, began.dropped), "skipped": since(now.skipped, began.skipped) })
    }
}
