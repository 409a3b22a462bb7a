//! Accounts and secret keys.

use engine::credentials::{Account, Key, Mode, Scopes};

use crate::{Source, get, instant, optional_instant, parse, word};

/// An account.
///
/// # Errors
/// Where the row is none.
pub fn account<S: Source>(row: &S) -> Result<Account, S::Error> {
    account_created(row, "created_at")
}

fn account_created<S: Source>(row: &S, created_at: &'static str) -> Result<Account, S::Error> {
    Ok(Account {
        id: parse(row, "account_id")?,
        name: get(row, "name")?,
        mode: word(row, "mode", Mode::from_word)?,
        created_at: instant(row, created_at)?,
    })
}

/// A secret key.
///
/// # Errors
/// Where the row is none.
pub fn key<S: Source>(row: &S) -> Result<Key, S::Error> {
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

/// A secret key and its account.
///
/// # Errors
/// Where the row is none.
pub fn key_and_account<S: Source>(row: &S) -> Result<(Key, Account), S::Error> {
    Ok((key(row)?, account_created(row, "account_created_at")?))
}
