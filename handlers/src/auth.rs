//! Signing in (auth contract).

pub(crate) mod backend;
pub(crate) mod identity;
pub(crate) mod login;
pub(crate) mod me;
mod nextauth;
pub(crate) mod session;
