//! A small hash for path segments: FNV-1a, 64 bit.
//!
//! The keys come from the flag file and never from a request, so nobody outside can make them collide.

use std::hash::Hasher;

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The state of one hash.
#[derive(Debug)]
pub(super) struct SegmentHasher(u64);

impl Default for SegmentHasher {
    fn default() -> Self {
        Self(OFFSET)
    }
}

impl Hasher for SegmentHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }

    /// The length that goes before a slice: one step instead of eight.
    fn write_usize(&mut self, number: usize) {
        self.0 = (self.0 ^ number as u64).wrapping_mul(PRIME);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
