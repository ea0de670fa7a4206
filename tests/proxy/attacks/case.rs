//! A case as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use test_support::legacy::Request;

use super::wire::Answer;

/// The cases that share one proxy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// More lines of `ficus.yaml`.
    #[serde(default)]
    pub(super) config: String,
    pub(super) flags: Option<String>,
    pub(super) cases: Vec<Case>,
}

/// One attack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) case: String,
    /// The family of attacks that it belongs to.
    pub(super) item: String,
    /// What is sent; a character is a byte.
    pub(super) send: Option<Sent>,
    /// Why nothing is sent.
    pub(super) not_applicable: Option<String>,
    /// The statuses of the answers, in their order.
    #[serde(default)]
    pub(super) answers: Vec<u16>,
    /// Fields that the last answer has.
    #[serde(default)]
    has: BTreeMap<String, String>,
    /// Fields that no answer has.
    #[serde(default)]
    lacks: Vec<String>,
    /// Whether the answers have no bodies whatever they say of their length.
    #[serde(default)]
    pub(super) bodiless: bool,
    /// Whether the connection ends then; else one more request is answered on it.
    #[serde(default)]
    pub(super) closed: bool,
    /// The counter of refusals that moves.
    pub(super) refused: Option<String>,
    /// The requests that the upstream sees, and no other.
    #[serde(default)]
    pub(super) upstream: Vec<Seen>,
    /// The bytes that the upstream answers with.
    pub(super) legacy: Option<String>,
}

/// Bytes to send.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Sent {
    Text(String),
    Pieces(Vec<Piece>),
}

/// A part of them, so many times.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Piece {
    Text(String),
    Repeated { repeat: String, times: usize },
}

/// A request as the upstream sees it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    /// Method and target.
    line: String,
    #[serde(default)]
    has: BTreeMap<String, String>,
    #[serde(default)]
    lacks: Vec<String>,
    body: Option<String>,
    /// Whether the body came to its end. A request that is refused on the way comes to the upstream in part, or not at all.
    #[serde(default = "yes")]
    pub(super) complete: bool,
}

fn yes() -> bool {
    true
}

/// One byte for each character up to U+00FF.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).expect("a byte is written as \\x00 to \\xff"))
        .collect()
}

impl Case {
    pub(super) fn bytes(&self) -> Vec<u8> {
        match &self.send {
            None => Vec::new(),
            Some(Sent::Text(text)) => bytes(text),
            Some(Sent::Pieces(pieces)) => pieces.iter().flat_map(Piece::bytes).collect(),
        }
    }

    pub(super) fn check_answer(&self, answer: &Answer) -> Result<(), String> {
        for (name, value) in &self.has {
            if answer.header(name) != Some(value.as_str()) {
                return Err(format!("`{name}: {value}` is not in the answer: {answer:?}"));
            }
        }
        match self.lacks.iter().find(|name| answer.header(name).is_some()) {
            Some(name) => Err(format!("`{name}` is in the answer: {answer:?}")),
            None => Ok(()),
        }
    }
}

impl Piece {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => bytes(text),
            Self::Repeated { repeat, times } => bytes(repeat).repeat(*times),
        }
    }
}

impl Seen {
    pub(super) fn check(&self, request: &Request) -> Result<(), String> {
        let line = format!("{} {}", request.method, request.target);
        if line != self.line {
            return Err(format!("the upstream has seen `{line}` in place of `{}`", self.line));
        }
        for (name, value) in &self.has {
            let all: Vec<&str> = request.all(name).collect();
            if all != [value.as_str()] {
                return Err(format!("the upstream has seen `{name}`: {all:?} in place of {value:?}"));
            }
        }
        if let Some(name) = self.lacks.iter().find(|name| request.header(name).is_some()) {
            return Err(format!("the upstream has seen `{name}`: {:?}", request.header(name)));
        }
        if request.complete != self.complete {
            return Err(format!("complete for the upstream: {}", request.complete));
        }
        let body = self.body.as_deref().map(bytes);
        if body.is_some_and(|body| body != request.body) {
            return Err(format!(
                "the upstream has seen the body {:?}",
                String::from_utf8_lossy(&request.body)
            ));
        }
        Ok(())
    }
}
