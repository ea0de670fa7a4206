//! What anybody may see.

pub(crate) mod health;
