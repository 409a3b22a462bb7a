//! Feeds: take away the oldest entries, once their time is over.

use crate::activity::Truncation;
use crate::decide::rule::{Needs, Rule};
use crate::decide::{Context, Decision};
use crate::intent::Intent;
use crate::job::Lease;
use crate::reject::Reject;
use crate::reply::Reply;
use crate::world::{Change, World};

/// Take the oldest entries of the account's feed away, if their time is over.
pub(super) struct CleanUpFeed<'a> {
    pub(super) lease: &'a Lease,
    pub(super) truncation: Truncation,
}

impl Rule for CleanUpFeed<'_> {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.job(&self.lease.job);
        needs.low_water_mark();
    }

    /// Takes the entries away that `cut` names, for the whole slice at once. Nothing is taken by a worker
    /// that has lost its lease, nothing twice, and nothing whose time is not over. Nothing else depends on
    /// these entries: what changed a booking, a payment or an event stands in its own row.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let is_leased = self.lease.holds(world).is_some();
        let gone = world
            .low_water_marks
            .get(&intent.account)
            .map_or(0, |low_water_mark| low_water_mark.position);
        let follows =
            self.truncation.after == gone && self.truncation.low_water_mark.position > gone;
        let is_over = cx
            .retention
            .activity_before(cx.now)
            .is_some_and(|before| self.truncation.low_water_mark.at < before);
        let change = (is_leased && follows && is_over)
            .then_some(Change::FeedTruncated(intent.account, self.truncation));
        Ok(Decision { answer: Ok(Reply::Done), changes: change.into_iter().collect() })
    }
}
