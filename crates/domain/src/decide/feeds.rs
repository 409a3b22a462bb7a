//! Feeds: take away the oldest entries, once their time is over.

use crate::activity::Cut;
use crate::decide::{Context, Decision};
use crate::intent::Intent;
use crate::job::Lease;
use crate::reply::Reply;
use crate::world::{Change, World};

/// Takes the entries away that `cut` names, for the whole slice at once. Nothing is taken by a worker
/// that has lost its lease, nothing twice, and nothing whose time is not over. Nothing else depends on
/// these entries: what changed a booking, a payment or an event stands in its own row.
pub(super) fn clean_up(
    world: &World,
    intent: &Intent,
    cx: &Context<'_>,
    (lease, cut): (Lease, Cut),
) -> Decision {
    let is_leased = world.jobs.get(&lease.kind).is_some_and(|job| job.fence == lease.fence);
    let gone = world.cleaned.get(&intent.account).map_or(0, |cleaned| cleaned.position);
    let follows = cut.after == gone && cut.cleaned.position > gone;
    let is_over =
        cx.retention.activity_before(cx.now).is_some_and(|before| cut.cleaned.at < before);
    let change = (is_leased && follows && is_over).then_some(Change::FeedCut(intent.account, cut));
    Decision { answer: Ok(Reply::Done), changes: change.into_iter().collect() }
}
