//! The end of a world: faults stop, and everything must come to rest.

use std::collections::BTreeSet;

use domain::intent::Intent;
use domain::record::{IntentKey, NamedKey};
use domain::tickets::booking::Status;
use engine::batch::Chores;
use engine::reads::Page;
use engine::tickets::BookingFilter;

use super::play::World;
use super::{Finding, FoundBy, Stats};
use crate::dump::dump;
use crate::workload::Known;

/// Batches of expiry after which something is stuck.
const STEPS_MAX: usize = 1_000;
/// Longer than any hold of the workload lasts.
const HOLDS_END_MS: u64 = 200_000;

impl World<'_> {
    /// Faults stop: every request gets its answer, every hold ends, nothing is stuck, all adds up.
    pub(super) fn settle(mut self) -> Result<Stats, Finding> {
        self.stats.faults = self.faults.injected();
        self.faults.turn(false);
        self.revive()?;
        let pending = std::mem::take(&mut self.pending);
        let pending = pending.into_iter().map(|it| self.known.as_sent_now(it)).collect();
        self.answer_all(pending)?;
        self.check(None)?;
        // Whoever asks again hears the same, as long as answers are kept.
        let sent = self.known.sent().iter().cloned();
        let everything: Vec<_> = sent.map(|it| self.known.as_sent_now(it)).collect();
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

    fn answer_all(&mut self, requests: Vec<Intent>) -> Result<(), Finding> {
        let outcomes = self.batch(requests.clone(), Chores { due: true, key_usage: true })?;
        let silent = requests.iter().zip(outcomes).find(|(_, outcome)| outcome.is_none());
        match silent {
            None => Ok(()),
            Some((request, _)) => {
                Err(Finding::new(FoundBy::Liveness, format!("{request:?} gets no answer")))
            }
        }
    }

    fn end_holds(&mut self) -> Result<(), Finding> {
        let now = self.now();
        for _ in 0..STEPS_MAX {
            let next = self.store().next_deadline();
            let next = next.map_err(|e| Finding::new(FoundBy::Liveness, e.to_string()))?;
            if next.is_none_or(|next| next > now) {
                return self.nothing_is_held();
            }
            self.batch(Vec::new(), Chores { due: true, key_usage: false })?;
        }
        Err(Finding::new(FoundBy::Liveness, "expiry does not end"))
    }

    fn nothing_is_held(&self) -> Result<(), Finding> {
        let filter = BookingFilter { status: Some(Status::Reserved), ..BookingFilter::default() };
        for account in Known::ACCOUNTS {
            let held = self.reads.bookings(account, filter, Page { after: None, limit: 1 });
            let held = held.map_err(|e| Finding::new(FoundBy::Engine, e.to_string()))?;
            if let Some(held) = held.first() {
                return Err(Finding::new(FoundBy::Liveness, format!("{held:?} did not end")));
            }
        }
        Ok(())
    }

    /// What is stored of every key is what the model has.
    fn check_keys(&self) -> Result<(), Finding> {
        for key in self.keys().iter().filter(|_| self.options.model) {
            let record = self.reads.record(key);
            let record = record.map_err(|e| Finding::new(FoundBy::Engine, e.to_string()))?;
            let agreed = self.model.agree_on_key(key, record.as_ref());
            agreed.map_err(|why| Finding::new(FoundBy::Model, why))?;
        }
        Ok(())
    }

    fn keys(&self) -> BTreeSet<IntentKey> {
        let keys = self.known.sent().iter().filter_map(|intent| intent.key.clone());
        let named = |key: NamedKey| self.known.called_now(key).all().cloned().collect::<Vec<_>>();
        keys.flat_map(named).collect()
    }

    fn state(&self) -> Result<String, Finding> {
        let keys = self.keys();
        let state = dump(self.reads.as_ref(), &Known::ACCOUNTS, keys.iter());
        state.map_err(|error| Finding::new(FoundBy::Engine, error.to_string()))
    }
}
