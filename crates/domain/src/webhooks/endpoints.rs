//! Make, change and delete endpoints, rotate their secrets, send them back.

use crate::activity::{ActivityKind, Fact, Facts};
use crate::decide::draft::{Draft, Entry, next_seq};
use crate::decide::rule::{Needs, Rule};
use crate::decide::{Context, Decision};
use crate::id::{AccountId, WebhookEndpointId};
use crate::intent::Intent;
use crate::job::{Job, Lease, NewJob, Payload};
use crate::limits::WEBHOOK_ENDPOINTS_MAX;
use crate::reject::Reject;
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::webhooks::endpoint::{
    DisabledReason, EndpointCount, EndpointStatus, RotatedSecret, SECRET_OVERLAP_MS, SigningSecret,
    WebhookCursor, WebhookEndpoint,
};
use crate::webhooks::intent::{EndpointPatch, NewEndpoint, Replay, SecretRotation};
use crate::webhooks::reject::WebhookReject;
use crate::world::{Change, Of, World};

/// Delete an endpoint.
pub(crate) struct DeleteEndpoint(pub(crate) WebhookEndpointId);

/// Disable an endpoint that wants nothing more, or only fails.
pub(crate) struct DisableEndpoint<'a> {
    /// Whoever has lost it changes nothing.
    pub(crate) lease: &'a Lease,
    pub(crate) endpoint: WebhookEndpointId,
    pub(crate) reason: DisabledReason,
}

impl Needs<'_> {
    /// An endpoint, with what changes with it.
    fn endpoint_with_job(&mut self, id: WebhookEndpointId) {
        let key = (self.account, id);
        self.feed();
        self.row::<WebhookEndpoint>(&key);
        self.row::<WebhookCursor>(&key);
        self.job(&WebhookEndpoint::job(self.account, id));
    }

    /// How many endpoints the account has.
    fn endpoint_count(&mut self) {
        let account = self.account;
        self.row::<EndpointCount>(&account);
    }
}

/// The endpoint, unless it is gone.
pub(super) fn found(
    world: &World,
    account: AccountId,
    id: WebhookEndpointId,
) -> Result<&WebhookEndpoint, Reject> {
    let endpoint = world.webhook_endpoints.get(&(account, id));
    let endpoint = endpoint.filter(|endpoint| endpoint.status != EndpointStatus::Deleted);
    endpoint.ok_or(Reject::Webhook(WebhookReject::EndpointNotFound(id)))
}

/// Something of an endpoint has changed: whoever has its job leased keeps it, and learns that there is something new to
/// know; if nobody has, it is due now.
pub(super) fn touched(
    world: &World,
    now: Timestamp,
    of: Of<WebhookEndpointId>,
    cursor: WebhookCursor,
) -> Vec<Change> {
    let version = cursor.version.saturating_add(1);
    let mut changes = vec![Change::put(of, WebhookCursor { version, ..cursor })];
    let key = WebhookEndpoint::job(of.0, of.1);
    if let Some(job) = world.jobs.get(&key) {
        let due_at = job.due_at.min(now);
        changes.push(Change::put(key, Job { due_at, ..job.clone() }));
    }
    changes
}

impl Rule for NewEndpoint {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
        needs.endpoint_count();
    }

    /// It is told of what happens from now on.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let account = intent.account;
        let count = world.endpoint_counts.get(&account).copied().unwrap_or_default();
        let max = WEBHOOK_ENDPOINTS_MAX;
        if count.endpoints >= max {
            return Err(Reject::Webhook(WebhookReject::TooManyEndpoints { max }));
        }
        let endpoint = WebhookEndpoint {
            id: WebhookEndpointId::from_raw(cx.fresh()),
            url: self.url.clone(),
            event_types: self.event_types.clone(),
            description: self.description.clone(),
            status: EndpointStatus::Enabled,
            disabled_reason: None,
            secret: SigningSecret { generation: 0, derived_from: self.derived_from },
            rotated: None,
            failing_since: None,
            created_at: cx.now,
            seq: 1,
        };
        let head = world.feeds.get(&account).copied().unwrap_or_default().position;
        // Behind the event that tells of it.
        let position = head.saturating_add(1);
        let mut draft = Draft::new(world, intent);
        emit(&mut draft, cx, ActivityKind::WebhookEndpointCreated, None, &endpoint);
        let endpoints = count.endpoints.saturating_add(1);
        draft.put(Change::put(account, EndpointCount { endpoints }));
        let cursor = WebhookCursor { position, ..WebhookCursor::default() };
        draft.put(Change::put((account, endpoint.id), cursor));
        draft.put(new_job(cx, (account, endpoint.id)));
        draft.put(Change::of(account, endpoint.clone()));
        Ok(draft.done(Reply::Endpoint {
            endpoint: Box::new(endpoint),
            is_new: true,
            has_new_secret: true,
        }))
    }
}

/// The job of an endpoint that is new: there is none of its name.
fn new_job(cx: &mut Context<'_>, of: Of<WebhookEndpointId>) -> Change {
    let (job, due_at) = (WebhookEndpoint::job(of.0, of.1), cx.now);
    Change::put_new_job(cx, NewJob { job, due_at, payload: Payload::default() })
}

impl Rule for EndpointPatch {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.endpoint_with_job(self.endpoint);
    }

    /// An endpoint that is enabled again is told of what happens from now on, and what was pending is tried again.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let before = found(world, intent.account, self.endpoint)?;
        let key = (intent.account, before.id);
        let mut after = before.clone();
        after.url = self.url.clone().unwrap_or(after.url);
        after.event_types = self.event_types.clone().unwrap_or(after.event_types);
        after.description = self.description.clone().unwrap_or(after.description);
        let was_enabled = before.status == EndpointStatus::Enabled;
        if let Some(is_enabled) = self.is_enabled.filter(|wanted| *wanted != was_enabled) {
            after.failing_since = None;
            (after.status, after.disabled_reason) = if is_enabled {
                (EndpointStatus::Enabled, None)
            } else {
                (EndpointStatus::Disabled, Some(DisabledReason::Requested))
            };
        }
        let mut draft = Draft::new(world, intent);
        if after != *before {
            after.seq = next_seq(before.seq);
            let is_enabled = after.status == EndpointStatus::Enabled;
            let kind = if was_enabled && !is_enabled {
                ActivityKind::WebhookEndpointDisabled
            } else {
                ActivityKind::WebhookEndpointUpdated
            };
            emit(&mut draft, cx, kind, Some(before), &after);
            let mut cursor = world.webhook_cursors.get(&key).copied().unwrap_or_default();
            if is_enabled && !was_enabled {
                let head = world.feeds.get(&intent.account).copied().unwrap_or_default();
                // Behind the event that tells of it.
                cursor.position = cursor.position.max(head.position.saturating_add(1));
            }
            touched(world, cx.now, key, cursor).into_iter().for_each(|change| draft.put(change));
            draft.put(Change::of(intent.account, after.clone()));
        }
        Ok(draft.done(Reply::Endpoint {
            endpoint: Box::new(after),
            is_new: false,
            has_new_secret: false,
        }))
    }
}

impl Rule for DeleteEndpoint {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.endpoint_with_job(self.0);
        needs.endpoint_count();
    }

    /// It is gone for clients; its job ends what is still open.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let account = intent.account;
        let before = found(world, account, self.0)?;
        let mut after = before.clone();
        after.status = EndpointStatus::Deleted;
        after.disabled_reason = None;
        after.seq = next_seq(before.seq);
        let count = world.endpoint_counts.get(&account).copied().unwrap_or_default();
        let endpoints = count.endpoints.saturating_sub(1);
        let mut draft = Draft::new(world, intent);
        emit(&mut draft, cx, ActivityKind::WebhookEndpointDeleted, Some(before), &after);
        draft.put(Change::put(account, EndpointCount { endpoints }));
        let key = (account, before.id);
        let cursor = world.webhook_cursors.get(&key).copied().unwrap_or_default();
        touched(world, cx.now, key, cursor).into_iter().for_each(|change| draft.put(change));
        draft.put(Change::of(account, after));
        Ok(draft.done(Reply::Deleted { id: self.0.to_string() }))
    }
}

impl Rule for SecretRotation {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.endpoint_with_job(self.endpoint);
    }

    /// The secret before signs as well, for a day; one that was rotated before that does not any more.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let before = found(world, intent.account, self.endpoint)?;
        let mut after = before.clone();
        let generation = before.secret.generation.checked_add(1).expect("2^32 secrets are enough");
        after.secret = SigningSecret { generation, derived_from: self.derived_from };
        let until = cx.now.plus_millis(SECRET_OVERLAP_MS);
        after.rotated = Some(RotatedSecret { secret: before.secret, until });
        after.seq = next_seq(before.seq);
        let mut draft = Draft::new(world, intent);
        emit(&mut draft, cx, ActivityKind::WebhookEndpointUpdated, Some(before), &after);
        let key = (intent.account, before.id);
        let cursor = world.webhook_cursors.get(&key).copied().unwrap_or_default();
        touched(world, cx.now, key, cursor).into_iter().for_each(|change| draft.put(change));
        draft.put(Change::of(intent.account, after.clone()));
        Ok(draft.done(Reply::Endpoint {
            endpoint: Box::new(after),
            is_new: false,
            has_new_secret: true,
        }))
    }
}

impl Rule for Replay {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.endpoint_with_job(self.endpoint);
    }

    /// What comes after the position is sent again, in order, and what happens meanwhile after it.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let endpoint = found(world, intent.account, self.endpoint)?;
        if endpoint.status != EndpointStatus::Enabled {
            return Err(Reject::Webhook(WebhookReject::EndpointDisabled(endpoint.id)));
        }
        let head = world.feeds.get(&intent.account).copied().unwrap_or_default().position;
        if self.after > head {
            return Err(Reject::Webhook(WebhookReject::AheadOfFeed { head }));
        }
        let key = (intent.account, endpoint.id);
        let before = world.webhook_cursors.get(&key).copied().unwrap_or_default();
        let mut draft = Draft::new(world, intent);
        if self.after < before.position {
            let cursor = WebhookCursor {
                position: self.after,
                replay: before.replay.saturating_add(1),
                replayed_until: before.replayed_until.max(before.position),
                ..before
            };
            touched(world, cx.now, key, cursor).into_iter().for_each(|change| draft.put(change));
        }
        let (after, until) = (self.after, before.position.max(self.after));
        Ok(draft.done(Reply::Replay { endpoint: endpoint.id, after, until }))
    }
}

/// See whom a ping goes to, disabled or not.
pub(crate) struct PingEndpoint(pub(crate) WebhookEndpointId);

impl Rule for PingEndpoint {
    fn needs(&self, needs: &mut Needs<'_>) {
        let key = (needs.account, self.0);
        needs.row::<WebhookEndpoint>(&key);
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        _: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let endpoint = found(world, intent.account, self.0)?.clone();
        Ok(Decision { answer: Ok(Reply::Ping(Box::new(endpoint))), changes: Vec::new() })
    }
}

impl Rule for DisableEndpoint<'_> {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.endpoint_with_job(self.endpoint);
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let mut draft = Draft::new(world, intent);
        let key = (intent.account, self.endpoint);
        let held = self.lease.holds(world).is_some();
        let enabled = world.webhook_endpoints.get(&key);
        let enabled = enabled.filter(|it| held && it.status == EndpointStatus::Enabled);
        if let Some(before) = enabled {
            let mut after = before.clone();
            after.status = EndpointStatus::Disabled;
            after.disabled_reason = Some(self.reason);
            after.seq = next_seq(before.seq);
            emit(&mut draft, cx, ActivityKind::WebhookEndpointDisabled, Some(before), &after);
            let cursor = world.webhook_cursors.get(&key).copied().unwrap_or_default();
            touched(world, cx.now, key, cursor).into_iter().for_each(|change| draft.put(change));
            draft.put(Change::of(intent.account, after));
        }
        Ok(draft.done(Reply::Settled { was_ours: held }))
    }
}

fn emit(
    draft: &mut Draft<'_>,
    cx: &mut Context<'_>,
    kind: ActivityKind,
    before: Option<&WebhookEndpoint>,
    endpoint: &WebhookEndpoint,
) {
    let facts = facts(endpoint);
    let entry = Entry {
        kind,
        resource: endpoint.id.to_string(),
        resource_seq: endpoint.seq,
        before: before.map(self::facts).unwrap_or_default(),
        after: facts.clone(),
        data: facts,
    };
    draft.emit(cx, entry);
}

/// What subscribers are told: the endpoint as it is shown, without free text, in which people name people.
fn facts(endpoint: &WebhookEndpoint) -> Facts {
    let reason = endpoint.disabled_reason.map(|reason| reason.as_str().to_owned());
    let instant = |at: Option<_>| at.map_or(Fact::Nothing, Fact::Instant);
    vec![
        ("id", Fact::Text(endpoint.id.to_string())),
        ("url", Fact::Text(endpoint.url.clone())),
        ("event_types", Fact::List(endpoint.event_types.patterns().to_vec())),
        ("status", Fact::Text(endpoint.status.as_str().to_owned())),
        ("disabled_reason", reason.map_or(Fact::Nothing, Fact::Text)),
        ("failing_since", instant(endpoint.failing_since)),
        ("previous_secret_until", instant(endpoint.rotated.map(|rotated| rotated.until))),
        ("created_at", Fact::Instant(endpoint.created_at)),
    ]
}
