//! The chat between people (realtime contract).

mod caller;
pub(crate) mod contacts;
pub(crate) mod messages;
