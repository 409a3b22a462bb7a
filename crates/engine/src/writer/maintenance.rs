//! What the writer does between batches: keep deadlines, write counts. Each is a batch of its own
//! through the same decisions and the same commit.

use std::collections::BTreeSet;

use domain::deadline::Deadline;
use domain::record::IntentKey;
use domain::{Command, Intent, Timestamp};

use super::{TICK_MS, Writer};
use crate::batch::{BATCH_MAX, DUE_MAX, Executed, NotKept, Outcome, Overdue, system};
use crate::error::{ExecuteError, StoreError};
use crate::ports::Aside;
use crate::set_aside::{AsideReport, SetAside, Tried};

/// The store is asked for its earliest deadline at least this often: others may write to it.
const DEADLINE_PERIOD_MS: i64 = 500;
/// Counts are written at most this late.
const KEY_USAGE_PERIOD_MS: i64 = 900;
/// While so many deadlines could not be kept that no more can be set aside, others are tried this often.
const NO_ROOM_REST_MS: i64 = 10_000;

/// When what is due.
#[derive(Debug, Default)]
pub(super) struct Maintenance {
    deadline: Option<Timestamp>,
    deadline_asked_at: Option<Timestamp>,
    /// No deadline is kept before this: what is due was tried, and is still there.
    rests_until: Timestamp,
    pub(super) deadlines_aside: SetAside<Deadline>,
    aside_report: AsideReport,
    key_usage_written_at: Timestamp,
}

impl Maintenance {
    /// When deadlines are kept next. One that is past and stays so, since it is set aside or another node
    /// has it, does not keep the writer from resting.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.deadline.map(|deadline| deadline.max(self.rests_until))
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.due_at().is_some_and(|due_at| due_at <= now)
    }

    /// A deadline was set.
    pub(super) fn set_until(&mut self, deadline: Option<Timestamp>) {
        self.deadline = [self.deadline, deadline].into_iter().flatten().min();
    }

    /// The store was asked for its earliest deadline. If it did not know, it is asked again at once.
    pub(super) fn set_deadline(&mut self, asked: Result<Option<Timestamp>, StoreError>) {
        if asked.is_err() {
            self.deadline_asked_at = None;
        }
        self.deadline = asked.unwrap_or(None);
    }

    /// What is due cannot be done now: after a while the store is asked again.
    pub(super) const fn wait_for_store(&mut self) {
        self.deadline = None;
    }
}

impl Writer {
    /// Does a little of what is due.
    pub(super) fn maintain(&mut self) -> Result<(), ExecuteError> {
        let kept = self.keep_deadlines().and_then(|()| self.write_key_usage());
        kept.or_else(|error| self.survive(error))
    }

    /// Does everything that is due.
    pub(super) fn keep_house_fully(&mut self) -> Result<(), ExecuteError> {
        self.maintenance.deadline_asked_at = None;
        self.maintenance.rests_until = Timestamp::default();
        self.maintenance.key_usage_written_at = Timestamp::default();
        let kept = self.keep_deadlines().and_then(|()| {
            while self.maintenance.is_due(self.now()) {
                self.keep_deadlines()?;
            }
            self.write_key_usage()
        });
        kept.or_else(|error| self.survive(error))
    }

    /// Keeps what is due.
    fn keep_deadlines(&mut self) -> Result<(), ExecuteError> {
        let now = self.now();
        let asked_at = self.maintenance.deadline_asked_at;
        if asked_at.is_none_or(|at| now.millis_since(at).abs() >= DEADLINE_PERIOD_MS) {
            self.maintenance.deadline_asked_at = Some(now);
            let deadline = self.store.next_deadline()?;
            self.maintenance.set_deadline(Ok(deadline));
        }
        if self.maintenance.is_due(now) {
            // One batch's worth; the next round continues, with whoever waits in between.
            self.execute(&[], false)?;
        }
        Ok(())
    }

    /// Deadlines that were due were to be kept with a batch. Those that could not be are set aside; where that
    /// leaves one in the past, the writer rests before it looks again.
    pub(super) fn deadlines_were_tried(&mut self, executed: &Executed) {
        let now = self.now();
        let Overdue { tried, failed } = &executed.overdue;
        for NotKept { deadline: Deadline { account, resource, kind, .. }, why } in failed {
            let what = kind.as_str();
            let text = format!("{what} {resource} of {account} does not end: {why}");
            self.ports.observer.due_failed(&text);
        }
        let is_all = tried.len() < DUE_MAX;
        let failed: BTreeSet<_> = failed.iter().map(|failed| failed.deadline).collect();
        let has_room =
            self.maintenance.deadlines_aside.tried(now, Tried { tried, failed: &failed, is_all });
        let aside = self.maintenance.deadlines_aside.len();
        self.maintenance.aside_report.tell(self.ports.observer.as_ref(), Aside::Deadlines, aside);
        // The batch stands, whatever becomes of this question.
        self.maintenance.set_deadline(self.store.next_deadline());
        // Those that were set aside now are passed over next time.
        let came_further = executed.kept > 0 || (has_room && !failed.is_empty());
        let goes_on = came_further && !is_all;
        if !goes_on && self.maintenance.deadline.is_some_and(|deadline| deadline <= executed.now) {
            let rest_ms = if has_room { i64::from(TICK_MS) } else { NO_ROOM_REST_MS };
            self.maintenance.rests_until = now.plus_millis(rest_ms);
        }
    }

    /// The last thing that the writer does: what was counted since it last wrote is not lost.
    pub(super) fn write_what_is_left(&mut self) -> Result<(), ExecuteError> {
        self.maintenance.key_usage_written_at = Timestamp::default();
        self.write_key_usage().or_else(|error| self.survive(error))
    }

    /// Writes how often keys were seen, and tells of keys that were used with another body.
    fn write_key_usage(&mut self) -> Result<(), ExecuteError> {
        let now = self.now();
        let waited = now.millis_since(self.maintenance.key_usage_written_at).abs();
        if waited < KEY_USAGE_PERIOD_MS || self.ports.key_usage().is_empty() {
            return Ok(());
        }
        self.maintenance.key_usage_written_at = now;
        let collisions = self.ports.key_usage().take_collisions();
        let note = |key: &IntentKey| system(key.account, Command::NoteCollision(key.clone()));
        let notes: Vec<Intent> = collisions.iter().map(note).collect();
        // Counts go with the first batch, even if it has no intents.
        for notes in notes.chunks(BATCH_MAX).chain(notes.is_empty().then_some([].as_slice())) {
            let executed = self.execute(notes, true);
            let is_told = executed.as_ref().is_ok_and(|executed| {
                !executed.outcomes.iter().any(|it| matches!(it, Outcome::Unavailable(_)))
            });
            if !is_told {
                // AsideReport twice is better than never.
                collisions.iter().for_each(|key| self.ports.key_usage().collide(key));
            }
            executed?;
        }
        Ok(())
    }
}
