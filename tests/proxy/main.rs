//! Ficus over real sockets: in front of a scripted legacy app, of the real one, and with real PostgreSQL behind it.

#[cfg(test)]
mod provision;
