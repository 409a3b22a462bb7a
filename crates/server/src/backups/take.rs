//! Taking a backup of a store in a file, while it is served.

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::invariants::LookedAt;
use engine::Clock as _;
use engine::failpoint::Failpoints;
use engine::reads::Identity;
use store_sqlite::Copied;

use super::partial::PartialFile;
use super::secrets_copy::SecretsCopy;
use super::{BackupError, Progress, beside, io_of, seal};
use crate::clock::SystemClock;
use crate::secrets::{Secrets, SecretsError};
use crate::stores::{Address, StoresError};

/// Between two steps it pauses as long as the last one took, but no longer than this.
const PAUSE_MAX: Duration = Duration::from_millis(200);
/// It stops pausing when the store's log has grown by so much since it began: the log cannot be
/// emptied while somebody reads an old state, and the sooner that is over the better.
const LOG_GROWTH_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// After a few pages were copied.
const STEP: &str = "backup_step";
/// Before the file gets its name.
const COPIED: &str = "backup_copied";

/// A backup that was taken.
#[derive(Debug)]
pub struct Taken {
    /// Its length.
    pub bytes: u64,
    /// What is in it.
    pub has: LookedAt,
    /// Of which store it is.
    pub store_id: String,
    /// Of which incarnation.
    pub incarnation: u32,
    /// The copy of the secrets file beside it, if there is one.
    pub secrets: Option<PathBuf>,
    /// Whether it was sealed with the store's key.
    pub is_vouched_for: bool,
}

/// What is backed up, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Take<'a> {
    /// The store.
    pub store: &'a Address,
    /// Where the backup goes; nothing may be there.
    pub file: &'a Path,
    /// The store's secrets file; the one beside it when absent.
    pub secrets_file: Option<&'a Path>,
    /// Whether to copy the secrets file as well, to `<file>.secrets`.
    pub with_secrets: bool,
}

/// Takes a backup. It has everything that was acknowledged when this was called. Nobody is kept from
/// booking.
///
/// # Errors
/// [`BackupError`]; then there is no such file.
pub fn take(
    take: Take<'_>,
    failpoints: &Failpoints,
    progress: &mut dyn FnMut(Progress),
) -> Result<Taken, BackupError> {
    let Take { store, file, secrets_file, with_secrets } = take;
    let Some(path) = store.path() else { return Err(BackupError::Database) };
    // Looked at first: what is wrong is told before anything is made.
    drop(store.reads()?);
    let secrets = match store.secrets_file(secrets_file) {
        // Without them there is no key to seal with.
        Err(StoresError::Secrets(SecretsError::Missing(_))) if !with_secrets => None,
        secrets => secrets?,
    };
    let key = secrets.as_deref().map(|path| store.open_secrets(path)).transpose()?;
    let secrets = secrets.filter(|_| with_secrets);
    let secrets = secrets.map(|from| SecretsCopy::prepare(&from, &beside(file, ".secrets")));
    let secrets = secrets.transpose()?;
    let mut partial = PartialFile::begin(file)?;
    let mut pace = Pace::start(store_sqlite::is_served(path)?)?;
    let mut step = |step: Copied| {
        let _only_tests_stop_here = failpoints.hit(STEP);
        progress(Progress::Copied { bytes: step.bytes, of: step.of });
        pace.pause(&step);
    };
    let copied = store_sqlite::back_up(path, partial.path(), &mut step);
    let store_sqlite::BackedUp { identity, looked_at: has } = copied.map_err(|why| {
        if matches!(why, store_sqlite::OpenError::Store(_)) {
            BackupError::Copy { path: file.to_owned(), why }
        } else {
            why.into()
        }
    })?;
    partial.check()?;
    let seal_key = key.as_ref().map(Secrets::seal_key);
    let bytes = seal::put(partial.file(), seal_key).map_err(io_of(file))?;
    let _only_tests_stop_here = failpoints.hit(COPIED);
    // Who finds the backup finds its secrets.
    let secrets = secrets.map(SecretsCopy::carry_out).transpose()?;
    partial.finish()?;
    let Identity { store_id, incarnation, .. } = identity;
    Ok(Taken { bytes, has, store_id, incarnation, secrets, is_vouched_for: key.is_some() })
}

/// Leaves half of the disk's time to those who book.
struct Pace {
    clock: SystemClock,
    /// Nobody else wants the disk.
    alone: bool,
    began_micros: u64,
    log_bytes: Option<u64>,
}

impl Pace {
    fn start(is_served: bool) -> Result<Self, BackupError> {
        let clock = SystemClock::start(None, true)?;
        Ok(Self { clock, alone: !is_served, began_micros: 0, log_bytes: None })
    }

    fn pause(&mut self, step: &Copied) {
        let took = Duration::from_micros(self.clock.micros().saturating_sub(self.began_micros));
        if !self.hurries(step) {
            // Only time is waited for; nobody wakes this thread.
            std::thread::park_timeout(took.min(PAUSE_MAX));
        }
        self.began_micros = self.clock.micros();
    }

    fn hurries(&mut self, step: &Copied) -> bool {
        let first = *self.log_bytes.get_or_insert(step.log_bytes);
        let grown = step.log_bytes.saturating_sub(first);
        self.alone || step.bytes >= step.of || grown > LOG_GROWTH_BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_sealed_with_the_stores_key() {
        let folder = tempfile::tempdir().unwrap();
        let (store, file) =
            (Address::of_file(&folder.path().join("s.db")), folder.path().join("b.db"));
        let secrets = store.secrets(None).unwrap();
        let order = Take { store: &store, file: &file, secrets_file: None, with_secrets: true };
        let taken = take(order, &Failpoints::default(), &mut |_| {}).unwrap();
        let mut made = std::fs::File::open(&file).unwrap();
        assert_eq!((taken.is_vouched_for, taken.bytes), (true, made.metadata().unwrap().len()));
        let found = seal::copy(&mut made, &mut tempfile::tempfile().unwrap(), &mut |_| {}).unwrap();
        let is_ours = matches!(found, seal::Seal::Keyed(it) if it.is_by(secrets.seal_key()));
        assert!(is_ours, "{found:?}");
    }

    #[test]
    fn it_hurries_when_the_log_has_grown() {
        let mut pace = Pace::start(true).unwrap();
        let step = |log_bytes| Copied { bytes: 1, of: 2, log_bytes };
        assert!(!pace.hurries(&step(1_000)));
        assert!(!pace.hurries(&step(1_000 + LOG_GROWTH_BYTES_MAX)));
        assert!(pace.hurries(&step(1_001 + LOG_GROWTH_BYTES_MAX)));
        assert!(pace.hurries(&Copied { bytes: 2, ..step(1_000) }), "it is done");
        assert!(Pace::start(false).unwrap().hurries(&step(0)), "nobody waits");
    }
}
