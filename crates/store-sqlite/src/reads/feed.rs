//! The activity feed.

use std::ops::Range;

use domain::activity::ActivityKind;
use domain::id::AccountId;
use engine::reads::feed::{Entry, Feed, follow};
use engine::reads::{ActivityFilter, FeedPage};
use rusqlite::named_params;

use crate::dictionary::{self, Name};
use crate::entry_row_id::{POSITION_MAX, entry_row_id};
use crate::errors::Error;
use crate::prepared::Row;
use crate::session::Session;
use crate::statements::{ACTIVITY_LIST, ACTIVITY_LIST_BY_RESOURCE, ACTIVITY_LIST_BY_TYPE};
use crate::tx::rows_at_most;
use rows::readable;

/// The entries that pass the filter, as [`follow`] has them.
pub(super) fn page(
    session: &Session,
    account: AccountId,
    filter: &ActivityFilter,
    limit: usize,
) -> Result<FeedPage, Error> {
    let Some(account) = dictionary::find(session, Name::Account(account))? else {
        return Ok(FeedPage::default());
    };
    follow(&mut FeedOf { session, account }, filter, limit)
}

/// The feed of an account, by its row id in the dictionary.
struct FeedOf<'a> {
    session: &'a Session,
    account: i64,
}

impl Feed for FeedOf<'_> {
    type Error = Error;

    fn all(&mut self, after: u64, limit: usize) -> Result<Vec<Entry>, Error> {
        let Range { start: after, end } = self.range(after)?;
        let params = named_params! {":after": after, ":end": end, ":limit": rows_at_most(limit)};
        self.session.all(&ACTIVITY_LIST, params, entry)
    }

    fn of_kind(
        &mut self,
        kind: ActivityKind,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        let kind = dictionary::find(self.session, Name::Kind(kind))?;
        let Some(kind) = kind else { return Ok(Vec::new()) };
        let Range { start: after, end } = self.range(after)?;
        let params = named_params! {
            ":type": kind, ":after": after, ":end": end, ":limit": rows_at_most(limit),
        };
        self.session.all(&ACTIVITY_LIST_BY_TYPE, params, entry)
    }

    fn of_resource(
        &mut self,
        resource: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        let Range { start: after, end } = self.range(after)?;
        let params = named_params! {
            ":resource": resource, ":after": after, ":end": end, ":limit": rows_at_most(limit),
        };
        self.session.all(&ACTIVITY_LIST_BY_RESOURCE, params, entry)
    }
}

impl FeedOf<'_> {
    /// The row ids between which the entries lie that come after a position.
    fn range(&self, after: u64) -> Result<Range<i64>, Error> {
        // No position that is stored is higher.
        let after = entry_row_id(self.account, after.min(POSITION_MAX))?;
        Ok(after..entry_row_id(self.account, POSITION_MAX)?.saturating_add(1))
    }
}

fn entry(row: &Row<'_>) -> Result<Entry, Error> {
    Ok(Entry { position: rows::get(row, "position")?, emitted: readable(rows::row(row))? })
}
