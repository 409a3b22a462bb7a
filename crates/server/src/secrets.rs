//! The secrets: from each master key of the secrets file every other secret is derived.
//!
//! What is bound by them: fingerprints of requests, the handles of people, customer tokens, backups. A store is
//! bound to its secrets, so that a lost or swapped file is noticed before anything is decided with it.
//!
//! Secrets are numbered, and one of them is the current one: what is made new is made with it. The others
//! are for what there is already, and for what nodes make that have rotated before this one.

mod file;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::{AccountId, WebhookEndpointId};
use domain::person::{Handle, Handles, User};
use domain::record::FIRST_SECRET;
use domain::webhooks::endpoint::SigningSecret;

pub use file::Rotated;

/// Secrets that a file can have.
pub const SECRETS_MAX: u8 = u8::MAX;

/// Why the secrets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// It could not be read or written.
    #[error("the secrets file {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others than its owner may read it.
    #[error("the secrets file {0} can be read by others; run: chmod 600 {0}")]
    Mode(PathBuf),
    /// Somebody else could change it, and would know the key.
    #[error(
        "the secrets file {path} belongs to another user (number {owner}), who knows what is in it and \
         could change it. If it is yours, take it over with chown, or run this as that user"
    )]
    Owner {
        /// Which file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// It is not a secrets file.
    #[error("{0} is not a valid secrets file: {1}")]
    Form(PathBuf, String),
    /// The store was made with other secrets.
    #[error(
        "the secrets file {0} is not the one that this store was made with; \
         idempotency keys and users would not be recognised. Put the right file back"
    )]
    Other(PathBuf),
    /// Nodes that share a store have to be given the file that they share.
    #[error(
        "a store on PostgreSQL is shared by its nodes, and so are its secrets: make the file once \
         with `bookonce secrets init FILE`, give every node a copy, and name it with --secrets.file \
         FILE or BOOKONCE_SECRETS_FILE"
    )]
    NotNamed,
    /// It is not there, and it is not made by itself.
    #[error("the secrets file {0} is missing; make it once with: bookonce secrets init {0}")]
    NotMade(PathBuf),
    /// It is there already.
    #[error("the secrets file {0} already exists; nothing was changed")]
    Exists(PathBuf),
    /// Nodes have used a secret that is not in it.
    #[error(
        "the secrets file {path} lacks secret {secret}, which this store was served with: it was rotated. \
         Give this node a copy of the newest file"
    )]
    Older {
        /// Which file.
        path: PathBuf,
        /// Number of the secret.
        secret: u8,
    },
    /// There is a staged secret already.
    #[error(
        "the secrets file {path} has secret {secret} staged already; rotate without --stage to use it"
    )]
    Staged {
        /// Which file.
        path: PathBuf,
        /// Number of the secret.
        secret: u8,
    },
    /// It has as many secrets as it can.
    #[error("the secrets file {0} has {SECRETS_MAX} secrets, which is as many as there can be")]
    Full(PathBuf),
    /// It is being rotated.
    #[error("the secrets file {0} is being rotated by somebody else")]
    Busy(PathBuf),
    /// The store was made with secrets that are gone.
    #[error("the secrets file {0} is missing, and this store was made with one. Put it back")]
    Missing(PathBuf),
}

/// What is derived from one master key.
struct Derived {
    number: u8,
    fingerprint: [u8; 32],
    person: [u8; 32],
    token: [u8; 32],
    seal: [u8; 32],
    webhook: [u8; 32],
    demo: [u8; 32],
    check: String,
}

impl Derived {
    fn new(number: u8, master: &[u8; 32]) -> Self {
        let check = blake3::derive_key("bookonce 2026 store check", master);
        Self {
            number,
            fingerprint: blake3::derive_key("bookonce 2026 request fingerprint", master),
            person: blake3::derive_key("bookonce 2026 person id", master),
            token: blake3::derive_key("bookonce 2026 customer token", master),
            seal: blake3::derive_key("bookonce 2026 backup seal", master),
            webhook: blake3::derive_key("bookonce 2026 webhook signing", master),
            demo: blake3::derive_key("bookonce 2026 demo key", master),
            check: STANDARD.encode(check),
        }
    }
}

/// A key, and the number of the secret that it is derived from.
#[derive(Clone, Copy)]
pub struct Numbered<'a> {
    /// The number.
    pub secret: u8,
    /// The key.
    pub key: &'a [u8; 32],
}

/// Derived secrets.
#[derive(Clone)]
pub struct Secrets {
    current: Arc<Derived>,
    /// All others, in the order of their numbers.
    others: Arc<[Derived]>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secrets")
    }
}

impl std::fmt::Debug for Numbered<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Numbered").field("secret", &self.secret).finish_non_exhaustive()
    }
}

impl Secrets {
    /// The secrets of a file that was never rotated, with that master key.
    #[must_use]
    pub fn from_master(master: &[u8; 32]) -> Self {
        Self { current: Arc::new(Derived::new(FIRST_SECRET, master)), others: Arc::default() }
    }

    /// Number of the secret that new things are made with.
    #[must_use]
    pub fn current(&self) -> u8 {
        self.current.number
    }

    /// All of them, the current one first.
    fn all(&self) -> impl Iterator<Item = &Derived> {
        [self.current.as_ref()].into_iter().chain(self.others.iter())
    }

    /// What a store remembers of the secrets it was served with: a check of each, by its number.
    pub(crate) fn checks(&self) -> impl Iterator<Item = (u8, &str)> {
        self.all().map(|derived| (derived.number, derived.check.as_str()))
    }

    /// Keys of the hash that binds idempotency keys to requests, the current one first.
    pub(crate) fn fingerprint_keys(&self) -> impl Iterator<Item = Numbered<'_>> {
        self.all().map(|derived| Numbered { secret: derived.number, key: &derived.fingerprint })
    }

    /// Key that customer tokens are signed with.
    #[must_use]
    pub fn token_key(&self) -> Numbered<'_> {
        Numbered { secret: self.current.number, key: &self.current.token }
    }

    /// Key that a customer token was signed with, if the secret is here. Those that name no secret are of
    /// the first.
    pub(crate) fn token_key_of(&self, secret: Option<u8>) -> Option<&[u8; 32]> {
        let number = secret.unwrap_or(FIRST_SECRET);
        self.all().find(|derived| derived.number == number).map(|derived| &derived.token)
    }

    /// Key that backups are sealed with.
    pub(crate) fn seal_key(&self) -> &[u8; 32] {
        &self.current.seal
    }

    /// Keys that they may have been sealed with.
    pub(crate) fn seal_keys(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.all().map(|derived| &derived.seal)
    }

    /// What deliveries to a webhook endpoint are signed with; `None` where the secret that it is derived from is not
    /// here. It is stored nowhere, so whoever reads the store or a backup has none.
    pub(crate) fn webhook_secret(
        &self,
        account: AccountId,
        endpoint: WebhookEndpointId,
        secret: SigningSecret,
    ) -> Option<[u8; 32]> {
        let is_it = |derived: &&Derived| u16::from(derived.number) == secret.derived_from;
        let derived = self.all().find(is_it)?;
        let mut hasher = blake3::Hasher::new_keyed(&derived.webhook);
        hasher.update(&account.raw().to_be_bytes());
        hasher.update(&endpoint.raw().to_be_bytes());
        hasher.update(&secret.generation.to_be_bytes());
        Some(hasher.finalize().into())
    }

    /// The secret key of the sample data in a store: always the same, until it is revoked `revoked` times
    /// or the secrets are rotated.
    #[must_use]
    pub fn demo_key(&self, store_id: &str, revoked: u32) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.current.demo);
        hasher.update(&revoked.to_be_bytes());
        hasher.update(store_id.as_bytes());
        hasher.finalize().into()
    }

    /// Whom an account calls `user_id`.
    #[must_use]
    pub fn user(&self, account: AccountId, user_id: String) -> User {
        let handles = self.handles(account, &user_id);
        User { user_id, handles }
    }

    /// What the person is found by whom an account calls `user_id`. Somebody new by the oldest secret, which all
    /// nodes have: so none of them makes a person again whom another has made that has rotated already.
    #[must_use]
    pub fn handles(&self, account: AccountId, user_id: &str) -> Handles {
        let handle = |derived: &Derived| {
            let mut hasher = blake3::Hasher::new_keyed(&derived.person);
            hasher.update(&account.raw().to_be_bytes());
            hasher.update(user_id.as_bytes());
            let mut hash = [0; 16];
            hasher.finalize_xof().fill(&mut hash);
            Handle::new(derived.number, u128::from_be_bytes(hash))
        };
        let oldest = self.all().min_by_key(|it| it.number).unwrap_or(&self.current);
        let others = self.all().filter(|it| it.number != oldest.number).map(handle).collect();
        Handles { of_new: handle(oldest), others }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_has_one_key_for_each_store_until_it_is_revoked() {
        let secrets = Secrets::from_master(&[1; 32]);
        assert_eq!(secrets.demo_key("sto_a", 0), secrets.demo_key("sto_a", 0));
        let others = [
            secrets.demo_key("sto_a", 1),
            secrets.demo_key("sto_b", 0),
            Secrets::from_master(&[2; 32]).demo_key("sto_a", 0),
        ];
        assert!(!others.contains(&secrets.demo_key("sto_a", 0)));
    }

    #[test]
    fn people_of_two_accounts_do_not_meet() {
        let secrets = Secrets::from_master(&[1; 32]);
        let (one, two) = (AccountId::from_raw(1), AccountId::from_raw(2));
        assert_eq!(secrets.handles(one, "ann"), secrets.handles(one, "ann"));
        assert_ne!(secrets.handles(one, "ann"), secrets.handles(two, "ann"));
        assert_ne!(secrets.handles(one, "ann"), secrets.handles(one, "bob"));
    }
}
