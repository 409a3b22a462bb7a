//! Merging: the tail goes to its sorted places, a shard at a time, with the batches that come.
//!
//! A round goes over all shards once. It takes with it everything that the log had when it began, so
//! what was in the log then can go when it ends.

use rusqlite::named_params;

use crate::errors::Error;
use crate::lookup::body::Read;
use crate::lookup::tail::{self, Tail};
use crate::lookup::{Entry, Hash, log};
use crate::rows;
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
