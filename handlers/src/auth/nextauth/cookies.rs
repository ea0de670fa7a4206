//! Finding a session cookie under its four names, and putting its chunks together.

use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::COOKIE;

/// The names of version 4 and 5, with and without the prefix that browsers accept over TLS only; the safer ones first.
const NAMES: [&str; 4] = [
    "__Secure-next-auth.session-token",
    "next-auth.session-token",
    "__Secure-authjs.session-token",
    "authjs.session-token",
];
/// More chunks than this are not put together: 16 of them exceed what servers take as a header.
const MOST_CHUNKS: usize = 16;

/// A session cookie as it was before it was cut into chunks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::auth) struct SessionCookie {
    /// The name without the number of a chunk. Version 5 derives its key from it.
    pub(in crate::auth) name: &'static str,
    /// The whole value.
    pub(in crate::auth) value: String,
    /// The names that it came under.
    pub(in crate::auth) parts: Vec<String>,
}

/// Every session cookie of a request, in the order of their names.
pub(in crate::auth) fn find(headers: &HeaderMap) -> Vec<SessionCookie> {
    let lines = headers.get_all(COOKIE).into_iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut cookies = BTreeMap::new();
    for (name, value) in pairs {
        // Of two cookies of one name the first is the more specific one (RFC 6265, section 5.4).
        cookies.entry(name).or_insert(value);
    }
    NAMES.into_iter().filter_map(|name| assemble(name, &cookies)).collect()
}

fn assemble(name: &'static str, cookies: &BTreeMap<&str, &str>) -> Option<SessionCookie> {
    if let Some(value) = cookies.get(name).filter(|value| !value.is_empty()) {
        return Some(SessionCookie {
            name,
            value: (*value).to_owned(),
            parts: vec![name.to_owned()],
        });
    }
    let chunks: Vec<(String, &str)> = (0..MOST_CHUNKS)
        .map(|number| format!("{name}.{number}"))
        .map_while(|part| {
            let value = cookies.get(part.as_str()).copied()?;
            Some((part, value))
        })
        .collect();
    if chunks.is_empty() {
        return None;
    }
    Some(SessionCookie {
        name,
        value: chunks.iter().map(|(_, value)| *value).collect(),
        parts: chunks.into_iter().map(|(part, _)| part).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn of(line: &'static str) -> Vec<SessionCookie> {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static(line));
        find(&headers)
    }

    #[test]
    fn chunks_are_joined_by_their_numbers_and_a_gap_ends_them() {
        let found = of("authjs.session-token.1=b; x=1; authjs.session-token.0=a; authjs.session-token.3=d");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].value, "ab");
        assert_eq!(found[0].parts, ["authjs.session-token.0", "authjs.session-token.1"]);
    }

    #[test]
    fn the_first_of_one_name_counts_and_safer_names_come_first() {
        let found = of("next-auth.session-token=p; __Secure-next-auth.session-token=s; next-auth.session-token=q");
        let values: Vec<_> = found.iter().map(|cookie| cookie.value.as_str()).collect();
        assert_eq!(values, ["s", "p"]);
        assert!(of("session=1; next-auth.session-token=").is_empty());
        assert!(find(&HeaderMap::new()).is_empty());
    }
}
