//! Which native id stands for which legacy id, within one exchange: one to one, both ways.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Pairs of ids, by 64-bit hash: an exchange holds thousands of ids, and nobody needs their text again.
#[derive(Debug, Default)]
pub(super) struct Bijection {
    to_native: HashMap<u64, u64>,
    to_legacy: HashMap<u64, u64>,
    log: Vec<(u64, u64)>,
}

impl Bijection {
    /// Pairs two ids, or checks the pair that stands already. `false`: one of them belongs to another.
    pub(super) fn pair(&mut self, legacy: &str, native: &str) -> bool {
        let (legacy, native) = (digest(legacy), digest(native));
        match (self.to_native.get(&legacy), self.to_legacy.get(&native)) {
            (Some(bound), _) => *bound == native,
            (None, Some(_)) => false,
            (None, None) => {
                self.to_native.insert(legacy, native);
                self.to_legacy.insert(native, legacy);
                self.log.push((legacy, native));
                true
            }
        }
    }

    /// Whether this very pair stands already.
    pub(super) fn holds(&self, legacy: &str, native: &str) -> bool {
        self.to_native.get(&digest(legacy)) == Some(&digest(native))
    }

    /// A mark for [`Bijection::rewind`].
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Forgets the pairs made since the mark.
    pub(super) fn rewind(&mut self, mark: usize) {
        for (legacy, native) in self.log.drain(mark..) {
            self.to_native.remove(&legacy);
            self.to_legacy.remove(&native);
        }
    }
}

fn digest(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
