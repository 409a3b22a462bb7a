//! The newest entries, in memory.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::lookup::body::Body;
use crate::lookup::{Entry, Hash, Kind};

/// Shards of each kind: what is merged at a time is one of them.
pub(crate) const SHARDS: usize = 4_096;
/// Bits of a hash that say which shard of its kind it is in: the highest.
pub(crate) const SHARD_BITS: u32 = SHARDS.trailing_zeros();
/// How far a hash is shifted so that its shard is left.
const SHARD_SHIFT: u32 = 64 - SHARD_BITS;

/// Entries by hash and row; `true` where the row is there, `false` where it went.
pub(crate) type Shard = BTreeMap<(Hash, i64), bool>;

/// The newest entries.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Of the first kind, then of the second, …
    shards: Vec<Shard>,
    /// The newest batch whose entries are in it.
    known_until: i64,
    len: usize,
    /// What the body may hold, beside it.
    body: Body,
}

impl Default for Tail {
    fn default() -> Self {
        let shards = vec![Shard::new(); SHARDS * Kind::ALL.len()];
        Self { shards, known_until: 0, len: 0, body: Body::default() }
    }
}

/// The shard of a hash. Shards are in the order of the hashes as SQLite sorts them.
pub(crate) fn shard(kind: Kind, Hash(hash): Hash) -> usize {
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

impl Tail {
    /// Entries in it.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn known_until(&self) -> i64 {
        self.known_until
    }

    pub(crate) const fn body(&self) -> &Body {
        &self.body
    }

    pub(crate) const fn body_mut(&mut self) -> &mut Body {
        &mut self.body
    }

    /// Takes an entry of batch `no`. Batches come in order.
    pub(crate) fn take(&mut self, no: i64, entry: Entry) {
        self.known_until = self.known_until.max(no);
        let Some(shard) = self.shards.get_mut(shard(entry.kind, entry.hash)) else { return };
        if shard.insert((entry.hash, entry.no), entry.is_there).is_none() {
            self.len = self.len.saturating_add(1);
        }
    }

    pub(crate) fn shard(&self, shard: usize) -> Option<&Shard> {
        self.shards.get(shard)
    }

    /// Forgets a shard, which was merged into the body.
    pub(crate) fn clear(&mut self, number: usize) {
        if let Some(shard) = self.shards.get_mut(number) {
            let there = shard.iter().filter(|(_, is_there)| **is_there);
            self.body.merged(number, there.map(|((hash, _), _)| *hash));
            self.len = self.len.saturating_sub(shard.len());
            shard.clear();
        }
    }

    /// Whether the body may hold the hash.
    pub(crate) fn body_may_hold(&self, kind: Kind, hash: Hash) -> bool {
        self.body.may_hold(shard(kind, hash), hash)
    }

    pub(crate) fn peek(&self, kind: Kind, hash: Hash) -> Peek {
        let range = (Bound::Included((hash, i64::MIN)), Bound::Included((hash, i64::MAX)));
        let found = self.shards.get(shard(kind, hash)).into_iter().flat_map(|it| it.range(range));
        let mut peek = Peek { found: Vec::new(), known_until: self.known_until };
        peek.found.extend(found.map(|((_, no), is_there)| (*no, *is_there)));
        peek
    }
}

/// What the tail knew of a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peek {
    found: Vec<(i64, bool)>,
    /// The newest batch that it knew.
    pub(crate) known_until: i64,
}

impl Peek {
    /// Takes a newer entry.
    pub(crate) fn take(&mut self, entry: Entry) {
        self.found.retain(|(no, _)| *no != entry.no);
        self.found.push((entry.no, entry.is_there));
    }

    /// The rows of the body with what is newer than it.
    pub(crate) fn with(self, mut sorted: Vec<i64>) -> Vec<i64> {
        for (no, is_there) in self.found {
            sorted.retain(|other| *other != no);
            if is_there {
                sorted.push(no);
            }
        }
        sorted
    }
}
