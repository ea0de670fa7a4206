//! JSON Web Tokens, opened for comparison (RFC 7519). Signatures are not checked: a side that signs with another key is found
//! by the other side refusing the token, and the comparison holds no keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Judge;
use super::difference::Detail;

/// Longest token that is opened, in bytes.
const LONGEST: usize = 16 * 1_024;

/// Claims that hold a time in seconds (RFC 7519, section 4.1).
const TIMES: [&str; 3] = ["exp", "iat", "nbf"];

/// The readable parts of a token.
#[derive(Debug)]
pub(super) struct Token {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

/// Opens a signed token; `None` for anything else.
pub(super) fn decode(text: &str) -> Option<Token> {
    if text.len() > LONGEST || !text.starts_with("eyJ") {
        return None;
    }
    let mut parts = text.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Some(Token {
        header: object(header)?,
        claims: object(claims)?,
    })
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

impl Judge<'_> {
    /// Claim by claim: `iat`, `nbf` and `exp` as times of the exchange, everything else by the common rules (so a `jti` is an id).
    pub(super) fn tokens(&mut self, legacy: &Token, native: &Token) {
        self.objects(&legacy.header, &native.header);
        let (legacy_times, legacy_claims) = split(&legacy.claims);
        let (native_times, native_claims) = split(&native.claims);
        self.objects(&legacy_claims, &native_claims);
        for name in TIMES {
            self.trail.key(name);
            match (legacy_times.get(name), native_times.get(name)) {
                (Some(left), Some(right)) => self.token_times(left, right),
                (Some(left), None) => self.differ(Detail::Missing, Some(left.clone()), None),
                (None, Some(right)) => self.differ(Detail::Extra, None, Some(right.clone())),
                (None, None) => {}
            }
            self.trail.up();
        }
    }

    /// Both counted from a clock read in this exchange, so as far apart as the two readings and no further.
    fn token_times(&mut self, legacy: &Value, native: &Value) {
        let close = match (legacy.as_i64(), native.as_i64()) {
            (Some(left), Some(right)) => {
                left.abs_diff(right).saturating_mul(1_000) <= self.rules.time_tolerance_ms().unsigned_abs()
            }
            _ => legacy == native,
        };
        if !close && !self.rules.ignores(&self.trail) {
            self.differ(Detail::Time, Some(legacy.clone()), Some(native.clone()));
        }
    }
}

fn split(claims: &Map<String, Value>) -> (Map<String, Value>, Map<String, Value>) {
    claims
        .clone()
        .into_iter()
        .partition(|(name, _)| TIMES.contains(&name.as_str()))
}
