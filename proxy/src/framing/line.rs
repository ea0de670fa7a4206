//! The bytes that may stand in a name and in a value.

/// Whether a byte may be part of a token (RFC 9110, section 5.6.2).
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let letter = byte as u8;
        table[byte] = letter.is_ascii_alphanumeric()
            || matches!(
                letter,
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
            );
        byte += 1;
    }
    table
};

/// Every byte of a word of eight.
const EACH: u64 = 0x0101_0101_0101_0101;

/// Whether a byte may be part of a token.
pub(super) fn is_token(byte: u8) -> bool {
    TOKEN.get(usize::from(byte)).copied().unwrap_or(false)
}

/// How many bytes of a line, from its start, are a token.
pub(super) fn token_length(line: &[u8]) -> usize {
    line.iter().position(|byte| !is_token(*byte)).unwrap_or(line.len())
}

/// Whether a value has no control character but the tab (RFC 9110, section 5.5). Eight bytes at a time.
pub(super) fn is_clean(value: &[u8]) -> bool {
    let (words, rest) = value.as_chunks::<8>();
    words
        .iter()
        .all(|word| !has_control(u64::from_ne_bytes(*word)) || word.iter().all(|byte| is_text(*byte)))
        && rest.iter().all(|byte| is_text(*byte))
}

/// Whether a byte of the word may be below the space or is DEL. It may be wrong about bytes that follow such a one in the word,
/// which is why its yes is looked at again.
fn has_control(word: u64) -> bool {
    let high = EACH * 0x80;
    let below_space = word.wrapping_sub(EACH * 0x20) & !word & high;
    let no_del = word ^ (EACH * 0x7f);
    let del = no_del.wrapping_sub(EACH) & !no_del & high;
    below_space | del != 0
}

fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// A value without the spaces around it. Tabs stay: where this is used they are obfuscation.
pub(super) fn without_spaces(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|byte| *byte != b' ').unwrap_or(value.len());
    let end = value
        .iter()
        .rposition(|byte| *byte != b' ')
        .map_or(start, |last| last + 1);
    value.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_character_is_found_wherever_it_stands() {
        for byte in 0..=255_u8 {
            for place in 0..19 {
                let mut value = *b"abcdefgh\tjklmnop\xa0rs";
                value[place] = byte;
                let expected = byte == b'\t' || !(byte < 0x20 || byte == 0x7f);
                assert_eq!(is_clean(&value), expected, "{byte:#x} at {place}");
            }
        }
    }

    #[test]
    fn spaces_go_and_tabs_stay() {
        assert_eq!(without_spaces(b"  5 "), b"5");
        assert_eq!(without_spaces(b"\t5"), b"\t5");
        assert_eq!(without_spaces(b"   "), b"");
    }
}
