//! An account's feed by a filter, the same on every store: a store says only how it finds the entries of
//! one thing, of one kind, or all.

use std::collections::BTreeSet;

use domain::activity::ActivityKind;

use super::{ActivityFilter, FeedPage};
use crate::store::ActivityRow;

/// Entries that are read at a time where only some kinds of a thing's entries are wanted.
const SLICE: usize = 256;

/// An entry, and what it tells; `None` where a newer program is needed to read that.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its position.
    pub position: u64,
    /// What it tells.
    pub emitted: Option<ActivityRow>,
}

impl Entry {
    /// Whether it is of one of these kinds, or may be: no kinds are all.
    fn may_be(&self, kinds: &[ActivityKind]) -> bool {
        let is_one = |emitted: &ActivityRow| kinds.contains(&emitted.activity.kind);
        kinds.is_empty() || self.emitted.as_ref().is_none_or(is_one)
    }
}

/// The feed of one account. Each method gives up to `limit` entries after a position, the oldest first.
#[expect(clippy::missing_errors_doc, reason = "every method fails as the store does")]
pub trait Feed {
    /// How the store fails.
    type Error;
    /// All entries.
    fn all(&mut self, after: u64, limit: usize) -> Result<Vec<Entry>, Self::Error>;
    /// Those of one kind.
    fn of_kind(
        &mut self,
        kind: ActivityKind,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Self::Error>;
    /// Those of one thing.
    fn of_resource(
        &mut self,
        resource: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Self::Error>;
}

/// The entries that pass the filter, the oldest first. Each thing, or each kind, has its own place in
/// an index; what each of them has to offer is laid together. It ends before the first entry that only a
/// newer program can read: whoever follows the feed misses nothing, and goes on there once this program is
/// replaced.
///
/// # Errors
/// Those of the feed.
pub fn follow<F: Feed>(
    feed: &mut F,
    filter: &ActivityFilter,
    limit: usize,
) -> Result<FeedPage, F::Error> {
    let ActivityFilter { after, kinds, resources } = filter;
    let mut found = Vec::new();
    if !resources.is_empty() {
        for resource in distinct(resources) {
            let next = |after, limit| feed.of_resource(resource, after, limit);
            found.extend(wanted(filter, limit, next)?);
        }
    } else if !kinds.is_empty() {
        for kind in distinct(kinds) {
            found.extend(feed.of_kind(*kind, *after, limit)?);
        }
    } else {
        found = feed.all(*after, limit)?;
    }
    found.sort_by_key(|entry| entry.position);
    found.truncate(limit);
    let count = found.len();
    let emitted: Vec<ActivityRow> = found.into_iter().map_while(|entry| entry.emitted).collect();
    Ok(FeedPage { is_cut: emitted.len() < count, emitted })
}

fn distinct<T: Ord>(values: &[T]) -> BTreeSet<&T> {
    values.iter().collect()
}

/// Up to `limit` entries of the wanted kinds, out of what `next` gives after a position.
fn wanted<E>(
    filter: &ActivityFilter,
    limit: usize,
    mut next: impl FnMut(u64, usize) -> Result<Vec<Entry>, E>,
) -> Result<Vec<Entry>, E> {
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
