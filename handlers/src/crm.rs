//! Customers and tickets.

pub(crate) mod caller;
pub(crate) mod tickets;
