//! The parity lab: recordings against the native handlers.

#[cfg(test)]
mod deviations;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod stream;
