//! The activity feed.

use domain::activity::ActivityKind;
use domain::id::AccountId;
use engine::Told;
use engine::reads::ActivityFilter;
use tokio_postgres::Row;

use crate::errors::Error;
use crate::load::storable;
use crate::rows::activity::told;
use crate::rows::{self, readable};
use crate::session::{Session, params};
use crate::statements::{ACTIVITY_LIST, ACTIVITY_LIST_BY_RESOURCE, ACTIVITY_LIST_BY_TYPE};
use crate::tx::rows_at_most;

/// Entries read at a time when not each of them is wanted.
const SLICE: usize = 256;

/// The entries that pass the filter, the oldest first. Each thing, or each kind, has its own place in
/// an index; what each of them has to offer is laid together. It ends before the first entry that only a
/// newer program can read: whoever follows the feed misses nothing, and goes on there once this program is
/// replaced.
pub(super) fn activity(
    session: &mut Session,
    account: AccountId,
    (filter, limit): (&ActivityFilter, usize),
) -> Result<Vec<Told>, Error> {
    let account = account.to_string();
    let mut found = Vec::new();
    if !filter.resources.is_empty() {
        for resource in distinct(&filter.resources).into_iter().filter(|it| storable(it)) {
            let next = |after, limit| of_resource(session, (&account, resource), (after, limit));
            found.extend(wanted(filter, limit, next)?);
        }
    } else if !filter.kinds.is_empty() {
        for kind in distinct(&filter.kinds) {
            found.extend(of_kind(session, (&account, *kind), (filter.after, limit))?);
        }
    } else {
        found = all(session, &account, (filter.after, limit))?;
    }
    found.sort_by_key(Entry::position);
    found.truncate(limit);
    Ok(found.into_iter().map_while(|entry| entry.told).collect())
}

/// An entry, and what it tells, if this program can read that.
struct Entry {
    position: u64,
    told: Option<Told>,
}

impl Entry {
    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self { position: rows::count(row, "position")?, told: readable(told(row))? })
    }

    const fn position(&self) -> u64 {
        self.position
    }

    /// Whether it is of one of these kinds, or may be: no kinds are all.
    fn may_be(&self, kinds: &[ActivityKind]) -> bool {
        let is_one = |told: &Told| kinds.contains(&told.activity.kind);
        kinds.is_empty() || self.told.as_ref().is_none_or(is_one)
    }
}

fn distinct<T: Ord>(values: &[T]) -> std::collections::BTreeSet<&T> {
    values.iter().collect()
}

/// Up to `limit` entries of the wanted kinds, out of what `next` gives after a position.
fn wanted(
    filter: &ActivityFilter,
    limit: usize,
    mut next: impl FnMut(u64, usize) -> Result<Vec<Entry>, Error>,
) -> Result<Vec<Entry>, Error> {
    let mut found = Vec::new();
    let mut after = filter.after;
    while found.len() < limit {
        let slice = next(after, SLICE)?;
        let Some(last) = slice.last() else { break };
        after = last.position;
        found.extend(slice.into_iter().filter(|entry| entry.may_be(&filter.kinds)));
    }
    found.truncate(limit);
    Ok(found)
}

fn all(
    session: &mut Session,
    account: &str,
    (after, limit): (u64, usize),
) -> Result<Vec<Entry>, Error> {
    let params = params![account.to_owned(), position(after), rows_at_most(limit)];
    session.one(&ACTIVITY_LIST, params)?.rows.iter().map(Entry::read).collect()
}

fn of_kind(
    session: &mut Session,
    (account, kind): (&str, ActivityKind),
    (after, limit): (u64, usize),
) -> Result<Vec<Entry>, Error> {
    let params = params![account.to_owned(), kind.as_str(), position(after), rows_at_most(limit)];
    session.one(&ACTIVITY_LIST_BY_TYPE, params)?.rows.iter().map(Entry::read).collect()
}

fn of_resource(
    session: &mut Session,
    (account, resource): (&str, &str),
    (after, limit): (u64, usize),
) -> Result<Vec<Entry>, Error> {
    let params =
        params![account.to_owned(), resource.to_owned(), position(after), rows_at_most(limit)];
    session.one(&ACTIVITY_LIST_BY_RESOURCE, params)?.rows.iter().map(Entry::read).collect()
}

/// A position as PostgreSQL counts; none that is stored is larger.
fn position(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
