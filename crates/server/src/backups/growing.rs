//! A file that is made under another name and gets its own when it is whole: who finds it finds all of
//! it, however its making ends.

use std::fs::{File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::{BackupError, beside, io_of};

/// Its owner alone may read it.
const MODE: u32 = 0o600;

/// What SQLite may keep beside a file.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// What is there of a store while its schema changes.
const LOCK: &str = ".lock";

/// A file that is being made. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Growing {
    path: PathBuf,
    // In this order they go: as long as the file is there, what lies beside it is ours.
    companions: Companions,
    partial: TempPath,
    /// Held for as long as it grows: nobody else makes the same file.
    file: File,
}

impl Growing {
    /// Begins to make the file at `path`, where nothing may be.
    pub(super) fn begin(path: &Path) -> Result<Self, BackupError> {
        check_free(path)?;
        let partial = beside(path, ".partial");
        let name = partial.clone();
        let io = io_of(&name);
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true).mode(MODE);
        let file = options.open(&partial).map_err(&io)?;
        match file.try_lock() {
            // It may have become somebody's whole file between its opening and its locking.
            Ok(()) if !is_at(&file, &name) => return Err(BackupError::Busy(path.to_owned())),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BackupError::Busy(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        // From here on it is ours, also if it is what somebody who was killed has left.
        let partial = TempPath::try_from_path(partial).map_err(&io)?;
        remove_companions(&partial)?;
        file.set_len(0).map_err(&io)?;
        file.set_permissions(Permissions::from_mode(MODE)).map_err(&io)?;
        let companions = Companions(partial.to_path_buf());
        Ok(Self { path: path.to_owned(), partial, companions, file })
    }

    /// Where it is until then.
    pub(super) fn partial(&self) -> &Path {
        &self.partial
    }

    /// What is written so far.
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Gives it its name, once it is on the disk as a whole.
    pub(super) fn finish(self) -> Result<(), BackupError> {
        let Self { path, partial, companions, file } = self;
        if std::fs::metadata(beside(&partial, "-wal")).is_ok_and(|log| log.len() > 0) {
            return Err(io_of(&path)(io::Error::other("a part of it is still in its log")));
        }
        drop(companions);
        file.sync_all().map_err(io_of(&partial))?;
        partial.persist_noclobber(&path).map_err(|failed| {
            if failed.error.kind() == io::ErrorKind::AlreadyExists {
                BackupError::Exists(path.clone())
            } else {
                io_of(&path)(failed.error)
            }
        })?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_of(folder))
    }
}

/// Whether the open file is the one of that name.
fn is_at(file: &File, name: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), name.metadata()) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// Takes what lies beside a file along when it goes.
#[derive(Debug)]
struct Companions(PathBuf);

impl Drop for Companions {
    fn drop(&mut self) {
        // Whatever stays is removed before the next one begins.
        let _stays = remove_companions(&self.0).is_err();
    }
}

fn remove_companions(path: &Path) -> Result<(), BackupError> {
    COMPANIONS.iter().chain([&LOCK]).try_for_each(|suffix| remove(&beside(path, suffix)))
}

/// Nothing is there, and nothing that SQLite would take for a part of it.
pub(super) fn check_free(path: &Path) -> Result<(), BackupError> {
    if path.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(path.to_owned()));
    }
    for companion in COMPANIONS {
        let log = beside(path, companion);
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
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn it_is_there_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let names = || {
            let entries = std::fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        std::fs::write(folder.path().join("x.db.partial"), "left by somebody who was killed")
            .unwrap();
        let mut growing = Growing::begin(&path).unwrap();
        assert!(matches!(Growing::begin(&path), Err(BackupError::Busy(_))));
        growing.file().write_all(b"whole").unwrap();
        assert_eq!(names(), ["x.db.partial"]);
        drop(growing);
        assert!(names().is_empty(), "{:?}", names());
        let mut growing = Growing::begin(&path).unwrap();
        growing.file().write_all(b"whole").unwrap();
        growing.finish().unwrap();
        assert_eq!(names(), ["x.db"]);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert!(matches!(Growing::begin(&path), Err(BackupError::Exists(_))));
        assert_eq!(names(), ["x.db"]);
        let opened = File::open(&path).unwrap();
        assert!(is_at(&opened, &path));
        std::fs::rename(&path, folder.path().join("y.db")).unwrap();
        assert!(!is_at(&opened, &path));
        std::fs::write(&path, "another").unwrap();
        assert!(!is_at(&opened, &path));
    }

    #[test]
    fn nothing_is_overwritten_that_came_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let growing = Growing::begin(&path).unwrap();
        std::fs::write(&path, "faster").unwrap();
        assert!(matches!(growing.finish(), Err(BackupError::Exists(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"faster");
        std::fs::remove_file(&path).unwrap();
        std::fs::write(folder.path().join("x.db-wal"), "another file's").unwrap();
        assert!(matches!(Growing::begin(&path), Err(BackupError::Log { .. })));
    }
}
