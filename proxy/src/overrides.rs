//! Signed overrides: a tester asks for one side on routes that are named, for a while, with a token that only the operator
//! can make. A JWT (HS256) in the header `x-ficus-override` or in the cookie `ficus-override`.

use std::fmt;
use std::time::Duration;

use flags::{RouteKey, RoutePlan, Side};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::config::Span;

/// The header that carries an override.
pub const HEADER: &str = "x-ficus-override";
/// The cookie that carries an override.
pub const COOKIE: &str = "ficus-override";
/// The audience of the token, so that no other token made with the same key passes for an override.
const AUDIENCE: &str = "ficus-override";
/// The longest that an override holds: a tester who needs more gets another one.
pub const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);
/// The shortest key, in bytes (RFC 7518, section 3.2: as long as the hash).
const KEY_BYTES: usize = 32;

/// The key that signs overrides; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct OverrideKey(String);

/// What an override says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    aud: String,
    /// Who it was made for: a word for the log.
    pub sub: String,
    /// The side that is wanted: `native` or `legacy`.
    pub serve: String,
    /// The routes and groups for which it holds.
    pub routes: Vec<String>,
    /// When it was made, in seconds since the epoch.
    pub iat: i64,
    /// When it ends, in seconds since the epoch.
    pub exp: i64,
}

/// What became of an override that a request carried; one word each for the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was signed, in time, and for this route.
    Honoured(Side),
    /// It holds for other routes.
    OtherRoute,
    /// It has ended, or was made for longer than [`LONGEST`].
    Expired,
    /// It was not signed with the key.
    Forged,
    /// This process has no key.
    Off,
}

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key for overrides has at least {KEY_BYTES} bytes; make one with `openssl rand -hex 32`")]
pub struct KeyTooShort;

/// The name of a route or group for which an override may hold, as it is kept.
///
/// # Errors
/// When it can be neither, with what to write.
pub fn scope(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.contains(' ') {
        let route: Result<RouteKey, _> = text.parse();
        return route.map(|route| route.to_string()).map_err(|error| error.to_string());
    }
    if text.is_empty() || text.contains('/') {
        return Err("a route begins with its method: for example `GET /api/crm/tickets`".to_owned());
    }
    Ok(text.to_owned())
}

/// How long an override is to hold.
///
/// # Errors
/// When that is no time, or longer than [`LONGEST`].
pub fn lasting(text: &str) -> Result<Duration, String> {
    let Span(lasts) = text.parse()?;
    if lasts.is_zero() || lasts > LONGEST {
        return Err("an override holds for at least a moment and at most 168h".to_owned());
    }
    Ok(lasts)
}

impl OverrideKey {
    /// A key.
    ///
    /// # Errors
    /// When it is too short to be safe.
    pub fn new(text: impl Into<String>) -> Result<Self, KeyTooShort> {
        let text = text.into();
        if text.len() < KEY_BYTES {
            return Err(KeyTooShort);
        }
        Ok(Self(text))
    }

    /// Signs an override.
    ///
    /// # Errors
    /// When the token cannot be made.
    pub fn sign(&self, told: &Override) -> Result<String, jsonwebtoken::errors::Error> {
        encode(
            &Header::new(Algorithm::HS256),
            told,
            &EncodingKey::from_secret(self.0.as_bytes()),
        )
    }

    /// What a token is worth for this route at this moment, in seconds since the epoch.
    #[must_use]
    pub fn judge(&self, token: &str, plan: &RoutePlan, now: i64) -> Outcome {
        let key = DecodingKey::from_secret(self.0.as_bytes());
        let Ok(decoded) = decode::<Override>(token, &key, &rules()) else {
            return Outcome::Forged;
        };
        let told = decoded.claims;
        let longest = i64::try_from(LONGEST.as_secs()).unwrap_or(i64::MAX);
        if now >= told.exp || told.exp.saturating_sub(told.iat) > longest {
            return Outcome::Expired;
        }
        if !told.covers(plan) {
            return Outcome::OtherRoute;
        }
        match told.serve.as_str() {
            "native" => Outcome::Honoured(Side::Native),
            "legacy" => Outcome::Honoured(Side::Legacy),
            _ => Outcome::Forged,
        }
    }
}

impl Override {
    /// An override for these routes and groups, from `now` (seconds since the epoch) on.
    #[must_use]
    pub fn new(serve: Side, routes: Vec<String>, who: &str, now: i64, lasts: Duration) -> Self {
        let seconds = i64::try_from(lasts.min(LONGEST).as_secs()).unwrap_or(i64::MAX);
        Self {
            aud: AUDIENCE.to_owned(),
            sub: who.to_owned(),
            serve: serve.as_str().to_owned(),
            routes,
            iat: now,
            exp: now.saturating_add(seconds),
        }
    }

    fn covers(&self, plan: &RoutePlan) -> bool {
        let route = plan.key.to_string();
        let named = |name: &String| *name == route || plan.group.as_ref() == Some(name);
        self.routes.iter().any(named)
    }
}

impl Outcome {
    /// One word for a metric label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Honoured(_) => "honoured",
            Self::OtherRoute => "other_route",
            Self::Expired => "expired",
            Self::Forged => "forged",
            Self::Off => "off",
        }
    }
}

impl fmt::Debug for OverrideKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OverrideKey(…)")
    }
}

/// Signature and audience; the time is that of the caller.
fn rules() -> Validation {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["aud", "exp"]);
    rules.validate_exp = false;
    rules
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flags::{Inventory, compile};

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const HOUR: Duration = Duration::from_secs(3_600);

    fn key(letter: char) -> OverrideKey {
        OverrideKey::new(String::from(letter).repeat(KEY_BYTES)).unwrap()
    }

    fn plan() -> Arc<RoutePlan> {
        let text = "version: 1\ngroups: { crm: { stage: legacy } }\nroutes: [{ route: GET /a, group: crm }]\n";
        Arc::clone(&compile(text, &Inventory::default()).unwrap().plans()[0])
    }

    fn token(routes: &[&str], lasts: Duration) -> String {
        let routes = routes.iter().map(|&route| route.to_owned()).collect();
        key('k')
            .sign(&Override::new(Side::Native, routes, "ada", NOW, lasts))
            .unwrap()
    }

    #[test]
    fn an_override_holds_for_its_routes_and_its_time() {
        let honoured = Outcome::Honoured(Side::Native);
        for (routes, at, outcome) in [
            (&["GET /a"][..], NOW, honoured),
            (&["GET /b", "crm"], NOW + 3_599, honoured),
            (&["GET /a"], NOW + 3_600, Outcome::Expired),
            (&["GET /b", "auth"], NOW, Outcome::OtherRoute),
            (&[], NOW, Outcome::OtherRoute),
        ] {
            assert_eq!(key('k').judge(&token(routes, HOUR), &plan(), at), outcome, "{routes:?}");
        }
    }

    #[test]
    fn what_was_not_signed_with_the_key_is_forged() {
        let good = token(&["GET /a"], HOUR);
        assert_eq!(key('x').judge(&good, &plan(), NOW), Outcome::Forged);
        for text in ["", "native", "a.b.c", &good[..good.len() - 2]] {
            assert_eq!(key('k').judge(text, &plan(), NOW), Outcome::Forged, "{text}");
        }
        let claims = serde_json::json!({"sub": "u1", "serve": "native", "routes": ["GET /a"], "iat": NOW, "exp": NOW + 60, "aud": "app"});
        let secret = EncodingKey::from_secret("k".repeat(KEY_BYTES).as_bytes());
        let session = encode(&Header::new(Algorithm::HS256), &claims, &secret).unwrap();
        assert_eq!(
            key('k').judge(&session, &plan(), NOW),
            Outcome::Forged,
            "another audience"
        );
    }

    #[test]
    fn no_override_holds_for_longer_than_the_bound() {
        let long = token(&["GET /a"], Duration::from_secs(365 * 86_400));
        let last = NOW + i64::try_from(LONGEST.as_secs()).unwrap();
        assert_eq!(
            key('k').judge(&long, &plan(), last - 1),
            Outcome::Honoured(Side::Native)
        );
        assert_eq!(key('k').judge(&long, &plan(), last), Outcome::Expired);
        let stretched = Override {
            exp: NOW + 365 * 86_400,
            ..Override::new(Side::Native, vec!["GET /a".to_owned()], "ada", NOW, HOUR)
        };
        let stretched = key('k').sign(&stretched).unwrap();
        assert_eq!(key('k').judge(&stretched, &plan(), NOW), Outcome::Expired);
    }

    #[test]
    fn a_key_is_long_and_never_shown() {
        assert!(OverrideKey::new("short").is_err());
        assert!(!format!("{:?}", key('k')).contains("kk"));
    }
}
