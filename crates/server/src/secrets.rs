//! The secrets file: from its master key every other secret is derived.
//!
//! What is bound by it: fingerprints of requests, the ids of people, customer tokens. A store is bound
//! to its secrets, so that a lost or swapped file is noticed before anything is decided with it.

use std::fs::{File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::{AccountId, PersonId};
use serde::{Deserialize, Serialize};
use tempfile::Builder;

use crate::stores::folder;

/// Permission bits of the file: its owner alone.
const MODE: u32 = 0o600;
/// The user who may do everything.
const ROOT: u32 = 0;
/// Version of the file's shape.
const VERSION: u32 = 1;

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
    #[error("the secrets file {0} is not one: {1}")]
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
    #[error("the secrets file {0} is there already; it was left as it is")]
    Exists(PathBuf),
    /// The store was made with secrets that are gone.
    #[error("the secrets file {0} is missing, and this store was made with one. Put it back")]
    Missing(PathBuf),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    master_key: String,
}

/// Derived secrets.
#[derive(Clone)]
pub struct Secrets {
    fingerprint: [u8; 32],
    person: [u8; 32],
    token: [u8; 32],
    seal: [u8; 32],
    demo: [u8; 32],
    check: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secrets")
    }
}

impl Secrets {
    /// The secrets of a master key.
    #[must_use]
    pub fn from_master(master: &[u8; 32]) -> Self {
        let check = blake3::derive_key("bookonce 2026 store check", master);
        Self {
            fingerprint: blake3::derive_key("bookonce 2026 request fingerprint", master),
            person: blake3::derive_key("bookonce 2026 person id", master),
            token: blake3::derive_key("bookonce 2026 customer token", master),
            seal: blake3::derive_key("bookonce 2026 backup seal", master),
            demo: blake3::derive_key("bookonce 2026 demo key", master),
            check: STANDARD.encode(check),
        }
    }

    /// Reads the file, which has to belong to who asks or to root.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub fn open(path: &Path) -> Result<Self, SecretsError> {
        Self::open_beside(path, None)
    }

    /// The same, of a store whose file belongs to the user with the number `store_owner`: who has the
    /// store may have its secrets.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub fn open_beside(path: &Path, store_owner: Option<u32>) -> Result<Self, SecretsError> {
        let io = |source| SecretsError::Io { path: path.to_owned(), source };
        let form = |why: &str| SecretsError::Form(path.to_owned(), why.to_owned());
        let mut file = File::open(path).map_err(io)?;
        let found = file.metadata().map_err(io)?;
        if found.permissions().mode() & 0o077 != 0 {
            return Err(SecretsError::Mode(path.to_owned()));
        }
        if !is_trusted(found.uid(), rustix::process::geteuid().as_raw(), store_owner) {
            return Err(SecretsError::Owner { path: path.to_owned(), owner: found.uid() });
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(io)?;
        let stored: Stored = toml::from_str(&text).map_err(|_| form("it is not understood"))?;
        if stored.version != VERSION {
            return Err(form("it is of another version"));
        }
        let master = STANDARD.decode(stored.master_key).ok().and_then(|key| key.try_into().ok());
        master.map(|master| Self::from_master(&master)).ok_or_else(|| form("its key is damaged"))
    }

    /// Makes the file with `fresh` as its key.
    ///
    /// # Errors
    /// [`SecretsError`]; a file that is there already is left as it is.
    pub fn create(path: &Path, fresh: [u8; 32]) -> Result<Self, SecretsError> {
        if path.symlink_metadata().is_ok() {
            return Err(SecretsError::Exists(path.to_owned()));
        }
        let io = |source| SecretsError::Io { path: path.to_owned(), source };
        let stored = Stored { version: VERSION, master_key: STANDARD.encode(fresh) };
        let text = toml::to_string(&stored)
            .map_err(|error| SecretsError::Form(path.to_owned(), error.to_string()))?;
        // Written apart and then given its name: who finds the file finds all of it. The name has to
        // be on the disk as well before the store is bound to these secrets.
        let folder = folder(path);
        let mut file = Builder::new()
            .permissions(Permissions::from_mode(MODE))
            .tempfile_in(folder)
            .map_err(io)?;
        let head = "# Bookonce's secrets. Back this file up apart from the store.\n";
        file.write_all(head.as_bytes()).map_err(io)?;
        file.write_all(text.as_bytes()).map_err(io)?;
        file.as_file().sync_all().map_err(io)?;
        file.persist_noclobber(path).map_err(|error| io(error.error))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
        Ok(Self::from_master(&fresh))
    }

    /// What a store remembers of the secrets it was made with.
    #[must_use]
    pub fn check(&self) -> &str {
        &self.check
    }

    /// Key of the hash that binds idempotency keys to requests.
    #[must_use]
    pub const fn fingerprint_key(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Key that customer tokens are signed with.
    #[must_use]
    pub const fn token_key(&self) -> &[u8; 32] {
        &self.token
    }

    /// Key that backups are sealed with.
    pub(crate) const fn seal_key(&self) -> &[u8; 32] {
        &self.seal
    }

    /// The secret key of the sample data in a store: always the same, until it is revoked `revoked` times.
    #[must_use]
    pub fn demo_key(&self, store_id: &str, revoked: u32) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.demo);
        hasher.update(&revoked.to_be_bytes());
        hasher.update(store_id.as_bytes());
        hasher.finalize().into()
    }

    /// The person that an account calls `user_id`.
    #[must_use]
    pub fn person(&self, account: AccountId, user_id: &str) -> PersonId {
        let mut hasher = blake3::Hasher::new_keyed(&self.person);
        hasher.update(&account.raw().to_be_bytes());
        hasher.update(user_id.as_bytes());
        let mut hash = [0; 16];
        hasher.finalize_xof().fill(&mut hash);
        PersonId::from_raw(u128::from_be_bytes(hash))
    }
}

/// Whether the owner of a secrets file may know what is in it: whoever asks, root, who may read
/// everything, and whoever has the store itself.
fn is_trusted(owner: u32, asks: u32, store_owner: Option<u32>) -> bool {
    [Some(asks), Some(ROOT), store_owner].contains(&Some(owner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.secrets");
        let made = Secrets::create(&path, [7; 32]).unwrap();
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        assert!(matches!(Secrets::create(&path, [8; 32]), Err(SecretsError::Exists(_))));
        let again = Secrets::open(&path).unwrap();
        assert_eq!(made.check(), again.check());
        assert_ne!(made.check(), Secrets::from_master(&[8; 32]).check());
    }

    #[test]
    fn a_file_that_others_may_read_or_that_is_damaged_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.secrets");
        Secrets::create(&path, [7; 32]).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Secrets::open(&path), Err(SecretsError::Mode(_))));
        std::fs::set_permissions(&path, Permissions::from_mode(MODE)).unwrap();
        for damage in
            ["", "version = 1", "version = 1\nmaster_key = 'AAAA'", "version = 2\nmaster_key = ''"]
        {
            std::fs::write(&path, damage).unwrap();
            assert!(matches!(Secrets::open(&path), Err(SecretsError::Form(..))), "{damage}");
        }
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let (other, asks) = (65_534, 1_000);
        assert!(is_trusted(asks, asks, None) && is_trusted(ROOT, asks, None));
        assert!(!is_trusted(other, asks, None) && !is_trusted(other, ROOT, Some(asks)));
        assert!(is_trusted(other, ROOT, Some(other)), "root backs up what is another's");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.secrets");
        Secrets::create(&path, [7; 32]).unwrap();
        // Only root can give a file away.
        if std::os::unix::fs::chown(&path, Some(other), None).is_ok() {
            let refused = Secrets::open(&path).unwrap_err();
            assert!(matches!(refused, SecretsError::Owner { owner, .. } if owner == other));
            Secrets::open_beside(&path, Some(other)).unwrap();
        }
    }

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
        assert_eq!(secrets.person(one, "ann"), secrets.person(one, "ann"));
        assert_ne!(secrets.person(one, "ann"), secrets.person(two, "ann"));
        assert_ne!(secrets.person(one, "ann"), secrets.person(one, "bob"));
    }
}
