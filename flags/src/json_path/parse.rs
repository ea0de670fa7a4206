//! Reading the text of a path.

use std::iter::Peekable;
use std::str::Chars;

use super::{JsonPathError, PathStep};

/// The most steps of one path.
const MAX_STEPS: usize = 64;

/// Reads one path, from its first character to its last.
pub(super) struct Parser<'t> {
    letters: Peekable<Chars<'t>>,
    offset: usize,
}

impl<'t> Parser<'t> {
    /// A parser at the beginning of the text.
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            letters: text.chars().peekable(),
            offset: 0,
        }
    }

    /// Reads the whole text.
    pub(super) fn steps(mut self) -> Result<Vec<PathStep>, JsonPathError> {
        if self.next() != Some('$') {
            return Err(self.wrong_behind("a path begins with `$`"));
        }
        let mut steps = Vec::new();
        while let Some(letter) = self.next() {
            if steps.len() == MAX_STEPS {
                return Err(self.wrong_behind("a path has at most 64 steps"));
            }
            steps.push(match letter {
                '.' => self.after_dot()?,
                '[' => self.after_bracket()?,
                _ => return Err(self.wrong_behind("a step begins with `.` or `[`")),
            });
        }
        Ok(steps)
    }

    fn after_dot(&mut self) -> Result<PathStep, JsonPathError> {
        match self.letters.peek() {
            Some('*') => {
                self.next();
                return Ok(PathStep::Every);
            }
            Some('.') => {
                return Err(self.wrong_ahead("`..` is not known here; name the whole way to the value"));
            }
            _ => {}
        }
        let mut name = String::new();
        while let Some(letter) = self.letters.next_if(|letter| is_name_letter(*letter)) {
            self.offset += 1;
            name.push(letter);
        }
        if !is_plain_name(&name) {
            return Err(
                self.wrong_ahead("a name of letters, digits and `_` follows the dot; write other names as `['x-y']`")
            );
        }
        Ok(PathStep::Member(name))
    }

    fn after_bracket(&mut self) -> Result<PathStep, JsonPathError> {
        let step = match self.letters.peek() {
            Some('*') => {
                self.next();
                PathStep::Every
            }
            Some(quote @ ('\'' | '"')) => {
                let quote = *quote;
                self.next();
                self.quoted(quote)?
            }
            Some(digit) if digit.is_ascii_digit() => self.index()?,
            Some('-') => return Err(self.wrong_ahead("an index counts from the front, from 0")),
            Some('?') => return Err(self.wrong_ahead("filters are not known here; use `[*]`")),
            _ => return Err(self.wrong_ahead("`*`, an index or a quoted name follows the bracket")),
        };
        match self.next() {
            Some(']') => Ok(step),
            _ => Err(self.wrong_behind("`]` is missing; slices and unions are not known here")),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<PathStep, JsonPathError> {
        let mut name = String::new();
        loop {
            match self.next() {
                Some('\\') => match self.next() {
                    Some(letter @ ('\\' | '\'' | '"')) => name.push(letter),
                    _ => {
                        return Err(self.wrong_behind("only `\\\\`, `\\'` and `\\\"` are written with a backslash"));
                    }
                },
                Some(letter) if letter == quote => return Ok(PathStep::Member(name)),
                Some(letter) => name.push(letter),
                None => return Err(self.wrong_behind("the closing quote is missing")),
            }
        }
    }

    fn index(&mut self) -> Result<PathStep, JsonPathError> {
        let start = self.offset;
        let mut digits = String::new();
        while let Some(digit) = self.letters.next_if(char::is_ascii_digit) {
            self.offset += 1;
            digits.push(digit);
        }
        let leading_zero = digits.len() > 1 && digits.starts_with('0');
        match digits.parse() {
            Ok(index) if !leading_zero => Ok(PathStep::Index(index)),
            _ => Err(JsonPathError {
                offset: start,
                message: "an index is a plain whole number",
            }),
        }
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.letters.next();
        self.offset += 1;
        letter
    }

    fn wrong_behind(&self, message: &'static str) -> JsonPathError {
        JsonPathError {
            offset: self.offset.saturating_sub(1),
            message,
        }
    }

    fn wrong_ahead(&self, message: &'static str) -> JsonPathError {
        JsonPathError {
            offset: self.offset,
            message,
        }
    }
}

/// Whether a member's name can be written after a dot (RFC 9535, `member-name-shorthand`).
pub(super) fn is_plain_name(name: &str) -> bool {
    name.chars().all(is_name_letter) && name.chars().next().is_some_and(|first| !first.is_ascii_digit())
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || !letter.is_ascii()
}
