//! Building HTML without a template engine and without forgetting to escape.

use std::fmt::{self, Display, Write as _};

/// A document under construction. Markup can only be a literal of this program; anything else is escaped.
#[derive(Debug, Default)]
pub(crate) struct Html(String);

impl Html {
    /// Adds markup that stands in the source of this program.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text from anywhere, escaped for element content and for a double-quoted attribute alike.
    pub(crate) fn text(&mut self, text: impl Display) -> &mut Self {
        // Writing to a `String` cannot fail.
        let _ = write!(self.0, "{}", Escaped(text));
        self
    }

    /// `open`, escaped text, `close`.
    pub(crate) fn around(&mut self, open: &'static str, text: impl Display, close: &'static str) -> &mut Self {
        self.raw(open).text(text).raw(close)
    }

    /// The finished document.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// Escapes while it is written, so that no unescaped copy exists.
struct Escaped<T>(T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escape(formatter), "{}", self.0)
    }
}

struct Escape<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| match character {
            '&' => self.0.write_str("&amp;"),
            '<' => self.0.write_str("&lt;"),
            '>' => self.0.write_str("&gt;"),
            '"' => self.0.write_str("&quot;"),
            '\'' => self.0.write_str("&#39;"),
            other if misleads(other) => write!(self.0, "\\u{{{:x}}}", u32::from(other)),
            other => self.0.write_char(other),
        })
    }
}

/// Control characters, and those that turn the direction of the text around: a route or a difference must not be able to
/// look like another one.
fn misleads(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::Html;

    fn escaped(text: &str) -> String {
        let mut html = Html::default();
        html.text(text);
        html.finish()
    }

    #[test]
    fn text_cannot_leave_its_element_or_its_attribute() {
        assert_eq!(escaped(r#"<script>"&'"#), "&lt;script&gt;&quot;&amp;&#39;");
    }

    #[test]
    fn text_cannot_turn_the_reading_direction() {
        assert_eq!(escaped("a\u{202e}b\u{1b}[31m"), r"a\u{202e}b\u{1b}[31m");
    }
}
