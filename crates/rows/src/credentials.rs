//! Accounts and secret keys.

use domain::Timestamp;
use domain::id::{AccountId, KeyId};
use domain::world::Of;
use engine::credentials::{Account, Key, Mode, Scopes};
use engine::transfer::Kind;

use crate::stored::stored;
use crate::{AsDatum, Datum, Source, Unstorable, Value, cell, get, row};

/// Scopes of newer programs are passed over.
impl Value for Scopes {
    const KIND: Kind = Kind::Text;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        cell::word(row, column, |text| Some(Self::known(text)))
    }
}

impl AsDatum for Scopes {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Shown(self))
    }
}

stored! {
    hot accounts: AccountId => Account;
    key |account| {
        account_id: AccountId = *account,
    } made account_id;
    row |account| {
        #[fixed] name: String = account.name,
        #[fixed] mode: Mode = account.mode,
        #[fixed] created_at: Timestamp = account.created_at,
    } made |_, id| Account { id: *id, name, mode, created_at };

    hot keys: Of<KeyId> => Key;
    key |key| {
        account_id: AccountId = key.0,
        id: KeyId = key.1,
    } made (account_id, id);
    row |key| {
        #[fixed] hash: [u8; 32] = key.hash,
        #[fixed] scopes: Scopes = key.scopes,
        #[fixed] rate: Option<u32> = key.rate,
        #[fixed] created_at: Timestamp = key.created_at,
        revoked_at: Option<Timestamp> = key.revoked_at,
    } made |source, of| Key {
        id: of.1,
        account: of.0,
        // Found with the account.
        mode: get(source, "mode")?,
        hash,
        scopes,
        rate,
        created_at,
        revoked_at,
    };
}

/// A secret key and its account.
///
/// # Errors
/// Where the row is none.
pub fn key_and_account<S: Source>(source: &S) -> Result<(Key, Account), S::Error> {
    let key: Key = row(source)?;
    let account = Account {
        id: key.account,
        name: get(source, "name")?,
        mode: key.mode,
        created_at: get(source, "account_created_at")?,
    };
    Ok((key, account))
}
