//! Plain reads for the GETs: from connections of their own, never through the writer. What an answer
//! has acknowledged, every later read shows.

pub mod due;
pub mod feed;

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;
use domain::activity::{ActivityKind, LowWaterMark};
use domain::allowance::{Allowance, AllowanceId};
use domain::id::{AccountId, PersonId};
use domain::invariants::Audit;
use domain::person::Handles;
use domain::record::{IntentKey, Record};

use crate::error::StoreError;
use crate::store::ActivityRow;
use crate::tickets::TicketReads;
use crate::webhooks::WebhookReads;
use due::DueReads;

/// Which store this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Made with the store; `sto_` and 26 characters.
    pub store_id: String,
    /// Grows with each restore from a backup. What earlier incarnations had sent is unknown.
    pub incarnation: u32,
    /// The schema's version.
    pub schema_version: u32,
}

/// A page of a list, newest first: at most `limit` rows with ids below `after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<Id> {
    /// The last id of the page before.
    pub after: Option<Id>,
    /// Rows at most.
    pub limit: usize,
}

/// The rows of a page, out of what `next` gives of a page: each row's id, and `None` where a newer program
/// is needed to read it. Such a row is passed over, so that the page is as full as it would be without.
///
/// # Errors
/// Those of `next`.
pub fn fill<Id: Copy, T, E>(
    mut page: Page<Id>,
    mut next: impl FnMut(Page<Id>) -> Result<Vec<(Id, Option<T>)>, E>,
) -> Result<Vec<T>, E> {
    let mut found = Vec::new();
    loop {
        let rows = next(page)?;
        let is_end = rows.len() < page.limit;
        page.after = rows.last().map(|(id, _)| *id).or(page.after);
        found.extend(rows.into_iter().filter_map(|(_, row)| row));
        found.truncate(page.limit);
        if is_end || found.len() == page.limit {
            return Ok(found);
        }
    }
}

/// Which activity, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Entries after this position.
    pub after: u64,
    /// Of these kinds; empty is all.
    pub kinds: Vec<ActivityKind>,
    /// Of these things; empty is all.
    pub resources: Vec<String>,
}

/// A page of a feed.
#[derive(Clone, Debug, Default)]
pub struct FeedPage {
    /// Entries, the oldest first.
    pub emitted: Vec<ActivityRow>,
    /// It ends before an entry that only a newer program can read.
    pub is_cut: bool,
}

/// How much room a store takes. `None` is what it does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes of the store, without its WAL.
    pub store_bytes: Option<u64>,
    /// Bytes of its WAL.
    pub wal_bytes: Option<u64>,
    /// Bytes that are free where it lies.
    pub free_bytes: Option<u64>,
}

/// Reads. Each call sees a consistent snapshot of the store, at least as new as every acknowledged commit.
#[expect(clippy::missing_errors_doc, reason = "every method fails with a StoreError only")]
pub trait Reads: TicketReads + WebhookReads + DueReads {
    /// Which store this is. Also how readiness asks whether it can be reached.
    fn identity(&self) -> Result<Identity, StoreError>;
    /// Who is found by one of these handles.
    fn person(&self, account: AccountId, handles: &Handles)
    -> Result<Option<PersonId>, StoreError>;
    /// What a person has taken of an event.
    fn allowance(&self, account: AccountId, id: AllowanceId) -> Result<Allowance, StoreError>;
    /// The record of a key, answer included.
    fn record(&self, key: &IntentKey) -> Result<Option<Record>, StoreError>;
    /// Records whose answers are about a thing, the oldest first.
    fn records_of(&self, account: AccountId, resource: &str) -> Result<Vec<Record>, StoreError>;
    /// Activity, oldest first.
    fn activity(
        &self,
        account: AccountId,
        filter: &ActivityFilter,
        limit: usize,
    ) -> Result<Vec<ActivityRow>, StoreError> {
        Ok(self.feed_page(account, filter, limit)?.emitted)
    }
    /// What a client calls these people, of those who are there.
    fn users(
        &self,
        account: AccountId,
        people: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, String>, StoreError>;
    /// How much of an account's feed clean-up has taken away.
    fn low_water_mark(&self, account: AccountId) -> Result<LowWaterMark, StoreError>;
    /// Feeds every row of a consistent snapshot to `audit`; `progress` is called with rows as they come.
    fn audit(&self, audit: &mut Audit, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError>;
    /// What the store's own clock says now; `None` where it has none, and the engine's counts.
    fn clock(&self) -> Result<Option<Timestamp>, StoreError>;
    /// The latest committed instant.
    fn last_instant(&self) -> Result<Option<Timestamp>, StoreError>;
    /// How much room it takes, as far as it knows.
    fn sizes(&self) -> Result<Sizes, StoreError> {
        Ok(Sizes::default())
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, fill};

    /// A page out of the numbers below a hundred, downwards; odd ones cannot be read.
    fn even(after: u32, limit: usize) -> Vec<u32> {
        let next = |page: Page<u32>| {
            let below = (0..page.after.expect("it is given")).rev().take(page.limit);
            Ok::<_, ()>(below.map(|it| (it, it.is_multiple_of(2).then_some(it))).collect())
        };
        fill(Page { after: Some(after), limit }, next).expect("nothing fails")
    }

    #[test]
    fn a_page_is_full_though_rows_were_passed_over() {
        assert_eq!(even(100, 3), [98, 96, 94]);
        assert_eq!(even(94, 1), [92]);
        assert_eq!(even(5, 9), [4, 2, 0]);
        assert_eq!(even(4, 2), [2, 0]);
        assert_eq!(even(0, 2), [] as [u32; 0]);
        assert_eq!(even(9, 0), [] as [u32; 0]);
    }
}
