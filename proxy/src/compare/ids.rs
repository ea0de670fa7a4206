//! What looks like an id, and what an id says about when it was made.

/// No minted id is shorter, in bytes.
pub(super) const SHORTEST: usize = 16;

/// Longer ones are documents, not ids.
const LONGEST: usize = 256;

/// Milliseconds of 2015-01-01 and 2059: a base-36 stamp outside is chance, not a time.
const STAMPS: std::ops::Range<i64> = 1_420_070_400_000..2_800_000_000_000;

/// The family of an id. Two minted ids stand for each other only within one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// RFC 9562, with its version digit.
    Uuid(u8),
    /// `c` and base 36: a cuid, whose next eight characters are milliseconds.
    Cuid,
    /// 24 base-36 characters without a time: a cuid2.
    Cuid2,
    /// Lower-case hexadecimal of this many digits.
    Hex(usize),
    /// URL-safe base 64 of this many characters (nanoid, random tokens).
    Token(usize),
}

/// The family of a text, or `None` when it does not look like an id.
pub(super) fn family(text: &str) -> Option<Family> {
    let bytes = text.as_bytes();
    if bytes.len() < SHORTEST || bytes.len() > LONGEST {
        return None;
    }
    if let Some(version) = uuid_version(bytes) {
        return Some(Family::Uuid(version));
    }
    let digits = bytes.iter().any(u8::is_ascii_digit);
    let letters = bytes.iter().any(u8::is_ascii_alphabetic);
    if !(digits && letters) {
        return None;
    }
    if bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Some(Family::Hex(bytes.len()));
    }
    if bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z')) {
        return match bytes.len() {
            24 if bytes[0].is_ascii_alphabetic() => Some(Family::Cuid2),
            18..=32 if bytes[0] == b'c' && stamp_of_cuid(text).is_some() => Some(Family::Cuid),
            _ => None,
        };
    }
    is_random_token(bytes).then_some(Family::Token(bytes.len()))
}

/// When the id says that it was made, in milliseconds since 1970, where its family carries a time.
pub(super) fn stamp(text: &str, family: Family) -> Option<i64> {
    match family {
        Family::Cuid => stamp_of_cuid(text),
        Family::Uuid(7) => {
            let hex: String = text.chars().filter(|character| *character != '-').take(12).collect();
            i64::from_str_radix(&hex, 16).ok()
        }
        Family::Uuid(_) | Family::Cuid2 | Family::Hex(_) | Family::Token(_) => None,
    }
}

fn stamp_of_cuid(text: &str) -> Option<i64> {
    let stamp = i64::from_str_radix(text.get(1..9)?, 36).ok()?;
    STAMPS.contains(&stamp).then_some(stamp)
}

/// The version digit of a UUID in its 36-character form.
fn uuid_version(bytes: &[u8]) -> Option<u8> {
    let shaped = bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    shaped.then(|| bytes[14].wrapping_sub(b'0'))
}

/// Random base 64 changes its class of character at two of three places; words and camel case seldom do.
fn is_random_token(bytes: &[u8]) -> bool {
    let classes = bytes.iter().map(|byte| match byte {
        b'a'..=b'z' => 1_u8,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        b'-' | b'_' => 4,
        _ => 0,
    });
    if bytes.len() < 20 || classes.clone().any(|class| class == 0) {
        return false;
    }
    let upper = bytes.iter().any(u8::is_ascii_uppercase);
    let lower = bytes.iter().any(u8::is_ascii_lowercase);
    let changes = classes
        .clone()
        .zip(classes.skip(1))
        .filter(|(one, next)| one != next)
        .count();
    upper && lower && changes * 100 >= (bytes.len() - 1) * 45
}

#[cfg(test)]
mod tests {
    use super::{Family, family, stamp};

    #[test]
    fn families_are_told_apart_and_words_are_none() {
        for (text, expected) in [
            ("3f2b8c1e-7a4d-4e9b-9c0a-1234567890ab", Some(Family::Uuid(4))),
            ("cmws8iotj0000qz8c1h2k3l4m", Some(Family::Cuid)),
            ("cmws8iotjj32se21u4tl", Some(Family::Cuid)),
            ("tz4a98xxat96iws9zmbrgj3a", Some(Family::Cuid2)),
            ("fb84bb0a98e189ae9d3ad5034e898bfa17aa", Some(Family::Hex(36))),
            ("hdYb1Z1doJfpmqFgUQ2lx", Some(Family::Token(21))),
            ("_fTsaKXivwtL7UluQTU4S", Some(Family::Token(21))),
            ("cmuser_luis_0000000000001", None),
            ("Reunion de equipo 2026", None),
            ("anticonstitucional", None),
            ("1234567890123456", None),
            ("deadbeef", None),
            ("PaymentMethodNotSupported2", None),
        ] {
            assert_eq!(family(text), expected, "{text}");
        }
    }

    #[test]
    fn a_cuid_and_a_version_7_uuid_tell_their_time() {
        assert_eq!(
            stamp("cmws8iotj0000qz8c1h2k3l4m", Family::Cuid),
            i64::from_str_radix("mws8iotj", 36).ok()
        );
        assert_eq!(
            stamp("0190163d-8694-739b-aea5-966c26f8ad91", Family::Uuid(7)),
            Some(0x0190_163d_8694)
        );
        assert_eq!(stamp("3f2b8c1e-7a4d-4e9b-9c0a-1234567890ab", Family::Uuid(4)), None);
    }
}
