//! Who a request comes from, as far as a signature alone proves it: cheap enough to be asked before anybody answers.
//!
//! An admin JWT (in the `Authorization` header, or where legacy's guard reads it from a cookie) and a NextAuth cookie prove
//! their user. A chat session token is a row of the database and proves nothing here. Whether a token was taken back is not
//! looked up either: the identity decides which side answers, never what a caller may do.

use http::HeaderMap;
use time::OffsetDateTime;

use super::nextauth;
use crate::config::Settings;
use crate::kit::extract::{bearer, jwt};

/// A user that a signature proves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The id of the user; none when the token names nobody.
    pub user: Option<String>,
    /// The tenant of the user.
    pub tenant: Option<String>,
    /// The role of the user, as it is stored.
    pub role: Option<&'static str>,
}

/// The first token of the request that holds; `None` when there is none.
pub(crate) fn identify(headers: &HeaderMap, settings: &Settings, now: OffsetDateTime) -> Option<Identity> {
    let bearer = bearer::token(headers).and_then(|token| jwt::verify(token, &settings.jwt_secrets, now));
    let user = bearer.or_else(|| {
        nextauth::find(headers).iter().find_map(|cookie| {
            nextauth::verify(cookie, &settings.auth.cookie_secrets, now)
                .or_else(|| jwt::verify(&cookie.value, &settings.jwt_secrets, now))
        })
    })?;
    Some(Identity {
        user: Some(user.id).filter(|id| !id.is_empty()),
        tenant: user.tenant,
        role: user.role.map(crate::domain::role::Role::as_str),
    })
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00:00 UTC);

    fn settings() -> Settings {
        let lookup = |name: &str| match name {
            "DATABASE_URL" => Some("postgres://localhost/none".to_owned()),
            "NEST_AUTH_SECRET" => Some("only-for-tests".to_owned()),
            _ => None,
        };
        Settings::from_lookup(lookup).unwrap()
    }

    fn bearer(secret: &str, role: &str) -> HeaderMap {
        let claims = json!({"sub": "u1", "tenantId": "acme", "role": role, "exp": NOW.unix_timestamp() + 60});
        let token = encode(
            &Header::default(),
            &claims,
            &EncodingKey::from_secret(secret.as_bytes()),
        )
        .unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        headers
    }

    #[test]
    fn a_signed_token_names_its_user_and_anything_else_names_nobody() {
        let identity = identify(&bearer("only-for-tests", "admin"), &settings(), NOW);
        let expected = Identity {
            user: Some("u1".to_owned()),
            tenant: Some("acme".to_owned()),
            role: Some("admin"),
        };
        assert_eq!(identity, Some(expected));
        assert_eq!(identify(&bearer("somebody-else", "admin"), &settings(), NOW), None);
        let late = NOW + time::Duration::minutes(2);
        assert_eq!(identify(&bearer("only-for-tests", "admin"), &settings(), late), None);
        assert_eq!(identify(&HeaderMap::new(), &settings(), NOW), None);
        let odd = identify(&bearer("only-for-tests", "emperor"), &settings(), NOW);
        assert_eq!(odd.and_then(|identity| identity.role), None);
    }
}
