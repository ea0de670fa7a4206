//! Sticky buckets: the same subject is always on the same side of a share.

const C1: u32 = 0xcc9e_2d51;
const C2: u32 = 0x1b87_3593;

/// The bucket, 0 to 9,999, of a subject under a key (a route or a group) and a salt: MurmurHash3 (x86, 32 bit, seed 0) of
/// `{key}:{salt}:{subject}`, modulo 10,000. Allocates nothing.
#[must_use]
pub fn bucket(key: &str, salt: &str, subject: &str) -> u16 {
    Prefix::new(key, salt).bucket(subject)
}

/// The hash of `{key}:{salt}:`, ready for a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix(Murmur);

impl Prefix {
    pub(crate) fn new(key: &str, salt: &str) -> Self {
        let mut hash = Murmur::default();
        for part in [key, ":", salt, ":"] {
            hash.write(part.as_bytes());
        }
        Self(hash)
    }

    /// The bucket of a subject, as [`bucket`] says.
    pub(crate) fn bucket(self, subject: &str) -> u16 {
        let mut hash = self.0;
        hash.write(subject.as_bytes());
        u16::try_from(hash.finish() % 10_000).unwrap_or_default()
    }
}

/// MurmurHash3 x86 32, fed in pieces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Murmur {
    state: u32,
    /// The bytes of the unfinished block, first byte lowest.
    block: u32,
    length: u32,
}

impl Murmur {
    fn write(&mut self, bytes: &[u8]) {
        // Up to the next whole block byte by byte, then block by block, which is four times as quick.
        let missing = (4 - self.length as usize % 4) % 4;
        let (first, rest) = bytes.split_at(missing.min(bytes.len()));
        first.iter().for_each(|byte| self.write_byte(*byte));
        let mut blocks = rest.chunks_exact(4);
        for block in &mut blocks {
            let mut bytes = [0; 4];
            bytes.copy_from_slice(block);
            self.length = self.length.wrapping_add(4);
            self.mix(u32::from_le_bytes(bytes));
        }
        blocks.remainder().iter().for_each(|byte| self.write_byte(*byte));
    }

    fn write_byte(&mut self, byte: u8) {
        self.block |= u32::from(byte) << (8 * (self.length % 4));
        self.length = self.length.wrapping_add(1);
        if self.length.is_multiple_of(4) {
            self.mix(self.block);
            self.block = 0;
        }
    }

    fn mix(&mut self, block: u32) {
        self.state = (self.state ^ scramble(block))
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64);
    }

    fn finish(self) -> u32 {
        let mut hash = self.state ^ scramble(self.block) ^ self.length;
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
        hash ^ (hash >> 16)
    }
}

fn scramble(block: u32) -> u32 {
    block.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn murmur(bytes: &[u8]) -> u32 {
        let mut hash = Murmur::default();
        hash.write(bytes);
        hash.finish()
    }

    /// Published vectors of MurmurHash3_x86_32 with seed 0.
    #[test]
    fn the_hash_gives_the_published_answers() {
        for (text, hash) in [
            ("", 0),
            ("test", 0xba6b_d213),
            ("hello", 0x248b_fa47),
            ("Hello, world!", 0xc036_3e43),
            ("The quick brown fox jumps over the lazy dog", 0x2e4f_f723),
        ] {
            assert_eq!(murmur(text.as_bytes()), hash, "{text:?}");
        }
    }

    /// These never change: a changed bucket would move every subject of a running canary.
    #[test]
    fn buckets_stay_where_they_are() -> std::io::Result<()> {
        for (key, salt, subject, known) in [
            ("GET /api/crm/tickets", "1", "user-1", 8_885),
            ("auth", "", "", 4_386),
            ("auth", "1", "آرش", 6_637),
            ("GET /api/crm/tickets", "", "192.0.2.7", 7_548),
            ("POST /api/chat/otp/request", "spring", "5f0c7a1e", 7_013),
        ] {
            let text = format!("{key}:{salt}:{subject}");
            let expected = murmur3::murmur3_32(&mut text.as_bytes(), 0)? % 10_000;
            assert_eq!(u32::from(bucket(key, salt, subject)), expected, "{text}");
            assert_eq!(bucket(key, salt, subject), known, "{text}");
        }
        Ok(())
    }

    #[test]
    fn subjects_spread_evenly() {
        let below = (0..20_000)
            .filter(|subject| bucket("GET /x", "1", &subject.to_string()) < 2_500)
            .count();
        assert!((4_700..=5_300).contains(&below), "{below} of 20,000 are below 25%");
    }

    proptest! {
        #[test]
        fn another_implementation_agrees(bytes: Vec<u8>, cut: prop::sample::Index) {
            let expected = murmur3::murmur3_32(&mut bytes.as_slice(), 0).ok();
            prop_assert_eq!(Some(murmur(&bytes)), expected);
            let (first, rest) = bytes.split_at(cut.index(bytes.len() + 1));
            let mut hash = Murmur::default();
            hash.write(first);
            hash.write(rest);
            prop_assert_eq!(Some(hash.finish()), expected, "however it is cut");
        }
    }
}
