//! W3C trace context: a valid `traceparent` is continued as it is, with its `tracestate`; anything else is taken off, and where the
//! configuration says so a new one is put in its place.

use std::rc::Rc;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::layered;
use super::request_id::hexadecimal;
use crate::core::Core;
use crate::exchange::{Answered, Exchange, Notable, Step};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Keeps, drops or mints the trace context.
#[derive(Debug, Clone, Copy)]
pub struct TraceContexts {
    mint: bool,
}

/// The step of [`TraceContexts`].
#[derive(Debug)]
pub struct TraceContextsStep<S> {
    inner: S,
    mint: bool,
}

layered!(TraceContexts => TraceContextsStep { mint });

impl TraceContexts {
    /// As the configuration says.
    #[must_use]
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            mint: core.config.mint_traceparent,
        }
    }
}

impl<S: Step> Step for TraceContextsStep<S> {
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered> {
        if self.mint || exchange.facts.notable.has(Notable::TRACE) {
            settle(exchange.request.headers_mut(), self.mint);
        }
        self.inner.call(exchange)
    }
}

fn settle(headers: &mut HeaderMap, mint: bool) {
    let mut parents = headers.get_all(&TRACEPARENT).iter();
    let parent = parents.next();
    let valid = parents.next().is_none() && parent.is_some_and(|parent| is_valid(parent.as_bytes()));
    if valid {
        return;
    }
    let present = parent.is_some();
    if present {
        headers.remove(&TRACEPARENT);
    }
    // A state without a parent says nothing (Trace Context, section 3.3.1).
    if present || headers.contains_key(&TRACESTATE) {
        headers.remove(&TRACESTATE);
    }
    if mint {
        let [trace, span] = [hexadecimal(), hexadecimal()];
        let span = span.get(..16).unwrap_or_default();
        let parent = [b"00-", &trace[..], b"-", span, b"-01"].concat();
        if let Ok(parent) = HeaderValue::try_from(parent) {
            headers.insert(TRACEPARENT, parent);
        }
    }
}

/// Version, trace id, parent id and flags in lower-case hexadecimal, ids not zero; a later version may go on (section 3.2).
fn is_valid(value: &[u8]) -> bool {
    let hex = |range: std::ops::Range<usize>| {
        let digits = value.get(range).unwrap_or_default();
        (!digits.is_empty() && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))).then_some(digits)
    };
    let not_zero = |digits: &[u8]| digits.iter().any(|digit| *digit != b'0');
    let dashes = [2, 35, 52].iter().all(|at| value.get(*at) == Some(&b'-'));
    let (Some(version), Some(trace), Some(parent), Some(_)) = (hex(0..2), hex(3..35), hex(36..52), hex(53..55)) else {
        return false;
    };
    let length = match version {
        b"ff" => false,
        b"00" => value.len() == 55,
        _ => value.len() == 55 || value.get(55) == Some(&b'-'),
    };
    dashes && length && not_zero(trace) && not_zero(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn settled(parents: &[&str], state: bool, mint: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for parent in parents {
            headers.append(TRACEPARENT, parent.parse().unwrap());
        }
        if state {
            headers.insert(TRACESTATE, "a=1".parse().unwrap());
        }
        settle(&mut headers, mint);
        headers
    }

    #[test]
    fn a_valid_parent_is_continued_with_its_state() {
        let headers = settled(&[GOOD], true, true);
        assert_eq!(
            (&headers[TRACEPARENT], &headers[TRACESTATE]),
            (&GOOD.parse().unwrap(), &"a=1".parse().unwrap())
        );
        assert!(is_valid(format!("cc{}-more", &GOOD[2..]).as_bytes()));
    }

    #[test]
    fn anything_else_is_taken_off() {
        let upper = GOOD.to_uppercase();
        let zero_trace = GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32));
        let zero_parent = GOOD.replace("00f067aa0ba902b7", &"0".repeat(16));
        let longer = format!("{GOOD}-more");
        let later = format!("ff{}", &GOOD[2..]);
        for parents in [
            &[upper.as_str()][..],
            &[&zero_trace],
            &[&zero_parent],
            &[&longer],
            &[&later],
            &["x"],
            &[GOOD, GOOD],
            &[],
        ] {
            assert!(settled(parents, true, false).is_empty(), "{parents:?}");
        }
    }

    #[test]
    fn a_minted_parent_is_valid() {
        let headers = settled(&["x"], true, true);
        assert!(is_valid(headers[TRACEPARENT].as_bytes()) && headers.len() == 1);
    }
}
