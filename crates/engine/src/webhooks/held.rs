//! An endpoint that is leased: what is known of it, and what is still to be written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::Timestamp;
use domain::activity::ActivityKind;
use domain::id::{AccountId, DeliveryId, WebhookEndpointId};
use domain::job::Lease;
use domain::webhooks::deliveries::{Outcome, RecordDeliveries, Recorded, Release, Subject};
use domain::webhooks::delivery::{Delivery, DeliveryAttempt, DeliveryStatus, EventName};
use domain::webhooks::endpoint::{
    DisabledReason, EndpointStatus, FAILING_MS_MAX, SigningSecret, WebhookCursor,
};

use super::lines::{Item, Lines, Settled};
use super::outbound::Ended;
use super::{Limits, WebhookState};
use crate::store::ActivityRow;

/// A leased endpoint.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) lease: Lease,
    pub(super) lease_until: Timestamp,
    pub(super) account: AccountId,
    pub(super) id: WebhookEndpointId,
    pub(super) url: Arc<str>,
    secret: Arc<[SigningSecret]>,
    /// The secrets while the one that was rotated signs as well.
    secrets: Arc<[SigningSecret]>,
    rotated_until: Timestamp,
    pub(super) status: EndpointStatus,
    pub(super) kinds: Vec<ActivityKind>,
    /// The cursor as it is stored.
    stored: WebhookCursor,
    /// Up to where the feed was read.
    pub(super) read_to: u64,
    /// Nothing comes after that, as far as is known.
    pub(super) is_at_end: bool,
    pub(super) lines: Lines,
    /// Positions that have a delivery already: they come again in the feed.
    recorded: BTreeSet<u64>,
    /// What came of exchanges whose events were not read again yet: they were begun under an earlier lease.
    early: BTreeMap<u64, Ended>,
    /// What is to be written.
    unwritten: Vec<Recorded>,
    /// Exchanges that are open.
    pub(super) flying: usize,
    /// How many may be.
    window: usize,
    failing_since: Option<Timestamp>,
    /// It wants nothing more.
    is_gone: bool,
    /// What is known of it is not so any more: once nothing is to be written, it is read again.
    pub(super) is_stale: bool,
    /// Since then there was nothing to do.
    pub(super) idle_since: Option<Timestamp>,
}

impl Held {
    pub(super) fn new(lease: Lease, lease_until: Timestamp, state: WebhookState) -> Self {
        let WebhookState { endpoint, cursor, pending, recorded } = state;
        let rotated = endpoint.rotated.map(|rotated| rotated.until);
        let mut held = Self {
            account: lease.job.0,
            id: endpoint.id,
            lease,
            lease_until,
            url: endpoint.url.as_str().into(),
            secret: [endpoint.secret].into(),
            secrets: endpoint.secrets_at(Timestamp::default()).into(),
            rotated_until: rotated.unwrap_or_default(),
            status: endpoint.status,
            kinds: endpoint.event_types.kinds(),
            stored: cursor,
            read_to: cursor.position,
            is_at_end: endpoint.status != EndpointStatus::Enabled,
            lines: Lines::default(),
            recorded: recorded.into_iter().collect(),
            early: BTreeMap::new(),
            unwritten: Vec::new(),
            flying: 0,
            window: 1,
            failing_since: endpoint.failing_since,
            is_gone: false,
            is_stale: false,
            idle_since: None,
        };
        pending.into_iter().for_each(|delivery| held.take_over(delivery));
        held
    }

    /// A delivery that is not over, as it is stored.
    fn take_over(&mut self, delivery: Delivery) {
        let is_sent_again =
            delivery.replay < self.stored.replay && delivery.event.position > self.stored.position;
        if self.status == EndpointStatus::Deleted || is_sent_again {
            let (delivery, outcome) = (Subject::Known(delivery.id), Outcome::Cancelled);
            self.unwritten.push(Recorded { delivery, outcome });
            return;
        }
        self.lines.push(Item {
            delivery: Some(delivery.id),
            row: None,
            // One that waited for its predecessor is tried as soon as that is over.
            due_at: delivery.due_at.unwrap_or_default(),
            event: delivery.event,
        });
    }

    /// Whether a page of the feed would be of use.
    pub(super) fn wants_more(&self, limits: &Limits) -> bool {
        !self.is_at_end
            && !self.is_stale
            && self.lines.unwritten() < limits.queued_max
            && self.lines.pending() < limits.pending_max
    }

    /// Takes entries of the feed; the last was read at `read_to`.
    pub(super) fn take(&mut self, rows: Vec<ActivityRow>, read_to: u64, limits: &Limits) {
        for row in rows {
            if self.recorded.remove(&row.activity.position) {
                if self.early.remove(&row.activity.position).is_some() {
                    self.lines.settle(&row.activity.resource, Settled::Untouched);
                }
                continue;
            }
            let activity = &row.activity;
            let event = EventName {
                position: activity.position,
                id: activity.id,
                kind: activity.kind,
                resource: activity.resource.clone(),
                resource_seq: activity.resource_seq,
            };
            let due_at = Timestamp::default();
            let subject = Subject::New(event.clone());
            let early = self.early.remove(&event.position);
            self.lines.push(Item { event, delivery: None, row: Some(Arc::new(row)), due_at });
            if let Some(ended) = early {
                self.judged(subject, ended, limits);
            }
        }
        self.read_to = self.read_to.max(read_to);
    }

    /// What is signed with at an instant.
    pub(super) fn secrets_at(&self, now: Timestamp) -> Arc<[SigningSecret]> {
        Arc::clone(if now < self.rotated_until { &self.secrets } else { &self.secret })
    }

    /// The replay that it is in.
    pub(super) const fn replay(&self) -> u32 {
        self.stored.replay
    }

    /// Whether an exchange may begin.
    pub(super) const fn may_send(&self) -> bool {
        self.flying < self.window && !self.is_gone && !self.is_stale
    }

    /// An exchange has ended. What it was about is written next; until then its line stands still.
    pub(super) fn ended(&mut self, sent: &Sent, ended: Option<Ended>, limits: &Limits) {
        let event = &sent.event;
        self.flying = self.flying.saturating_sub(1);
        let Some(ended) = ended else {
            // Nothing is known: it is tried again.
            self.lines.settle(&event.resource, Settled::Untouched);
            return;
        };
        // What was sent before a replay was asked for is not what the replay sends.
        let is_of_now = sent.delivery.is_some() || sent.replay == self.stored.replay;
        match self.lines.find(&event.resource, event.position) {
            Some(item) if is_of_now && item.delivery == sent.delivery => {
                let delivery = item.subject();
                self.judged(delivery, ended, limits);
            }
            None if is_of_now && sent.delivery.is_none() && event.position > self.read_to => {
                self.early.insert(event.position, ended);
            }
            // It is not ours any more.
            Some(_) | None => self.lines.settle(&event.resource, Settled::Untouched),
        }
    }

    /// What came of a delivery is to be written.
    fn judged(&mut self, delivery: Subject, ended: Ended, limits: &Limits) {
        let Ended { attempt, retry_after_ms } = ended;
        if attempt.is_success() {
            self.window = self.window.saturating_mul(2).min(limits.window_max);
        } else {
            self.window = 1;
        }
        self.is_gone |= attempt.is_gone();
        let outcome = Outcome::Attempted { attempt, retry_after_ms };
        self.unwritten.push(Recorded { delivery, outcome });
    }

    /// The cursor that could be stored.
    fn cursor(&self) -> u64 {
        self.lines.first_unwritten().map_or(self.read_to, |first| first.saturating_sub(1))
    }

    /// Whether anything has to be written now.
    pub(super) fn has_to_write(&self, now: Timestamp, limits: &Limits) -> bool {
        let renews_at = self.lease_until.plus_millis(limits.renew_ms.saturating_neg());
        !self.unwritten.is_empty() || now >= renews_at || !self.is_stale && self.waits_unwritten()
    }

    fn waits_unwritten(&self) -> bool {
        !self.lines.waiting_unwritten(1).is_empty()
    }

    /// What is to be written, and what becomes of the lease.
    pub(super) fn take_unwritten(&mut self, release: Release, limits: &Limits) -> RecordDeliveries {
        let count = self.unwritten.len().min(limits.written_max);
        let mut deliveries: Vec<_> = self.unwritten.drain(..count).collect();
        let room = limits.written_max.saturating_sub(deliveries.len());
        let waits = |event| Recorded { delivery: Subject::New(event), outcome: Outcome::Waits };
        deliveries.extend(self.lines.waiting_unwritten(room).into_iter().map(waits));
        // What is written with it is no reason to stay before it, but for simplicity the cursor follows next time.
        let cursor = Some(self.cursor()).filter(|cursor| *cursor > self.stored.position);
        let (lease, endpoint, version) = (self.lease.clone(), self.id, self.stored.version);
        RecordDeliveries { lease, endpoint, version, cursor, deliveries, release }
    }

    /// Something of it was changed, up to this version.
    pub(super) const fn changed(&mut self, version: u64) {
        self.is_stale |= version != self.stored.version;
    }

    /// Whether it has to be read again, and can be.
    pub(super) fn is_to_be_read(&self) -> bool {
        self.is_stale && self.unwritten.is_empty()
    }

    /// Nobody knows whether it was written: what is stored has to be read. What came of events that had no row is
    /// kept until then, so that they are not sent again if it was not.
    pub(super) fn uncertain(&mut self, record: RecordDeliveries) -> Vec<Known> {
        self.is_stale = true;
        let replay = self.stored.replay;
        let kept = record.deliveries.into_iter().filter_map(|recorded| match recorded {
            Recorded {
                delivery: Subject::New(event),
                outcome: Outcome::Attempted { attempt, retry_after_ms },
            } => {
                let sent = Sent { event, delivery: None, replay };
                Some(Known { sent, ended: Ended { attempt, retry_after_ms } })
            }
            Recorded { .. } => None,
        });
        kept.collect()
    }

    /// It was written.
    pub(super) fn wrote(
        &mut self,
        record: &RecordDeliveries,
        written: &[Delivery],
        now: Timestamp,
    ) {
        // Where it is not current any more, all of this is read again.
        self.stored.position = record.cursor.unwrap_or(self.stored.position);
        let mut has_succeeded = false;
        for (recorded, delivery) in record.deliveries.iter().zip(written) {
            let EventName { position, resource, .. } = &delivery.event;
            match (&recorded.outcome, delivery.status) {
                (Outcome::Waits, _) => self.lines.written(resource, *position, delivery.id),
                // It was in no line: what may stand there is the same event, to be sent again.
                (Outcome::Cancelled, _) => {}
                (_, DeliveryStatus::Pending) => {
                    let due_at = delivery.due_at.unwrap_or(now);
                    let (position, delivery) = (*position, delivery.id);
                    self.lines.settle(resource, Settled::Pending { position, delivery, due_at });
                }
                (outcome, _) => {
                    let is_success = |attempt: &DeliveryAttempt| attempt.is_success();
                    if let Outcome::Attempted { attempt, .. } = outcome {
                        has_succeeded |= is_success(attempt);
                    }
                    self.lines.settle(resource, Settled::Over { position: *position });
                }
            }
        }
        self.judge(record, has_succeeded, now);
    }

    /// Whether the receiver is well: once it is again, what waits for it is not kept waiting.
    fn judge(&mut self, record: &RecordDeliveries, has_succeeded: bool, now: Timestamp) {
        let was_tried = |it: &Recorded| matches!(it.outcome, Outcome::Attempted { .. });
        if has_succeeded {
            if self.failing_since.take().is_some() {
                self.lines.hurry(now);
            }
        } else if record.deliveries.iter().any(was_tried) {
            self.failing_since = self.failing_since.or(Some(now));
        }
    }

    /// Why nothing may be sent to it any more.
    pub(super) fn end(&self, now: Timestamp) -> Option<DisabledReason> {
        let is_failing = |since: Timestamp| now.millis_since(since) >= FAILING_MS_MAX;
        if self.is_gone {
            Some(DisabledReason::Gone)
        } else {
            self.failing_since.is_some_and(is_failing).then_some(DisabledReason::Failing)
        }
    }

    /// Whether nothing is open, so that the lease may be given back; then when it is to be taken again.
    pub(super) fn rests_until(&self, now: Timestamp, limits: &Limits) -> Option<Timestamp> {
        let is_busy = self.flying > 0
            || !self.early.is_empty()
            || !self.unwritten.is_empty()
            || self.lines.unwritten() > 0;
        let next = self.lines.next_at().filter(|_| self.status == EndpointStatus::Enabled);
        let next = next.unwrap_or(Timestamp::from_millis(i64::MAX));
        let rests = !is_busy && self.is_at_end && next > now.plus_millis(limits.linger_ms);
        rests.then_some(next)
    }

    /// Whether there is anything that the store does not know yet.
    pub(super) fn is_written(&self) -> bool {
        self.unwritten.is_empty() && self.flying == 0 && self.early.is_empty()
    }
}

/// What was sent: an event, under its delivery, or without one in a replay.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) event: EventName,
    pub(super) delivery: Option<DeliveryId>,
    pub(super) replay: u32,
}

/// What came of an exchange, and what it was about.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) sent: Sent,
    pub(super) ended: Ended,
}

/// Which exchanges are open, by the event that is on its way.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) account: AccountId,
    pub(super) endpoint: WebhookEndpointId,
    pub(super) sent: Sent,
    pub(super) happened_at: Timestamp,
}

/// All exchanges that are open.
pub(super) type Flights = BTreeMap<u64, Flight>;
