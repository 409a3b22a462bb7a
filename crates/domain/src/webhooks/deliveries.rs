//! What came of deliveries, written with the cursor of their endpoint; and deliveries that are begun again.

use crate::decide::rule::{Needs, Rule};
use crate::decide::{Context, Decision};
use crate::id::{DeliveryId, WebhookEndpointId};
use crate::intent::Intent;
use crate::job::{Job, Lease};
use crate::reject::Reject;
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::webhooks::delivery::{Delivery, DeliveryAttempt, DeliveryStatus, EventName};
use crate::webhooks::endpoint::{EndpointStatus, WebhookCursor, WebhookEndpoint};
use crate::webhooks::endpoints::{found, touched};
use crate::webhooks::reject::WebhookReject;
use crate::world::{Change, World};

/// What a worker says of an endpoint that it has leased: one decision, so that no event is passed over without a
/// row that says what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDeliveries {
    /// Proof of the lease: whoever has lost it changes nothing.
    pub lease: Lease,
    /// Which endpoint.
    pub endpoint: WebhookEndpointId,
    /// What the worker knows is of this version. If it is not so any more, the cursor and the lease stay.
    pub version: u64,
    /// The cursor from now on; `None` leaves it.
    pub cursor: Option<u64>,
    /// What came of deliveries, each once.
    pub deliveries: Vec<Recorded>,
    /// What becomes of the lease.
    pub release: Release,
}

/// What came of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Which.
    pub delivery: Subject,
    /// What became of it.
    pub outcome: Outcome,
}

/// Which delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Of an event that has no row yet.
    New(EventName),
    /// One that has.
    Known(DeliveryId),
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It waits for the one before it of its resource.
    Waits,
    /// It was tried.
    Attempted {
        /// How that went.
        attempt: DeliveryAttempt,
        /// Milliseconds that the receiver asked to wait.
        retry_after_ms: Option<i64>,
    },
    /// It is not tried any more.
    Cancelled,
}

impl Outcome {
    /// When it was tried.
    const fn began_at(&self) -> Option<Timestamp> {
        match self {
            Self::Attempted { attempt, .. } => Some(attempt.at),
            Self::Waits | Self::Cancelled => None,
        }
    }
}

/// What becomes of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The worker goes on: the lease begins again.
    Keep {
        /// For how long.
        lease_ms: i64,
    },
    /// There is nothing to do before that instant, but for what happens until then.
    Until {
        /// When.
        due_at: Timestamp,
    },
    /// Nothing is left to do, ever: the endpoint goes with its job.
    End,
}

impl Rule for RecordDeliveries {
    fn needs(&self, needs: &mut Needs<'_>) {
        let key = (needs.account, self.endpoint);
        needs.row::<WebhookEndpoint>(&key);
        needs.row::<WebhookCursor>(&key);
        for recorded in &self.deliveries {
            if let Subject::Known(id) = recorded.delivery {
                let delivery = (needs.account, id);
                needs.row::<Delivery>(&delivery);
            }
        }
        needs.job(&self.lease.job);
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let account = intent.account;
        let key = (account, self.endpoint);
        let held = self.lease.holds(world);
        let known = world.webhook_endpoints.get(&key).zip(world.webhook_cursors.get(&key));
        let (Some(job), Some((endpoint, cursor))) = (held, known) else {
            return Ok(Decision {
                answer: Ok(Reply::Recorded {
                    was_ours: false,
                    is_current: false,
                    deliveries: Vec::new(),
                }),
                changes: Vec::new(),
            });
        };
        let is_current = cursor.version == self.version;
        let mut changes = Vec::new();
        let mut written = Vec::with_capacity(self.deliveries.len());
        for Recorded { delivery, outcome } in &self.deliveries {
            let begun = match delivery {
                Subject::Known(id) => world.deliveries.get(&(account, *id)).cloned(),
                Subject::New(event) => {
                    let begun_at = outcome.began_at().unwrap_or(cx.now);
                    Some(Delivery { created_at: begun_at, ..begun(cx, endpoint, *cursor, event) })
                }
            };
            let Some(before) = begun else { continue };
            let after = match outcome {
                Outcome::Waits => before,
                Outcome::Cancelled => before.cancelled(cx.now),
                Outcome::Attempted { attempt, retry_after_ms } => {
                    let after = before.after(attempt, *retry_after_ms, cx.now);
                    let id = (account, after.id, after.attempts);
                    changes.push(Change::put(id, attempt.clone()));
                    after
                }
            };
            written.push(after.clone());
            changes.push(Change::of(account, after));
        }
        changes
            .extend(health(endpoint, &self.deliveries, cx.now).map(|it| Change::of(account, it)));
        let moved = self.cursor.filter(|position| is_current && *position > cursor.position);
        if let Some(position) = moved {
            changes.push(Change::put(key, WebhookCursor { position, ..*cursor }));
        }
        // A lease is not given back by somebody who does not know what is new: then it stays as it is.
        let release = self.release;
        if is_current || matches!(release, Release::Keep { .. }) {
            changes.push(release.of(&self.lease, job, cx.now));
        }
        if is_current && release == Release::End {
            changes.extend([Change::WebhookEndpoint(key, None), Change::WebhookCursor(key, None)]);
        }
        let answer = Ok(Reply::Recorded { was_ours: true, is_current, deliveries: written });
        Ok(Decision { answer, changes })
    }
}

/// A delivery as it begins.
fn begun(
    cx: &mut Context<'_>,
    endpoint: &WebhookEndpoint,
    cursor: WebhookCursor,
    event: &EventName,
) -> Delivery {
    Delivery {
        id: DeliveryId::from_raw(cx.fresh()),
        endpoint: endpoint.id,
        event: event.clone(),
        replay: cursor.replay,
        is_replayed: event.position <= cursor.replayed_until,
        status: DeliveryStatus::Pending,
        attempts: 0,
        scheduled_attempts: 0,
        due_at: None,
        created_at: cx.now,
        ended_at: None,
    }
}

/// The endpoint, if it begins to fail or to succeed with these.
fn health(
    endpoint: &WebhookEndpoint,
    deliveries: &[Recorded],
    now: Timestamp,
) -> Option<WebhookEndpoint> {
    let attempts = deliveries.iter().filter_map(|recorded| match &recorded.outcome {
        Outcome::Attempted { attempt, .. } => Some(attempt),
        Outcome::Waits | Outcome::Cancelled => None,
    });
    let succeeded: Vec<bool> = attempts.map(DeliveryAttempt::is_success).collect();
    let failing_since = if succeeded.contains(&true) {
        None
    } else if succeeded.is_empty() {
        endpoint.failing_since
    } else {
        endpoint.failing_since.or(Some(now))
    };
    let changed = failing_since != endpoint.failing_since;
    changed.then(|| WebhookEndpoint { failing_since, ..endpoint.clone() })
}

impl Release {
    fn of(self, lease: &Lease, job: &Job, now: Timestamp) -> Change {
        let id = lease.job.clone();
        let (job, free) = (job.clone(), Timestamp::default());
        let job = match self {
            Self::Keep { lease_ms } => Job { lease_until: now.plus_millis(lease_ms), ..job },
            Self::Until { due_at } => Job { due_at, lease_until: free, attempt: 0, ..job },
            Self::End => return Change::Job(id, None),
        };
        Change::put(id, job)
    }
}

/// Try a delivery again, whatever became of it.
pub(crate) struct Redeliver(pub(crate) DeliveryId);

impl Rule for Redeliver {
    fn needs(&self, needs: &mut Needs<'_>) {
        let account = needs.account;
        let key = (account, self.0);
        needs.row::<Delivery>(&key);
        let Some(delivery) = needs.world.deliveries.peek(&key) else { return };
        let endpoint = delivery.endpoint;
        needs.row::<WebhookEndpoint>(&(account, endpoint));
        needs.row::<WebhookCursor>(&(account, endpoint));
        needs.job(&WebhookEndpoint::job(account, endpoint));
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let account = intent.account;
        let not_found = Reject::Webhook(WebhookReject::DeliveryNotFound(self.0));
        let before = world.deliveries.get(&(account, self.0)).ok_or_else(|| not_found.clone())?;
        let endpoint = found(world, account, before.endpoint).map_err(|_| not_found)?;
        if endpoint.status != EndpointStatus::Enabled {
            return Err(Reject::Webhook(WebhookReject::EndpointDisabled(endpoint.id)));
        }
        let after = before.clone().begun_again(cx.now);
        let key = (account, endpoint.id);
        let cursor = world.webhook_cursors.get(&key).copied().unwrap_or_default();
        let mut changes = touched(world, cx.now, key, cursor);
        changes.push(Change::of(account, after.clone()));
        Ok(Decision { answer: Ok(Reply::Delivery(Box::new(after))), changes })
    }
}
