//! Values that existed before the exchange.

use std::collections::HashSet;

use serde_json::Value;

/// The words of the request and of whatever else is known to be older than the answers. A word is a run of letters, digits, `-`
/// and `_`, which is what ids and tokens are made of.
#[derive(Clone, Debug, Default)]
pub struct Known {
    words: HashSet<Box<str>>,
    passwords: Vec<String>,
}

impl Known {
    /// Nothing is known.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Adds every word of a text that is long enough to be an id.
    #[must_use]
    pub fn and(mut self, text: &str) -> Self {
        self.words.extend(words(text).map(Box::from));
        self
    }

    /// Adds the words that two texts have in common: what a side says twice, it did not make up.
    #[must_use]
    pub fn and_common(mut self, one: &str, other: &str) -> Self {
        let other: HashSet<&str> = words(other).collect();
        self.words
            .extend(words(one).filter(|word| other.contains(word)).map(Box::from));
        self
    }

    /// Adds the passwords of a JSON request (parity lab only): hashes that both sides made are tried with them.
    #[must_use]
    pub fn and_passwords_of(mut self, body: &[u8]) -> Self {
        if let Ok(Value::Object(members)) = serde_json::from_slice(body) {
            let named = members.into_iter().filter(|(name, _)| is_password(name));
            self.passwords.extend(named.filter_map(|(_, value)| match value {
                Value::String(text) => Some(text),
                _ => None,
            }));
        }
        self
    }

    /// The words of a text that are known.
    pub fn among<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        words(text).filter(|word| self.words.contains(*word))
    }

    pub(super) fn passwords(&self) -> &[String] {
        &self.passwords
    }

    pub(super) fn contains(&self, word: &str) -> bool {
        self.words.contains(word)
    }
}

fn is_password(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "contrasena"]
        .iter()
        .any(|part| name.contains(part))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '-' || character == '_'))
        .filter(|word| word.len() >= super::ids::SHORTEST)
}
