//! The objects that answers consist of (auth contract, "User object in answers").

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::kit::ApiError;
use crate::kit::extract::chat_session::{LinkedUser, PhoneUser};
use crate::kit::wire::iso::Iso;

/// `{"id","phone","normalizedPhone","countryCode","tenantId","displayName","email","profileComplete","linkedUserId"}`.
///
/// The columns of the phone are never null, and an app user always has a tenant and an e-mail, so of each chain of fallbacks in
/// the contract only the first steps can be reached.
pub(super) fn user(phone_user: &PhoneUser, linked: &LinkedUser) -> Value {
    let display_name = phone_user.display_name.as_ref().or(linked.name.as_ref());
    let email = phone_user.email.as_ref().unwrap_or(&linked.email);
    json!({
        "id": phone_user.id,
        "phone": phone_user.phone,
        "normalizedPhone": phone_user.normalized_phone,
        "countryCode": phone_user.country_code,
        "tenantId": linked.tenant,
        "displayName": display_name,
        "email": email,
        "profileComplete": is_complete(display_name.map(String::as_str), Some(email)),
        "linkedUserId": linked.id,
    })
}

/// `{"id","displayName","email","tenantId","phone","countryCode","profileComplete"}`: the phone user's own values, null when empty.
pub(super) fn profile(phone_user: &PhoneUser) -> Value {
    fn filled(value: &Option<String>) -> Option<&str> {
        value.as_deref().filter(|value| !value.is_empty())
    }
    let (display_name, email) = (filled(&phone_user.display_name), filled(&phone_user.email));
    json!({
        "id": phone_user.id,
        "displayName": display_name,
        "email": email,
        "tenantId": filled(&phone_user.tenant),
        "phone": phone_user.phone,
        "countryCode": filled(&phone_user.country_code),
        "profileComplete": is_complete(display_name, email),
    })
}

/// `{"token","sessionId","expiresAt"}`.
pub(super) fn session(token: &str, id: &str, expires_at: OffsetDateTime) -> Value {
    json!({ "token": token, "sessionId": id, "expiresAt": Iso(expires_at) })
}

/// 400 `{"error","code"}`.
pub(super) fn refusal(text: &str, code: &str) -> ApiError {
    ApiError::coded(StatusCode::BAD_REQUEST, text, code)
}

fn is_complete(display_name: Option<&str>, email: Option<&str>) -> bool {
    let filled = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
    filled(display_name) && filled(email)
}
