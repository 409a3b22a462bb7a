//! Accounts and secret keys, on connections of their own: they are changed beside running servers.

use domain::Timestamp;
use domain::id::KeyId;
use engine::StoreError;
use engine::credentials::{Account, Credentials, Key};

use crate::connect::{Address, Options};
use crate::errors::{Error, OpenError};
use crate::open;
use crate::reads::Readers;
use crate::session::{Session, params};
use crate::statements::{
    ACCOUNT_GET_BY_NAME, ACCOUNT_INSERT, KEY_GET_BY_HASH, KEY_GET_BY_ID, KEY_INSERT, KEY_LIST,
    KEY_REVOKE, META_INSERT,
};
use rows::credentials;

/// What others bind the store to stands apart from what it needs itself.
const BOUND: &str = "bound.";

/// Connections at most. One that hangs must not keep all callers waiting, one after the other.
const CONNECTIONS_MAX: usize = 4;

/// Who may ask, in a store that may be served meanwhile.
#[derive(Debug)]
pub struct PostgresCredentials {
    connections: Readers,
}

impl PostgresCredentials {
    /// Opens the store at `address`, makes it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError`]; then nothing was changed.
    pub fn open(address: &str, options: &Options) -> Result<Self, OpenError> {
        let address = Address::new(address, options)?;
        open::prepare(&address)?;
        Ok(Self { connections: Readers::new(address, CONNECTIONS_MAX) })
    }

    /// Each of these is one statement, or may be repeated: once more on a new connection if an old one
    /// was lost unnoticed.
    fn ask<T>(&self, ask: impl Fn(&mut Session) -> Result<T, Error>) -> Result<T, StoreError> {
        self.connections.autocommit_read(ask)
    }
}

impl Credentials for PostgresCredentials {
    fn account(&self, fresh: Account) -> Result<Account, StoreError> {
        self.ask(|session| {
            let mode = fresh.mode.as_str();
            session.one(
                &ACCOUNT_INSERT,
                params![
                    fresh.id.to_string(),
                    fresh.name.clone(),
                    mode,
                    fresh.created_at.as_millis()
                ],
            )?;
            let done = session.one(&ACCOUNT_GET_BY_NAME, params![fresh.name.clone(), mode])?;
            let absent = || Error::Broken(format!("the account {:?} is not there", fresh.name));
            rows::row(done.rows.first().ok_or_else(absent)?)
        })
    }

    fn add_key(&self, key: &Key) -> Result<(), StoreError> {
        self.ask(|session| {
            let params = params![
                key.account.to_string(),
                key.id.to_string(),
                key.hash.to_vec(),
                key.scopes.to_string(),
                key.rate.map(i64::from),
                key.created_at.as_millis(),
                key.revoked_at.map(Timestamp::as_millis),
            ];
            match session.one(&KEY_INSERT, params)?.affected {
                1 => Ok(()),
                _ => Err(Error::Refused(format!("{} is there already", key.id))),
            }
        })
    }

    fn keys(&self) -> Result<Vec<(Key, Account)>, StoreError> {
        self.ask(|session| {
            let done = session.one(&KEY_LIST, Vec::new())?;
            done.rows.iter().map(credentials::key_and_account).collect()
        })
    }

    fn revoke_key(&self, id: KeyId, now: Timestamp) -> Result<bool, StoreError> {
        self.ask(|session| {
            let done = session.one(&KEY_REVOKE, params![id.to_string(), now.as_millis()])?;
            Ok(done.affected > 0)
        })
    }

    fn bind(&self, name: &str, value: Option<&str>) -> Result<Option<String>, StoreError> {
        let key = format!("{BOUND}{name}");
        self.ask(|session| {
            if let Some(value) = value {
                // Whoever was first has bound it for good.
                session.one(&META_INSERT, params![key.clone(), value.to_owned()])?;
            }
            open::meta(session, &key)
        })
    }

    fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Key>, StoreError> {
        self.ask(|session| {
            let done = session.one(&KEY_GET_BY_HASH, params![hash.to_vec()])?;
            done.rows.first().map(rows::row).transpose()
        })
    }

    fn key_by_id(&self, id: KeyId) -> Result<Option<Key>, StoreError> {
        self.ask(|session| {
            let done = session.one(&KEY_GET_BY_ID, params![id.to_string()])?;
            done.rows.first().map(rows::row).transpose()
        })
    }
}
