//! Fields that are secret or personal by their name, whatever they hold.

use serde_json::Value;

/// A name that contains one of these, once its case and its separators are gone.
const PARTS: [&str; 21] = [
    "authorization",
    "cookie",
    "password",
    "passwd",
    "contrasena",
    "secret",
    "token",
    "apikey",
    "privatekey",
    "credential",
    "signature",
    "otp",
    "email",
    "phone",
    "mobile",
    "telefono",
    "celular",
    "cardnumber",
    "cvv",
    "whatsappnumber",
    "accesskey",
];

/// A name that is exactly one of these.
const WHOLE: [&str; 13] = [
    "auth",
    "jwt",
    "pin",
    "pan",
    "card",
    "sid",
    "session",
    "sessionid",
    "csrf",
    "hash",
    "dni",
    "mail",
    "correo",
];

/// Headers whose values are kept.
const PLAIN_HEADERS: [&str; 22] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "allow",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "host",
    "if-modified-since",
    "if-none-match",
    "last-modified",
    "location",
    "range",
    "retry-after",
    "transfer-encoding",
    "user-agent",
    "vary",
    "x-requested-with",
];

/// Whether a field of this name holds something that must not be stored.
pub(super) fn is_secret(name: &str, value: &Value) -> bool {
    let bare: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    // `statusCode` and `errorCode` are no secrets; a `code` of a few digits is.
    let code = (bare == "code" || bare.ends_with("verificationcode")) && is_short_code(value);
    // How many tokens a model used is a number that reports need.
    let counted = bare.ends_with("tokens") && value.is_number();
    !counted && (code || WHOLE.contains(&bare.as_str()) || PARTS.iter().any(|part| bare.contains(part)))
}

fn is_short_code(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            (4..=10).contains(&text.len()) && text.bytes().filter(u8::is_ascii_digit).count() * 2 >= text.len()
        }
        Value::Number(number) => number.as_u64().is_some_and(|number| number >= 1_000),
        _ => false,
    }
}

/// Whether the value of this header may be kept.
pub(super) fn is_plain_header(name: &str) -> bool {
    PLAIN_HEADERS.contains(&name) || name.starts_with("access-control-")
}
