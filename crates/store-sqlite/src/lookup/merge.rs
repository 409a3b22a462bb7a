//! Merging: the tail goes to its sorted places, a shard at a time, with the batches that come.
//!
//! A round goes over all shards once. It takes with it everything that the log had when it began, so
//! what was in the log then can go when it ends.

use rusqlite::named_params;

use crate::errors::Error;
use crate::lookup::body::Read;
use crate::lookup::tail::{self, Tail};
use crate::lookup::{Entry, Hash, log};
use crate::session::Session;
use crate::statements::{LOOKUP_LOG_DELETE, LOOKUP_LOG_FIRST, LOOKUP_PUT, LOOKUP_REMOVE};

/// Entries in the tail at which a round begins.
pub(crate) const TAIL_MAX: usize = 1_000_000;
/// Entries that are merged for each one that comes while a round goes on: so a round ends, and the tail
/// holds at most one and a half times [`TAIL_MAX`].
const PACE: usize = 2;
/// Batches of the log that go at a time.
const LOG_SLICE: i64 = 64;

/// How far merging is.
#[derive(Debug)]
pub(crate) struct Merge {
    tail_max: usize,
    read_pace: usize,
    round: Option<Round>,
    /// Batches up to this one may go from the log.
    done_until: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Round {
    /// The shard that comes next.
    next: usize,
    /// The newest batch in the log when the round began.
    until: i64,
}

/// What a batch did, to be made known once it is committed.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    shards: std::ops::Range<usize>,
    round: Option<Round>,
    done_until: Option<i64>,
    read: Read,
}

impl Merge {
    /// Begins a round with `tail_max` entries, and reads `read_pace` entries of the body for each that comes,
    /// until all of it is known.
    pub(crate) const fn new(tail_max: usize, read_pace: usize) -> Self {
        Self { tail_max, read_pace, round: None, done_until: None }
    }

    /// Begins anew: what was merged and not yet taken from the log is merged once more.
    pub(crate) const fn forget(&mut self) {
        self.round = None;
        self.done_until = None;
    }

    /// Writes the entries of a batch to the log, and a part of the tail to its sorted places.
    pub(crate) fn write(
        &self,
        session: &Session,
        tail: &Tail,
        entries: &[Entry],
    ) -> Result<Merged, Error> {
        log::write(session, tail.known_until().saturating_add(1), entries)?;
        let begins = tail.len() >= self.tail_max;
        let begun = || begins.then_some(Round { next: 0, until: tail.known_until() });
        let done_until = take_from_log(session, self.done_until)?;
        let mut merged = Merged { done_until, ..Merged::default() };
        if let Some(mut round) = self.round.or_else(begun) {
            let first = round.next;
            let mut left = entries.len().saturating_mul(PACE);
            while let Some(shard) = tail.shard(round.next).filter(|_| left > 0) {
                left = left.saturating_sub(merge(session, round.next, shard)?);
                round.next = round.next.saturating_add(1);
            }
            merged.shards = first..round.next;
            let is_over = tail.shard(round.next).is_none();
            merged.done_until = if is_over { Some(round.until) } else { done_until };
            merged.round = (!is_over).then_some(round);
        }
        // Last, so that what is merged now is read as well.
        let pay = entries.len().saturating_mul(self.read_pace);
        merged.read = tail.body().read(session, pay)?;
        Ok(merged)
    }

    /// The batch was committed: its entries come into the tail, and what was merged goes.
    pub(crate) fn publish(&mut self, tail: &mut Tail, (entries, merged): (&[Entry], Merged)) {
        let no = tail.known_until().saturating_add(1);
        merged.shards.for_each(|shard| tail.clear(shard));
        for entry in entries {
            tail.take(no, *entry);
        }
        tail.body_mut().take(merged.read);
        self.round = merged.round;
        self.done_until = merged.done_until;
    }
}

/// Takes batches from the log, not all at once; up to where more may go.
fn take_from_log(session: &Session, done_until: Option<i64>) -> Result<Option<i64>, Error> {
    let Some(until) = done_until else { return Ok(None) };
    let first = session.one(&LOOKUP_LOG_FIRST, named_params! {}, |row| rows::get(row, "no"))?;
    let Some(first) = first.flatten().filter(|first: &i64| *first <= until) else {
        return Ok(None);
    };
    let slice = until.min(first.saturating_add(LOG_SLICE));
    session.execute(&LOOKUP_LOG_DELETE, named_params! {":until": slice})?;
    Ok(done_until)
}

/// Merges a shard: how many entries it had.
fn merge(session: &Session, shard: usize, entries: &tail::Shard) -> Result<usize, Error> {
    let Some(kind) = tail::kind_of(shard) else { return Ok(0) };
    if entries.is_empty() {
        return Ok(0);
    }
    let (mut put, mut remove) = (session.prepared(&LOOKUP_PUT), session.prepared(&LOOKUP_REMOVE));
    for ((Hash(hash), no), is_there) in entries {
        let params = named_params! {":kind": kind.number(), ":hash": hash, ":no": no};
        if *is_there {
            put.execute(params)?
        } else {
            remove.execute(params)?
        };
    }
    Ok(entries.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tempfile::TempDir;

    use super::*;
    use crate::lookup::tail::{SHARDS, hashes_of, kind_of};
    use crate::lookup::{Kind, Peek, with_body};
    use crate::open::{self, Options};
    use crate::statements::LOOKUP_GET;

    const LAST_SHARD: usize = SHARDS * Kind::ALL.len() - 1;

    /// A writer's lookups, and what they should know.
    struct Bench {
        session: Session,
        merge: Merge,
        tail: Tail,
        model: BTreeMap<(Kind, Hash), BTreeMap<i64, bool>>,
        entries: i64,
        _folder: TempDir,
    }

    impl Bench {
        fn new(tail_max: usize, read_pace: usize) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let options = Options { fresh: 7, ..Options::default() };
            let session = open::writer(&folder.path().join("s.db"), &options, None).unwrap();
            // No power cut is tested here.
            session.connection().pragma_update(None, "synchronous", "off").unwrap();
            let (merge, tail) = (Merge::new(tail_max, read_pace), Tail::default());
            Self { session, merge, tail, model: BTreeMap::new(), entries: 0, _folder: folder }
        }

        /// The next row has a hash at one end of a shard.
        fn row_of(&mut self, shard: usize) -> Entry {
            self.entries += 1;
            let no = self.entries;
            let hashes = hashes_of(shard).unwrap();
            let hash = if no % 2 == 0 { hashes[0] } else { hashes[1] };
            Entry { kind: kind_of(shard).unwrap(), hash, no, is_there: true }
        }

        /// A batch that is committed; whether a round has ended with it.
        fn commit(&mut self, entries: &[Entry]) -> bool {
            self.session.begin_write().unwrap();
            let merged = self.merge.write(&self.session, &self.tail, entries).unwrap();
            self.session.commit().unwrap();
            let has_ended = merged.round.is_none() && !merged.shards.is_empty();
            self.merge.publish(&mut self.tail, (entries, merged));
            for entry in entries {
                let rows = self.model.entry((entry.kind, entry.hash)).or_default();
                rows.insert(entry.no, entry.is_there);
            }
            has_ended
        }

        /// As it goes on, and as it would after a restart: every entry is found, and none that went.
        fn check(&self) {
            let restarted = Tail::read(&self.session).unwrap();
            for (what, tail) in [("the writer", &self.tail), ("a restart", &restarted)] {
                for ((kind, hash), rows) in &self.model {
                    let peek = tail.peek(*kind, *hash);
                    let mut found = if tail.body_may_hold(*kind, *hash) {
                        self.body(*kind, *hash, peek)
                    } else {
                        peek.with(Vec::new())
                    };
                    found.sort_unstable();
                    let rows = rows.iter().filter(|(_, is_there)| **is_there);
                    let expected: Vec<i64> = rows.map(|(no, _)| *no).collect();
                    assert_eq!(found, expected, "{what}, {kind:?} {hash:?}");
                }
            }
        }

        fn body(&self, kind: Kind, hash: Hash, peek: Peek) -> Vec<i64> {
            with_body(&mut self.session.prepared(&LOOKUP_GET), (kind, hash), peek).unwrap()
        }

        /// The oldest batch that is left in the log.
        fn first_in_log(&self) -> i64 {
            let first = |row: &crate::prepared::Row<'_>| rows::get(row, "no");
            let first = self.session.one(&LOOKUP_LOG_FIRST, named_params! {}, first).unwrap();
            first.flatten().unwrap()
        }
    }

    /// Batches whose entries are in the first shards and in the last ones, and where one kind ends and the
    /// next begins, before and after the round has passed there.
    #[test]
    fn nothing_is_lost_at_the_ends_of_rounds_and_kinds() {
        let ends = [0, SHARDS, 2 * SHARDS, LAST_SHARD + 1];
        let edges: Vec<usize> = (0..=LAST_SHARD)
            .filter(|shard| ends.iter().any(|end| shard.abs_diff(*end) < 3))
            .collect();
        for (tail_max, read_pace) in [(1, 0), (6, 1 << 20), (20, 0), (40, 0)] {
            let mut bench = Bench::new(tail_max, read_pace);
            let mut rounds = 0;
            // Those of each batch are far apart, and each shard is the first of some batches.
            for at in 0..2 * edges.len() {
                let shard = |step: usize| edges[(at * 5 + step) % edges.len()];
                let shards = [shard(0), shard(1), shard(2), shard(7)];
                let entries = shards.map(|shard| bench.row_of(shard));
                rounds += u32::from(bench.commit(&entries));
                bench.check();
                // And one of them goes again, wherever it is by now.
                let [gone, ..] = entries;
                rounds += u32::from(bench.commit(&[Entry { is_there: false, ..gone }]));
                bench.check();
            }
            assert!(rounds > 1, "{rounds} rounds with a tail of {tail_max}");
        }
    }

    /// What a batch pays for is used up before the last shard, of which the log must keep everything.
    #[test]
    fn a_round_is_not_over_before_the_last_shard() {
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
    fn the_log_goes_slice_by_slice_once_a_round_has_ended() {
        let slices = 5 * LOG_SLICE;
        let mut bench = Bench::new(usize::try_from(slices).unwrap(), 0);
        let mut batches = 0_i64;
        loop {
            let entry = bench.row_of(0);
            batches += 1;
            if bench.commit(&[entry]) {
                break;
            }
        }
        assert_eq!(bench.first_in_log(), 1, "nothing goes before the round has ended");
        let until = bench.merge.done_until.unwrap();
        assert!(until >= slices && until < batches, "{until} of {batches}");
        let mut firsts = Vec::new();
        while bench.merge.done_until.is_some() {
            let entry = bench.row_of(1);
            bench.commit(&[entry]);
            firsts.push(bench.first_in_log());
        }
        bench.check();
        assert!(firsts.len() > 4 && firsts.is_sorted(), "{firsts:?}");
        assert_eq!(firsts.last(), Some(&(until + 1)), "all that was merged, and no more");
    }
}
