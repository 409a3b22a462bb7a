//! The list of commands. What one needs, whose queue it waits in and what comes of it stand in a file of its
//! own, as its [`Rule`].

use std::collections::BTreeSet;

use super::feeds::CleanUpFeed;
use super::jobs::{LeaseJobs, SettleJob};
use super::keys::{CleanUpRecord, NoteCollision, RetireKey};
use super::rule::{Lane, Needs, Rule};
use super::tokens::MintToken;
use super::{Context, Decision};
use crate::activity::Truncation;
use crate::id::{BookingId, DeliveryId, WebhookEndpointId};
use crate::intent::Intent;
use crate::job::{Availability, JobId, Lease, NewJob, Settlement};
use crate::person::User;
use crate::record::{IntentKey, NamedKey};
use crate::reject::Reject;
use crate::tickets::end::{Expire, ExpireNow, Release};
use crate::tickets::intent::{
    Cancellation, Confirmation, EventPatch, NewBooking, NewEvent, ZonePatch,
};
use crate::webhooks::clean_up::CleanUpDelivery;
use crate::webhooks::deliveries::{RecordDeliveries, Redeliver};
use crate::webhooks::endpoint::DisabledReason;
use crate::webhooks::endpoints::{DeleteEndpoint, DisableEndpoint, PingEndpoint};
use crate::webhooks::intent::{EndpointPatch, NewEndpoint, Replay, SecretRotation};
use crate::world::World;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Put an event on sale.
    CreateEvent(NewEvent),
    /// Change an event.
    UpdateEvent(EventPatch),
    /// Change a zone.
    UpdateZone(ZonePatch),
    /// Hold units.
    Reserve(NewBooking),
    /// Turn a hold into a sale.
    Confirm(Confirmation),
    /// Give a hold back.
    Release(BookingId),
    /// Undo a sale, or give a hold back.
    Cancel(Cancellation),
    /// Make sure that a key can never book.
    RetireKey(NamedKey),
    /// Let a customer act for themselves; seconds that the token lives.
    MintToken {
        /// The customer.
        user: User,
        /// Seconds that the token lives.
        seconds: u32,
    },
    /// The fields did not pass their checks: only an earlier answer of the key can be given.
    Malformed,
    /// End a hold whose deadline has passed.
    Expire(BookingId),
    /// End a hold as if its deadline had passed.
    ExpireNow(BookingId),
    /// Somebody used a key with another body since that was last noted.
    NoteCollision(IntentKey),
    /// Tell a webhook endpoint of what happens from now on.
    CreateEndpoint(NewEndpoint),
    /// Change a webhook endpoint.
    UpdateEndpoint(EndpointPatch),
    /// Delete a webhook endpoint.
    DeleteEndpoint(WebhookEndpointId),
    /// Sign with another secret.
    RotateSecret(SecretRotation),
    /// Tell a webhook endpoint again.
    ReplayEvents(Replay),
    /// Try a delivery again.
    Redeliver(DeliveryId),
    /// See whom a ping goes to.
    PingEndpoint(WebhookEndpointId),
    /// Say what came of deliveries.
    RecordDeliveries(RecordDeliveries),
    /// Disable a webhook endpoint that wants nothing more, or only fails.
    DisableEndpoint {
        /// Proof of the lease: whoever has lost it changes nothing.
        lease: Lease,
        /// Which one.
        endpoint: WebhookEndpointId,
        /// Why.
        reason: DisabledReason,
    },
    /// Make a job, unless it is there.
    PutJob(NewJob),
    /// Take jobs of the account, as far as they are to be had.
    LeaseJobs {
        /// Which ones.
        jobs: BTreeSet<JobId>,
        /// For how long.
        lease_ms: i64,
        /// Which of them are to be had.
        availability: Availability,
    },
    /// Say what becomes of a job that is leased.
    SettleJob {
        /// Proof of the lease: whoever has lost it changes nothing.
        lease: Lease,
        /// What becomes of it.
        settlement: Settlement,
    },
    /// See whether a record's time is over.
    CleanUpRecord(IntentKey),
    /// Take the oldest entries of the account's feed away, if their time is over.
    CleanUpFeed {
        /// Proof of the lease: whoever has lost it takes nothing.
        lease: Lease,
        /// Which entries.
        truncation: Truncation,
    },
    /// See whether a delivery's time is over.
    CleanUpDelivery(DeliveryId),
}

impl Command {
    /// Whose queue it waits in.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.with(|rule| rule.lane())
    }

    /// Shows the command as what all of them have in common. The only place that lists them.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&dyn Rule) -> T) -> T {
        match self {
            Self::CreateEvent(new) => look(new),
            Self::UpdateEvent(patch) => look(patch),
            Self::UpdateZone(patch) => look(patch),
            Self::Reserve(new) => look(new),
            Self::Confirm(confirmation) => look(confirmation),
            Self::Release(id) => look(&Release(*id)),
            Self::Expire(id) => look(&Expire(*id)),
            Self::ExpireNow(id) => look(&ExpireNow(*id)),
            Self::Cancel(cancellation) => look(cancellation),
            Self::RetireKey(key) => look(&RetireKey(key)),
            Self::NoteCollision(key) => look(&NoteCollision(key)),
            Self::CleanUpRecord(key) => look(&CleanUpRecord(key)),
            Self::CleanUpFeed { lease, truncation } => {
                look(&CleanUpFeed { lease, truncation: *truncation })
            }
            Self::CleanUpDelivery(delivery) => look(&CleanUpDelivery(*delivery)),
            Self::MintToken { user, seconds } => look(&MintToken { user, seconds: *seconds }),
            Self::CreateEndpoint(new) => look(new),
            Self::UpdateEndpoint(patch) => look(patch),
            Self::DeleteEndpoint(id) => look(&DeleteEndpoint(*id)),
            Self::RotateSecret(rotation) => look(rotation),
            Self::ReplayEvents(replay) => look(replay),
            Self::Redeliver(id) => look(&Redeliver(*id)),
            Self::PingEndpoint(id) => look(&PingEndpoint(*id)),
            Self::RecordDeliveries(record) => look(record),
            Self::DisableEndpoint { lease, endpoint, reason } => {
                look(&DisableEndpoint { lease, endpoint: *endpoint, reason: *reason })
            }
            Self::PutJob(new) => look(new),
            Self::LeaseJobs { jobs, lease_ms, availability } => {
                look(&LeaseJobs { jobs, lease_ms: *lease_ms, availability: *availability })
            }
            Self::SettleJob { lease, settlement } => {
                look(&SettleJob { lease, settlement: *settlement })
            }
            Self::Malformed => look(&Malformed),
        }
    }
}

/// Only an earlier answer of its key can be given.
struct Malformed;

impl Rule for Malformed {
    fn needs(&self, _needs: &mut Needs<'_>) {}

    fn decide(&self, _: &World, _: &Intent, _: &mut Context<'_>) -> Result<Decision, Reject> {
        Err(Reject::Malformed)
    }
}
