//! A file that is made under another name and gets its own when it is whole: who finds it finds all of
//! it, however its making ends.
//!
//! The other name cannot be guessed and nothing is there before, so nobody can have prepared it: neither
//! a file that stays theirs, nor a link to one that is not to be overwritten.

use std::ffi::OsString;
use std::fs::{File, Metadata, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use store_sqlite::{SIDECARS, open_plain};
use tempfile::{Builder, TempPath};

use super::{BackupError, beside, io_of};
use crate::stores::folder;

/// Its owner alone may read it.
pub(super) const MODE: u32 = 0o600;

/// The end of the other name; before it stand `RANDOM_CHARS` of chance.
const PARTIAL: &str = ".partial";
const RANDOM_CHARS: usize = 16;

/// What is there of a store while its schema changes.
const LOCK: &str = ".lock";

/// A file that is being made. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct PartialFile {
    path: PathBuf,
    // In this order they go: as long as the file is there, what lies beside it is ours.
    sidecars: Sidecars,
    partial: TempPath,
    /// Held for as long as it grows: nobody else makes the same file.
    file: File,
}

impl PartialFile {
    /// Begins to make the file at `path`, where nothing may be.
    pub(super) fn begin(path: &Path) -> Result<Self, BackupError> {
        check_free(path)?;
        remove_old(path)?;
        let folder = folder(path);
        let made = Builder::new()
            .prefix(&prefix(path))
            .suffix(PARTIAL)
            .rand_bytes(RANDOM_CHARS)
            .permissions(Permissions::from_mode(MODE))
            .tempfile_in(folder);
        let (file, partial) = made.map_err(io_of(folder))?.into_parts();
        // The mask of the process may have taken more away.
        file.set_permissions(Permissions::from_mode(MODE)).map_err(io_of(&partial))?;
        match file.try_lock() {
            Ok(()) => {}
            // Somebody who makes the same file takes it for an old one.
            Err(TryLockError::WouldBlock) => return Err(BackupError::Busy(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(io_of(&partial)(error)),
        }
        let sidecars = Sidecars(partial.to_path_buf());
        let partial = Self { path: path.to_owned(), partial, sidecars, file };
        partial.check()?;
        Ok(partial)
    }

    /// Where it is until then.
    pub(super) fn path(&self) -> &Path {
        &self.partial
    }

    /// What is written so far.
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Makes a file beside it, which SQLite takes for a part of it.
    pub(super) fn sidecar(&self, suffix: &str) -> Result<File, BackupError> {
        let name = beside(&self.partial, suffix);
        let file = File::options().write(true).create_new(true).mode(MODE).open(&name);
        file.map_err(io_of(&name))
    }

    /// Whether the file of that name is the one that was made here, and has no other name: whoever may
    /// write in the folder could have put another in its place.
    pub(super) fn check(&self) -> Result<(), BackupError> {
        let made = self.file.metadata().map_err(io_of(&self.partial))?;
        if made.nlink() == 1 && is_at(&made, &self.partial) {
            Ok(())
        } else {
            Err(BackupError::Replaced(self.partial.to_path_buf()))
        }
    }

    /// Gives it its name, once it is on the disk as a whole.
    pub(super) fn finish(self) -> Result<(), BackupError> {
        self.check()?;
        let Self { path, partial, sidecars, file } = self;
        if std::fs::metadata(beside(&partial, "-wal")).is_ok_and(|log| log.len() > 0) {
            return Err(io_of(&path)(io::Error::other("a part of it is still in its log")));
        }
        drop(sidecars);
        file.sync_all().map_err(io_of(&partial))?;
        partial.persist_noclobber(&path).map_err(|failed| {
            if failed.error.kind() == io::ErrorKind::AlreadyExists {
                BackupError::Exists(path.clone())
            } else {
                io_of(&path)(failed.error)
            }
        })?;
        let folder = folder(&path);
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_of(folder))
    }
}

/// What the other names of a file begin with.
fn prefix(path: &Path) -> OsString {
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push(".");
    prefix
}

/// Whether a name is one under which the file at `path` was made, by this release or an earlier one.
fn is_partial(name: &[u8], path: &Path) -> bool {
    let prefix = prefix(path);
    let Some(rest) = name.strip_prefix(prefix.as_encoded_bytes()) else { return false };
    let Some(random) = rest.strip_suffix(PARTIAL.as_bytes()) else {
        return rest == PARTIAL.trim_start_matches('.').as_bytes();
    };
    random.len() == RANDOM_CHARS && random.iter().all(u8::is_ascii_alphanumeric)
}

/// Removes what those have left who were killed while they made the file at `path`: plain files of our
/// own, with one name, that nobody is writing. Anything else of such a name is not ours, and is left alone.
fn remove_old(path: &Path) -> Result<(), BackupError> {
    let folder = folder(path);
    for entry in std::fs::read_dir(folder).map_err(io_of(folder))? {
        let name = entry.map_err(io_of(folder))?.file_name();
        if !is_partial(name.as_encoded_bytes(), path) {
            continue;
        }
        let old = folder.join(name);
        let Ok(file) = open_plain(&old) else { continue };
        let is_own = file.metadata().is_ok_and(|found| is_own(&found) && is_at(&found, &old));
        if !is_own {
            continue;
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BackupError::Busy(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(io_of(&old)(error)),
        }
        remove_sidecars(&old)?;
        remove(&old)?;
    }
    Ok(())
}

/// A plain file of our own, with one name.
pub(super) fn is_own(file: &Metadata) -> bool {
    file.is_file() && file.nlink() == 1 && file.uid() == rustix::process::geteuid().as_raw()
}

/// Whether the file is the one of that name, which is no link to it.
fn is_at(file: &Metadata, name: &Path) -> bool {
    let named = name.symlink_metadata();
    named.is_ok_and(|named| (file.dev(), file.ino()) == (named.dev(), named.ino()))
}

/// Takes what lies beside a file along when it goes.
#[derive(Debug)]
struct Sidecars(PathBuf);

impl Drop for Sidecars {
    fn drop(&mut self) {
        // Whatever stays is removed before the next one begins.
        let _stays = remove_sidecars(&self.0).is_err();
    }
}

fn remove_sidecars(path: &Path) -> Result<(), BackupError> {
    SIDECARS.iter().chain([&LOCK]).try_for_each(|suffix| remove(&beside(path, suffix)))
}

/// Nothing is there, and nothing that SQLite would take for a part of it.
pub(super) fn check_free(path: &Path) -> Result<(), BackupError> {
    if path.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(path.to_owned()));
    }
    for sidecar in SIDECARS {
        let log = beside(path, sidecar);
        if log.symlink_metadata().is_ok() {
            let log = log.display().to_string();
            return Err(BackupError::Log { path: path.to_owned(), log });
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_of(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
