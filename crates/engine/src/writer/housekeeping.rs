//! What the writer does between batches: end holds, write counts, clean up. Each is a batch of its own
//! through the same decisions and the same commit.

use domain::id::AccountId;
use domain::record::IntentKey;
use domain::{Command, Intent, Timestamp};

use super::Writer;
use super::clean_up::CleanUp;
use crate::batch::BATCH_MAX;
use crate::error::{ExecuteError, StoreError};

/// The store is asked for its earliest deadline at least this often: others may write to it.
const DEADLINE_PERIOD_MS: i64 = 500;
/// Counts are written at most this late.
const SIGHTINGS_PERIOD_MS: i64 = 900;
/// A batch with at least this many intents leaves no time for clean-up …
const BUSY: usize = BATCH_MAX / 4;
/// … except every so many rounds, so that it is not starved.
const BUSY_ROUNDS_MAX: u32 = 20;

/// When what is due.
#[derive(Debug, Default)]
pub(super) struct Housekeeping {
    deadline: Option<Timestamp>,
    deadline_asked_at: Option<Timestamp>,
    sightings_written_at: Timestamp,
    pub(super) clean_up: CleanUp,
    busy_rounds: u32,
}

impl Housekeeping {
    pub(super) const fn next_deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    pub(super) fn is_expiry_due(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// A hold was made that ends then.
    pub(super) fn held_until(&mut self, deadline: Option<Timestamp>) {
        self.deadline = [self.deadline, deadline].into_iter().flatten().min();
    }

    /// The store was asked for its earliest deadline. If it did not know, it is asked again at once.
    pub(super) fn set_deadline(&mut self, asked: Result<Option<Timestamp>, StoreError>) {
        if asked.is_err() {
            self.deadline_asked_at = None;
        }
        self.deadline = asked.unwrap_or(None);
    }

    /// What is due can not be done now: after a while the store is asked again.
    pub(super) const fn wait_for_store(&mut self) {
        self.deadline = None;
    }
}

impl Writer {
    /// Does a little of what is due; `busy` is how many intents the last batch had.
    pub(super) fn keep_house(&mut self, busy: usize) -> Result<(), ExecuteError> {
        let kept = self.end_holds().and_then(|()| self.write_sightings()).and_then(|()| {
            let rounds = self.house.busy_rounds;
            self.house.busy_rounds = if busy < BUSY { 0 } else { rounds.saturating_add(1) };
            if busy < BUSY || rounds.is_multiple_of(BUSY_ROUNDS_MAX) {
                self.clean_up_in_turn(busy)
            } else {
                Ok(())
            }
        });
        kept.or_else(|error| self.survive(error))
    }

    /// Does everything that is due.
    pub(super) fn keep_house_fully(&mut self) -> Result<(), ExecuteError> {
        self.house.deadline_asked_at = None;
        self.house.sightings_written_at = Timestamp::default();
        let kept = self.end_holds().and_then(|()| {
            while self.house.is_expiry_due(self.now()) {
                self.end_holds()?;
            }
            self.write_sightings()?;
            self.clean_up_fully()
        });
        kept.or_else(|error| self.survive(error))
    }

    /// Ends holds until none is overdue.
    fn end_holds(&mut self) -> Result<(), ExecuteError> {
        let now = self.now();
        let asked_at = self.house.deadline_asked_at;
        if asked_at.is_none_or(|at| now.millis_since(at).abs() >= DEADLINE_PERIOD_MS) {
            self.house.deadline_asked_at = Some(now);
            let deadline = self.store.next_deadline()?;
            self.house.set_deadline(Ok(deadline));
        }
        if self.house.is_expiry_due(now) {
            // One batch's worth; the next round continues, with whoever waits in between.
            self.execute(&[], false)?;
        }
        Ok(())
    }

    /// Writes how often keys were seen, and tells of keys that were used with another body.
    fn write_sightings(&mut self) -> Result<(), ExecuteError> {
        let now = self.now();
        let waited = now.millis_since(self.house.sightings_written_at).abs();
        if waited < SIGHTINGS_PERIOD_MS || self.shell.sightings().is_empty() {
            return Ok(());
        }
        self.house.sightings_written_at = now;
        let collisions = self.shell.sightings().take_collisions();
        let note = |key: &IntentKey| system(key.account, Command::NoteCollision(key.clone()));
        let notes: Vec<Intent> = collisions.iter().map(note).collect();
        // Counts go with the first batch, even if it has no intents.
        for notes in notes.chunks(BATCH_MAX).chain(notes.is_empty().then_some([].as_slice())) {
            if let Err(error) = self.execute(notes, true) {
                // Told twice is better than never.
                collisions.iter().for_each(|key| self.shell.sightings().collide(key));
                return Err(error);
            }
        }
        Ok(())
    }
}

pub(super) fn system(account: AccountId, command: Command) -> Intent {
    crate::batch::system(account, command)
}
