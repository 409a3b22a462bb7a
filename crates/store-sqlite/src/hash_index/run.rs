//! What the writer knows of the sorted run: a Bloom filter for each shard. Those that are missing are made by the
//! writer itself, in its own transactions, a shard after the other, with a work budget for each entry that is written.

use rusqlite::named_params;

use crate::errors::Error;
use crate::hash_index::bloom::BloomFilter;
use crate::hash_index::memtable::{SHARDS, hashes_of, kind_of};
use crate::hash_index::{Hash, Kind};
use crate::prepared::Prepared;
use crate::session::Session;
use crate::statements::LOOKUP_SHARD;

/// Bytes that all filters together may take; shards beyond that are looked into.
const FILTERS_BYTES_MAX: usize = 256 << 20;
/// Work budget: entries of the run that are read for each one that is written, as long as filters are missing.
pub(crate) const READ_BUDGET: usize = 16;
/// A shard costs as much as so many entries at least.
const SHARD_COST_MIN: usize = 16;

/// The Bloom filters of the run.
#[derive(Debug)]
pub(crate) struct RunFilters {
    filters: Vec<Option<BloomFilter>>,
    missing: usize,
    bytes: usize,
    /// The shard that is looked at next.
    next: usize,
    /// Entries that were read beyond the budget so far.
    overrun: usize,
    bytes_max: usize,
}

/// What a batch has read, to be used once it is committed.
#[derive(Debug, Default)]
pub(crate) struct Read {
    filters: Vec<(usize, BloomFilter)>,
    overrun: usize,
}

impl Default for RunFilters {
    fn default() -> Self {
        let shards = SHARDS * Kind::ALL.len();
        let (filters, bytes_max) = (vec![None; shards], FILTERS_BYTES_MAX);
        Self { filters, missing: shards, bytes: 0, next: 0, overrun: 0, bytes_max }
    }
}

impl RunFilters {
    /// Whether the run may contain the hash, which is of this shard.
    pub(crate) fn may_contain(&self, shard: usize, hash: Hash) -> bool {
        let filter = self.filters.get(shard).and_then(Option::as_ref);
        filter.is_none_or(|filter| filter.may_contain(hash))
    }

    /// Reads shards that have no filter, of up to `budget` entries together; what the last one has beyond
    /// that counts against later budgets.
    pub(crate) fn read(&self, session: &Session, budget: usize) -> Result<Read, Error> {
        let mut read = Read { filters: Vec::new(), overrun: self.overrun.saturating_sub(budget) };
        let mut left = budget.saturating_sub(self.overrun);
        let mut bytes = self.bytes;
        let mut statement = session.prepared(&LOOKUP_SHARD);
        for shard in self.missing().take(self.missing) {
            if left == 0 || bytes >= self.bytes_max {
                break;
            }
            let hashes = hashes(&mut statement, shard)?;
            let cost = hashes.len().max(SHARD_COST_MIN);
            read.overrun = cost.saturating_sub(left);
            left = left.saturating_sub(cost);
            let filter = BloomFilter::of(&hashes);
            bytes = bytes.saturating_add(filter.bytes());
            read.filters.push((shard, filter));
        }
        Ok(read)
    }

    /// Shards without a filter, from the next one on.
    fn missing(&self) -> impl Iterator<Item = usize> {
        let (before, after) = self.filters.split_at(self.next.min(self.filters.len()));
        let after = after.iter().zip(before.len()..);
        let all = after.chain(before.iter().zip(0..));
        all.filter(|(filter, _)| filter.is_none()).map(|(_, shard)| shard)
    }

    /// A shard of the memtable was compacted into the run.
    pub(crate) fn compacted(&mut self, shard: usize, hashes: impl Iterator<Item = Hash>) {
        let Some(slot) = self.filters.get_mut(shard) else { return };
        let Some(filter) = slot else { return };
        hashes.for_each(|hash| filter.insert(hash));
        if filter.is_full() {
            self.bytes = self.bytes.saturating_sub(filter.bytes());
            self.missing = self.missing.saturating_add(1);
            *slot = None;
        }
    }

    /// The batch that read this was committed.
    pub(crate) fn commit(&mut self, read: Read) {
        self.overrun = read.overrun;
        for (shard, filter) in read.filters {
            self.next = shard.saturating_add(1);
            let Some(slot) = self.filters.get_mut(shard) else { continue };
            self.missing = self.missing.saturating_sub(usize::from(slot.is_none()));
            self.bytes = self.bytes.saturating_add(filter.bytes());
            *slot = Some(filter);
        }
    }
}

/// What the run has of a shard.
fn hashes(statement: &mut Prepared<'_>, shard: usize) -> Result<Vec<Hash>, Error> {
    let Some((kind, [first, last])) = kind_of(shard).zip(hashes_of(shard)) else {
        return Ok(Vec::new());
    };
    let params = named_params! {":kind": kind.number(), ":first": first.0, ":last": last.0};
    let mut hashes = Vec::new();
    statement.each(params, |row| {
        hashes.push(Hash(rows::get(row, "hash")?));
        Ok(true)
    })?;
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::hash_index::IndexKey;
    use crate::hash_index::memtable::shard;

    const SHARDS_IN_ALL: usize = SHARDS * Kind::ALL.len();

    /// Hashes are spread over their shard.
    fn spread(no: i64) -> i64 {
        no.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()) & ((1 << 52) - 1)
    }

    /// A run with so many entries of each of these shards.
    fn session(shards: &[usize], each: i64) -> Session {
        let connection = Connection::open_in_memory().unwrap();
        let table = include_str!("../../migrations/V9__arrival_order.sql");
        let (_, table) = table.split_once("create table lookups (").unwrap();
        let (columns, _) = table.split_once(';').unwrap();
        connection.execute_batch(&format!("create table lookups ({columns}")).unwrap();
        let mut put = connection.prepare("insert into lookups values (?1, ?2, ?3)").unwrap();
        for shard in shards {
            let [first, _] = hashes_of(*shard).unwrap();
            for no in 0..each {
                let kind = kind_of(*shard).unwrap().number();
                put.execute((kind, first.0 + spread(no), no)).unwrap();
            }
        }
        drop(put);
        Session::new(connection)
    }

    fn known(filters: &RunFilters) -> usize {
        filters.filters.iter().flatten().count()
    }

    /// Lets entries be written until no filter is missing; how many were.
    fn read_all(filters: &mut RunFilters, session: &Session) -> usize {
        let mut written = 0;
        while filters.missing > 0 {
            let read = filters.read(session, 100 * READ_BUDGET).unwrap();
            filters.commit(read);
            written += 100;
        }
        written
    }

    #[test]
    fn every_hash_has_its_shard() {
        for number in [0, 1, SHARDS - 1, SHARDS, 2 * SHARDS + 5, SHARDS_IN_ALL - 1] {
            let (kind, [first, last]) = (kind_of(number).unwrap(), hashes_of(number).unwrap());
            assert_eq!([first, last].map(|hash| shard(IndexKey { kind, hash })), [number; 2]);
            assert!(first.0 <= last.0);
        }
        assert_eq!(
            [hashes_of(0).unwrap()[0].0, hashes_of(SHARDS - 1).unwrap()[1].0],
            [i64::MIN, i64::MAX]
        );
    }

    #[test]
    fn a_shard_is_looked_into_until_it_has_been_read() {
        let session = session(&[0, SHARDS + 7], 100);
        let mut filters = RunFilters::default();
        let hash = |shard: usize| hashes_of(shard).unwrap()[0];
        assert!((0..SHARDS_IN_ALL).all(|shard| filters.may_contain(shard, hash(shard))));
        let written = read_all(&mut filters, &session);
        assert!(written.abs_diff(SHARDS_IN_ALL) < 200, "{written}");
        let held = (0..SHARDS_IN_ALL).filter(|shard| filters.may_contain(*shard, hash(*shard)));
        assert_eq!(held.collect::<Vec<_>>(), [0, SHARDS + 7]);
    }

    #[test]
    fn a_large_shard_uses_up_later_budgets_before_the_next_is_read() {
        let session = session(&[0], 10_000);
        let mut filters = RunFilters::default();
        let read = filters.read(&session, READ_BUDGET).unwrap();
        filters.commit(read);
        assert_eq!((known(&filters), filters.overrun), (1, 10_000 - READ_BUDGET));
        let mut written = 1;
        while known(&filters) == 1 {
            let read = filters.read(&session, READ_BUDGET).unwrap();
            filters.commit(read);
            written += 1;
        }
        assert_eq!(written, 10_000 / READ_BUDGET + 1);
    }

    #[test]
    fn what_is_compacted_is_known_and_a_shard_that_has_grown_is_read_again() {
        let (before, shard) = (session(&[3], 100), 3);
        let mut filters = RunFilters::default();
        read_all(&mut filters, &before);
        let [first, _] = hashes_of(shard).unwrap();
        let new = |no: i64| Hash(first.0 + spread(no));
        assert!(!filters.may_contain(shard, new(150)));
        filters.compacted(shard, (100..200).map(new));
        assert!(filters.may_contain(shard, new(150)) && filters.missing == 0);
        filters.compacted(shard, (200..300).map(new));
        assert!(filters.may_contain(shard, new(999)), "nobody knows");
        assert_eq!(filters.missing, 1);
        read_all(&mut filters, &session(&[3], 300));
        assert!(!filters.may_contain(shard, new(999)) && filters.may_contain(shard, new(299)));
    }

    #[test]
    fn filters_take_no_more_than_their_room() {
        let session = session(&[], 0);
        let each = BloomFilter::of(&[]).bytes();
        assert!(FILTERS_BYTES_MAX > SHARDS_IN_ALL * each);
        for (room, expected) in [(10 * each, 10), (10 * each + 1, 11)] {
            let mut filters = RunFilters { bytes_max: room, ..RunFilters::default() };
            for _ in 0..5 {
                let read = filters.read(&session, 100 * READ_BUDGET).unwrap();
                filters.commit(read);
            }
            assert_eq!(
                known(&filters),
                expected,
                "as soon as there is no room left, no more are read"
            );
        }
    }
}
