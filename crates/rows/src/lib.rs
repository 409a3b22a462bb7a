//! Rows become things of the domain here and nowhere else, once for all stores. A row that cannot be one
//! is a broken store, never a guess.
//!
//! What must not live here: a driver, a statement, or anything that only one store does.

pub mod activity;
pub mod audit;
mod cell;
pub mod cold;
pub mod credentials;
mod datum;
pub mod records;
mod statements;
pub mod stock;
mod stored;
mod tables;
pub mod tickets;
pub mod webhooks;

use std::str::FromStr;

use domain::Timestamp;
use domain::id::AccountId;

pub use cell::{Cell, Value};
pub use datum::{AsDatum, Datum, Unstorable};
pub use stored::{ACCOUNT, OfAccount, Stored, keyed, row};
pub use tables::TABLES;

/// A row of a store, by the names of its columns. A value is `None` where the column holds nothing.
///
/// # Errors
/// Each method fails where the row has no such column, or it holds something of another kind.
pub trait Source {
    /// What goes wrong in this store.
    type Error: From<Corrupt>;

    /// A number.
    fn integer(&self, column: &'static str) -> Result<Option<i64>, Self::Error>;

    /// Yes or no.
    fn flag(&self, column: &'static str) -> Result<Option<bool>, Self::Error>;

    /// A text.
    fn text(&self, column: &'static str) -> Result<Option<&str>, Self::Error>;

    /// Bytes.
    fn bytes(&self, column: &'static str) -> Result<Option<&[u8]>, Self::Error>;
}

/// A row is not what this program takes it for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Corrupt {
    /// It contradicts itself, or what any program would have written.
    Broken(String),
    /// It has a word that only a newer program knows.
    Unreadable(String),
}

impl Corrupt {
    fn strange(column: &str, value: impl std::fmt::Debug) -> Self {
        Self::Broken(format!("column {column} has {value:?}"))
    }

    /// A column holds nothing that must hold something.
    fn nothing(column: &str) -> Self {
        Self::strange(column, "nothing")
    }
}

/// Whether an error says that only a newer program can read a row.
pub trait NeedsNewer {
    /// It does.
    fn needs_newer(&self) -> bool;
}

/// A column as it is.
///
/// # Errors
/// Where it holds something else.
pub fn get<T: Cell, S: Source>(row: &S, column: &'static str) -> Result<T, S::Error> {
    T::of(row, column)
}

/// A column as an id or another type with a text of its own.
///
/// # Errors
/// Where it holds something else.
pub fn parse<T: FromStr, S: Source>(row: &S, column: &'static str) -> Result<T, S::Error> {
    optional(row, column)?.ok_or_else(|| Corrupt::nothing(column).into())
}

/// What can be read, if no newer program is needed for it.
///
/// # Errors
/// All others.
pub fn readable<T, E: NeedsNewer>(read: Result<T, E>) -> Result<Option<T>, E> {
    match read {
        Err(error) if error.needs_newer() => Ok(None),
        read => read.map(Some),
    }
}

/// A column that may hold nothing, as an id.
///
/// # Errors
/// Where it holds something else.
pub fn optional<T: FromStr, S: Source>(
    row: &S,
    column: &'static str,
) -> Result<Option<T>, S::Error> {
    structured(row, column, |text| text.parse().ok())
}

/// A column that may hold nothing, as what its text means.
///
/// # Errors
/// Where it means nothing.
pub fn structured<T, S: Source>(
    row: &S,
    column: &'static str,
    meaning: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, S::Error> {
    let Some(text) = row.text(column)? else { return Ok(None) };
    Ok(Some(meaning(text).ok_or_else(|| Corrupt::strange(column, text))?))
}

/// Whose row it is.
///
/// # Errors
/// Where that is no account.
pub fn account<S: Source>(row: &S) -> Result<AccountId, S::Error> {
    parse(row, "account_id")
}

/// An instant, stored as milliseconds since 1970.
///
/// # Errors
/// Where it holds something else.
pub fn instant<S: Source>(row: &S, column: &'static str) -> Result<Timestamp, S::Error> {
    get(row, column).map(Timestamp::from_millis)
}

/// An instant that may be missing.
///
/// # Errors
/// Where it holds something else.
pub fn optional_instant<S: Source>(
    row: &S,
    column: &'static str,
) -> Result<Option<Timestamp>, S::Error> {
    Ok(row.integer(column)?.map(Timestamp::from_millis))
}
