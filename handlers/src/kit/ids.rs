//! The only source of ids, secrets and chance for endpoints.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::RngCore as _;
use uuid::Uuid;

/// Makes ids and random bytes: from the operating system in production, from a seed in tests.
#[derive(Clone, Debug)]
pub struct Ids(Source);

/// How many random digits an id has that begins with the time.
const TIMED_CHANCE: usize = 13;

#[derive(Clone, Debug)]
enum Source {
    Random,
    Seeded(Arc<AtomicU64>),
}

impl Ids {
    /// Unpredictable ids (a cryptographic generator, seeded by the operating system).
    #[must_use]
    pub fn random() -> Self {
        Self(Source::Random)
    }

    /// The same ids in the same order for the same seed. Clones share the position. Never for production.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(AtomicU64::new(seed))))
    }

    /// A version 4 UUID.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// `N` random bytes; fit for tokens and codes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the door through which chance comes in"
            )]
            Source::Random => rand::rng().fill_bytes(&mut bytes),
            Source::Seeded(state) => {
                for chunk in bytes.chunks_mut(8) {
                    let word = split_mix(state).to_le_bytes();
                    chunk.copy_from_slice(&word[..chunk.len()]);
                }
            }
        }
        bytes
    }

    /// An id as the legacy chat makes them: `c`, the milliseconds since the epoch and chance, both in base 36.
    #[must_use]
    pub fn timed(&self, now: time::OffsetDateTime) -> String {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let digit = |value: u64| char::from(DIGITS[usize::try_from(value % 36).unwrap_or_default()]);
        let mut rest = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        let mut reversed = String::new();
        while rest > 0 {
            reversed.push(digit(rest));
            rest /= 36;
        }
        let chance = (0..TIMED_CHANCE).map(|_| digit(self.below(36)));
        std::iter::once('c')
            .chain(reversed.chars().rev())
            .chain(chance)
            .collect()
    }

    /// `bytes` random bytes in lower-case hexadecimal.
    #[must_use]
    pub fn hex<const N: usize>(&self) -> String {
        self.bytes::<N>().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A number in `0..bound` (0 when `bound` is 0), without modulo bias that matters at this width.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        let word = u128::from(u64::from_le_bytes(self.bytes()));
        u64::try_from((word * u128::from(bound)) >> 64).unwrap_or_default()
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): a counter with a good mixer, so that no lock is needed.
fn split_mix(state: &AtomicU64) -> u64 {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut word = state.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence_of_version_4_ids() {
        let (one, two) = (Ids::seeded(7), Ids::seeded(7));
        let first = one.uuid();
        assert_eq!(first, two.uuid());
        assert_ne!(first, one.uuid());
        assert_eq!(first.get_version_num(), 4);
    }

    #[test]
    fn a_timed_id_begins_with_the_time() {
        let at = time::macros::datetime!(2026-11-22 10:00:00.123 UTC);
        let id = Ids::seeded(1).timed(at);
        assert_eq!((id.len(), &id[..9]), (22, "cmwro18jf"), "{id}");
        assert_eq!(Ids::random().hex::<18>().len(), 36);
    }

    #[test]
    fn random_ids_differ_and_bounded_numbers_keep_their_bound() {
        let ids = Ids::random();
        assert_ne!(ids.uuid(), ids.uuid());
        assert!((0..1_000).all(|_| ids.below(10) < 10));
        assert_eq!(ids.below(0), 0);
    }
}
