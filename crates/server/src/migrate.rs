//! Moving a store from a file to PostgreSQL: opening both sides by their addresses.

use engine::Clock as _;
use engine::failpoint::Failpoints;
use engine::transfer::{self, Check, Outcome, Progress};
use store_postgres::PostgresTarget;
use store_sqlite::SqliteSource;

use crate::clock::{ClockBehind, SystemClock};
use crate::config::RetentionSettings;
use crate::stores::{Address, fresh};

/// What ends a move. It can be started again.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// Stores are moved out of files. What it was is not repeated: it may hold a password.
    #[error("--from: a store can be moved from sqlite:FILE only")]
    From,
    /// Stores are moved to PostgreSQL. What it was is not repeated either.
    #[error("--to: a store can be moved to postgres://USER:PASSWORD@HOST/DATABASE only")]
    To,
    /// The source could not be opened.
    #[error(transparent)]
    Source(#[from] store_sqlite::OpenError),
    /// The target could not be opened.
    #[error("the target: {0}")]
    Target(#[from] store_postgres::OpenError),
    /// It could not go on.
    #[error(transparent)]
    Transfer(#[from] transfer::Error),
    /// The machine does not tell the time.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
}

/// Both sides of a move.
#[derive(Debug)]
pub struct Migration {
    source: SqliteSource,
    target: PostgresTarget,
    clock: SystemClock,
}

impl Migration {
    /// Opens both sides. As long as this is there, nobody can serve the source.
    ///
    /// # Errors
    /// [`MigrationError`].
    pub fn open(from: &str, to: &str, failpoints: &Failpoints) -> Result<Self, MigrationError> {
        let address = |text: &str| text.parse::<Address>().ok();
        let path = address(from).and_then(Address::into_path).ok_or(MigrationError::From)?;
        let url = address(to).and_then(Address::into_url).ok_or(MigrationError::To)?;
        let clock = SystemClock::start(None, true)?;
        let options =
            store_sqlite::Options { failpoints: failpoints.clone(), ..Default::default() };
        let source = SqliteSource::open(&path, &options)?;
        let (fresh, failpoints) = (fresh(), failpoints.clone());
        let options = store_postgres::Options { fresh, failpoints, ..Default::default() };
        let target = PostgresTarget::open(&url, &options)?;
        Ok(Self { source, target, clock })
    }

    /// Moves everything, or what is left of it.
    ///
    /// # Errors
    /// [`MigrationError`].
    pub fn carry_out(
        &mut self,
        retention: RetentionSettings,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, MigrationError> {
        let check = Check { now: self.clock.now(), retention: retention.into() };
        Ok(transfer::carry_out(&mut self.source, &mut self.target, check, progress)?)
    }

    /// Gives up a move that is not finished.
    ///
    /// # Errors
    /// [`MigrationError`].
    pub fn abandon(&mut self) -> Result<(), MigrationError> {
        Ok(transfer::abandon(&mut self.source, &mut self.target)?)
    }
}
