//! The dictionary of names: rows of the hot tables name their account, event and zone by a small interned id, the
//! name's row id in the dictionary, so that indexes on them are small and are compared quickly. Accounts are counted
//! by themselves, since entries of feeds have room for [`ACCOUNT_ROW_ID_MAX`] of them only.

use std::fmt;

use domain::activity::ActivityKind;
use domain::id::{AccountId, EventId, ZoneId};
use foldhash::HashMap;
use rusqlite::named_params;

use crate::entry_row_id::ACCOUNT_ROW_ID_MAX;
use crate::errors::Error;
use crate::session::Session;
use crate::statements::{
    ACCOUNT_NAME_GET, ACCOUNT_NAME_INSERT, ACCOUNT_NAME_LAST, NAME_GET, NAME_INSERT,
};

/// Names whose row ids are cached.
pub(crate) const NAMES_CACHED_MAX: usize = 100_000;

/// Something that is interned.
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

/// Row ids of names that were looked up or interned. They never change, and ids of what is there are made here:
/// no client can choose names that share a place in the table.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    cached: HashMap<Name, i64>,
    /// Interned in the transaction that is open: not there if it does not commit.
    interned: Vec<Name>,
}

impl Dictionary {
    pub(crate) fn invalidate(&mut self) {
        *self = Self::default();
    }

    /// The transaction was committed.
    pub(crate) fn commit(&mut self) {
        self.interned.clear();
    }

    /// The transaction was not committed.
    pub(crate) fn roll_back(&mut self) {
        for name in self.interned.drain(..) {
            self.cached.remove(&name);
        }
    }

    /// The row id of a name, if it is interned.
    pub(crate) fn find(&mut self, session: &Session, name: Name) -> Result<Option<i64>, Error> {
        if let Some(row_id) = self.cached.get(&name) {
            return Ok(Some(*row_id));
        }
        let row_id = find(session, name)?;
        if let Some(row_id) = row_id {
            self.cache(name, row_id);
        }
        Ok(row_id)
    }

    /// The row id of a name, which is interned if it is not yet.
    pub(crate) fn intern(&mut self, session: &Session, name: Name) -> Result<i64, Error> {
        if let Some(row_id) = self.find(session, name)? {
            return Ok(row_id);
        }
        let row_id = insert(session, name)?;
        self.cache(name, row_id);
        self.interned.push(name);
        Ok(row_id)
    }

    fn cache(&mut self, name: Name, row_id: i64) {
        if self.cached.len() >= NAMES_CACHED_MAX {
            self.cached.clear();
        }
        self.cached.insert(name, row_id);
    }
}

/// The row id of a name, if it is interned.
pub(crate) fn find(session: &Session, name: Name) -> Result<Option<i64>, Error> {
    let get = if matches!(name, Name::Account(_)) { &ACCOUNT_NAME_GET } else { &NAME_GET };
    session.one(get, named_params! {":name": name.to_string()}, |row| rows::get(row, "no"))
}

/// Interns a name that is not yet.
fn insert(session: &Session, name: Name) -> Result<i64, Error> {
    match name {
        Name::Account(account) => insert_account(session, account),
        Name::Event(_) | Name::Zone(_) | Name::Kind(_) => {
            session.execute_one(&NAME_INSERT, named_params! {":name": name.to_string()})?;
            Ok(session.last_row_id())
        }
    }
}

/// The row id of an account, which is interned if it is not yet.
pub(crate) fn intern_account(session: &Session, account: AccountId) -> Result<i64, Error> {
    let found = find(session, Name::Account(account))?;
    found.map_or_else(|| insert_account(session, account), Ok)
}

/// Interns an account that is not yet, with the next row id of accounts.
fn insert_account(session: &Session, account: AccountId) -> Result<i64, Error> {
    let max = named_params! {":max": ACCOUNT_ROW_ID_MAX};
    let last = session.one(&ACCOUNT_NAME_LAST, max, |row| rows::get(row, "no"))?.unwrap_or(0);
    let row_id = i64::saturating_add(last, 1);
    if row_id > ACCOUNT_ROW_ID_MAX {
        return Err(Error::Refused(format!(
            "{account} would be one account too many: a store on SQLite has at most {ACCOUNT_ROW_ID_MAX}, and has \
             given all their numbers. Those that are there go on. Move the store to PostgreSQL with \
             `bookonce migrate-store`, where accounts are not counted"
        )));
    }
    let params = named_params! {":no": row_id, ":name": account.to_string()};
    session.execute_one(&ACCOUNT_NAME_INSERT, params)?;
    Ok(row_id)
}
