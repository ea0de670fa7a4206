//! The parity lab: recordings against the native handlers.

#[cfg(test)]
mod recording;
