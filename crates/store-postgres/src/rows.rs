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
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::errors::Error;

/// A column as it is.
pub(crate) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &'static str) -> Result<T, Error> {
    row.try_get(column).map_err(|error| Error::Broken(format!("column {column}: {error}")))
}

/// A column that holds a number which is smaller than a `bigint` may be.
pub(crate) fn number<T: TryFrom<i64>>(row: &Row, column: &'static str) -> Result<T, Error> {
    let number: i64 = get(row, column)?;
    T::try_from(number).map_err(|_| strange(column, &number.to_string()))
}

/// A column of exactly 32 bytes, or of nothing.
pub(crate) fn hash(row: &Row, column: &'static str) -> Result<Option<[u8; 32]>, Error> {
    let Some(bytes) = get::<Option<&[u8]>>(row, column)? else { return Ok(None) };
    bytes.try_into().map(Some).map_err(|_| strange(column, &format!("{} bytes", bytes.len())))
}

/// A column as an id or another type with a text of its own.
pub(crate) fn parse<T: FromStr>(row: &Row, column: &'static str) -> Result<T, Error> {
    optional(row, column)?.ok_or_else(|| strange(column, "nothing"))
}

/// A column as one of the words of an enum. A newer program may have more words.
pub(crate) fn word<T>(
    row: &Row,
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
fn optional<T: FromStr>(row: &Row, column: &'static str) -> Result<Option<T>, Error> {
    structured(row, column, |text| text.parse().ok())
}

/// A column that may be null, as what its text means.
pub(crate) fn structured<T>(
    row: &Row,
    column: &'static str,
    meaning: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    optional_text(row, column, |text| meaning(text).ok_or_else(|| strange(column, text)))
}

fn optional_text<T>(
    row: &Row,
    column: &'static str,
    meaning: impl FnOnce(&str) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let Some(text) = get::<Option<&str>>(row, column)? else { return Ok(None) };
    meaning(text).map(Some)
}

pub(crate) fn account(row: &Row) -> Result<AccountId, Error> {
    parse(row, "account_id")
}

pub(crate) fn instant(row: &Row, column: &'static str) -> Result<Timestamp, Error> {
    get(row, column).map(Timestamp::from_millis)
}

pub(crate) fn optional_instant(
    row: &Row,
    column: &'static str,
) -> Result<Option<Timestamp>, Error> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis))
}

/// A count that is stored as a signed number.
pub(crate) fn count(row: &Row, column: &'static str) -> Result<u64, Error> {
    number(row, column)
}

/// An amount of the row's currency.
fn money(row: &Row, column: &'static str) -> Result<Money, Error> {
    Ok(Money::new(get(row, column)?, word(row, "currency", Currency::new)?))
}

fn strange(column: &'static str, value: &str) -> Error {
    Error::Broken(format!("column {column} has {value:?}"))
}
