//! Rows as parameters: an array for each column, besides the account, which all of them have in common.

use domain::id::AccountId;
use engine::transfer::{Column, Kind};
use rows::{ACCOUNT, Datum, OfAccount, Stored, Unstorable};

use crate::errors::Error;
use crate::load;
use crate::session::{Param, params};

/// What a column has in each row.
enum Values {
    Integers(Vec<Option<i64>>),
    Flags(Vec<Option<bool>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Values {
    fn of(column: &Column) -> Self {
        match column.kind {
            Kind::Integer => Self::Integers(Vec::new()),
            Kind::Flag => Self::Flags(Vec::new()),
            Kind::Text => Self::Texts(Vec::new()),
            Kind::Bytes => Self::Bytes(Vec::new()),
        }
    }

    /// Takes what the next row has.
    fn push(&mut self, datum: Datum<'_>) -> Result<(), Error> {
        match (self, datum) {
            (Self::Integers(values), Datum::Null) => values.push(None),
            (Self::Integers(values), Datum::Integer(number)) => values.push(Some(number)),
            (Self::Flags(values), Datum::Null) => values.push(None),
            (Self::Flags(values), Datum::Flag(flag)) => values.push(Some(flag)),
            (Self::Texts(values), Datum::Null) => values.push(None),
            (Self::Texts(values), Datum::Text(text)) => values.push(Some(text.to_owned())),
            (Self::Texts(values), Datum::Shown(shown)) => values.push(Some(shown.to_string())),
            (Self::Bytes(values), Datum::Null) => values.push(None),
            (Self::Bytes(values), Datum::Bytes(bytes)) => values.push(Some(bytes.to_vec())),
            (Self::Integers(_) | Self::Flags(_) | Self::Texts(_) | Self::Bytes(_), other) => {
                let what = format!("{other:?} is of another kind than its column");
                return Err(Unstorable(what).into());
            }
        }
        Ok(())
    }

    fn param(self) -> Param {
        match self {
            Self::Integers(values) => Box::new(values),
            Self::Flags(values) => Box::new(values),
            Self::Texts(values) => Box::new(values),
            Self::Bytes(values) => Box::new(values),
        }
    }
}

/// The columns of rows.
pub(crate) fn of_rows<'a, R: Stored + 'a>(
    rows: impl IntoIterator<Item = (&'a R::Key, &'a R)>,
) -> Result<Vec<Param>, Error> {
    let columns = R::TABLE.columns;
    gather(columns, rows, |(key, row), take| row.give(key, take))
}

/// The columns of their keys.
pub(crate) fn of_keys<'a, R: Stored + 'a>(
    keys: impl IntoIterator<Item = &'a R::Key>,
) -> Result<Vec<Param>, Error> {
    let columns = R::TABLE.columns.get(..R::TABLE.key.len()).unwrap_or_default();
    gather(columns, keys, |key, take| R::give_key(key, take))
}

/// Keys as parameters, once for each account: itself, and the columns of its keys.
pub(crate) fn by_account<'a, R: Stored + 'a>(
    keys: impl IntoIterator<Item = &'a R::Key>,
) -> Result<Vec<Vec<Param>>, Error> {
    let accounts = load::by_account(keys, OfAccount::account);
    let call = |(account, keys): (AccountId, Vec<&'a R::Key>)| {
        let mut params = params![account.to_string()];
        params.extend(of_keys::<R>(keys)?);
        Ok(params)
    };
    accounts.into_iter().map(call).collect()
}

fn gather<T>(
    columns: &[Column],
    rows: impl IntoIterator<Item = T>,
    give: impl Fn(T, &mut dyn FnMut(Datum<'_>) -> Result<(), Error>) -> Result<(), Error>,
) -> Result<Vec<Param>, Error> {
    let is_account = |column: &Column| column.name == ACCOUNT;
    let mut values: Vec<_> =
        columns.iter().map(|column| (!is_account(column)).then(|| Values::of(column))).collect();
    for row in rows {
        let mut places = values.iter_mut();
        give(row, &mut |datum| match places.next() {
            Some(Some(values)) => values.push(datum),
            Some(None) | None => Ok(()),
        })?;
    }
    Ok(values.into_iter().flatten().map(Values::param).collect())
}
