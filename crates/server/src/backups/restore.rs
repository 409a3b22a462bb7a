//! Making a store of a backup. Everything is done to a copy under another name, which becomes the store
//! at last: what was checked is what is served, and the backup itself is only read.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use engine::audit::{Audited, Terms, audit_reads};
use engine::failpoint::Failpoints;
use store_sqlite::{OpenError, ServeLock};

use super::partial::PartialFile;
use super::seal::{self, Seal};
use super::secrets_copy::SecretsCopy;
use super::{BackupError, Outcome, Progress, Restored, beside, io_of, restore_database};
use crate::config::RetentionSettings;
use crate::secrets::Secrets as SecretsOf;
use crate::stores::{self, Address};

/// When the backup is copied.
const COPIED: &str = "restore_copied";
/// Before the store gets its name.
const RENEWED: &str = "restore_renewed";

/// What is restored, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Restore<'a> {
    /// The store: on SQLite one that is not there yet, on PostgreSQL one that is.
    pub store: &'a Address,
    /// The backup; none for a store on PostgreSQL.
    pub file: Option<&'a Path>,
    /// The store's secrets file; the one beside it when absent.
    pub secrets_file: Option<&'a Path>,
    /// How long answers are kept.
    pub retention: RetentionSettings,
    /// Whether to take a backup although no key tells who made it.
    pub accept_unverified: bool,
}

impl Restore<'_> {
    /// Where a store in that file has its secrets.
    fn secrets_place(&self, store: &Path) -> PathBuf {
        self.secrets_file.map_or_else(|| stores::secrets_beside(store), Path::to_owned)
    }
}

/// Makes a store of a backup, or of a database that was restored by its own means: the next incarnation
/// of the store that was backed up.
///
/// # Errors
/// [`BackupError`]; then there is no such store, or it is as it was.
pub fn restore(
    order: Restore<'_>,
    failpoints: &Failpoints,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, BackupError> {
    match (order.store.path(), order.file) {
        (Some(store), Some(file)) => {
            restore_file(FromFile { order: &order, store, file }, failpoints, progress)
        }
        (Some(_), None) => Err(BackupError::NoFile),
        (None, None) => restore_database::restore(&order, progress),
        (None, Some(_)) => Err(BackupError::FileForDatabase),
    }
}

/// A backup in a file, and the store in a file that is made of it.
#[derive(Clone, Copy)]
struct FromFile<'a> {
    order: &'a Restore<'a>,
    store: &'a Path,
    file: &'a Path,
}

fn restore_file(
    from: FromFile<'_>,
    failpoints: &Failpoints,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, BackupError> {
    let FromFile { order, store, file } = from;
    let backup = |why: OpenError| BackupError::Backup { path: file.to_owned(), why: why.at(file) };
    if store_sqlite::is_served(store)? {
        return Err(OpenError::Served(store.to_owned()).into());
    }
    let mut partial = PartialFile::begin(store)?;
    let seal = copy(file, &mut partial, progress)?;
    check_seal(from, seal)?;
    let _only_tests_stop_here = failpoints.hit(COPIED);
    store_sqlite::check_file(partial.path()).map_err(backup)?;
    let renewed = store_sqlite::renew(partial.path(), &stores::sqlite()).map_err(backup)?;
    let copy = Address::of_file(partial.path());
    let secrets = Secrets::find(from, copy.bound_secrets()?.as_deref())?;
    let Audited { report, looked_at: has } = check(&copy, order.retention, progress)?;
    if !report.is_ok() {
        return Ok(Outcome::Failed(report));
    }
    let store_id = copy.reads()?.identity()?.store_id;
    let _only_tests_stop_here = failpoints.hit(RENEWED);

    // Nobody may make a store there meanwhile.
    let _lock = ServeLock::acquire(store)?;
    let lacks_secrets = match secrets {
        Secrets::AreThere => None,
        Secrets::Copy(copy) => {
            copy.carry_out()?;
            None
        }
        Secrets::Lacking(path) => Some(path),
    };
    partial.finish()?;
    let (from, to) = (renewed.from, renewed.to);
    Ok(Outcome::Restored(Restored { store_id, has, from, to, lacks_secrets }))
}

/// Copies what is in the backup, and what is in its log if it has one: a copy that somebody made of a
/// store that did not run.
fn copy(
    file: &Path,
    partial: &mut PartialFile,
    progress: &mut dyn FnMut(Progress),
) -> Result<Seal, BackupError> {
    let mut from = File::open(file).map_err(io_of(file))?;
    let found = from.metadata().map_err(io_of(file))?;
    let of = found.len();
    if of == 0 {
        return Err(BackupError::Empty(file.to_owned()));
    }
    if store_sqlite::is_served(file)? {
        return Err(BackupError::Served(file.to_owned()));
    }
    let mut copied = |bytes| progress(Progress::Copied { bytes, of });
    let seal = seal::copy(&mut from, partial.file(), &mut copied).map_err(io_of(file))?;
    let log = beside(file, "-wal");
    let has_log = log.metadata().is_ok_and(|log| log.len() > 0);
    match seal {
        Seal::Broken => return Err(BackupError::Damaged(file.to_owned())),
        Seal::Unkeyed | Seal::Keyed(_) if has_log => {
            return Err(BackupError::Changed(file.to_owned()));
        }
        Seal::Absent if found.nlink() > 1 => return Err(BackupError::Linked(file.to_owned())),
        Seal::Absent if has_log => {
            let mut to = partial.sidecar("-wal")?;
            let copied = File::open(&log).and_then(|mut log| std::io::copy(&mut log, &mut to));
            copied.map_err(io_of(&log))?;
        }
        Seal::Unkeyed | Seal::Keyed(_) | Seal::Absent => {}
    }
    Ok(seal)
}

/// Whether it is what was made with the store's secrets, before anything of it is believed.
fn check_seal(from: FromFile<'_>, seal: Seal) -> Result<(), BackupError> {
    let FromFile { order, store, file } = from;
    let unverified = |seal| BackupError::Unverified { path: file.to_owned(), seal };
    let vouched = match seal {
        Seal::Keyed(vouched) => vouched,
        Seal::Absent | Seal::Unkeyed if order.accept_unverified => return Ok(()),
        Seal::Absent => return Err(unverified("no seal: it is a copy that was made by hand")),
        Seal::Unkeyed => {
            let seal =
                "a seal without a key, of an earlier version or of a store that had no secrets";
            return Err(unverified(seal));
        }
        Seal::Broken => return Err(BackupError::Damaged(file.to_owned())),
    };
    let place = order.secrets_place(store);
    let there = [place.clone(), stores::secrets_beside(file)].into_iter().find(|it| it.exists());
    match there {
        Some(secrets) if SecretsOf::open(&secrets)?.seal_keys().any(|key| vouched.is_by(key)) => {
            Ok(())
        }
        Some(secrets) => Err(BackupError::Forged { path: file.to_owned(), secrets }),
        None if order.accept_unverified => Ok(()),
        None => Err(BackupError::Unsealable { path: file.to_owned(), place }),
    }
}

/// What becomes of the secrets.
enum Secrets {
    /// They are where they belong, or none are needed yet.
    AreThere,
    /// They came with the backup.
    Copy(SecretsCopy),
    /// They have to be put there.
    Lacking(PathBuf),
}

impl Secrets {
    fn find(from: FromFile<'_>, bound: Option<&str>) -> Result<Self, BackupError> {
        let FromFile { order, store, file } = from;
        let Some(bound) = bound else { return Ok(Self::AreThere) };
        let (place, of_store) = (order.secrets_place(store), Address::of_file(store));
        if place.exists() {
            of_store.check_secrets(&place, bound)?;
            return Ok(Self::AreThere);
        }
        let copy = stores::secrets_beside(file);
        if copy.exists() {
            of_store.check_secrets(&copy, bound)?;
            return Ok(Self::Copy(SecretsCopy::prepare(&copy, &place)?));
        }
        Ok(Self::Lacking(place))
    }
}

/// Every invariant over the whole store, which nobody serves.
fn check(
    store: &Address,
    retention: RetentionSettings,
    progress: &mut dyn FnMut(Progress),
) -> Result<Audited, BackupError> {
    let (reads, now) = (store.reads()?, store.now()?);
    // Of holds that nobody serves none is said to be late.
    let terms = Terms { retention: retention.into(), overdue_before: None };
    let progress = &mut |rows| progress(Progress::Checked(rows));
    Ok(audit_reads(reads.as_ref(), now, terms, progress)?)
}
