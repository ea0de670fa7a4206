//! Flags for the front-end, over the OpenFeature Remote Evaluation Protocol (OFREP, OpenAPI document 0.2 of
//! open-feature/protocol): the flag of a route is called as the route is, and its value is the side that answers.
//!
//! A question is decided by the very function that decides requests, on what this client's requests would carry. Nothing is
//! counted as a decision and neither side is asked.

mod context;
mod evaluate;
mod reply;

pub(crate) use context::{Context, ContextError};
pub(crate) use evaluate::{Asker, Evaluation};
pub(crate) use reply::{bulk, failed, refused, single};

/// The path under which everything is asked; a flag is named behind it.
const PATH: &str = "/ofrep/v1/evaluate/flags";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Every flag.
    All,
    /// The flag of this name.
    One(String),
}

impl Asked {
    /// What a canonical path asks for; none when it is not one of ours.
    pub(crate) fn by(path: &str) -> Option<Self> {
        match path.strip_prefix(PATH)? {
            "" => Some(Self::All),
            named => {
                let name = named.strip_prefix('/').filter(|name| !name.is_empty())?;
                let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
                Some(Self::One(name.into_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests;
