//! What the writer knows of the body: a filter for each shard. Those that are missing are made by the
//! writer itself, in its own transactions, a shard after the other, at the pace at which entries come.

use rusqlite::named_params;

use crate::errors::Error;
use crate::lookup::filter::Filter;
use crate::lookup::tail::{SHARDS, hashes_of, kind_of};
use crate::lookup::{Hash, Kind};
use crate::session::Session;
use crate::statements::LOOKUP_SHARD;

/// Bytes that all filters together may take; shards beyond that are looked into.
const FILTERS_BYTES_MAX: usize = 256 << 20;
/// Entries of the body that are read for each one that comes, as long as filters are missing.
pub(crate) const READ_PACE: usize = 16;
/// A shard costs as much as so many entries at least.
const SHARD_COST_MIN: usize = 16;

/// The filters of the body.
#[derive(Debug)]
pub(crate) struct Body {
    filters: Vec<Option<Filter>>,
    missing: usize,
    bytes: usize,
    /// The shard that is looked at next.
    next: usize,
    /// Entries that were read and have not been paid for by others that came.
    debt: usize,
    bytes_max: usize,
}

/// What a batch has read, to be known once it is committed.
#[derive(Debug, Default)]
pub(crate) struct Read {
    filters: Vec<(usize, Filter)>,
    debt: usize,
}

impl Default for Body {
    fn default() -> Self {
        let shards = SHARDS * Kind::ALL.len();
        let (filters, bytes_max) = (vec![None; shards], FILTERS_BYTES_MAX);
        Self { filters, missing: shards, bytes: 0, next: 0, debt: 0, bytes_max }
    }
}

impl Body {
    /// Whether the body may hold the hash, which is of this shard.
    pub(crate) fn may_hold(&self, shard: usize, hash: Hash) -> bool {
        let filter = self.filters.get(shard).and_then(Option::as_ref);
        filter.is_none_or(|filter| filter.may_hold(hash))
    }

    /// Reads shards that have no filter, of up to so many entries together; what the last one has beyond
    /// that is owed.
    pub(crate) fn read(&self, session: &Session, pay: usize) -> Result<Read, Error> {
        let mut read = Read { filters: Vec::new(), debt: self.debt.saturating_sub(pay) };
        let mut left = pay.saturating_sub(self.debt);
        let mut bytes = self.bytes;
        for shard in self.missing().take(self.missing) {
            if left == 0 || bytes >= self.bytes_max {
                break;
            }
            let hashes = hashes(session, shard)?;
            let cost = hashes.len().max(SHARD_COST_MIN);
            read.debt = cost.saturating_sub(left);
            left = left.saturating_sub(cost);
            let filter = Filter::of(&hashes);
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

    /// A shard of the tail was merged into the body.
    pub(crate) fn merged(&mut self, shard: usize, hashes: impl Iterator<Item = Hash>) {
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
    pub(crate) fn take(&mut self, read: Read) {
        self.debt = read.debt;
        for (shard, filter) in read.filters {
            self.next = shard.saturating_add(1);
            let Some(slot) = self.filters.get_mut(shard) else { continue };
            self.missing = self.missing.saturating_sub(usize::from(slot.is_none()));
            self.bytes = self.bytes.saturating_add(filter.bytes());
            *slot = Some(filter);
        }
    }
}

/// What the body holds of a shard.
fn hashes(session: &Session, shard: usize) -> Result<Vec<Hash>, Error> {
    let Some((kind, [first, last])) = kind_of(shard).zip(hashes_of(shard)) else {
        return Ok(Vec::new());
    };
    let params = named_params! {":kind": kind.number(), ":first": first.0, ":last": last.0};
    session.all(&LOOKUP_SHARD, params, |row| rows::get(row, "hash").map(Hash))
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::lookup::tail::shard;

    const SHARDS_IN_ALL: usize = SHARDS * Kind::ALL.len();

    /// Hashes are spread over their shard.
    fn spread(no: i64) -> i64 {
        no.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()) & ((1 << 52) - 1)
    }

    /// A body with so many entries of each of these shards.
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

    fn known(body: &Body) -> usize {
        body.filters.iter().flatten().count()
    }

    /// Lets entries come until nothing is missing; how many came.
    fn read_all(body: &mut Body, session: &Session) -> usize {
        let mut came = 0;
        while body.missing > 0 {
            let read = body.read(session, 100 * READ_PACE).unwrap();
            body.take(read);
            came += 100;
        }
        came
    }

    #[test]
    fn every_hash_has_its_shard() {
        for number in [0, 1, SHARDS - 1, SHARDS, 2 * SHARDS + 5, SHARDS_IN_ALL - 1] {
            let (kind, [first, last]) = (kind_of(number).unwrap(), hashes_of(number).unwrap());
            assert_eq!([shard(kind, first), shard(kind, last)], [number; 2]);
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
        let mut body = Body::default();
        let hash = |shard: usize| hashes_of(shard).unwrap()[0];
        assert!((0..SHARDS_IN_ALL).all(|shard| body.may_hold(shard, hash(shard))));
        let came = read_all(&mut body, &session);
        assert!(came.abs_diff(SHARDS_IN_ALL) < 200, "{came}");
        let held = (0..SHARDS_IN_ALL).filter(|shard| body.may_hold(*shard, hash(*shard)));
        assert_eq!(held.collect::<Vec<_>>(), [0, SHARDS + 7]);
    }

    #[test]
    fn a_large_shard_is_paid_for_before_the_next_is_read() {
        let session = session(&[0], 10_000);
        let mut body = Body::default();
        let read = body.read(&session, READ_PACE).unwrap();
        body.take(read);
        assert_eq!((known(&body), body.debt), (1, 10_000 - READ_PACE));
        let mut came = 1;
        while known(&body) == 1 {
            let read = body.read(&session, READ_PACE).unwrap();
            body.take(read);
            came += 1;
        }
        assert_eq!(came, 10_000 / READ_PACE + 1);
    }

    #[test]
    fn what_is_merged_is_known_and_a_shard_that_has_grown_is_read_anew() {
        let (before, shard) = (session(&[3], 100), 3);
        let mut body = Body::default();
        read_all(&mut body, &before);
        let [first, _] = hashes_of(shard).unwrap();
        let new = |no: i64| Hash(first.0 + spread(no));
        assert!(!body.may_hold(shard, new(150)));
        body.merged(shard, (100..200).map(new));
        assert!(body.may_hold(shard, new(150)) && body.missing == 0);
        body.merged(shard, (200..300).map(new));
        assert!(body.may_hold(shard, new(999)), "nobody knows");
        assert_eq!(body.missing, 1);
        read_all(&mut body, &session(&[3], 300));
        assert!(!body.may_hold(shard, new(999)) && body.may_hold(shard, new(299)));
    }

    #[test]
    fn filters_take_no_more_than_their_room() {
        let session = session(&[], 0);
        let each = Filter::of(&[]).bytes();
        assert!(FILTERS_BYTES_MAX > SHARDS_IN_ALL * each);
        for (room, filters) in [(10 * each, 10), (10 * each + 1, 11)] {
            let mut body = Body { bytes_max: room, ..Body::default() };
            for _ in 0..5 {
                let read = body.read(&session, 100 * READ_PACE).unwrap();
                body.take(read);
            }
            assert_eq!(known(&body), filters, "as soon as there is no room left, no more are read");
        }
    }
}
