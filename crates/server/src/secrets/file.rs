//! The secrets file: who may read it, what stands in it, and how it is made and rotated.

#[cfg(test)]
mod tests;

use std::fs::{File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::record::FIRST_SECRET;
use serde::{Deserialize, Serialize};
use tempfile::{Builder, NamedTempFile};

use super::{Derived, Secrets, SecretsError};
use crate::stores::folder;

/// Permission bits of the file: its owner alone.
const MODE: u32 = 0o600;
/// The user who may do everything.
const ROOT: u32 = 0;

/// What stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    /// The only secret, as long as none was rotated: programs of earlier releases read that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    master_key: Option<String>,
    /// Number of the secret that new things are made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    number: u8,
    key: String,
}

/// The master keys, in the order of their numbers.
struct Masters {
    current: u8,
    keys: Vec<Master>,
}

struct Master {
    number: u8,
    key: [u8; 32],
}

/// What a rotation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Number of the secret that new things are made with.
    pub current: u8,
    /// Number of the one that comes next, and is only read with so far.
    pub staged: Option<u8>,
}

impl Masters {
    fn parse(text: &str) -> Result<Self, &'static str> {
        const DAMAGED: &str = "its key is damaged";
        let Stored { version, master_key, current, keys } =
            toml::from_str(text).map_err(|_| "it is not understood")?;
        let key_of = |text: &str| STANDARD.decode(text).ok().and_then(|key| key.try_into().ok());
        match (version, master_key, current) {
            (1, Some(key), None) if keys.is_empty() => {
                let key = key_of(&key).ok_or(DAMAGED)?;
                Ok(Self { current: FIRST_SECRET, keys: vec![Master { number: FIRST_SECRET, key }] })
            }
            (2, None, Some(current)) => {
                let master =
                    |it: &StoredKey| Some(Master { number: it.number, key: key_of(&it.key)? });
                let keys: Option<Vec<_>> = keys.iter().map(master).collect();
                let keys = keys.ok_or(DAMAGED)?;
                let numbers: Vec<_> = keys.iter().map(|master| master.number).collect();
                let grow = numbers.is_sorted_by(|left, right| left < right);
                if !grow || numbers.contains(&0) || !numbers.contains(&current) {
                    return Err("the numbers of its keys do not fit");
                }
                Ok(Self { current, keys })
            }
            (1 | 2, ..) => Err("it is not understood"),
            _ => Err("it is of another version"),
        }
    }

    fn stored(&self) -> Stored {
        let text = |key: &[u8; 32]| STANDARD.encode(key);
        match self.keys.as_slice() {
            [Master { number: FIRST_SECRET, key }] => {
                Stored { version: 1, master_key: Some(text(key)), current: None, keys: Vec::new() }
            }
            keys => {
                let key = |it: &Master| StoredKey { number: it.number, key: text(&it.key) };
                let keys = keys.iter().map(key).collect();
                Stored { version: 2, master_key: None, current: Some(self.current), keys }
            }
        }
    }

    /// `None` where they lack their current one.
    fn derived(&self) -> Option<Secrets> {
        let derive = |master: &Master| Derived::new(master.number, &master.key);
        let (current, others): (Vec<_>, Vec<_>) =
            self.keys.iter().partition(|master| master.number == self.current);
        let current = derive(current.first()?);
        Some(Secrets { current: current.into(), others: others.into_iter().map(derive).collect() })
    }

    /// The same with a new secret, or with the staged one in use.
    fn rotated(mut self, path: &Path, fresh: [u8; 32], stage: bool) -> Result<Self, SecretsError> {
        let newest = self.keys.last().map_or(0, |master| master.number);
        let has_staged = newest > self.current;
        if has_staged && stage {
            return Err(SecretsError::Staged { path: path.to_owned(), secret: newest });
        }
        if has_staged {
            self.current = newest;
            return Ok(self);
        }
        let number = newest.checked_add(1).ok_or_else(|| SecretsError::Full(path.to_owned()))?;
        self.keys.push(Master { number, key: fresh });
        self.current = if stage { self.current } else { number };
        Ok(self)
    }
}

impl Secrets {
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
        let mut file = File::open(path).map_err(io_of(path))?;
        let masters = read(path, &mut file, store_owner)?;
        masters.derived().ok_or_else(|| form(path, "its current key is not there"))
    }

    /// Makes the file with `fresh` as its key.
    ///
    /// # Errors
    /// [`SecretsError`]; a file that is there already is left as it is.
    pub fn create(path: &Path, fresh: [u8; 32]) -> Result<Self, SecretsError> {
        if path.symlink_metadata().is_ok() {
            return Err(SecretsError::Exists(path.to_owned()));
        }
        let masters = Masters {
            current: FIRST_SECRET,
            keys: vec![Master { number: FIRST_SECRET, key: fresh }],
        };
        // Written apart and then given its name: who finds the file finds all of it. The name has to
        // be on the disk as well before the store is bound to these secrets.
        let file = written(path, &masters)?;
        file.persist_noclobber(path).map_err(|error| io_of(path)(error.error))?;
        sync_folder(path)?;
        Ok(Self::from_master(&fresh))
    }

    /// Adds `fresh` to the file as its current secret; with `stage` only to read with, until it is rotated
    /// again. Where one is staged, that becomes the current one instead. Who has opened the file keeps what
    /// was in it.
    ///
    /// # Errors
    /// [`SecretsError`]; the file is then as it was.
    pub fn rotate(path: &Path, fresh: [u8; 32], stage: bool) -> Result<Rotated, SecretsError> {
        // The file behind a link is the one that is replaced.
        let path = &path.canonicalize().map_err(io_of(path))?;
        let mut file = File::open(path).map_err(io_of(path))?;
        let busy = || SecretsError::Busy(path.to_owned());
        file.try_lock().map_err(|_| busy())?;
        let (held, named) = (file.metadata(), path.metadata());
        let (held, named) = (held.map_err(io_of(path))?, named.map_err(io_of(path))?);
        if (held.dev(), held.ino()) != (named.dev(), named.ino()) {
            // It was rotated between opening it and the lock.
            return Err(busy());
        }
        let masters = read(path, &mut file, None)?.rotated(path, fresh, stage)?;
        let new = written(path, &masters)?;
        let own = new.as_file().metadata().map_err(io_of(path))?;
        if (own.uid(), own.gid()) != (held.uid(), held.gid()) {
            std::os::unix::fs::fchown(new.as_file(), Some(held.uid()), Some(held.gid()))
                .map_err(io_of(path))?;
        }
        new.persist(path).map_err(|error| io_of(path)(error.error))?;
        sync_folder(path)?;
        let newest = masters.keys.last().map(|master| master.number);
        let staged = newest.filter(|newest| *newest > masters.current);
        Ok(Rotated { current: masters.current, staged })
    }
}

fn io_of(path: &Path) -> impl Fn(io::Error) -> SecretsError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| SecretsError::Io { path: path.clone(), source }
}

fn form(path: &Path, why: &str) -> SecretsError {
    SecretsError::Form(path.to_owned(), why.to_owned())
}

fn read(path: &Path, file: &mut File, store_owner: Option<u32>) -> Result<Masters, SecretsError> {
    let found = file.metadata().map_err(io_of(path))?;
    if found.permissions().mode() & 0o077 != 0 {
        return Err(SecretsError::Mode(path.to_owned()));
    }
    if !is_trusted(found.uid(), rustix::process::geteuid().as_raw(), store_owner) {
        return Err(SecretsError::Owner { path: path.to_owned(), owner: found.uid() });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(io_of(path))?;
    Masters::parse(&text).map_err(|why| form(path, why))
}

/// The file as it is to be, synced, without its name.
fn written(path: &Path, masters: &Masters) -> Result<NamedTempFile, SecretsError> {
    let text =
        toml::to_string(&masters.stored()).map_err(|error| form(path, &error.to_string()))?;
    let mut file = Builder::new()
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(folder(path))
        .map_err(io_of(path))?;
    let head = "# Bookonce's secrets. Back this file up apart from the store.\n";
    file.write_all(head.as_bytes()).map_err(io_of(path))?;
    file.write_all(text.as_bytes()).map_err(io_of(path))?;
    file.as_file().sync_all().map_err(io_of(path))?;
    Ok(file)
}

fn sync_folder(path: &Path) -> Result<(), SecretsError> {
    File::open(folder(path)).and_then(|folder| folder.sync_all()).map_err(io_of(path))
}

/// Whether the owner of a secrets file may know what is in it: whoever asks, root, who may read
/// everything, and whoever has the store itself.
fn is_trusted(owner: u32, asks: u32, store_owner: Option<u32>) -> bool {
    [Some(asks), Some(ROOT), store_owner].contains(&Some(owner))
}
