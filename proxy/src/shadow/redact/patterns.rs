//! Texts that are secret or personal by their look.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Pattern and replacement, in the order of their application: a token may contain what looks like a phone.
const PATTERNS: [(&str, &str); 6] = [
    (r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+", "[token]"),
    (r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}", "[hash]"),
    (r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", "[token]"),
    (
        r"(?i)[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+",
        "[e-mail]",
    ),
    (r"\+\d[\d ()-]{6,16}\d", "[phone]"),
    (r"\b(?:sk|pk|xkeysib|whsec|ghp)[-_][A-Za-z0-9_-]{12,}", "[token]"),
];

static COMPILED: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    PATTERNS
        .iter()
        .filter_map(|(pattern, mark)| Some((Regex::new(pattern).ok()?, *mark)))
        .collect()
});

/// Digits in groups: a card when the check digit says so, a phone when there are as many as in a national number.
static DIGITS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b\d(?:[ -]?\d){7,18}\b").ok());

/// An id is compared and searched for, and holds runs of digits that are nobody's number.
static UUID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b").ok());

/// A text without addresses, phones, cards and tokens. UUIDs stay as they are, unless a token says that they are one.
pub(crate) fn text(content: &str) -> String {
    let mut content = Cow::Borrowed(content);
    for (pattern, mark) in COMPILED.iter() {
        if let Cow::Owned(replaced) = pattern.replace_all(&content, *mark) {
            content = Cow::Owned(replaced);
        }
    }
    let (Some(uuid), Some(digits)) = (UUID.as_ref(), DIGITS.as_ref()) else {
        return content.into_owned();
    };
    let without_numbers = |part| digits.replace_all(part, |found: &Captures<'_>| number(&found[0]));
    let (mut shown, mut end) = (String::with_capacity(content.len()), 0);
    for id in uuid.find_iter(&content) {
        shown.push_str(&without_numbers(&content[end..id.start()]));
        shown.push_str(id.as_str());
        end = id.end();
    }
    shown.push_str(&without_numbers(&content[end..]));
    shown
}

fn number(found: &str) -> String {
    let digits: Vec<u32> = found.chars().filter_map(|character| character.to_digit(10)).collect();
    if digits.len() >= 13 && passes_luhn(&digits) {
        "[card]".to_owned()
    } else if (9..=12).contains(&digits.len()) && !found.contains('-') {
        "[phone]".to_owned()
    } else {
        found.to_owned()
    }
}

/// ISO/IEC 7812-1, annex B.
fn passes_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            if place % 2 == 1 {
                (digit * 2) / 10 + (digit * 2) % 10
            } else {
                *digit
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::{COMPILED, DIGITS, PATTERNS, UUID};

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
        assert!(DIGITS.is_some() && UUID.is_some());
    }
}
