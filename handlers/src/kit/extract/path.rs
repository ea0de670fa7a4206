//! Path parameters: one segment is one opaque id.

use percent_encoding::percent_decode_str;

/// The value of a path parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct PathSegment {
    pub(crate) name: &'static str,
    values: Vec<Option<String>>,
}

impl PathSegment {
    /// Decodes the segments once. What is no text stays as "no such id".
    pub(crate) fn decode(name: &'static str, raw: &[&str]) -> Self {
        let decode = |raw: &&str| {
            percent_decode_str(raw)
                .decode_utf8()
                .ok()
                .map(std::borrow::Cow::into_owned)
        };
        Self {
            name,
            values: raw.iter().map(decode).collect(),
        }
    }

    /// The id, unless it can be none: a decoded `/`, `\`, `?`, `#` or control character (NUL too), or broken UTF-8. The
    /// endpoint then answers as for an id that does not exist (contract decision 8).
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        let [Some(value)] = self.values.as_slice() else {
            return None;
        };
        let opaque = |character: char| matches!(character, '/' | '\\' | '?' | '#') || character.is_control();
        (!value.contains(opaque)).then_some(value)
    }

    /// The decoded segments of a catch-all.
    pub fn values(&self) -> impl Iterator<Item = Option<&str>> {
        self.values.iter().map(Option::as_deref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(raw: &str) -> Option<String> {
        PathSegment::decode("id", &[raw]).id().map(str::to_owned)
    }

    #[test]
    fn an_id_is_decoded_once_and_is_never_a_path() {
        assert_eq!(id("a%20b").as_deref(), Some("a b"));
        assert_eq!(id("%2541").as_deref(), Some("%41"));
        for none in ["a%2Fb", "a%5cb", "x%3Fy", "x%23", "a%00", "a%0a", "%ff"] {
            assert_eq!(id(none), None, "{none}");
        }
    }
}
