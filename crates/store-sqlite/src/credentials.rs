//! Accounts and secret keys, on a connection of their own: they are changed beside a running server.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use domain::Timestamp;
use domain::id::KeyId;
use engine::StoreError;
use engine::credentials::{Account, Credentials, Key};
use rusqlite::named_params;

use crate::dictionary;
use crate::errors::{Error, OpenError};
use crate::open::{self, Options};
use crate::session::Session;
use crate::statements::{
    ACCOUNT_GET_BY_NAME, ACCOUNT_INSERT, KEY_GET_BY_HASH, KEY_GET_BY_ID, KEY_INSERT, KEY_LIST,
    KEY_REVOKE, META_INSERT,
};
use crate::transfer;
use rows::credentials;

/// What others bind the store to stands apart from what it needs itself.
const BOUND: &str = "bound.";

/// Who may ask, in a store that may be served meanwhile.
#[derive(Debug)]
pub struct SqliteCredentials {
    session: Mutex<Session>,
}

impl SqliteCredentials {
    /// Opens the store at `path`, makes it if it is not there and the options say so, and brings its
    /// schema up to date. Never takes the lock for longer than that.
    ///
    /// # Errors
    /// [`OpenError`]; then nothing was changed.
    pub fn open(path: &Path, options: &Options) -> Result<Self, OpenError> {
        Ok(Self { session: Mutex::new(open::writer(path, options, None)?) })
    }

    /// Opens the store at `path` only to look: also where nothing can be written.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn look(path: &Path, options: &Options) -> Result<Self, OpenError> {
        Ok(Self { session: Mutex::new(open::known_reader(path, options.busy_timeout)?) })
    }

    fn read<T>(&self, read: impl FnOnce(&Session) -> Result<T, Error>) -> Result<T, StoreError> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever panicked while holding it may have left a transaction open.
        session.roll_back()?;
        Ok(read(&session)?)
    }

    fn write<T>(&self, write: impl FnOnce(&Session) -> Result<T, Error>) -> Result<T, StoreError> {
        self.read(|session| {
            session.begin_write()?;
            let here = transfer::check_here(session);
            let written = here
                .and_then(|()| write(session))
                .and_then(|value| session.commit().map(|()| value));
            match written {
                Ok(value) => Ok(value),
                Err(error) => {
                    // What went wrong first is reported; the next call rolls back if this could not.
                    let _reported_later = session.roll_back().is_ok();
                    Err(error)
                }
            }
        })
    }
}

impl Credentials for SqliteCredentials {
    fn account(&self, fresh: Account) -> Result<Account, StoreError> {
        self.write(|session| {
            let params = named_params! {":name": fresh.name, ":mode": fresh.mode.as_str()};
            let known = session.one(&ACCOUNT_GET_BY_NAME, params, |row| rows::row(row))?;
            if let Some(known) = known {
                return Ok(known);
            }
            let params = named_params! {
                ":account": fresh.id.to_string(),
                ":name": fresh.name,
                ":mode": fresh.mode.as_str(),
                ":created_at": fresh.created_at.as_millis(),
            };
            session.execute_one(&ACCOUNT_INSERT, params)?;
            // Now, so that it is whoever makes an account who is told that there is no room for it.
            dictionary::intern_account(session, fresh.id).map_err(no_room)?;
            Ok(fresh)
        })
    }

    fn add_key(&self, key: &Key) -> Result<(), StoreError> {
        self.write(|session| {
            let params = named_params! {
                ":account": key.account.to_string(),
                ":id": key.id.to_string(),
                ":hash": key.hash,
                ":scopes": key.scopes.to_string(),
                ":rate": key.rate,
                ":created_at": key.created_at.as_millis(),
                ":revoked_at": key.revoked_at.map(|at| at.as_millis()),
            };
            session.execute_one(&KEY_INSERT, params)
        })
    }

    fn keys(&self) -> Result<Vec<(Key, Account)>, StoreError> {
        self.read(|session| {
            session.all(&KEY_LIST, named_params! {}, |row| credentials::key_and_account(row))
        })
    }

    fn revoke_key(&self, id: KeyId, now: Timestamp) -> Result<bool, StoreError> {
        self.write(|session| {
            let params = named_params! {":id": id.to_string(), ":now": now.as_millis()};
            Ok(session.execute(&KEY_REVOKE, params)? > 0)
        })
    }

    fn bind(&self, name: &str, value: Option<&str>) -> Result<Option<String>, StoreError> {
        let key = format!("{BOUND}{name}");
        let Some(value) = value else { return self.read(|session| open::meta(session, &key)) };
        self.write(|session| {
            // Whoever was first has bound it for good.
            session.execute(&META_INSERT, named_params! {":key": key, ":value": value})?;
            open::meta(session, &key)
        })
    }

    fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Key>, StoreError> {
        self.read(|session| {
            session.one(&KEY_GET_BY_HASH, named_params! {":hash": hash}, |row| rows::row(row))
        })
    }

    fn key_by_id(&self, id: KeyId) -> Result<Option<Key>, StoreError> {
        self.read(|session| {
            let id = named_params! {":id": id.to_string()};
            session.one(&KEY_GET_BY_ID, id, |row| rows::row(row))
        })
    }
}

/// What a batch would be refused for is reported as what it is: nothing is wrong with what is stored.
fn no_room(error: Error) -> Error {
    if let Error::Refused(why) = error { Error::Unavailable(why) } else { error }
}
