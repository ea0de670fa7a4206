//! Query strings as the legacy pair reads them.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::kit::wire::number;

/// The parameters; a repeated key is joined with `,` (CRM contract, "Paging").
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query(BTreeMap<String, String>);

/// More parameters than this are not looked at.
const MOST_PARAMETERS: usize = 1_000;

impl Query {
    /// Reads the part after the question mark as a browser's `URLSearchParams` does: `+` is a space, broken percent escapes
    /// stay as they are, broken UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parameters = BTreeMap::<String, String>::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()).take(MOST_PARAMETERS) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value);
            parameters
                .entry(decode(key))
                .and_modify(|joined| {
                    joined.push(',');
                    joined.push_str(&value);
                })
                .or_insert(value);
        }
        Self(parameters)
    }

    /// The value, which may be empty.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The parameters by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value when it is truthy: legacy treats an empty one as absent.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).filter(|value| !value.is_empty())
    }

    /// The integer at the start of the value; `default` when there is none or it is 0 (`parseInt(x) || default`).
    #[must_use]
    pub fn integer_or(&self, key: &str, default: i64) -> i64 {
        self.get(key)
            .and_then(number::integer_prefix)
            .filter(|number| *number != 0)
            .unwrap_or(default)
    }
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_is_joined_with_a_comma() {
        let query = Query::parse("tenantId=t1&tenantId=t2&x");
        assert_eq!(query.get("tenantId"), Some("t1,t2"));
        assert_eq!(query.get("x"), Some(""));
        assert_eq!(query.text("x"), None);
        assert_eq!(query.get("y"), None);
    }

    #[test]
    fn values_are_decoded_once_and_never_fail() {
        let query = Query::parse("a=b+c%20d&e=%252f&f=%zz&g=%ff&=h&&");
        assert_eq!(query.get("a"), Some("b c d"));
        assert_eq!(query.get("e"), Some("%2f"));
        assert_eq!(query.get("f"), Some("%zz"));
        assert_eq!(query.get("g"), Some("\u{fffd}"));
        assert_eq!(query.get(""), Some("h"));
    }

    #[test]
    fn numbers_are_read_by_their_prefix_and_zero_means_the_default() {
        let query = Query::parse("a=12px&b=0&c=abc&d=-3&e=");
        assert_eq!(query.integer_or("a", 100), 12);
        assert_eq!(query.integer_or("b", 100), 100);
        assert_eq!(query.integer_or("c", 100), 100);
        assert_eq!(query.integer_or("d", 100), -3);
        assert_eq!(query.integer_or("e", 100), 100);
        assert_eq!(query.integer_or("missing", 100), 100);
    }
}
