//! Signing in (auth contract).

pub(crate) mod backend;
pub(crate) mod login;
pub(crate) mod me;
mod nextauth;
pub(crate) mod otp;
mod passwords;
pub(crate) mod session;
mod throttle;
