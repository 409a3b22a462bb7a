//! Rows become things of the domain here and nowhere else. A row that cannot be one is a broken store,
//! never a guess.

pub(crate) mod activity;
pub(crate) mod bookings;
pub(crate) mod catalogue;
pub(crate) mod credentials;
pub(crate) mod json;
pub(crate) mod records;
pub(crate) mod stock;

use std::str::FromStr;

use domain::id::AccountId;
use domain::{Currency, Money, Timestamp};
use rusqlite::types::FromSql;

use crate::errors::Error;
use crate::prepared::Row;

/// A column as it is.
pub(crate) fn get<T: FromSql>(row: &Row<'_>, column: &'static str) -> Result<T, Error> {
    row.get(column).map_err(Error::sqlite(column))
}

/// A column as an id or another type with a text of its own.
pub(crate) fn parse<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<T, Error> {
    optional(row, column)?.ok_or_else(|| strange(column, "nothing"))
}

/// A column as one of the words of an enum. A newer program may have more words.
pub(crate) fn word<T>(
    row: &Row<'_>,
    column: &'static str,
    meaning: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Error> {
    let newer = |text: &str| Error::Unreadable(format!("column {column} has {text:?}"));
    let known = optional_text(row, column, |text| Ok(meaning(text).ok_or_else(|| newer(text))))?;
    known.unwrap_or_else(|| Err(strange(column, "nothing")))
}

/// What can be read, if no newer program is needed for it.
pub(crate) fn readable<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Err(Error::Unreadable(_)) => Ok(None),
        read => read.map(Some),
    }
}

/// A column that may be null, as an id.
fn optional<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<Option<T>, Error> {
    structured(row, column, |text| text.parse().ok())
}

/// A column that may be null, as what its text means.
pub(crate) fn structured<T>(
    row: &Row<'_>,
    column: &'static str,
    meaning: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    optional_text(row, column, |text| meaning(text).ok_or_else(|| strange(column, text)))
}

fn optional_text<T>(
    row: &Row<'_>,
    column: &'static str,
    meaning: impl FnOnce(&str) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let value = row.get_ref(column).map_err(Error::sqlite(column))?;
    let text = value.as_str_or_null().map_err(|error| strange(column, &error.to_string()))?;
    let Some(text) = text else { return Ok(None) };
    meaning(text).map(Some)
}

pub(crate) fn account(row: &Row<'_>) -> Result<AccountId, Error> {
    parse(row, "account_id")
}

pub(crate) fn instant(row: &Row<'_>, column: &'static str) -> Result<Timestamp, Error> {
    get(row, column).map(Timestamp::from_millis)
}

pub(crate) fn optional_instant(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<Timestamp>, Error> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis))
}

/// A count that is stored as a signed number.
pub(crate) fn count(row: &Row<'_>, column: &'static str) -> Result<u64, Error> {
    let count: i64 = get(row, column)?;
    u64::try_from(count).map_err(|_| strange(column, &count.to_string()))
}

/// An amount of the row's currency.
fn money(row: &Row<'_>, column: &'static str) -> Result<Money, Error> {
    Ok(Money::new(get(row, column)?, word(row, "currency", Currency::new)?))
}

fn strange(column: &'static str, value: &str) -> Error {
    Error::Broken(format!("column {column} has {value:?}"))
}
