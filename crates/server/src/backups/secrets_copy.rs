//! The secrets file goes with its store: into a backup, and out of it.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::partial::{MODE, PartialFile, is_own};
use super::{BackupError, io_of};

/// A copy of a secrets file that is to be made.
#[derive(Debug)]
pub(super) struct SecretsCopy {
    bytes: Vec<u8>,
    to: PathBuf,
    is_there: bool,
}

impl SecretsCopy {
    /// Reads the file and looks where it goes: something else may not be there.
    pub(super) fn prepare(from: &Path, to: &Path) -> Result<Self, BackupError> {
        let bytes = std::fs::read(from).map_err(io_of(from))?;
        let there = to.symlink_metadata();
        // A copy that was made before will do, if it is one.
        if there.as_ref().is_ok_and(|there| !is_own(there) || there.mode() & 0o777 != MODE) {
            return Err(BackupError::Exists(to.to_owned()));
        }
        if there.is_ok() && std::fs::read(to).map_err(io_of(to))? != bytes {
            return Err(BackupError::Exists(to.to_owned()));
        }
        Ok(Self { bytes, to: to.to_owned(), is_there: there.is_ok() })
    }

    /// Makes it, for its owner alone; where it is.
    pub(super) fn carry_out(self) -> Result<PathBuf, BackupError> {
        if !self.is_there {
            let mut copy = PartialFile::begin(&self.to)?;
            copy.file().write_all(&self.bytes).map_err(io_of(&self.to))?;
            copy.finish()?;
        }
        Ok(self.to)
    }
}
