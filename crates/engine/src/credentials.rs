//! Accounts and secret keys: who may ask. Not part of any decision; a key is hashed before it gets
//! here.

use domain::id::{AccountId, KeyId};
use domain::{Timestamp, words};

use crate::error::StoreError;

words! {
    /// Whether data is real. The words are those in keys and in the store.
    pub enum Mode {
        /// It is.
        Live = "live",
        /// It is for trying things out, and never meets live data.
        Test = "test",
    }
}

/// An account. Live and test are two accounts with one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What people call it; unique together with the mode.
    pub name: String,
    /// Whether its data is real.
    pub mode: Mode,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

words! {
    /// One thing that a key may be allowed. The words are those in the store and on the command line, in
    /// the order in which they are written.
    pub enum Scope {
        /// Make and change bookings.
        Book = "book",
        /// See everything of the account.
        Read = "read",
        /// Operate: duplicates, settling.
        Ops = "ops",
        /// Catalogue, credentials, webhooks, account.
        Admin = "admin",
    }
}

impl Scope {
    const fn bit(self) -> u8 {
        match self {
            Self::Book => 1,
            Self::Read => 2,
            Self::Ops => 4,
            Self::Admin => 8,
        }
    }
}

impl Scopes {
    /// These scopes.
    #[must_use]
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Whether `scope` is among them.
    #[must_use]
    pub const fn allows(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// The scopes of a comma-separated list; `Err` with the first word that is none.
    ///
    /// # Errors
    /// The unknown word.
    pub fn parse(text: &str) -> Result<Self, String> {
        let scopes = listed(text).map(|word| Scope::from_word(word).ok_or_else(|| word.to_owned()));
        Ok(Self::of(&scopes.collect::<Result<Vec<_>, _>>()?))
    }

    /// The scopes of a stored list that this program knows. A newer one may have more: whoever has such a
    /// scope may do here what the others allow.
    #[must_use]
    pub fn known(text: &str) -> Self {
        Self::of(&listed(text).filter_map(Scope::from_word).collect::<Vec<_>>())
    }

    /// Its words, in the order in which they are written.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        Scope::ALL.into_iter().filter(|scope| self.allows(*scope)).map(Scope::as_str).collect()
    }
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.words().join(","))
    }
}

/// A secret key, without the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// Whether it belongs to the live or the test account.
    pub mode: Mode,
    /// Hash of the secret.
    pub hash: [u8; 32],
    /// What it may do.
    pub scopes: Scopes,
    /// Requests per second; 0 is unlimited, `None` is the server's default.
    pub rate: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Changing who may ask. Works beside a running server.
pub trait Credentials: Send + Sync {
    /// The account of this name and mode, made with `fresh` as its id if it is absent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn account(&self, fresh: Account) -> Result<Account, StoreError>;

    /// Stores a key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_key(&self, key: &Key) -> Result<(), StoreError>;

    /// All keys with their accounts, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn keys(&self) -> Result<Vec<(Key, Account)>, StoreError>;

    /// Revokes a key; `false` when there is none with this id. One that is revoked stays as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    fn revoke_key(&self, id: KeyId, now: Timestamp) -> Result<bool, StoreError>;

    /// What the store remembers under `name`, after `value` was put there if nothing was. Binds a
    /// store to its secrets.
    ///
    /// # Errors
    /// [`StoreError`].
    fn bind(&self, name: &str, value: Option<&str>) -> Result<Option<String>, StoreError>;

    /// The key with this hash, revoked or not.
    ///
    /// # Errors
    /// [`StoreError`]; a caller must then let nobody in.
    fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Key>, StoreError>;

    /// The key with this id, revoked or not.
    ///
    /// # Errors
    /// [`StoreError`]; a caller must then let in nobody whom it minted a token for.
    fn key_by_id(&self, id: KeyId) -> Result<Option<Key>, StoreError>;
}
