//! Every request has an id: the client's, when it is well-formed, else a new one. The answer carries it back.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};

use http::{HeaderName, HeaderValue, Response};

use super::layered;
use crate::body::Body;
use crate::error::ProxyError;
use crate::exchange::{Exchange, RequestId, Step};

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
    async fn call(&self, exchange: &mut Exchange) -> Result<Response<Body>, ProxyError> {
        let value = match exchange.request.headers().get(&X_REQUEST_ID) {
            Some(value) if is_well_formed(value) => value.clone(),
            _ => mint(),
        };
        exchange.facts.id = RequestId {
            ticket: ticket(&value),
            value: value.clone(),
        };
        exchange.request.headers_mut().insert(X_REQUEST_ID, value.clone());
        let mut response = self.inner.call(exchange).await?;
        response.headers_mut().insert(X_REQUEST_ID, value);
        Ok(response)
    }
}

fn is_well_formed(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=MAX_LENGTH).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(byte))
}

fn mint() -> HeaderValue {
    HeaderValue::try_from(hexadecimal()).unwrap_or_else(|_| HeaderValue::from_static("-"))
}

/// 128 new bits in hexadecimal: hashes of a count, keyed once for each thread from the system's entropy.
pub(super) fn hexadecimal() -> String {
    thread_local! {
        static KEYS: RandomState = RandomState::new();
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }
    let count = COUNT.with(|cell| {
        let next = cell.get().wrapping_add(1);
        cell.set(next);
        next
    });
    let hash = |salt: u64| {
        KEYS.with(|keys| {
            let mut hasher = keys.build_hasher();
            hasher.write_u64(salt);
            hasher.write_u64(count);
            hasher.finish()
        })
    };
    // By hand: formatting takes several times as long, and this is done for every request.
    let mut text = String::with_capacity(32);
    for byte in hash(1).to_be_bytes().into_iter().chain(hash(2).to_be_bytes()) {
        for digit in [byte >> 4, byte & 0xf] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
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
