//! Admin and user tokens: HMAC-signed JWTs of the legacy backend, verified only.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::{Number, Value};
use time::OffsetDateTime;

use crate::config::Secret;
use crate::domain::role::Role;

/// The claims that endpoints use. There is no database lookup: role and tenant come from the token until it expires.
#[derive(Clone, Debug, PartialEq)]
pub struct JwtUser {
    /// `sub`, else the claim `userId`, else empty.
    pub id: String,
    /// `email`, as stored.
    pub email: Option<String>,
    /// `tenantId`.
    pub tenant: Option<String>,
    /// `role`, when it is a known one.
    pub role: Option<Role>,
    /// `exp`, cut to whole seconds; `None` when the token does not say.
    pub expires_at: Option<OffsetDateTime>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claims {
    sub: Option<String>,
    user_id: Option<String>,
    email: Option<String>,
    tenant_id: Option<String>,
    role: Option<String>,
    exp: Option<Value>,
    nbf: Option<Value>,
}

/// Verifies a token with the first of several secrets that fits (several, so that a secret can be replaced while tokens of the
/// old one are still about). HS256, HS384 and HS512 are accepted as legacy accepts them, `none` and everything else is not.
#[must_use]
pub fn verify(token: &str, secrets: &[Secret<String>], now: OffsetDateTime) -> Option<JwtUser> {
    // A chat session token has no dots: not worth an HMAC.
    if token.split('.').count() != 3 {
        return None;
    }
    let rules = rules();
    let claims = secrets
        .iter()
        .filter(|secret| !secret.expose().is_empty())
        .find_map(|secret| decode::<Claims>(token, &DecodingKey::from_secret(secret.expose().as_bytes()), &rules).ok())?
        .claims;
    let valid = valid_at(claims.exp.as_ref(), claims.nbf.as_ref(), now);
    valid.then(|| JwtUser {
        id: claims.sub.or(claims.user_id).unwrap_or_default(),
        email: claims.email,
        tenant: claims.tenant_id.filter(|tenant| !tenant.is_empty()),
        role: claims.role.as_deref().and_then(Role::parse),
        expires_at: claims
            .exp
            .as_ref()
            .and_then(Value::as_i64)
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()),
    })
}

/// Only the signature: times are checked against the kit's clock, audience and issuer are not used by legacy.
fn rules() -> Validation {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.algorithms = vec![Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules.validate_aud = false;
    rules
}

/// `now >= exp` is expired, `nbf > now` is early, no tolerance; a time that is no number is never valid.
fn valid_at(exp: Option<&Value>, nbf: Option<&Value>, now: OffsetDateTime) -> bool {
    let now = now.unix_timestamp();
    let seconds = |value: &Value| value.as_number().and_then(Number::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch are far below 2^53")]
    let now = now as f64;
    let unexpired = exp.is_none_or(|exp| seconds(exp).is_some_and(|exp| now < exp));
    let begun = nbf.is_none_or(|nbf| seconds(nbf).is_some_and(|nbf| nbf <= now));
    unexpired && begun
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00:00 UTC);

    fn token(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
        encode(
            &Header::new(algorithm),
            claims,
            &EncodingKey::from_secret(secret.as_bytes()),
        )
        .unwrap()
    }

    fn secrets() -> Vec<Secret<String>> {
        vec![
            Secret::new("new-secret".to_owned()),
            Secret::new("old-secret".to_owned()),
        ]
    }

    fn check(token: &str) -> Option<JwtUser> {
        verify(token, &secrets(), NOW)
    }

    #[test]
    fn a_token_of_either_secret_names_its_user() {
        let claims = json!({"sub": "u1", "email": "A@b.example", "tenantId": "t1", "role": "admin", "exp": NOW.unix_timestamp() + 1});
        for secret in ["new-secret", "old-secret"] {
            let user = check(&token(Algorithm::HS256, secret, &claims)).unwrap();
            assert_eq!(
                (user.id.as_str(), user.tenant.as_deref(), user.role),
                ("u1", Some("t1"), Some(Role::Admin))
            );
        }
        assert!(check(&token(Algorithm::HS512, "new-secret", &claims)).is_some());
        assert!(check(&token(Algorithm::HS256, "other", &claims)).is_none());
    }

    #[test]
    fn times_have_no_tolerance() {
        let at = |claims: Value| check(&token(Algorithm::HS256, "new-secret", &claims)).is_some();
        assert!(!at(json!({"sub": "u", "exp": NOW.unix_timestamp()})));
        assert!(at(json!({"sub": "u", "exp": NOW.unix_timestamp() + 1})));
        assert!(!at(json!({"sub": "u", "nbf": NOW.unix_timestamp() + 1})));
        assert!(!at(json!({"sub": "u", "exp": "never"})));
        assert!(at(json!({"userId": "u"})));
    }

    #[test]
    fn no_algorithm_and_no_secret_never_pass() {
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ1In0.";
        assert!(check(none).is_none());
        assert!(
            verify(
                &token(Algorithm::HS256, "x", &json!({})),
                &[Secret::new(String::new())],
                NOW
            )
            .is_none()
        );
        for garbage in ["", "..", "a.b.c", "b0b0", "a.b.c.d"] {
            assert!(check(garbage).is_none(), "{garbage}");
        }
    }
}
