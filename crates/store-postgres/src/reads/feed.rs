//! The activity feed.

use domain::activity::ActivityKind;
use domain::id::AccountId;
use engine::reads::feed::{Entry, Feed, follow};
use engine::reads::{ActivityFilter, FeedPage};

use crate::errors::Error;
use crate::load::storable;
use crate::session::{Row, Session, params};
use crate::statements::{ACTIVITY_LIST, ACTIVITY_LIST_BY_RESOURCE, ACTIVITY_LIST_BY_TYPE};
use crate::tx::rows_at_most;
use rows::readable;

/// The entries that pass the filter, as [`follow`] has them.
pub(super) fn page(
    session: &mut Session,
    account: AccountId,
    filter: &ActivityFilter,
    limit: usize,
) -> Result<FeedPage, Error> {
    follow(&mut FeedOf { session, account: account.to_string() }, filter, limit)
}

/// The feed of an account.
struct FeedOf<'a> {
    session: &'a mut Session,
    account: String,
}

impl Feed for FeedOf<'_> {
    type Error = Error;

    fn all(&mut self, after: u64, limit: usize) -> Result<Vec<Entry>, Error> {
        let params = params![self.account.clone(), position(after), rows_at_most(limit)];
        self.session.one(&ACTIVITY_LIST, params)?.rows.iter().map(entry).collect()
    }

    fn of_kind(
        &mut self,
        kind: ActivityKind,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        let (account, kind) = (self.account.clone(), kind.as_str());
        let params = params![account, kind, position(after), rows_at_most(limit)];
        self.session.one(&ACTIVITY_LIST_BY_TYPE, params)?.rows.iter().map(entry).collect()
    }

    fn of_resource(
        &mut self,
        resource: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, Error> {
        if !storable(resource) {
            return Ok(Vec::new());
        }
        let (account, resource) = (self.account.clone(), resource.to_owned());
        let params = params![account, resource, position(after), rows_at_most(limit)];
        self.session.one(&ACTIVITY_LIST_BY_RESOURCE, params)?.rows.iter().map(entry).collect()
    }
}

fn entry(row: &Row) -> Result<Entry, Error> {
    Ok(Entry { position: rows::get(row, "position")?, emitted: readable(rows::row(row))? })
}

/// A position as PostgreSQL counts; none that is stored is larger.
fn position(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
