//! Values from outside on a terminal: no escape sequence, no line break, no character that turns the writing direction.

/// The text with everything that a terminal would act on written out.
#[must_use]
pub fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            character if character.is_control() || turns_or_hides(character) => {
                shown.push_str(&format!("\\u{{{:x}}}", u32::from(character)))
            }
            character => shown.push(character),
        }
    }
    shown
}

/// Bidirectional controls (Unicode annex 9), and characters of no width that could hide a difference.
fn turns_or_hides(character: char) -> bool {
    matches!(
        character,
        '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn escapes_line_breaks_and_direction_marks_are_written_out() {
        assert_eq!(
            safe("a\u{1b}[31mb\r\nc\u{202e}d\u{9b}"),
            "a\\u{1b}[31mb\\r\\nc\\u{202e}d\\u{9b}"
        );
        assert_eq!(safe("Café, señor — 日本"), "Café, señor — 日本");
    }
}
