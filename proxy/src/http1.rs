//! The bodies of HTTP/1.1 messages as bytes (RFC 9112, sections 6 and 7): those of requests and those of answers are read alike.

mod chunks;
mod intake;
mod lines;
mod names;
mod remaining;

pub(crate) use chunks::Chunks;
pub(crate) use intake::{Intake, LEAST};
pub(crate) use lines::{Lines, field, has_word, header_value, write_field};
pub(crate) use names::header_name;
pub(crate) use remaining::Remaining;

/// The bytes are no HTTP. Says what was expected in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no HTTP: {0}")]
pub(crate) struct Malformed(pub(crate) &'static str);
