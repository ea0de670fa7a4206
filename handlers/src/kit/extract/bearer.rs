//! The `Authorization` header.

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// The token after `Bearer ` (case-sensitive, up to the next space), when it is not empty.
///
/// Auth contract, "Token extraction": split on single spaces, the first part is exactly `Bearer`, the second is the token.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let mut parts = value.split(' ');
    (parts.next() == Some("Bearer"))
        .then(|| parts.next())
        .flatten()
        .filter(|token| !token.is_empty())
}

/// All that stands after `Bearer ` (case-sensitive), when it is not empty: the rule of the endpoints of phone users (the same place
/// of the contract).
#[must_use]
pub fn rest(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, http::HeaderValue::from_static(value));
        token(&headers).map(str::to_owned)
    }

    #[test]
    fn only_the_exact_scheme_and_the_second_part_count() {
        assert_eq!(of("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(of("Bearer abc def").as_deref(), Some("abc"));
        assert_eq!(of("bearer abc"), None);
        assert_eq!(of("Bearer  abc"), None);
        assert_eq!(of("Bearer "), None);
        assert_eq!(of("Basic abc"), None);
        assert_eq!(token(&HeaderMap::new()), None);
    }

    #[test]
    fn the_rest_of_the_header_is_taken_whole() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, http::HeaderValue::from_static(value));
            rest(&headers).map(str::to_owned)
        };
        assert_eq!(of("Bearer abc def").as_deref(), Some("abc def"));
        assert_eq!(of("bearer abc"), None);
        assert_eq!(of("Bearer "), None);
    }
}
