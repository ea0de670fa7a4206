//! The lines of a head.

use bytes::Bytes;
use http::HeaderValue;

use super::Malformed;

/// The lines of a head, one after the other, without their ends.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// From the start of these bytes on.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next line; none if its end has not come yet.
    ///
    /// # Errors
    /// When it ends without a carriage return.
    pub(crate) fn next(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\n', rest) else {
            return Ok(None);
        };
        self.at += end + 1;
        let line = rest.get(..end).and_then(|line| line.strip_suffix(b"\r"));
        line.map(Some).ok_or(Malformed("a line end"))
    }

    /// How many bytes the lines have taken.
    pub(crate) fn taken(&self) -> usize {
        self.at
    }
}

/// What stands before and behind the colon of a line. Names are short: looking letter by letter is the quickest.
///
/// # Errors
/// When it has no colon.
pub(crate) fn field(line: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, rest) = colon
        .and_then(|colon| line.split_at_checked(colon))
        .ok_or(Malformed("a header"))?;
    Ok((name, rest.strip_prefix(b":").unwrap_or(rest)))
}

/// The value of a field as it lies among the bytes, without the blanks around it (RFC 9112, section 5).
///
/// # Errors
/// When it has a control character.
pub(crate) fn header_value(value: &[u8], bytes: &Bytes) -> Result<HeaderValue, Malformed> {
    let mut value = value;
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    HeaderValue::from_maybe_shared(bytes.slice_ref(value)).map_err(|_| Malformed("a header value"))
}

/// Writes a field.
pub(crate) fn write_field(text: &mut Vec<u8>, name: &str, value: &[u8]) {
    text.reserve(name.len() + value.len() + 4);
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(b": ");
    text.extend_from_slice(value);
    text.extend_from_slice(b"\r\n");
}

/// Whether a list has this word.
pub(crate) fn has_word(list: &[u8], word: &[u8]) -> bool {
    list.split(|byte| *byte == b',')
        .any(|one| one.trim_ascii().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_both_characters() {
        let mut lines = Lines::of(b"a\r\n\r\nb");
        assert_eq!(lines.next(), Ok(Some(&b"a"[..])));
        assert_eq!(lines.next(), Ok(Some(&b""[..])));
        assert_eq!((lines.next(), lines.taken()), (Ok(None), 5));
        assert!(Lines::of(b"a\n").next().is_err() && Lines::of(b"\n").next().is_err());
    }

    #[test]
    fn a_field_is_split_at_its_first_colon() {
        assert_eq!(field(b"a: b:c"), Ok((&b"a"[..], &b" b:c"[..])));
        assert_eq!(field(b":"), Ok((&b""[..], &b""[..])));
        assert!(field(b"a").is_err());
    }

    #[test]
    fn values_lose_their_blanks_and_nothing_else() {
        let value = |text: &'static str| {
            let bytes = Bytes::from_static(text.as_bytes());
            header_value(&bytes, &bytes).map(|value| value.as_bytes().to_vec())
        };
        assert_eq!(value(" \ta\tb \t"), Ok(b"a\tb".to_vec()));
        assert_eq!(value(" \t "), Ok(Vec::new()));
        assert!(value("a\u{0}").is_err() && value("a\r").is_err());
    }

    #[test]
    fn words_are_whole_words() {
        assert!(has_word(b"a, Close", b"close") && !has_word(b"closed, x-close", b"close"));
    }
}
