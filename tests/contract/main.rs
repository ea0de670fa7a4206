//! The native handlers against the written contract.

#[cfg(test)]
mod schema;
