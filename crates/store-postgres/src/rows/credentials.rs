//! Accounts and secret keys.

use engine::credentials::{Account, Key, Mode, Scopes};
use tokio_postgres::Row;

use crate::errors::Error;
use crate::rows::{get, hash, instant, optional_instant, parse, word};

pub(crate) fn account(row: &Row) -> Result<Account, Error> {
    account_created(row, "created_at")
}

fn account_created(row: &Row, created_at: &'static str) -> Result<Account, Error> {
    Ok(Account {
        id: parse(row, "account_id")?,
        name: get(row, "name")?,
        mode: word(row, "mode", Mode::from_word)?,
        created_at: instant(row, created_at)?,
    })
}

pub(crate) fn key(row: &Row) -> Result<Key, Error> {
    Ok(Key {
        id: parse(row, "id")?,
        account: parse(row, "account_id")?,
        mode: word(row, "mode", Mode::from_word)?,
        hash: hash(row, "hash")?.ok_or_else(|| Error::Broken("a key has no hash".to_owned()))?,
        scopes: word(row, "scopes", |text| Some(Scopes::known(text)))?,
        rate: rate(row)?,
        created_at: instant(row, "created_at")?,
        revoked_at: optional_instant(row, "revoked_at")?,
    })
}

pub(crate) fn key_and_account(row: &Row) -> Result<(Key, Account), Error> {
    Ok((key(row)?, account_created(row, "account_created_at")?))
}

fn rate(row: &Row) -> Result<Option<u32>, Error> {
    let rate: Option<i64> = get(row, "rate")?;
    let too_much = |_| Error::Broken(format!("a key has a rate of {rate:?}"));
    rate.map(u32::try_from).transpose().map_err(too_much)
}
