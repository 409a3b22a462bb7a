//! Jobs: one worker at a time, by a lease that runs out by itself.

use std::collections::BTreeSet;

use crate::decide::rule::{Needs, Rule};
use crate::decide::{Context, Decision};
use crate::intent::Intent;
use crate::job::{Availability, Job, JobId, Lease, Leased, NewJob, Settlement, next_fence};
use crate::reject::Reject;
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::world::{Change, World};

impl Rule for NewJob {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.job(&self.job);
    }

    /// Makes the job, unless it is there.
    fn decide(
        &self,
        world: &World,
        _intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let is_new = world.jobs.get(&self.job).is_none();
        let made = is_new.then(|| Change::put_job(world, cx, self.clone()));
        Ok(Decision { answer: Ok(Reply::Done), changes: made.into_iter().collect() })
    }
}

/// Take jobs of the account.
pub(super) struct LeaseJobs<'a> {
    pub(super) jobs: &'a BTreeSet<JobId>,
    pub(super) lease_ms: i64,
    pub(super) availability: Availability,
}

impl Rule for LeaseJobs<'_> {
    fn needs(&self, needs: &mut Needs<'_>) {
        let account = needs.account;
        self.jobs.iter().for_each(|job| needs.job(&(account, job.clone())));
    }

    /// Leases those that are there and are to be had.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let mut leased = Vec::new();
        let mut changes = Vec::new();
        for id in self.jobs {
            let id = (intent.account, id.clone());
            let is_to_be_had = |job: &&Job| self.availability.has(job, cx.now);
            let job = world.jobs.get(&id).filter(is_to_be_had);
            let Some(job) = job else { continue };
            let job = Job {
                lease_until: cx.now.plus_millis(self.lease_ms),
                fence: next_fence(Some(job), cx),
                attempt: job.attempt.saturating_add(1),
                ..job.clone()
            };
            let lease = Lease { job: id.clone(), fence: job.fence };
            leased.push(Leased { lease, attempt: job.attempt, payload: job.payload.clone() });
            changes.push(Change::put(id, job));
        }
        Ok(Decision { answer: Ok(Reply::Leased(leased)), changes })
    }
}

/// Say what becomes of a job that is leased.
pub(super) struct SettleJob<'a> {
    pub(super) lease: &'a Lease,
    pub(super) settlement: Settlement,
}

impl Rule for SettleJob<'_> {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.job(&self.lease.job);
    }

    /// A worker that has lost the job changes nothing.
    fn decide(
        &self,
        world: &World,
        _intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let held = self.lease.holds(world);
        let settled = held.map(|job| self.settlement.of(self.lease, job, cx.now));
        let answer = Ok(Reply::Settled { was_ours: held.is_some() });
        Ok(Decision { answer, changes: settled.into_iter().collect() })
    }
}

impl Settlement {
    fn of(self, lease: &Lease, job: &Job, now: Timestamp) -> Change {
        let id = lease.job.clone();
        let (job, free) = (job.clone(), Timestamp::default());
        let job = match self {
            Self::Keep { lease_ms } => Job { lease_until: now.plus_millis(lease_ms), ..job },
            Self::Finish { due_at } => Job { due_at, lease_until: free, attempt: 0, ..job },
            Self::Postpone { due_at } => Job { due_at, lease_until: free, ..job },
            Self::End => return Change::Job(id, None),
        };
        Change::put(id, job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::{ActivityKind, Feed, LowWaterMark};
    use crate::decide::draft::{Draft, Entry};
    use crate::id::{AccountId, Mint};
    use crate::intent::{Actor, Command, Request};
    use crate::job::{JobKind, Payload};
    use crate::keys::Keys;
    use crate::record::Fingerprints;
    use crate::retention::Retention;
    use crate::tables::Rows;
    use crate::world::Of;

    const ACCOUNT: AccountId = AccountId::from_raw(7);

    /// The job of an entry of the feed, named by it.
    fn delivery(position: u64) -> Of<JobId> {
        (ACCOUNT, JobId { kind: JobKind::CleanUp, id: format!("entry-{position}") })
    }

    /// What a decision does that has something to tell: an entry, and a job that brings it to somebody.
    struct Tell;

    impl Rule for Tell {
        fn needs(&self, needs: &mut Needs<'_>) {
            needs.feed();
            needs.job(&delivery(1));
        }

        fn decide(
            &self,
            world: &World,
            intent: &Intent,
            cx: &mut Context<'_>,
        ) -> Result<Decision, Reject> {
            let mut draft = Draft::new(world, intent);
            let entry = Entry {
                kind: ActivityKind::EventCreated,
                resource: "evt".to_owned(),
                resource_seq: 1,
                before: Vec::new(),
                after: Vec::new(),
                data: Vec::new(),
            };
            draft.emit(cx, entry);
            let payload = Payload::new(1, b"entry 1".to_vec()).expect("it is short");
            let new = NewJob { job: delivery(1), due_at: cx.now, payload };
            draft.put(Change::put_job(world, cx, new));
            Ok(draft.done(Reply::Done))
        }
    }

    /// Brought, or given up: what is told of it and the end of its job are one decision.
    struct ActivityRow<'a>(&'a Lease);

    impl Rule for ActivityRow<'_> {
        fn needs(&self, needs: &mut Needs<'_>) {
            needs.low_water_mark();
            needs.job(&self.0.job);
        }

        fn decide(
            &self,
            world: &World,
            _intent: &Intent,
            cx: &mut Context<'_>,
        ) -> Result<Decision, Reject> {
            let mut changes = Vec::new();
            if self.0.holds(world).is_some() {
                let low_water_mark = LowWaterMark { position: 1, at: cx.now };
                let truncation = crate::activity::Truncation { after: 0, low_water_mark };
                changes.push(Change::FeedTruncated(ACCOUNT, truncation));
                changes.push(Change::Job(self.0.job.clone(), None));
            }
            Ok(Decision { answer: Ok(Reply::Done), changes })
        }
    }

    #[derive(Default)]
    struct Store {
        rows: Rows,
        mint: Mint,
    }

    impl Store {
        /// Loads, decides, commits.
        fn carry_out(&mut self, rule: &dyn Rule) -> Reply {
            let intent = Intent {
                account: ACCOUNT,
                actor: Actor::System,
                key: None,
                fingerprint: Fingerprints::NONE,
                request: Request::default(),
                command: Command::Malformed,
            };
            let mut world = World::default();
            let mut keys = Keys::default();
            let (account, nothing) = (ACCOUNT, World::default());
            rule.needs(&mut Needs { account, world: &nothing, keys: &mut keys });
            self.rows.load(&keys, &mut world);
            let (mint, now) = (&mut self.mint, Timestamp::from_millis(5));
            let mut cx = Context { now, retention: Retention::default(), mint, random: &mut || 0 };
            let decision = rule.decide(&world, &intent, &mut cx).expect("it is no refusal");
            decision.changes.into_iter().for_each(|change| world.apply(change));
            assert_eq!(self.rows.check(&world), Ok(()));
            self.rows.put(&world);
            decision.answer.expect("it is no refusal")
        }

        fn lease(&mut self) -> Vec<Leased> {
            let jobs = BTreeSet::from([delivery(1).1]);
            self.carry_out(&LeaseJobs { jobs: &jobs, lease_ms: 0, availability: Availability::Due })
                .leased()
                .to_vec()
        }
    }

    #[test]
    fn a_decision_makes_a_job_and_another_ends_it_with_what_came_of_it() {
        let mut store = Store::default();
        store.carry_out(&Tell);
        assert_eq!(store.rows.feeds.get(&ACCOUNT), Some(&Feed { position: 1 }));
        let late = store.lease();
        let [in_time] = &store.lease()[..] else { panic!("one job") };
        assert_eq!((in_time.attempt, in_time.payload.bytes()), (2, &b"entry 1"[..]));
        let [late] = &late[..] else { panic!("one job") };
        store.carry_out(&ActivityRow(&late.lease));
        assert!(store.rows.low_water_marks.is_empty(), "whoever has lost the job does nothing");
        store.carry_out(&ActivityRow(&in_time.lease));
        assert_eq!((store.rows.low_water_marks.len(), store.rows.jobs.len()), (1, 0));
    }

    /// It begins again, and whoever had it has lost it.
    #[test]
    fn a_decision_moves_a_job_that_somebody_holds() {
        let mut store = Store::default();
        store.carry_out(&Tell);
        let [before] = &store.lease()[..] else { panic!("one job") };
        store.carry_out(&Tell);
        let settlement = Settlement::End;
        let reply = store.carry_out(&SettleJob { lease: &before.lease, settlement });
        assert_eq!(reply, Reply::Settled { was_ours: false });
        let [after] = &store.lease()[..] else { panic!("it is there") };
        assert_eq!(after.attempt, 1);
    }
}
