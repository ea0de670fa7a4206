//! The objects that answers consist of (auth contract, "User object in answers").

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use crate::kit::ApiError;
use crate::kit::extract::chat_session::{LinkedUser, PhoneUser};
use crate::kit::wire::iso::Iso;

/// Somebody who signs in by phone.
///
/// The columns of the phone are never null, and an app user always has a tenant and an e-mail, so of each chain of fallbacks in
/// the contract only the first steps can be reached.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhoneAccount {
    id: String,
    phone: String,
    normalized_phone: String,
    country_code: Option<String>,
    tenant_id: String,
    display_name: Option<String>,
    email: String,
    profile_complete: bool,
    /// The app user whom the phone belongs to.
    linked_user_id: String,
}

/// The phone user's own values, null when empty.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    id: String,
    display_name: Option<String>,
    email: Option<String>,
    tenant_id: Option<String>,
    phone: String,
    country_code: Option<String>,
    profile_complete: bool,
}

/// A session to go on with.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    /// For `Authorization: Bearer …`.
    token: String,
    session_id: String,
    expires_at: Iso,
}

/// Somebody who is signed in.
#[derive(JsonSchema, Serialize)]
pub(super) struct SignedIn {
    #[schemars(extend("const" = true))]
    success: bool,
    session: Session,
    user: PhoneAccount,
}

/// A profile as it is now.
#[derive(JsonSchema, Serialize)]
pub(super) struct ProfileShown {
    #[schemars(extend("const" = true))]
    success: bool,
    profile: Profile,
}

impl PhoneAccount {
    pub(super) fn of(phone_user: &PhoneUser, linked: &LinkedUser) -> Self {
        let display_name = phone_user.display_name.as_ref().or(linked.name.as_ref());
        let email = phone_user.email.as_ref().unwrap_or(&linked.email);
        Self {
            id: phone_user.id.clone(),
            phone: phone_user.phone.clone(),
            normalized_phone: phone_user.normalized_phone.clone(),
            country_code: phone_user.country_code.clone(),
            tenant_id: linked.tenant.clone(),
            display_name: display_name.cloned(),
            email: email.clone(),
            profile_complete: is_complete(display_name.map(String::as_str), Some(email)),
            linked_user_id: linked.id.clone(),
        }
    }
}

impl Session {
    pub(super) fn new(token: &str, id: &str, expires_at: OffsetDateTime) -> Self {
        Self {
            token: token.to_owned(),
            session_id: id.to_owned(),
            expires_at: Iso(expires_at),
        }
    }
}

impl SignedIn {
    pub(super) fn new(session: Session, user: PhoneAccount) -> Self {
        Self {
            success: true,
            session,
            user,
        }
    }
}

impl ProfileShown {
    pub(super) fn of(phone_user: &PhoneUser) -> Self {
        let filled = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let (display_name, email) = (filled(&phone_user.display_name), filled(&phone_user.email));
        let profile = Profile {
            id: phone_user.id.clone(),
            profile_complete: is_complete(display_name.as_deref(), email.as_deref()),
            display_name,
            email,
            tenant_id: filled(&phone_user.tenant),
            phone: phone_user.phone.clone(),
            country_code: filled(&phone_user.country_code),
        };
        Self { success: true, profile }
    }
}

/// 400 `{"error","code"}`.
pub(super) fn refusal(text: &str, code: &str) -> ApiError {
    ApiError::coded(StatusCode::BAD_REQUEST, text, code)
}

fn is_complete(display_name: Option<&str>, email: Option<&str>) -> bool {
    let filled = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
    filled(display_name) && filled(email)
}
