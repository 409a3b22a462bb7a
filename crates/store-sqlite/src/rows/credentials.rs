//! Accounts and secret keys.

use engine::credentials::{Account, Key, Mode, Scopes};

use crate::errors::Error;
use crate::prepared::Row;
use crate::rows::{get, instant, optional_instant, parse, word};

pub(crate) fn account(row: &Row<'_>) -> Result<Account, Error> {
    account_created(row, "created_at")
}

fn account_created(row: &Row<'_>, created_at: &'static str) -> Result<Account, Error> {
    Ok(Account {
        id: parse(row, "account_id")?,
        name: get(row, "name")?,
        mode: word(row, "mode", Mode::from_word)?,
        created_at: instant(row, created_at)?,
    })
}

pub(crate) fn key(row: &Row<'_>) -> Result<Key, Error> {
    Ok(Key {
        id: parse(row, "id")?,
        account: parse(row, "account_id")?,
        mode: word(row, "mode", Mode::from_word)?,
        hash: get(row, "hash")?,
        scopes: word(row, "scopes", |text| Some(Scopes::known(text)))?,
        rate: get(row, "rate")?,
        created_at: instant(row, "created_at")?,
        revoked_at: optional_instant(row, "revoked_at")?,
    })
}

pub(crate) fn key_and_account(row: &Row<'_>) -> Result<(Key, Account), Error> {
    Ok((key(row)?, account_created(row, "account_created_at")?))
}
