//! Compaction: the memtable is merged into the sorted run incrementally, a shard at a time, with the batches that come.
//!
//! A compaction goes over all shards once. It covers everything that the index WAL had when it began, so
//! the WAL can be truncated up to there when it ends.

use rusqlite::named_params;

use crate::errors::Error;
use crate::hash_index::memtable::{self, Memtable};
use crate::hash_index::run::Read;
use crate::hash_index::{Entry, Hash, wal};
use crate::session::Session;
use crate::statements::{LOOKUP_LOG_DELETE, LOOKUP_LOG_FIRST, LOOKUP_PUT, LOOKUP_REMOVE};

/// Entries in the memtable at which a compaction begins.
pub(crate) const MEMTABLE_MAX: usize = 1_000_000;
/// Work budget: entries that are compacted for each one that is written while a compaction goes on. So it ends, and the
/// memtable holds at most one and a half times [`MEMTABLE_MAX`].
const WORK_BUDGET: usize = 2;
/// Batches of the index WAL that are deleted at a time.
const WAL_SLICE: i64 = 64;

/// How far compaction is.
#[derive(Debug)]
pub(crate) struct Compactor {
    memtable_max: usize,
    read_budget: usize,
    current: Option<Compaction>,
    /// The index WAL may be truncated up to this batch.
    compacted_until: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Compaction {
    /// The shard that comes next.
    next: usize,
    /// The newest batch in the index WAL when it began.
    until: i64,
}

/// What was compacted with a batch, to be published once it is committed.
#[derive(Debug, Default)]
pub(crate) struct Step {
    shards: std::ops::Range<usize>,
    current: Option<Compaction>,
    compacted_until: Option<i64>,
    read: Read,
}

impl Compactor {
    /// Begins a compaction with `memtable_max` entries, and reads `read_budget` entries of the run for each that is
    /// written, until all of it has filters.
    pub(crate) const fn new(memtable_max: usize, read_budget: usize) -> Self {
        Self { memtable_max, read_budget, current: None, compacted_until: None }
    }

    /// Starts again: what was compacted and is still in the index WAL is compacted once more.
    pub(crate) const fn reset(&mut self) {
        self.current = None;
        self.compacted_until = None;
    }

    /// Writes the entries of a batch to the index WAL, and a part of the memtable to the run.
    pub(crate) fn write(
        &self,
        session: &Session,
        memtable: &Memtable,
        entries: &[Entry],
    ) -> Result<Step, Error> {
        wal::write(session, memtable.last_batch().saturating_add(1), entries)?;
        let begins = memtable.len() >= self.memtable_max;
        let begun = || begins.then_some(Compaction { next: 0, until: memtable.last_batch() });
        let compacted_until = truncate_wal(session, self.compacted_until)?;
        let mut step = Step { compacted_until, ..Step::default() };
        if let Some(mut compaction) = self.current.or_else(begun) {
            let first = compaction.next;
            let mut left = entries.len().saturating_mul(WORK_BUDGET);
            while let Some(shard) = memtable.shard(compaction.next).filter(|_| left > 0) {
                left = left.saturating_sub(compact(session, compaction.next, shard)?);
                compaction.next = compaction.next.saturating_add(1);
            }
            step.shards = first..compaction.next;
            let is_over = memtable.shard(compaction.next).is_none();
            step.compacted_until = if is_over { Some(compaction.until) } else { compacted_until };
            step.current = (!is_over).then_some(compaction);
        }
        // Last, so that what is compacted now is read as well.
        let budget = entries.len().saturating_mul(self.read_budget);
        step.read = memtable.run_filters().read(session, budget)?;
        Ok(step)
    }

    /// The batch was committed: its entries are put into the memtable, and what was compacted is dropped from it.
    pub(crate) fn publish(&mut self, memtable: &mut Memtable, entries: &[Entry], step: Step) {
        let batch = memtable.last_batch().saturating_add(1);
        step.shards.for_each(|shard| memtable.clear(shard));
        for entry in entries {
            memtable.insert(batch, *entry);
        }
        memtable.run_filters_mut().commit(step.read);
        self.current = step.current;
        self.compacted_until = step.compacted_until;
    }
}

/// Deletes batches from the index WAL, not all at once; up to where more may be.
fn truncate_wal(session: &Session, compacted_until: Option<i64>) -> Result<Option<i64>, Error> {
    let Some(until) = compacted_until else { return Ok(None) };
    let first = session.one(&LOOKUP_LOG_FIRST, named_params! {}, |row| rows::get(row, "no"))?;
    let Some(first) = first.flatten().filter(|first: &i64| *first <= until) else {
        return Ok(None);
    };
    let slice = until.min(first.saturating_add(WAL_SLICE));
    session.execute(&LOOKUP_LOG_DELETE, named_params! {":until": slice})?;
    Ok(compacted_until)
}

/// Compacts a shard: how many entries it had.
fn compact(session: &Session, shard: usize, entries: &memtable::Shard) -> Result<usize, Error> {
    let Some(kind) = memtable::kind_of(shard) else { return Ok(0) };
    if entries.is_empty() {
        return Ok(0);
    }
    let (mut put, mut remove) = (session.prepared(&LOOKUP_PUT), session.prepared(&LOOKUP_REMOVE));
    for ((Hash(hash), row_id), is_tombstone) in entries {
        let params = named_params! {":kind": kind.number(), ":hash": hash, ":no": row_id};
        if *is_tombstone {
            remove.execute(params)?
        } else {
            put.execute(params)?
        };
    }
    Ok(entries.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tempfile::TempDir;

    use super::*;
    use crate::hash_index::memtable::{SHARDS, hashes_of, kind_of};
    use crate::hash_index::{IndexKey, Kind, MemtableLookup, with_run};
    use crate::open::{self, Options};
    use crate::statements::LOOKUP_GET;

    const LAST_SHARD: usize = SHARDS * Kind::ALL.len() - 1;

    /// A writer's hash index, and what it should have.
    struct Bench {
        session: Session,
        compactor: Compactor,
        memtable: Memtable,
        model: BTreeMap<IndexKey, BTreeMap<i64, bool>>,
        entries: i64,
        _folder: TempDir,
    }

    impl Bench {
        fn new(memtable_max: usize, read_budget: usize) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let options = Options { fresh: 7, ..Options::default() };
            let session = open::writer(&folder.path().join("s.db"), &options, None).unwrap();
            // No power cut is tested here.
            session.connection().pragma_update(None, "synchronous", "off").unwrap();
            let (compactor, memtable) =
                (Compactor::new(memtable_max, read_budget), Memtable::default());
            Self {
                session,
                compactor,
                memtable,
                model: BTreeMap::new(),
                entries: 0,
                _folder: folder,
            }
        }

        /// The next row has a hash at one end of a shard.
        fn row_of(&mut self, shard: usize) -> Entry {
            self.entries += 1;
            let row_id = self.entries;
            let hashes = hashes_of(shard).unwrap();
            let hash = if row_id % 2 == 0 { hashes[0] } else { hashes[1] };
            let key = IndexKey { kind: kind_of(shard).unwrap(), hash };
            Entry { key, row_id, is_tombstone: false }
        }

        /// A batch that is committed; whether a compaction has ended with it.
        fn commit(&mut self, entries: &[Entry]) -> bool {
            self.session.begin_write().unwrap();
            let step = self.compactor.write(&self.session, &self.memtable, entries).unwrap();
            self.session.commit().unwrap();
            let has_ended = step.current.is_none() && !step.shards.is_empty();
            self.compactor.publish(&mut self.memtable, entries, step);
            for entry in entries {
                let rows = self.model.entry(entry.key).or_default();
                rows.insert(entry.row_id, entry.is_tombstone);
            }
            has_ended
        }

        /// As it goes on, and as it would after a restart: every entry is found, and none that has a tombstone.
        fn check(&self) {
            let restarted = Memtable::read(&self.session).unwrap();
            for (what, memtable) in [("the writer", &self.memtable), ("a restart", &restarted)] {
                for (key, rows) in &self.model {
                    let lookup = memtable.lookup(*key);
                    let mut found = if memtable.run_may_contain(*key) {
                        self.with_run(*key, lookup)
                    } else {
                        lookup.merge_with(Vec::new())
                    };
                    found.sort_unstable();
                    let rows = rows.iter().filter(|(_, is_tombstone)| !**is_tombstone);
                    let expected: Vec<i64> = rows.map(|(row_id, _)| *row_id).collect();
                    assert_eq!(found, expected, "{what}, {key:?}");
                }
            }
        }

        fn with_run(&self, key: IndexKey, lookup: MemtableLookup) -> Vec<i64> {
            with_run(&mut self.session.prepared(&LOOKUP_GET), key, lookup).unwrap()
        }

        /// The oldest batch that is left in the index WAL.
        fn first_in_wal(&self) -> i64 {
            let first = |row: &crate::prepared::Row<'_>| rows::get(row, "no");
            let first = self.session.one(&LOOKUP_LOG_FIRST, named_params! {}, first).unwrap();
            first.flatten().unwrap()
        }
    }

    /// Batches whose entries are in the first shards and in the last ones, and where one kind ends and the
    /// next begins, before and after the compaction has passed there.
    #[test]
    fn nothing_is_lost_at_the_ends_of_compactions_and_kinds() {
        let ends = [0, SHARDS, 2 * SHARDS, LAST_SHARD + 1];
        let edges: Vec<usize> = (0..=LAST_SHARD)
            .filter(|shard| ends.iter().any(|end| shard.abs_diff(*end) < 3))
            .collect();
        for (memtable_max, read_budget) in [(1, 0), (6, 1 << 20), (20, 0), (40, 0)] {
            let mut bench = Bench::new(memtable_max, read_budget);
            let mut compactions = 0;
            // Those of each batch are far apart, and each shard is the first of some batches.
            for at in 0..2 * edges.len() {
                let shard = |step: usize| edges[(at * 5 + step) % edges.len()];
                let shards = [shard(0), shard(1), shard(2), shard(7)];
                let entries = shards.map(|shard| bench.row_of(shard));
                compactions += u32::from(bench.commit(&entries));
                bench.check();
                // And one of them is deleted again, wherever it is by now.
                let [gone, ..] = entries;
                compactions += u32::from(bench.commit(&[Entry { is_tombstone: true, ..gone }]));
                bench.check();
            }
            assert!(compactions > 1, "{compactions} with a memtable of {memtable_max}");
        }
    }

    /// A batch's work budget is used up before the last shard, of which the index WAL must keep everything.
    #[test]
    fn a_compaction_is_not_over_before_the_last_shard() {
        let mut bench = Bench::new(4, 0);
        let before_last = [LAST_SHARD - 1, LAST_SHARD - 1, LAST_SHARD, LAST_SHARD];
        let entries = before_last.map(|shard| bench.row_of(shard));
        bench.commit(&entries);
        let mut ended = Vec::new();
        for _ in 0..3 {
            let entry = bench.row_of(0);
            ended.push(bench.commit(&[entry]));
            bench.check();
        }
        assert_eq!(ended, [false, true, false]);
    }

    #[test]
    fn the_wal_is_truncated_slice_by_slice_once_a_compaction_has_ended() {
        let slices = 5 * WAL_SLICE;
        let mut bench = Bench::new(usize::try_from(slices).unwrap(), 0);
        let mut batches = 0_i64;
        loop {
            let entry = bench.row_of(0);
            batches += 1;
            if bench.commit(&[entry]) {
                break;
            }
        }
        assert_eq!(bench.first_in_wal(), 1, "nothing is deleted before the compaction has ended");
        let until = bench.compactor.compacted_until.unwrap();
        assert!(until >= slices && until < batches, "{until} of {batches}");
        let mut firsts = Vec::new();
        while bench.compactor.compacted_until.is_some() {
            let entry = bench.row_of(1);
            bench.commit(&[entry]);
            firsts.push(bench.first_in_wal());
        }
        bench.check();
        assert!(firsts.len() > 4 && firsts.is_sorted(), "{firsts:?}");
        assert_eq!(firsts.last(), Some(&(until + 1)), "all that was compacted, and no more");
    }
}
