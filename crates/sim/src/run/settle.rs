//! Clean-up while the world lives, and its end: faults stop, and everything must come to rest.

use std::collections::BTreeSet;

use domain::Command;
use domain::id::AccountId;
use domain::intent::Intent;
use domain::job::{JobKind, Lease};
use domain::record::IntentKey;
use domain::tickets::booking::Status;
use engine::Outcome;
use engine::batch::Chores;
use engine::reads::{BookingFilter, Page};

use super::play::{World, system};
use super::{FoundBy, Stats, Trouble};
use crate::dump::dump;
use crate::workload::Known;

/// Records of one slice.
const SLICE: usize = 16;
/// Slices, or batches of expiry, after which something is stuck.
const PATIENCE: usize = 1_000;
const LEASE_MS: i64 = 30_000;
const PERIOD_MS: i64 = 60_000;
/// Longer than any hold of the workload lasts.
const HOLDS_END_MS: u64 = 200_000;

impl World<'_> {
    /// Looks at all records whose time may be over, under a lease; whether it was to be had.
    pub(super) fn clean_up(&mut self) -> Result<bool, Trouble> {
        let lease = Command::LeaseJob { kind: JobKind::CleanUp, lease_ms: LEASE_MS };
        let outcomes = self.batch(vec![system(AccountId::SYSTEM, lease)], Chores::default())?;
        let lease = outcomes.into_iter().flatten().find_map(|outcome| match outcome {
            Outcome::Decided(_, after) => after.reply?.lease(),
            Outcome::Replayed(_) | Outcome::Malformed => None,
            Outcome::Failed(_) | Outcome::Unavailable(_) => None,
        });
        let Some(lease) = lease else { return Ok(false) };
        if !self.clean_feeds(lease)? {
            return Ok(true);
        }
        for _ in 0..PATIENCE {
            // A slice that fails leaves the rest to whoever has the next lease.
            let Some(due) = self.due_records()? else { return Ok(true) };
            let more = due.len() == SLICE;
            if !self.clean_up_slice(due, (!more).then_some(lease))? || !more {
                return Ok(true);
            }
        }
        Err(Trouble::new(FoundBy::Liveness, "clean-up does not end"))
    }

    fn due_records(&mut self) -> Result<Option<Vec<IntentKey>>, Trouble> {
        let now = self.now();
        let due = self.store().begin().and_then(|mut tx| tx.due_records(now, SLICE)).ok();
        self.revive()?;
        if let Some(due) = &due
            && self.options.model
            && *due != self.model.due(now, SLICE)
        {
            let expected = self.model.due(now, SLICE);
            let why = format!("due are {due:?}, expected {expected:?}");
            return Err(Trouble::new(FoundBy::Model, why));
        }
        Ok(due)
    }

    fn clean_up_slice(
        &mut self,
        due: Vec<IntentKey>,
        finished: Option<Lease>,
    ) -> Result<bool, Trouble> {
        let now = self.now();
        let mut batch: Vec<Intent> = due
            .iter()
            .map(|key| system(key.account, Command::CleanUpRecord(key.clone())))
            .collect();
        if let Some(lease) = finished {
            let due_at = now.plus_millis(PERIOD_MS);
            batch.push(system(AccountId::SYSTEM, Command::FinishJob { lease, due_at }));
        }
        let outcomes = self.batch(batch, Chores::default())?;
        self.stats.cleaned += due.len() as u64;
        for key in due.iter().filter(|_| self.options.model) {
            let record = self.reads.record(key);
            let record = record.map_err(|e| Trouble::new(FoundBy::Engine, e.to_string()))?;
            let cleaned = self.model.clean_up(key, now, record.as_ref());
            cleaned.map_err(|why| Trouble::new(FoundBy::Model, why))?;
        }
        Ok(outcomes.iter().all(Option::is_some))
    }

    /// Faults stop: every request gets its answer, every hold ends, nothing is stuck, all adds up.
    pub(super) fn settle(mut self) -> Result<Stats, Trouble> {
        self.stats.faults = self.faults.injected();
        self.faults.turn(false);
        self.revive()?;
        let pending = std::mem::take(&mut self.pending);
        self.answer_all(pending)?;
        self.check(None)?;
        // Whoever asks again hears the same, as long as answers are kept.
        let everything = self.known.sent().to_vec();
        for requests in everything.chunks(64) {
            self.answer_all(requests.to_vec())?;
        }
        self.machine.clock.advance(HOLDS_END_MS);
        self.end_holds()?;
        self.clean_up_all()?;
        self.check(Some(self.now()))?;
        self.check_keys()?;
        if self.options.dump {
            self.stats.state = self.state()?;
        }
        Ok(self.stats)
    }

    fn answer_all(&mut self, requests: Vec<Intent>) -> Result<(), Trouble> {
        let outcomes = self.batch(requests.clone(), Chores { due: true, sightings: true })?;
        let silent = requests.iter().zip(outcomes).find(|(_, outcome)| outcome.is_none());
        match silent {
            None => Ok(()),
            Some((request, _)) => {
                Err(Trouble::new(FoundBy::Liveness, format!("{request:?} gets no answer")))
            }
        }
    }

    fn end_holds(&mut self) -> Result<(), Trouble> {
        let now = self.now();
        for _ in 0..PATIENCE {
            let next = self.store().next_deadline();
            let next = next.map_err(|e| Trouble::new(FoundBy::Liveness, e.to_string()))?;
            if next.is_none_or(|next| next > now) {
                return self.nothing_is_held();
            }
            self.batch(Vec::new(), Chores { due: true, sightings: false })?;
        }
        Err(Trouble::new(FoundBy::Liveness, "expiry does not end"))
    }

    fn nothing_is_held(&self) -> Result<(), Trouble> {
        let filter = BookingFilter { status: Some(Status::Reserved), ..BookingFilter::default() };
        for account in Known::ACCOUNTS {
            let held = self.reads.bookings(account, filter, Page { after: None, limit: 1 });
            let held = held.map_err(|e| Trouble::new(FoundBy::Engine, e.to_string()))?;
            if let Some(held) = held.first() {
                return Err(Trouble::new(FoundBy::Liveness, format!("{held:?} did not end")));
            }
        }
        Ok(())
    }

    /// A lease that was lost runs out, and clean-up goes on.
    fn clean_up_all(&mut self) -> Result<(), Trouble> {
        let waits = [LEASE_MS, PERIOD_MS].map(i64::unsigned_abs);
        self.machine.clock.advance(waits.iter().sum());
        if self.clean_up()? {
            Ok(())
        } else {
            Err(Trouble::new(FoundBy::Liveness, "clean-up can not be leased"))
        }
    }

    /// What is stored of every key is what the model has.
    fn check_keys(&self) -> Result<(), Trouble> {
        for key in self.keys().iter().filter(|_| self.options.model) {
            let record = self.reads.record(key);
            let record = record.map_err(|e| Trouble::new(FoundBy::Engine, e.to_string()))?;
            let agreed = self.model.agree_on_key(key, record.as_ref());
            agreed.map_err(|why| Trouble::new(FoundBy::Model, why))?;
        }
        Ok(())
    }

    fn keys(&self) -> BTreeSet<IntentKey> {
        self.known.sent().iter().filter_map(|intent| intent.key.clone()).collect()
    }

    fn state(&self) -> Result<String, Trouble> {
        let keys = self.keys();
        let state = dump(self.reads.as_ref(), &Known::ACCOUNTS, keys.iter());
        state.map_err(|error| Trouble::new(FoundBy::Engine, error.to_string()))
    }
}
