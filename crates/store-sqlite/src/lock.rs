//! One server at a time: a lock on a file beside the store. It ends with the process, however that
//! ends, so nobody ever has to remove anything.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::errors::OpenError;

/// The right to serve a store, until it is dropped.
#[derive(Debug)]
pub struct ServeLock {
    _held: File,
}

impl ServeLock {
    /// Takes the right to serve the store at `path`, which need not exist yet.
    ///
    /// # Errors
    /// [`OpenError::Served`] when somebody has it; [`OpenError::Lock`] when the lock file cannot be made.
    pub fn acquire(path: &Path) -> Result<Self, OpenError> {
        let name = lock_path(path);
        let unusable = |error: std::io::Error| OpenError::Lock(name.clone(), error.to_string());
        let file = File::options().create(true).append(true).open(&name).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _held: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Served(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
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
    let mut name = path.canonicalize().unwrap_or_else(|_| path.to_owned()).into_os_string();
    name.push(".lock");
    PathBuf::from(name)
}
