//! Making admin tokens: header and claims letter for letter as legacy makes them (auth contract, "JWT (admin)").

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::Sha256;
use time::OffsetDateTime;

use super::queries::UserRow;
use crate::config::AuthSettings;

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// A token for a user; `None` when no secret is configured.
pub(super) fn sign(user: &UserRow, settings: &AuthSettings, now: OffsetDateTime) -> Option<String> {
    let secret = settings.signing_secret.as_ref()?;
    let issued = now.unix_timestamp();
    // `exp` is cut to whole seconds after the sum, as legacy cuts it.
    let expires = issued.saturating_add(i64::try_from(settings.token_lifetime.as_secs()).ok()?);
    let claims = json!({
        "sub": user.id,
        "email": user.email,
        "tenantId": user.tenant_id,
        "role": user.role,
        "iat": issued,
        "exp": expires,
    });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(HEADER),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok()?;
    mac.update(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    Some(format!("{signed}.{signature}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Secret;
    use crate::kit::extract::jwt;
    use time::macros::datetime;

    fn user() -> UserRow {
        UserRow {
            id: "u1".into(),
            email: "Ada@Acme.example".into(),
            tenant_id: "t1".into(),
            role: "admin".into(),
            status: "active".into(),
            password: String::new(),
        }
    }

    fn settings(secret: Option<&str>) -> AuthSettings {
        AuthSettings {
            signing_secret: secret.map(|secret| Secret::new(secret.to_owned())),
            token_lifetime: Duration::from_millis(3_600),
            cookie_secrets: Vec::new(),
            allowed_origins: Vec::new(),
        }
    }

    #[test]
    fn header_and_claims_are_written_in_the_order_of_legacy_and_the_guard_takes_them() {
        let now = datetime!(2026-11-22 10:00:00.900 UTC);
        let token = sign(&user(), &settings(Some("secret")), now).unwrap();
        let parts: Vec<String> = token
            .split('.')
            .take(2)
            .map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        assert_eq!(parts[0], HEADER);
        assert_eq!(
            parts[1],
            r#"{"sub":"u1","email":"Ada@Acme.example","tenantId":"t1","role":"admin","iat":1795341600,"exp":1795341603}"#
        );
        let secrets = [Secret::new("secret".to_owned())];
        assert_eq!(jwt::verify(&token, &secrets, now).unwrap().id, "u1");
        assert!(jwt::verify(&token, &secrets, now + Duration::from_secs(3)).is_none());
    }

    #[test]
    fn without_a_secret_there_is_no_token() {
        let now = datetime!(2026-11-22 10:00 UTC);
        assert_eq!(sign(&user(), &settings(None), now), None);
    }
}
