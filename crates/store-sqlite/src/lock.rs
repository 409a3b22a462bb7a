//! One server at a time: a lock on a file beside the store. It ends with the process, however that
//! ends, so nobody ever has to remove anything.

use std::fs::{File, Permissions, TryLockError};
use std::io::{Error as IoError, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use crate::errors::OpenError;
use crate::file;

/// Beside the store.
const LOCK: &str = ".lock";

/// The right to serve a store, until it is dropped.
#[derive(Debug)]
pub struct ServeLock {
    _held: File,
}

impl ServeLock {
    /// Takes the right to serve the store at `path`, which need not exist yet.
    ///
    /// # Errors
    /// [`OpenError::Served`] when somebody has it; [`OpenError::Lock`] when the lock file cannot be made;
    /// what else it says of a store that must not be opened at all.
    pub fn acquire(path: &Path) -> Result<Self, OpenError> {
        let real = file::find(path)?.unwrap_or_else(|| file::real(path));
        let name = file::beside(&real, LOCK);
        let unusable = |error: IoError| OpenError::Lock(name.clone(), error.to_string());
        let file = open(&name, &real).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _held: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Served(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

/// Opens the lock file, or makes it. Whoever may open it may keep servers away, so it lets nobody in
/// whom the store does not.
fn open(name: &Path, store: &Path) -> Result<File, IoError> {
    let mode = file::mode_of(store);
    match File::options().write(true).create_new(true).mode(mode).open(name) {
        Ok(made) => {
            made.set_permissions(Permissions::from_mode(mode))?;
            // As SQLite does it: what root makes belongs to whoever the store belongs to.
            if made.metadata()?.uid() == 0
                && let Ok(store) = std::fs::metadata(store)
            {
                fchown(&made, Some(store.uid()), Some(store.gid()))?;
            }
            return Ok(made);
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    // Nothing but a plain file of that name is opened, and only to read it, which is enough.
    let found = file::open_plain(name)?;
    let (is_file, found_mode) = {
        let found = found.metadata()?;
        (found.is_file(), found.permissions().mode() & 0o777)
    };
    if !is_file {
        return Err(IoError::other("it is not a plain file"));
    }
    if found_mode & !mode != 0 {
        // An earlier release made it for everybody. Where it is another user's, it stays as it is.
        let _only_its_owner_may =
            found.set_permissions(Permissions::from_mode(found_mode & mode)).is_ok();
    }
    Ok(found)
}

/// Whether somebody serves the store at `path`. Unlike taking the lock, looking leaves no file behind.
///
/// # Errors
/// [`OpenError::Lock`] when the lock file cannot be looked at.
pub fn is_served(path: &Path) -> Result<bool, OpenError> {
    if !lock_path(path).exists() {
        return Ok(false);
    }
    match ServeLock::acquire(path) {
        Ok(_released_at_once) => Ok(false),
        Err(OpenError::Served(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

/// `<store>.lock`, beside the file itself where `path` is a link to it.
fn lock_path(path: &Path) -> PathBuf {
    file::beside(&file::real(path), LOCK)
}
