//! The one place that writes to the terminal: data on standard output, everything said to a person on standard error.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use super::global::{ColourChoice, Global};

/// Where a command's words go. Made once from the global options.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    paint_output: Paint,
    paint_messages: Paint,
    quiet: bool,
}

impl Printer {
    /// Decides colours for each stream by itself: `ficus routes | less` has plain data and coloured messages.
    pub(crate) fn new(global: &Global) -> Self {
        let plain_wanted = no_colour_wanted(|name| std::env::var_os(name));
        let paint = |terminal: bool| {
            Paint(match global.color {
                ColourChoice::Always => true,
                ColourChoice::Never => false,
                ColourChoice::Auto => terminal && !plain_wanted,
            })
        };
        Self {
            paint_output: paint(io::stdout().is_terminal()),
            paint_messages: paint(io::stderr().is_terminal()),
            quiet: global.quiet,
        }
    }

    /// The colours for text that goes to [`data`](Self::data).
    pub(crate) fn paint(&self) -> Paint {
        self.paint_output
    }

    /// Writes `text` to standard output as it is. A reader that has gone away (`| head`) is no error.
    pub(crate) fn data(&self, text: &str) -> io::Result<()> {
        let mut output = io::stdout().lock();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Writes one JSON document and a line end to standard output.
    pub(crate) fn json(&self, document: &serde_json::Value) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(document)?;
        text.push('\n');
        Ok(self.data(&text)?)
    }

    /// One line for a person, on standard error; `--quiet` silences it.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            say(&format!("{text}\n"));
        }
    }

    /// A line that something is not as the user may think; `--quiet` silences it.
    pub(crate) fn warning(&self, text: &str) {
        if !self.quiet {
            say(&format!("{} {text}\n", self.paint_messages.yellow("warning:")));
        }
    }

    /// An error as its chain of causes, once, with a last line that says what to do. Never silenced.
    pub(crate) fn error(&self, error: &anyhow::Error, hint: Option<&str>) {
        let mut text = format!("{} {error}\n", self.paint_messages.red("error:"));
        let mut said = error.to_string();
        for cause in error.chain().skip(1) {
            let cause = cause.to_string();
            // Many errors repeat their source in their own text; saying it twice helps nobody.
            if !said.contains(&cause) {
                let _ = writeln!(text, "  {} {cause}", self.paint_messages.dim("caused by:"));
            }
            said = cause;
        }
        if let Some(hint) = hint {
            let _ = writeln!(text, "{} {hint}", self.paint_messages.green("hint:"));
        }
        say(&text);
    }
}

/// Whether escape codes are written at all; the methods return plain text when not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// `NO_COLOR` counts when it is set to anything but the empty string (no-color.org), and a dumb terminal has no colours.
fn no_colour_wanted(lookup: impl Fn(&str) -> Option<std::ffi::OsString>) -> bool {
    lookup("NO_COLOR").is_some_and(|value| !value.is_empty()) || lookup("TERM").is_some_and(|value| value == "dumb")
}

/// Standard error is the last resort: when it is closed there is nobody left to tell.
fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::{Paint, no_colour_wanted};

    #[test]
    fn an_empty_no_color_does_not_count() {
        assert!(no_colour_wanted(|name| (name == "NO_COLOR").then(|| "1".into())));
        assert!(!no_colour_wanted(|name| (name == "NO_COLOR").then(|| "".into())));
        assert!(no_colour_wanted(|name| (name == "TERM").then(|| "dumb".into())));
    }

    #[test]
    fn plain_paint_adds_nothing() {
        assert_eq!(Paint(false).red("no"), "no");
        assert_eq!(Paint(true).red("no"), "\u{1b}[1;31mno\u{1b}[0m");
    }
}
