//! How a path is written: plainly, percent-encoded, or in a way that two routers could read differently.
//!
//! The proxy puts a path into its canonical form before it decides. What is left here that could still be read in two ways
//! is not looked up at all: legacy answers it, because legacy's own reading is right by definition. Such are: an empty
//! segment (`//`, a slash at the end), a dot segment, a backslash, a control character, each of them also percent-encoded,
//! an encoded slash, broken percent-encoding, and bytes that are not UTF-8.

use crate::pattern::MAX_SEGMENT_BYTES;

/// The longest encoded segment that is decoded, in decoded bytes; a longer one makes the path unusual.
const MAX_DECODED_BYTES: usize = 2_048;

/// Nearly every encoded segment is no longer than this as it is written, and needs no more room than this: making room takes longer
/// than reading.
const SHORT_BYTES: usize = 64;

/// What a byte of a path means, by its value: one load instead of a chain of comparisons for every byte of every path.
const MEANINGS: [Meaning; 256] = {
    let mut meanings = [Meaning::Text; 256];
    let mut control = 0;
    while control <= 0x20 {
        meanings[control] = Meaning::Unusual;
        control += 1;
    }
    meanings[0x7f] = Meaning::Unusual;
    meanings[b'\\' as usize] = Meaning::Unusual;
    meanings[b'?' as usize] = Meaning::Unusual;
    meanings[b'#' as usize] = Meaning::Unusual;
    meanings[b'/' as usize] = Meaning::Slash;
    meanings[b'%' as usize] = Meaning::Percent;
    meanings
};

#[derive(Debug, Clone, Copy)]
enum Meaning {
    Text,
    Slash,
    Percent,
    Unusual,
}

/// How a path is written, with the path without its first slash (`None` for `/`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form<'p> {
    /// Without any percent-encoding.
    Plain(Option<&'p [u8]>),
    /// With percent-encoding that can be read in one way only.
    Encoded(Option<&'p [u8]>),
    /// In a way that could be read differently elsewhere.
    Unusual,
}

/// Sees how a path is written, in one pass.
pub(super) fn form(path: &str) -> Form<'_> {
    let Some(rest) = path.as_bytes().strip_prefix(b"/") else {
        return Form::Unusual;
    };
    if rest.is_empty() {
        return Form::Plain(None);
    }
    let mut encoded = false;
    let mut start = 0;
    for (at, byte) in rest.iter().enumerate() {
        match MEANINGS[usize::from(*byte)] {
            Meaning::Text => {}
            Meaning::Slash if is_empty_or_dots(rest.get(start..at)) => return Form::Unusual,
            Meaning::Slash => start = at + 1,
            Meaning::Percent => encoded = true,
            Meaning::Unusual => return Form::Unusual,
        }
    }
    if is_empty_or_dots(rest.get(start..)) {
        return Form::Unusual;
    }
    match encoded {
        false => Form::Plain(Some(rest)),
        true if rest.split(|byte| *byte == b'/').all(is_certain) => Form::Encoded(Some(rest)),
        true => Form::Unusual,
    }
}

/// The first segment, and what follows it.
pub(super) fn split(rest: &[u8]) -> (&[u8], Option<&[u8]>) {
    match rest.iter().position(|byte| *byte == b'/') {
        Some(slash) => (rest.get(..slash).unwrap_or_default(), rest.get(slash + 1..)),
        None => (rest, None),
    }
}

/// Room for one decoded segment, on the stack.
pub(super) struct SegmentBuffer([u8; MAX_SEGMENT_BYTES]);

impl SegmentBuffer {
    /// An empty buffer.
    pub(super) const fn new() -> Self {
        Self([0; MAX_SEGMENT_BYTES])
    }

    /// The decoded segment; `None` when it is longer than any static segment, or broken.
    pub(super) fn decode<'a>(&'a mut self, segment: &'a [u8]) -> Option<&'a [u8]> {
        if !segment.contains(&b'%') {
            return Some(segment);
        }
        decode_into(segment, &mut self.0)
    }
}

fn is_empty_or_dots(segment: Option<&[u8]>) -> bool {
    matches!(segment, None | Some(b"" | b"." | b".."))
}

/// Whether an encoded segment can be read in one way only.
fn is_certain(segment: &[u8]) -> bool {
    if !segment.contains(&b'%') {
        true
    } else if segment.len() <= SHORT_BYTES {
        is_certain_in(segment, &mut [0; SHORT_BYTES])
    } else {
        is_certain_in(segment, &mut [0; MAX_DECODED_BYTES])
    }
}

fn is_certain_in(segment: &[u8], room: &mut [u8]) -> bool {
    let Some(text) = decode_into(segment, room).and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        return false;
    };
    let ambiguous = |byte: u8| matches!(byte, b'/' | b'\\' | 0..=0x1f | 0x7f);
    !is_empty_or_dots(Some(text.as_bytes())) && !text.bytes().any(ambiguous)
}

fn decode_into<'r>(segment: &[u8], room: &'r mut [u8]) -> Option<&'r [u8]> {
    let mut bytes = segment.iter();
    let mut length = 0;
    while let Some(byte) = bytes.next() {
        let decoded = match byte {
            b'%' => hex(*bytes.next()?)? << 4 | hex(*bytes.next()?)?,
            plain => *plain,
        };
        *room.get_mut(length)? = decoded;
        length += 1;
    }
    room.get(..length)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_two_routers_could_read_differently_is_unusual() {
        for path in [
            "",
            "api",
            "*",
            "/api//x",
            "//api",
            "/api/",
            "/api/.",
            "/api/..",
            "/api/./x",
            "/../x",
            "/api/%2e%2e/x",
            "/api/%2E/x",
            "/api/.%2e",
            "/api\\x",
            "/api/%5Cx",
            "/api/x%2Fy",
            "/api/x%2f",
            "/api/%00",
            "/api/%0a",
            "/api/%7f",
            "/api/%ff",
            "/api/%c0%af",
            "/api/%",
            "/api/%2",
            "/api/%zz",
            "/api/%u002f",
            "/api/a b",
            "/api/a\tb",
            "/api?x",
            "/api#x",
        ] {
            assert_eq!(form(path), Form::Unusual, "{path:?}");
        }
    }

    #[test]
    fn other_paths_are_read_as_they_are() {
        for path in [
            "/",
            "/api",
            "/api/x;a=b",
            "/api/x.json",
            "/api/...",
            "/api/+",
            "/api/[id]",
            "/api/é",
            "/API/x",
            "/api/\u{ff0f}",
        ] {
            assert!(matches!(form(path), Form::Plain(_)), "{path:?}");
        }
        for path in [
            "/api/%20",
            "/api/%C3%A9",
            "/api/%252f",
            "/api/x%3Fy",
            "/api/%5Bid%5D",
            "/api/%3b",
        ] {
            assert!(matches!(form(path), Form::Encoded(_)), "{path:?}");
        }
    }

    #[test]
    fn an_encoded_segment_has_a_bound() {
        let fits = format!("/{}", "%41".repeat(MAX_DECODED_BYTES));
        assert!(matches!(form(&fits), Form::Encoded(_)));
        assert_eq!(form(&format!("{fits}%41")), Form::Unusual);
    }
}
