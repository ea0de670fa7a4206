//! Numbers as JavaScript reads them.

/// `parseInt(text, 10)`: blanks, a sign and digits at the start; `None` is NaN. Too large values stop at the ends of `i64`.
#[must_use]
pub fn integer_prefix(text: &str) -> Option<i64> {
    let text = text.trim_start_matches(is_js_space);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = &digits[..digits.bytes().take_while(u8::is_ascii_digit).count()];
    if digits.is_empty() {
        return None;
    }
    let value = digits.parse::<i64>().unwrap_or(i64::MAX);
    Some(if negative { -value } else { value })
}

/// White space and line ends of ECMAScript: Unicode's, and the byte order mark.
fn is_js_space(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_at_the_start_count() {
        for (text, expected) in [
            ("12", Some(12)),
            ("  -7px", Some(-7)),
            ("+3", Some(3)),
            ("1e3", Some(1)),
            ("0x10", Some(0)),
            ("abc", None),
            ("", None),
            ("-", None),
            ("۱۲", None),
            ("99999999999999999999", Some(i64::MAX)),
            ("-99999999999999999999", Some(-i64::MAX)),
        ] {
            assert_eq!(integer_prefix(text), expected, "{text}");
        }
    }
}
