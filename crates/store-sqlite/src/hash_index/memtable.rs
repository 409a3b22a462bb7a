//! The memtable: the newest entries, in memory.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::hash_index::run::RunFilters;
use crate::hash_index::{Entry, Hash, IndexKey, Kind};

/// Shards of each kind: what is compacted at a time is one of them.
pub(crate) const SHARDS: usize = 4_096;
/// Bits of a hash that say which shard of its kind it is in: the highest.
pub(crate) const SHARD_BITS: u32 = SHARDS.trailing_zeros();
/// How far a hash is shifted so that its shard is left.
const SHARD_SHIFT: u32 = 64 - SHARD_BITS;

/// Entries by hash and row; `true` where it is a tombstone.
pub(crate) type Shard = BTreeMap<(Hash, i64), bool>;

/// The newest entries.
#[derive(Debug)]
pub(crate) struct Memtable {
    /// Of the first kind, then of the second, …
    shards: Vec<Shard>,
    /// The newest batch whose entries are in it.
    last_batch: i64,
    len: usize,
    /// What the run may contain, beside it.
    run_filters: RunFilters,
}

impl Default for Memtable {
    fn default() -> Self {
        let shards = vec![Shard::new(); SHARDS * Kind::ALL.len()];
        Self { shards, last_batch: 0, len: 0, run_filters: RunFilters::default() }
    }
}

/// The shard of a hash. Shards are in the order of the hashes as SQLite sorts them.
pub(crate) fn shard(IndexKey { kind, hash: Hash(hash) }: IndexKey) -> usize {
    let from_lowest = hash.cast_unsigned() ^ (1 << 63);
    let within = usize::try_from(from_lowest >> SHARD_SHIFT).unwrap_or(SHARDS - 1);
    kind_offset(kind).saturating_add(within)
}

fn kind_offset(kind: Kind) -> usize {
    Kind::ALL.iter().take_while(|other| **other != kind).count().saturating_mul(SHARDS)
}

/// The kind that a shard belongs to; `None` after the last shard.
pub(crate) fn kind_of(shard: usize) -> Option<Kind> {
    Kind::ALL.get(shard / SHARDS).copied()
}

/// The lowest and the highest hash of a shard.
pub(crate) fn hashes_of(shard: usize) -> Option<[Hash; 2]> {
    let within = u64::try_from(shard % SHARDS).ok()?;
    let first = (within << SHARD_SHIFT) ^ (1 << 63);
    let last = first | (1_u64 << SHARD_SHIFT).wrapping_sub(1);
    Some([first, last].map(|bits| Hash(bits.cast_signed())))
}

impl Memtable {
    /// Entries in it.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn last_batch(&self) -> i64 {
        self.last_batch
    }

    pub(crate) const fn run_filters(&self) -> &RunFilters {
        &self.run_filters
    }

    pub(crate) const fn run_filters_mut(&mut self) -> &mut RunFilters {
        &mut self.run_filters
    }

    /// Inserts an entry of this batch. Batches come in order.
    pub(crate) fn insert(&mut self, batch: i64, entry: Entry) {
        self.last_batch = self.last_batch.max(batch);
        let Some(shard) = self.shards.get_mut(shard(entry.key)) else { return };
        if shard.insert((entry.key.hash, entry.row_id), entry.is_tombstone).is_none() {
            self.len = self.len.saturating_add(1);
        }
    }

    pub(crate) fn shard(&self, shard: usize) -> Option<&Shard> {
        self.shards.get(shard)
    }

    /// Drops the entries of a shard, which was compacted into the run.
    pub(crate) fn clear(&mut self, number: usize) {
        if let Some(shard) = self.shards.get_mut(number) {
            let live = shard.iter().filter(|(_, is_tombstone)| !**is_tombstone);
            self.run_filters.compacted(number, live.map(|((hash, _), _)| *hash));
            self.len = self.len.saturating_sub(shard.len());
            shard.clear();
        }
    }

    /// Whether the run may contain the key.
    pub(crate) fn run_may_contain(&self, key: IndexKey) -> bool {
        self.run_filters.may_contain(shard(key), key.hash)
    }

    pub(crate) fn lookup(&self, key: IndexKey) -> MemtableLookup {
        let hash = key.hash;
        let range = (Bound::Included((hash, i64::MIN)), Bound::Included((hash, i64::MAX)));
        let found = self.shards.get(shard(key)).into_iter().flat_map(|it| it.range(range));
        let mut lookup = MemtableLookup { found: Vec::new(), last_batch: self.last_batch };
        lookup.found.extend(found.map(|((_, row_id), is_tombstone)| (*row_id, *is_tombstone)));
        lookup
    }
}

/// What the memtable had of a key, as a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemtableLookup {
    /// Row ids; `true` where it is a tombstone.
    found: Vec<(i64, bool)>,
    /// The newest batch that was in it.
    pub(crate) last_batch: i64,
}

impl MemtableLookup {
    /// Adds a newer entry.
    pub(crate) fn insert(&mut self, entry: Entry) {
        self.found.retain(|(row_id, _)| *row_id != entry.row_id);
        self.found.push((entry.row_id, entry.is_tombstone));
    }

    /// The rows of the run, with what is newer than it.
    pub(crate) fn merge_with(self, mut sorted: Vec<i64>) -> Vec<i64> {
        for (row_id, is_tombstone) in self.found {
            sorted.retain(|other| *other != row_id);
            if !is_tombstone {
                sorted.push(row_id);
            }
        }
        sorted
    }
}
