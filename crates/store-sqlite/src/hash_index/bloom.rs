//! The Bloom filter of a shard of the sorted run, in memory: what is new is not looked for on the disk.
//!
//! It is a split block Bloom filter, as the format Parquet has it
//! (<https://github.com/apache/parquet-format/blob/master/BloomFilter.md>): each hash sets eight bits in one
//! block of 256, so that one place in memory answers.

use crate::hash_index::Hash;
use crate::hash_index::memtable::SHARD_BITS;

/// Bits for each entry that a filter has room for. When it is full, one of some thirty hashes that are not
/// there seems to be; when it is half full, as it is made, one of many hundred.
const BITS_PER_ENTRY: usize = 8;
const WORDS: usize = 8;
const BLOCK_BITS: usize = WORDS * 32;
/// A filter has room for at least so many entries.
const ROOM_MIN: usize = BLOCK_BITS / BITS_PER_ENTRY;
/// Odd numbers that pick a bit in each word of a block: those of the format.
const SALTS: [u32; WORDS] = [
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31,
];

/// The hashes of a shard, give or take some that are not there.
#[derive(Clone, Debug)]
pub(crate) struct BloomFilter {
    blocks: Box<[[u32; WORDS]]>,
    entries: usize,
}

impl BloomFilter {
    /// Of these hashes, with room for as many again.
    pub(super) fn of(hashes: &[Hash]) -> Self {
        let room = hashes.len().saturating_mul(2).max(ROOM_MIN);
        let blocks = room.saturating_mul(BITS_PER_ENTRY).div_ceil(BLOCK_BITS);
        let mut filter = Self { blocks: vec![[0; WORDS]; blocks].into(), entries: 0 };
        hashes.iter().for_each(|hash| filter.insert(*hash));
        filter
    }

    pub(super) fn insert(&mut self, hash: Hash) {
        let (place, bits) = self.place(hash);
        if let Some(block) = self.blocks.get_mut(place) {
            block.iter_mut().zip(bits).for_each(|(word, bit)| *word |= bit);
        }
        self.entries = self.entries.saturating_add(1);
    }

    /// Whether it has more entries than it has room for.
    pub(super) const fn is_full(&self) -> bool {
        self.entries > self.blocks.len().saturating_mul(BLOCK_BITS / BITS_PER_ENTRY)
    }

    /// `false` if it is certain that the hash is not there.
    pub(super) fn may_contain(&self, hash: Hash) -> bool {
        let (place, bits) = self.place(hash);
        let block = self.blocks.get(place);
        block.is_none_or(|block| block.iter().zip(bits).all(|(word, bit)| word & bit != 0))
    }

    /// The block of a hash, and its bit in each word.
    fn place(&self, Hash(hash): Hash) -> (usize, [u32; WORDS]) {
        // The highest bits are the same in the whole shard.
        let hash = hash.cast_unsigned().rotate_left(SHARD_BITS);
        let (high, low) = (hash >> 32, (hash & 0xffff_ffff) as u32);
        let place = high.saturating_mul(self.blocks.len() as u64) >> 32;
        let bit = |salt: u32| 1_u32 << (low.wrapping_mul(salt) >> 27);
        (usize::try_from(place).unwrap_or(0), SALTS.map(bit))
    }

    /// Bytes that it takes.
    pub(super) const fn bytes(&self) -> usize {
        self.blocks.len().saturating_mul(BLOCK_BITS / 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes of one shard, spread.
    fn hashes(count: u64, seed: u64) -> Vec<Hash> {
        let one = |no: u64| {
            let spread = blake3::hash(&[no.to_be_bytes(), seed.to_be_bytes()].concat());
            let bits = u64::from_be_bytes(spread.as_bytes()[..8].try_into().unwrap());
            Hash((bits >> SHARD_BITS | 5 << (64 - SHARD_BITS)).cast_signed())
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn what_is_there_is_never_denied() {
        for count in [0, 1, 31, 32, 33, 1_000, 10_000] {
            let (first, more) = (hashes(count, 1), hashes(count, 2));
            let mut filter = BloomFilter::of(&first);
            more.iter().for_each(|hash| filter.insert(*hash));
            assert!(first.iter().chain(&more).all(|hash| filter.may_contain(*hash)), "{count}");
        }
    }

    #[test]
    fn little_of_what_is_not_there_seems_to_be() {
        let (there, others) = (hashes(5_000, 1), hashes(20_000, 3));
        let wrong =
            |filter: &BloomFilter| others.iter().filter(|it| filter.may_contain(**it)).count();
        let mut filter = BloomFilter::of(&there);
        assert!(wrong(&filter) < 100, "{} of 20,000", wrong(&filter));
        hashes(5_000, 2).iter().for_each(|hash| filter.insert(*hash));
        assert!(wrong(&filter) < 1_000, "{} of 20,000", wrong(&filter));
        assert!(BloomFilter::of(&[]).blocks.iter().all(|block| *block == [0; WORDS]));
    }

    #[test]
    fn it_is_full_when_it_has_twice_what_it_was_made_of() {
        let mut filter = BloomFilter::of(&hashes(3_200, 1));
        assert_eq!(filter.bytes(), 2 * 3_200 * BITS_PER_ENTRY / 8);
        hashes(3_200, 2).iter().for_each(|hash| filter.insert(*hash));
        assert!(!filter.is_full());
        filter.insert(Hash(1));
        assert!(filter.is_full());
        assert_eq!(BloomFilter::of(&[]).bytes() * 8 / BITS_PER_ENTRY, ROOM_MIN);
    }
}
