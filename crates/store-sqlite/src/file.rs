//! The file of a store as the system sees it, looked at before SQLite opens it: which file a name leads
//! to, that it has no other name, and that nobody but its owner may read it.
//!
//! A file that a connection has open is never opened here. When any descriptor of a file is closed, the
//! system drops all locks that the process has on it, those of SQLite as well.

use std::fs::{File, Metadata, Permissions};
use std::io::{Error as IoError, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use engine::reads::Sizes;
use rustix::fs::{Access, OFlags, StatVfsMountFlags};

use crate::errors::OpenError;

/// Its owner alone may read and write it. SQLite gives what it keeps beside it the same mode.
pub(crate) const MODE: u32 = 0o600;
/// Bits of a mode that let others than the owner in.
const OTHERS: u32 = 0o077;

/// SQLite's WAL.
pub(crate) const WAL: &str = "-wal";
/// The WAL index, in which connections meet.
pub(crate) const WAL_INDEX: &str = "-shm";
/// What SQLite may keep beside a file.
pub const SIDECARS: [&str; 3] = [WAL, WAL_INDEX, "-journal"];

/// The name of something that lies beside a file.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The one path of a file, whatever links lead there. What is not there yet has it in its folder.
pub(crate) fn real(path: &Path) -> PathBuf {
    let in_folder = || Some(folder(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}

/// The folder that a file is in.
#[must_use]
pub fn folder(path: &Path) -> &Path {
    let parent = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    parent.unwrap_or_else(|| Path::new("."))
}

/// Opens what is there to read it, without following a link or waiting for a pipe's writer: whoever may
/// write in the folder may have put anything there.
///
/// # Errors
/// Those of the system.
pub fn open_plain(path: &Path) -> Result<File, IoError> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or_default();
    File::options().read(true).custom_flags(flags).open(path)
}

/// The one path of the store that `path` leads to, if a file is there: a plain one, by no other name.
///
/// # Errors
/// [`OpenError`] says why it must not be opened.
pub(crate) fn find(path: &Path) -> Result<Option<PathBuf>, OpenError> {
    let real = real(path);
    // Looked at before the file: whoever makes a store makes that first.
    let sidecar = SIDECARS.map(|suffix| beside(&real, suffix)).into_iter().find(|it| it.exists());
    let wal = wal_bytes(&real);
    let alone = |wal| OpenError::WalAlone { path: path.to_owned(), wal };
    let file = match std::fs::metadata(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Only a link can lead nowhere. What is there now and was not a moment ago is being made.
            if path.is_symlink() && !path.exists() {
                return Err(OpenError::Dangling(path.to_owned()));
            }
            return sidecar.map_or(Ok(None), |wal| Err(alone(wal)));
        }
        Err(error) => return Err(unusable(path, error.to_string())),
    };
    if !file.is_file() {
        return Err(OpenError::NotAFile(path.to_owned()));
    }
    if file.nlink() > 1 {
        return Err(OpenError::Linked { path: path.to_owned(), links: file.nlink() });
    }
    // SQLite would take the WAL for what an earlier file has left, and remove it.
    if file.len() == 0 && wal > 0 {
        return Err(alone(beside(&real, WAL)));
    }
    Ok(Some(real))
}

fn wal_bytes(real: &Path) -> u64 {
    std::fs::metadata(beside(real, WAL)).map_or(0, |wal| wal.len())
}

/// Makes the file of a store, empty and for its owner alone, unless somebody is faster.
///
/// # Errors
/// [`OpenError::Unusable`].
pub(crate) fn make(path: &Path) -> Result<PathBuf, OpenError> {
    let real = real(path);
    let file = File::options().write(true).create_new(true).mode(MODE).open(&real);
    let made = file.and_then(|file| file.set_permissions(Permissions::from_mode(MODE)));
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(unusable(path, why_not_made(&real, &error)))
        }
        Ok(()) | Err(_) => Ok(real),
    }
}

fn why_not_made(real: &Path, error: &IoError) -> String {
    let folder = folder(real);
    if is_read_only(folder) {
        return format!("the file system of {} is read-only", folder.display());
    }
    if error.kind() == ErrorKind::NotFound {
        return format!("there is no folder {}; make it first", folder.display());
    }
    if error.kind() == ErrorKind::PermissionDenied {
        let folder = folder.display();
        return format!("nothing may be made in {folder}: run this as the user who owns it");
    }
    error.to_string()
}

/// Whether the file system of `path` is mounted for reading only.
pub(crate) fn is_read_only(path: &Path) -> bool {
    let system = rustix::fs::statvfs(path);
    system.is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// How much room a store takes, and how much there is. Nothing is opened for it.
pub(crate) fn sizes(path: &Path) -> Sizes {
    let real = real(path);
    let system = rustix::fs::statvfs(folder(&real)).ok();
    Sizes {
        store_bytes: real.metadata().ok().map(|file| file.len()),
        wal_bytes: Some(beside(&real, WAL).metadata().map_or(0, |wal| wal.len())),
        free_bytes: system.map(|system| system.f_bavail.saturating_mul(system.f_frsize)),
    }
}

/// Whether a store's WAL, or what is left of it, is there.
pub(crate) fn has_wal(real: &Path) -> bool {
    [WAL, "-journal"].iter().any(|suffix| beside(real, suffix).exists())
}

/// Whether the store may be written.
///
/// # Errors
/// [`OpenError::Unusable`] says what is in the way.
pub(crate) fn check_writable(path: &Path, real: &Path) -> Result<(), OpenError> {
    obstacle(real).map_or(Ok(()), |why| Err(unusable(path, why)))
}

/// What keeps SQLite from opening a store to write to it, as far as the system says.
pub(crate) fn obstacle(real: &Path) -> Option<String> {
    let folder = folder(real);
    if is_read_only(real) || is_read_only(folder) {
        let why = "its file system is read-only; `verify` and `backup` can read it there if it has \
                   no WAL";
        return Some(why.to_owned());
    }
    let both = Access::READ_OK | Access::WRITE_OK;
    let there = SIDECARS.map(|suffix| beside(real, suffix)).into_iter().filter(|it| it.exists());
    for file in std::iter::once(real.to_owned()).chain(there) {
        if let Err(error) = rustix::fs::access(&file, both) {
            let (name, error) = (file.display(), IoError::from(error));
            return Some(format!("{name}: {error}; run this as the user who owns it"));
        }
    }
    if let Err(error) = rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        let (name, error) = (folder.display(), IoError::from(error));
        return Some(format!(
            "SQLite keeps a WAL beside it, and nothing may be made in {name}: {error}; run this as \
             the user who owns it"
        ));
    }
    // A descriptor is needed to find out whether there is one left.
    File::open("/dev/null").err().map(|error| error.to_string())
}

pub(crate) fn unusable(path: &Path, why: impl Into<String>) -> OpenError {
    OpenError::Unusable { path: path.to_owned(), why: why.into() }
}

/// Files of the store at `path` that others than their owner may read or lock: the store itself, what
/// SQLite keeps beside it, and the lock of its server.
#[must_use]
pub fn open_to_others(path: &Path) -> Vec<PathBuf> {
    let mut files = vec![path.to_owned()];
    let real = real(path);
    files.extend(SIDECARS.iter().chain([&".lock"]).map(|suffix| beside(&real, suffix)));
    let is_open = |file: &PathBuf| {
        std::fs::metadata(file).is_ok_and(|file| file.permissions().mode() & OTHERS != 0)
    };
    files.into_iter().filter(is_open).collect()
}

/// The bits of a store's mode that its lock has as well; those of a new one where there is no store.
pub(crate) fn mode_of(real: &Path) -> u32 {
    std::fs::metadata(real).map_or(MODE, |file| file.permissions().mode() & 0o666)
}

/// Which file it is, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    device: u64,
    number: u64,
}

impl Node {
    fn of(file: &Metadata) -> Self {
        Self { device: file.dev(), number: file.ino() }
    }
}

/// The files that names led to when a store was opened, to notice when they lead elsewhere: what is
/// written then is lost at the next start.
#[derive(Clone, Debug)]
pub struct Watch(Vec<(PathBuf, Node)>);

impl Watch {
    /// Watches the store at `path`, and what SQLite has made beside it.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let real = real(path);
        let names = [path.to_owned(), beside(&real, WAL), beside(&real, WAL_INDEX)];
        Self(names.into_iter().filter_map(watched).collect())
    }

    /// Watches the store's file alone.
    pub(crate) fn of_file(path: &Path) -> Self {
        Self(watched(path.to_owned()).into_iter().collect())
    }

    /// Whether each name still leads to the file that it led to.
    ///
    /// # Errors
    /// What has become of the one that does not.
    pub fn check(&self) -> Result<(), String> {
        self.0.iter().try_for_each(|(path, node)| {
            let what = match std::fs::metadata(path) {
                Ok(file) if Node::of(&file) == *node => return Ok(()),
                Ok(_) => "another file has taken its place".to_owned(),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    "it was moved or removed".to_owned()
                }
                Err(error) => error.to_string(),
            };
            Err(format!("{} is not the file that was opened any more: {what}", path.display()))
        })
    }
}

fn watched(path: PathBuf) -> Option<(PathBuf, Node)> {
    let node = Node::of(&std::fs::metadata(&path).ok()?);
    Some((path, node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_notices_whatever_becomes_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let (wal, aside) = (beside(&path, WAL), folder.path().join("aside"));
        for name in [&path, &wal] {
            std::fs::write(name, "x").unwrap();
        }
        let watch = Watch::of(&path);
        assert_eq!(watch.check(), Ok(()));
        for name in [&path, &wal] {
            std::fs::rename(name, &aside).unwrap();
            let why = watch.check().unwrap_err();
            assert!(why.contains("moved or removed"), "{why}");
            std::fs::copy(&aside, name).unwrap();
            let why = watch.check().unwrap_err();
            assert!(why.contains("another file"), "{why}");
            std::fs::rename(&aside, name).unwrap();
            assert_eq!(watch.check(), Ok(()), "it is back");
        }
        // Through a link that is set again.
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let watch = Watch::of(&link);
        assert_eq!(watch.check(), Ok(()));
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&wal, &link).unwrap();
        watch.check().unwrap_err();
    }

    #[test]
    fn a_file_that_is_made_while_it_is_looked_for_leads_somewhere() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..200 {
            let path = folder.path().join(format!("{round}.db"));
            std::thread::scope(|scope| {
                let made = scope.spawn(|| make(&path));
                while !made.is_finished() {
                    let found = find(&path);
                    assert!(found.is_ok(), "{found:?}");
                }
            });
        }
    }

    #[test]
    fn a_path_is_one_whatever_links_lead_there() {
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().canonicalize().unwrap();
        let link = whole.join("link");
        std::os::unix::fs::symlink(&whole, &link).unwrap();
        assert_eq!(real(&link.join("new.db")), whole.join("new.db"), "not there yet");
        std::fs::write(whole.join("s.db"), "").unwrap();
        assert_eq!(real(&link.join("s.db")), whole.join("s.db"));
    }
}
