//! Every request has an id: the client's, when it is well-formed, else a new one. The answer carries it back.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

use http::{HeaderName, HeaderValue};

use super::layered;
use crate::exchange::{Answered, Exchange, Notable, RequestId, Step};

/// The header that carries the id, in both directions.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ids are replaced: they end up in every log line.
const MAX_LENGTH: usize = 128;

/// Keeps or mints the request id.
#[derive(Debug, Clone, Copy)]
pub struct RequestIds;

/// The step of [`RequestIds`].
#[derive(Debug)]
pub struct RequestIdsStep<S> {
    inner: S,
}

layered!(RequestIds => RequestIdsStep {});

impl<S: Step> Step for RequestIdsStep<S> {
    fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Answered> {
        let value = kept(exchange).unwrap_or_else(mint);
        exchange.facts.id = RequestId {
            ticket: ticket(&value),
            value: value.clone(),
        };
        exchange.request.headers_mut().insert(X_REQUEST_ID, value.clone());
        exchange.said.push((X_REQUEST_ID, value));
        self.inner.call(exchange)
    }
}

fn kept(exchange: &Exchange) -> Option<HeaderValue> {
    if !exchange.facts.notable.has(Notable::REQUEST_ID) {
        return None;
    }
    let value = exchange.request.headers().get(&X_REQUEST_ID)?;
    is_well_formed(value).then(|| value.clone())
}

fn is_well_formed(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=MAX_LENGTH).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(byte))
}

fn mint() -> HeaderValue {
    HeaderValue::from_bytes(&hexadecimal()).unwrap_or_else(|_| HeaderValue::from_static("-"))
}

/// 128 new bits in hexadecimal: two SplitMix64 sequences, each begun once for each thread from the system's entropy. They name a
/// request; nobody is let in for knowing one.
pub(super) fn hexadecimal() -> [u8; 32] {
    thread_local! {
        static SEQUENCES: Cell<[u64; 2]> = Cell::new([1_u8, 2].map(|which| RandomState::new().hash_one(which)));
    }
    let states = SEQUENCES.get().map(|state| state.wrapping_add(0x9e37_79b9_7f4a_7c15));
    SEQUENCES.set(states);
    let bytes = states.map(|state| mixed(state).to_be_bytes());
    let mut text = [0; 32];
    for (digits, byte) in text.as_chunks_mut().0.iter_mut().zip(bytes.as_flattened()) {
        *digits = DIGITS.get(usize::from(*byte)).copied().unwrap_or_default();
    }
    text
}

/// The two hexadecimal digits of every byte.
const DIGITS: [[u8; 2]; 256] = {
    let mut table = [[0; 2]; 256];
    let letters = b"0123456789abcdef";
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = [letters[byte >> 4], letters[byte & 0xf]];
        byte += 1;
    }
    table
};

/// The output of SplitMix64 for a state (Steele, Lea and Flood, 2014).
fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// FNV-1a: the same id always draws the same ticket, on every replica.
fn ticket(value: &HeaderValue) -> u32 {
    value.as_bytes().iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minted_ids_differ_and_are_well_formed() {
        let ids: std::collections::HashSet<_> = (0..1_000).map(|_| mint()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(is_well_formed));
    }

    #[test]
    fn odd_ids_are_replaced() {
        assert!(is_well_formed(&HeaderValue::from_static("req-1.A:b")));
        assert!(!is_well_formed(&HeaderValue::from_static("")));
        assert!(!is_well_formed(&HeaderValue::from_static("a b")));
        assert!(!is_well_formed(&HeaderValue::from_str(&"a".repeat(129)).unwrap()));
    }
}
