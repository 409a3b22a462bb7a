//! The numbers of names: rows of the hot tables name their account, event and zone by a small number, so
//! that indexes on them are small and are compared quickly. Accounts are counted by themselves, since entries
//! of feeds have room for [`ACCOUNT_NO_MAX`] of them only.

use std::collections::HashMap;
use std::fmt;

use domain::activity::ActivityKind;
use domain::id::{AccountId, EventId, ZoneId};
use rusqlite::named_params;

use crate::entry_no::ACCOUNT_NO_MAX;
use crate::errors::Error;
use crate::session::Session;
use crate::statements::{
    ACCOUNT_NAME_GET, ACCOUNT_NAME_INSERT, ACCOUNT_NAME_LAST, NAME_GET, NAME_INSERT,
};

/// Names whose numbers are kept in memory.
pub(crate) const NAMES_CACHED_MAX: usize = 100_000;

/// Something that has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    Account(AccountId),
    Event(EventId),
    Zone(ZoneId),
    Kind(ActivityKind),
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => id.fmt(out),
            Self::Event(id) => id.fmt(out),
            Self::Zone(id) => id.fmt(out),
            Self::Kind(kind) => out.write_str(kind.as_str()),
        }
    }
}

/// Numbers that were looked up or given. They never change.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: HashMap<Name, i64>,
    /// Given in the transaction that is open: not there if it does not commit.
    given: Vec<Name>,
}

impl Names {
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The transaction was committed.
    pub(crate) fn keep(&mut self) {
        self.given.clear();
    }

    /// The transaction was not committed.
    pub(crate) fn drop_given(&mut self) {
        for name in self.given.drain(..) {
            self.known.remove(&name);
        }
    }

    /// The number of a name, if it has one.
    pub(crate) fn find(&mut self, session: &Session, name: Name) -> Result<Option<i64>, Error> {
        if let Some(no) = self.known.get(&name) {
            return Ok(Some(*no));
        }
        let no = find(session, name)?;
        if let Some(no) = no {
            self.know(name, no);
        }
        Ok(no)
    }

    /// The number of a name, which gets one if it has none.
    pub(crate) fn give(&mut self, session: &Session, name: Name) -> Result<i64, Error> {
        if let Some(no) = self.find(session, name)? {
            return Ok(no);
        }
        let no = insert(session, name)?;
        self.know(name, no);
        self.given.push(name);
        Ok(no)
    }

    fn know(&mut self, name: Name, no: i64) {
        if self.known.len() >= NAMES_CACHED_MAX {
            self.known.clear();
        }
        self.known.insert(name, no);
    }
}

/// The number of a name, if it has one.
pub(crate) fn find(session: &Session, name: Name) -> Result<Option<i64>, Error> {
    let get = if matches!(name, Name::Account(_)) { &ACCOUNT_NAME_GET } else { &NAME_GET };
    session.one(get, named_params! {":name": name.to_string()}, |row| rows::get(row, "no"))
}

/// Gives a name, which has none, its number.
fn insert(session: &Session, name: Name) -> Result<i64, Error> {
    match name {
        Name::Account(account) => insert_account(session, account),
        Name::Event(_) | Name::Zone(_) | Name::Kind(_) => {
            session.execute_one(&NAME_INSERT, named_params! {":name": name.to_string()})?;
            Ok(session.last_row_id())
        }
    }
}

/// The number of an account, which gets one if it has none.
pub(crate) fn give_account(session: &Session, account: AccountId) -> Result<i64, Error> {
    let found = find(session, Name::Account(account))?;
    found.map_or_else(|| insert_account(session, account), Ok)
}

/// Gives an account, which has none, the next number of accounts.
fn insert_account(session: &Session, account: AccountId) -> Result<i64, Error> {
    let max = named_params! {":max": ACCOUNT_NO_MAX};
    let last = session.one(&ACCOUNT_NAME_LAST, max, |row| rows::get(row, "no"))?.unwrap_or(0);
    let no = i64::saturating_add(last, 1);
    if no > ACCOUNT_NO_MAX {
        return Err(Error::Refused(format!(
            "{account} would be one account too many: a store on SQLite has at most {ACCOUNT_NO_MAX}, and has \
             given all their numbers. Those that are there go on. Move the store to PostgreSQL with \
             `bookonce migrate-store`, where accounts are not counted"
        )));
    }
    let params = named_params! {":no": no, ":name": account.to_string()};
    session.execute_one(&ACCOUNT_NAME_INSERT, params)?;
    Ok(no)
}
