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

/// How many bytes of a line, from its start, are a token. Eight bytes at a time, as long as they are letters, digits and hyphens.
pub(super) fn token_length(line: &[u8]) -> usize {
    let mut rest = line;
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        let plain = (not_plain(u64::from_le_bytes(*word)).trailing_zeros() / 8) as usize;
        match word.get(plain).copied() {
            None => rest = behind,
            Some(byte) if is_token(byte) => rest = rest.get(plain + 1..).unwrap_or_default(),
            Some(_) => return line.len() - rest.len() + plain,
        }
    }
    let more = rest.iter().position(|byte| !is_token(*byte)).unwrap_or(rest.len());
    line.len() - rest.len() + more
}

/// Marks, by its highest bit, each byte of the word that is no letter, digit or hyphen.
fn not_plain(word: u64) -> u64 {
    let high = EACH * 0x80;
    let low = word & !high;
    // With seven bits in each byte nothing is carried into the next one.
    let at_least = |word: u64, byte: u8| word + EACH * u64::from(0x80 - byte);
    let lower = low | (EACH * 0x20);
    let letter = at_least(lower, b'a') & !at_least(lower, b'z' + 1);
    let digit = at_least(low, b'0') & !at_least(low, b'9' + 1);
    let hyphen = !((low ^ (EACH * u64::from(b'-'))) + EACH * 0x7f);
    (!(letter | digit | hyphen) | word) & high
}

/// Whether all bytes may stand in a target: visible, and none of those that never leave a browser (`#`) or are in no address (angle
/// brackets).
pub(super) fn is_target(target: &[u8]) -> bool {
    let (words, rest) = target.as_chunks::<8>();
    words.iter().all(|word| !has_no_target(u64::from_ne_bytes(*word))) && rest.iter().all(|byte| is_target_byte(*byte))
}

fn has_no_target(word: u64) -> bool {
    let high = EACH * 0x80;
    let has = |byte: u8| {
        let zero = word ^ (EACH * u64::from(byte));
        zero.wrapping_sub(EACH) & !zero
    };
    let blank = word.wrapping_sub(EACH * 0x21) & !word;
    (blank | has(0x7f) | has(b'#') | has(b'<') | has(b'>')) & high != 0
}

fn is_target_byte(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f && !matches!(byte, b'#' | b'<' | b'>')
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
    fn a_token_ends_where_it_ends_byte_by_byte_and_eight_at_a_time() {
        for byte in 0..=255_u8 {
            for place in 0..19 {
                let mut line = *b"abcdEFGH-2jk_m'opzZ";
                line[place] = byte;
                let expected = if is_token(byte) { line.len() } else { place };
                assert_eq!(token_length(&line), expected, "{byte:#x} at {place}");
                let mut target = *b"/abcde?fgh=\xa0[~]+%20";
                target[place] = byte;
                assert_eq!(is_target(&target), is_target_byte(byte), "{byte:#x} at {place}");
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
