//! The activity feed.

use domain::activity::ActivityKind;
use domain::id::AccountId;
use engine::Told;
use engine::reads::ActivityFilter;

use crate::errors::Error;
use crate::load::storable;
use crate::rows::activity::told;
use crate::rows::readable;
use crate::session::{Done, Session, params};
use crate::statements::{ACTIVITY_LIST, ACTIVITY_LIST_BY_RESOURCE, ACTIVITY_LIST_BY_TYPE};
use crate::tx::rows_at_most;

/// Entries read at a time when not each of them is wanted.
const SLICE: usize = 256;

/// The entries that pass the filter, the oldest first. Each thing, or each kind, has its own place in
/// an index; what each of them has to offer is laid together.
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
        return all(session, &account, (filter.after, limit));
    }
    found.sort_by_key(|told| told.activity.position);
    found.truncate(limit);
    Ok(found)
}

fn distinct<T: Ord>(values: &[T]) -> std::collections::BTreeSet<&T> {
    values.iter().collect()
}

/// Up to `limit` entries of the wanted kinds, out of what `next` gives after a position.
fn wanted(
    filter: &ActivityFilter,
    limit: usize,
    mut next: impl FnMut(u64, usize) -> Result<Vec<Told>, Error>,
) -> Result<Vec<Told>, Error> {
    let is_wanted =
        |told: &Told| filter.kinds.is_empty() || filter.kinds.contains(&told.activity.kind);
    let mut found = Vec::new();
    let mut after = filter.after;
    while found.len() < limit {
        let slice = next(after, SLICE)?;
        let Some(last) = slice.last() else { break };
        after = last.activity.position;
        found.extend(slice.into_iter().filter(is_wanted));
    }
    found.truncate(limit);
    Ok(found)
}

fn all(
    session: &mut Session,
    account: &str,
    (after, limit): (u64, usize),
) -> Result<Vec<Told>, Error> {
    let params = params![account.to_owned(), position(after), rows_at_most(limit)];
    until_unreadable(&session.one(&ACTIVITY_LIST, params)?)
}

fn of_kind(
    session: &mut Session,
    (account, kind): (&str, ActivityKind),
    (after, limit): (u64, usize),
) -> Result<Vec<Told>, Error> {
    let params = params![account.to_owned(), kind.as_str(), position(after), rows_at_most(limit)];
    until_unreadable(&session.one(&ACTIVITY_LIST_BY_TYPE, params)?)
}

fn of_resource(
    session: &mut Session,
    (account, resource): (&str, &str),
    (after, limit): (u64, usize),
) -> Result<Vec<Told>, Error> {
    let params =
        params![account.to_owned(), resource.to_owned(), position(after), rows_at_most(limit)];
    until_unreadable(&session.one(&ACTIVITY_LIST_BY_RESOURCE, params)?)
}

/// Up to the first that only a newer program can read: whoever follows the feed misses nothing, and goes
/// on there once this program is replaced.
fn until_unreadable(done: &Done) -> Result<Vec<Told>, Error> {
    done.rows.iter().map_while(|row| readable(told(row)).transpose()).collect()
}

/// A position as PostgreSQL counts; none that is stored is larger.
fn position(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
