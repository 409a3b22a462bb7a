//! Jobs: one worker at a time, by a lease that runs out by itself.

use crate::decide::rule::{Needs, Rule};
use crate::decide::{Context, Decision};
use crate::intent::Intent;
use crate::job::{Job, JobKind, Lease};
use crate::reject::Reject;
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::world::{Change, World};

/// Take a job.
pub(super) struct LeaseJob {
    pub(super) kind: JobKind,
    pub(super) lease_ms: i64,
}

impl Rule for LeaseJob {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.job(self.kind);
    }

    /// Leases the job if it is due and nobody else holds it.
    fn decide(
        &self,
        world: &World,
        _intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let never = Timestamp::default();
        let kind = self.kind;
        let idle = Job { kind, due_at: never, lease_until: never, fence: 0, attempt: 0 };
        let job = world.jobs.get(&kind).copied().unwrap_or(idle);
        if job.due_at > cx.now || job.lease_until > cx.now {
            return Ok(Decision { answer: Ok(Reply::Leased(None)), changes: Vec::new() });
        }
        let leased = Job {
            lease_until: cx.now.plus_millis(self.lease_ms),
            fence: job.fence.checked_add(1).expect("2^64 leases are enough"),
            attempt: job.attempt.saturating_add(1),
            ..job
        };
        let lease = Lease { kind, fence: leased.fence };
        Ok(Decision { answer: Ok(Reply::Leased(Some(lease))), changes: vec![Change::Job(leased)] })
    }
}

/// Go on with a job: its lease begins anew.
pub(super) struct KeepJob {
    pub(super) lease: Lease,
    pub(super) lease_ms: i64,
}

impl Rule for KeepJob {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.job(self.lease.kind);
    }

    /// Begins the lease anew, even if it has run out, unless the job was finished or somebody else has taken
    /// it since.
    fn decide(
        &self,
        world: &World,
        _intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let is_ours =
            |job: &&Job| job.fence == self.lease.fence && job.lease_until > Timestamp::default();
        let job = world.jobs.get(&self.lease.kind).filter(is_ours);
        let kept = job
            .map(|job| Change::Job(Job { lease_until: cx.now.plus_millis(self.lease_ms), ..*job }));
        let answer = Ok(Reply::Leased(job.map(|_| self.lease)));
        Ok(Decision { answer, changes: kept.into_iter().collect() })
    }
}

/// The job is done; it is due again then.
pub(super) struct FinishJob {
    pub(super) lease: Lease,
    pub(super) due_at: Timestamp,
}

impl Rule for FinishJob {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.job(self.lease.kind);
    }

    /// Ends the lease; a worker that has lost it changes nothing.
    fn decide(
        &self,
        world: &World,
        _intent: &Intent,
        _cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let job = world.jobs.get(&self.lease.kind).filter(|job| job.fence == self.lease.fence);
        let finished = job.map(|job| {
            Change::Job(Job {
                due_at: self.due_at,
                lease_until: Timestamp::default(),
                attempt: 0,
                ..*job
            })
        });
        Ok(Decision { answer: Ok(Reply::Done), changes: finished.into_iter().collect() })
    }
}
