//! The worker that delivers: it leases endpoints that have something to do, follows their account's feed, keeps
//! exchanges with receivers open, and writes what came of them. It never waits for a receiver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::{AccountId, WebhookEndpointId};
use domain::job::{Availability, Lease, Leased};
use domain::webhooks::deliveries::{RecordDeliveries, Release};
use domain::webhooks::delivery::{AttemptFault, Delivery, DeliveryAttempt, EventName};
use domain::webhooks::endpoint::{DisabledReason, EndpointStatus, WebhookEndpoint};
use domain::world::Of;
use domain::{Command, Intent, Reply, Timestamp};

use super::held::{Flight, Flights, Held, Known, Sent};
use super::outbound::{Completed, Done, Ended, Exchange, Outbound};
use super::wake::{Changed, Heard, Wake};
use super::{Limits, WebhookReport};
use crate::batch::{Outcome, system};
use crate::error::ExecuteError;
use crate::jobs::{Worker, WorkerPorts, read};
use crate::reads::ActivityFilter;
use crate::store::ActivityRow;

/// What came of writing.
struct Written<'a> {
    deliveries: &'a [Delivery],
    /// What was known of the endpoint was so.
    is_current: bool,
    /// When it was begun to be written.
    began: Timestamp,
}

/// An endpoint that is leased, and of which nothing is known yet.
#[derive(Debug)]
struct Unread {
    lease: Lease,
    lease_until: Timestamp,
}

/// Delivers webhooks.
pub struct Dispatcher {
    outbound: Box<dyn Outbound>,
    wake: Wake,
    limits: Limits,
    held: BTreeMap<Of<WebhookEndpointId>, Held>,
    flights: Flights,
    /// What came of exchanges with endpoints that are not leased any more.
    homeless: BTreeMap<Of<WebhookEndpointId>, Vec<Known>>,
    unread: BTreeMap<Of<WebhookEndpointId>, Unread>,
    next_exchange: u64,
    /// Endpoints are looked for then, or when somebody wakes it.
    look_at: Timestamp,
    /// No earlier than this, whoever wakes it.
    rests_until: Timestamp,
    /// The feeds of leased endpoints are looked at then: other nodes write as well.
    follow_at: Timestamp,
    report: WebhookReport,
    /// Nobody else writes to the store: whoever has leased an endpoint before this began is gone.
    is_alone: bool,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Dispatcher").field("held", &self.held).finish_non_exhaustive()
    }
}

impl Worker for Dispatcher {
    fn step(&mut self, ports: &mut dyn WorkerPorts) -> Result<bool, ExecuteError> {
        let Heard { accounts, changed, completed } = self.wake.take();
        changed.into_iter().for_each(|changed| self.changed(changed));
        completed.into_iter().for_each(|completed| self.completed(completed));
        let written = self.write(ports);
        let now = ports.now();
        if written.is_ok() {
            self.read_again(ports)?;
            self.follow(ports, &accounts)?;
            if now >= self.look_at || !accounts.is_empty() && now >= self.rests_until {
                self.lease(ports)?;
            } else if !accounts.is_empty() {
                self.look_at = self.look_at.min(self.rests_until);
            }
            self.read_feeds(ports)?;
            self.send_all(ports)?;
            self.let_go(ports)?;
        }
        self.tell(ports);
        written?;
        Ok(self.has_more(ports.now()))
    }

    fn pause(&self, _micros: u64) -> u64 {
        0
    }

    fn wakes_at(&self) -> Option<Timestamp> {
        let held = self.held.values();
        let enabled = held.filter(|held| held.status == EndpointStatus::Enabled);
        let due = enabled.filter_map(|held| held.lines.next_at()).min();
        let follow = (!self.held.is_empty()).then_some(self.follow_at);
        [Some(self.look_at), due, follow].into_iter().flatten().min()
    }

    fn look_again(&mut self) {
        self.look_at = Timestamp::default();
        self.follow_at = Timestamp::default();
    }

    /// What is on its way may end too late: then it is sent again by whoever comes next.
    fn stop(&mut self, ports: &mut dyn WorkerPorts) -> Result<(), ExecuteError> {
        let Heard { completed, .. } = self.wake.take();
        completed.into_iter().for_each(|completed| self.completed(completed));
        let now = ports.now();
        let records: Vec<_> = self
            .held
            .iter_mut()
            .map(|(key, held)| {
                let release = Release::Until { due_at: now };
                (*key, held.take_unwritten(release, &self.limits))
            })
            .collect();
        self.held.clear();
        if records.is_empty() {
            return Ok(());
        }
        let batch = records.into_iter().map(|(key, record)| intent(key.0, record));
        ports.carry_out(batch.collect()).map(drop)
    }
}

fn intent(account: AccountId, record: RecordDeliveries) -> Intent {
    system(account, Command::RecordDeliveries(record))
}

impl Dispatcher {
    /// A dispatcher that speaks by `outbound` and is told by `wake`.
    #[must_use]
    pub fn new(outbound: Box<dyn Outbound>, wake: Wake, limits: Limits) -> Self {
        wake.listen();
        Self {
            outbound,
            wake,
            limits,
            held: BTreeMap::new(),
            flights: BTreeMap::new(),
            homeless: BTreeMap::new(),
            unread: BTreeMap::new(),
            next_exchange: 0,
            look_at: Timestamp::default(),
            rests_until: Timestamp::default(),
            follow_at: Timestamp::default(),
            report: WebhookReport::default(),
            is_alone: false,
        }
    }

    /// A dispatcher of the only process that writes to its store: leases that are there when it begins are those
    /// of a process that has died.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { is_alone: true, ..self }
    }

    /// Something of an endpoint was changed.
    fn changed(&mut self, Changed { endpoint, version }: Changed) {
        match self.held.get_mut(&endpoint) {
            Some(held) => held.changed(version),
            None => self.look_at = Timestamp::default(),
        }
    }

    /// Nobody knows whether something was written.
    fn uncertain(&mut self, key: Of<WebhookEndpointId>, record: RecordDeliveries) {
        // A lease that may have been given back is none.
        if !matches!(record.release, Release::Keep { .. }) {
            self.held.remove(&key);
        } else if let Some(held) = self.held.get_mut(&key) {
            let kept = held.uncertain(record);
            self.homeless.entry(key).or_default().extend(kept);
        }
    }

    /// Reads endpoints that were leased, and those again of which something was changed.
    fn read_again(&mut self, ports: &dyn WorkerPorts) -> Result<(), ExecuteError> {
        let stale = self.held.extract_if(.., |_, held| held.is_to_be_read());
        for (key, Held { lease, lease_until, .. }) in stale {
            self.unread.insert(key, Unread { lease, lease_until });
        }
        let now = ports.now();
        self.unread.retain(|_, unread| unread.lease_until > now);
        while let Some((key, Unread { lease, lease_until })) = self.unread.first_key_value() {
            let (key, lease, lease_until) = (*key, lease.clone(), *lease_until);
            // What is not read now is read with the next step.
            self.take_over(ports, key, Unread { lease, lease_until })?;
            self.unread.remove(&key);
        }
        Ok(())
    }

    fn completed(&mut self, Completed { exchange, ended }: Completed) {
        let Some(flight) = self.flights.remove(&exchange) else { return };
        let Flight { account, endpoint, sent, happened_at } = flight;
        if let Some(ended) = &ended {
            self.report.count(&ended.attempt, happened_at);
        }
        if let Some(held) = self.held.get_mut(&(account, endpoint)) {
            held.ended(&sent, ended, &self.limits);
        } else if let Some(ended) = ended {
            // Its lease was lost meanwhile: if it is leased again, this is known.
            self.homeless.entry((account, endpoint)).or_default().push(Known { sent, ended });
        }
    }

    /// Writes what is to be written, all in one batch, and renews leases.
    fn write(&mut self, ports: &mut dyn WorkerPorts) -> Result<(), ExecuteError> {
        let now = ports.now();
        let lease_ms = self.limits.lease_ms;
        let mut room = self.limits.written_max;
        let mut records = Vec::new();
        for (key, held) in &mut self.held {
            if room == 0 || !held.has_to_write(now, &self.limits) {
                continue;
            }
            let record = held.take_unwritten(Release::Keep { lease_ms }, &self.limits);
            room = room.saturating_sub(record.deliveries.len().max(1));
            records.push((*key, record));
        }
        self.carry_out(ports, records)
    }

    fn carry_out(
        &mut self,
        ports: &mut dyn WorkerPorts,
        records: Vec<(Of<WebhookEndpointId>, RecordDeliveries)>,
    ) -> Result<(), ExecuteError> {
        if records.is_empty() {
            return Ok(());
        }
        let began = ports.now();
        let batch = records.iter().map(|(key, record)| intent(key.0, record.clone()));
        let carried = match ports.carry_out(batch.collect()) {
            Ok(carried) => carried,
            Err(error) => {
                for (key, record) in records {
                    self.uncertain(key, record);
                }
                return Err(error);
            }
        };
        for ((key, record), outcome) in records.into_iter().zip(carried.outcomes) {
            match outcome.reply() {
                Some(Reply::Recorded { was_ours: true, is_current, deliveries }) => {
                    let is_current = *is_current;
                    self.wrote(key, &record, Written { deliveries, is_current, began });
                    if !is_current && let Some(held) = self.held.get_mut(&key) {
                        held.is_stale = true;
                    }
                }
                // Somebody else has it, or it was changed: whoever leases it next knows what is so.
                Some(_) => {
                    self.held.remove(&key);
                    self.look_at = Timestamp::default();
                }
                None => {
                    if let Outcome::Failed(why) | Outcome::Unavailable(why) = &outcome {
                        let what = format!("deliveries to {} are not written: {why}", key.1);
                        ports.observer().due_failed(&what);
                    }
                    // What is stored is what counts: it is begun again from there, later.
                    self.held.remove(&key);
                }
            }
        }
        Ok(())
    }

    fn wrote(
        &mut self,
        key: Of<WebhookEndpointId>,
        record: &RecordDeliveries,
        Written { deliveries: written, is_current, began: now }: Written<'_>,
    ) {
        if !matches!(record.release, Release::Keep { .. }) && is_current {
            self.held.remove(&key);
            return;
        }
        if let Some(held) = self.held.get_mut(&key) {
            // What would have been given back goes on for some time, which only the store knows.
            if let Release::Keep { lease_ms } = record.release {
                held.lease_until = now.plus_millis(lease_ms);
            }
            held.wrote(record, written, now);
        }
    }

    /// Which of the feeds have gone on.
    fn follow(
        &mut self,
        ports: &dyn WorkerPorts,
        woken: &BTreeSet<AccountId>,
    ) -> Result<(), ExecuteError> {
        let now = ports.now();
        let mut accounts = woken.clone();
        if now >= self.follow_at {
            self.follow_at = now.plus_millis(self.limits.follow_ms);
            accounts.extend(self.held.keys().map(|(account, _)| *account));
        }
        for account in accounts {
            let ours = (account, WebhookEndpointId::from_raw(0))
                ..=(account, WebhookEndpointId::from_raw(u128::MAX));
            if self.held.range(ours.clone()).next().is_none() {
                continue;
            }
            let head = read(ports, |due| due.feed_head(account))?;
            for (_, held) in self.held.range_mut(ours) {
                if held.status == EndpointStatus::Enabled && head > held.read_to {
                    held.is_at_end = false;
                }
            }
        }
        Ok(())
    }

    /// Leases endpoints that have something to do.
    fn lease(&mut self, ports: &mut dyn WorkerPorts) -> Result<(), ExecuteError> {
        let now = ports.now();
        self.look_at = now.plus_millis(self.limits.look_ms);
        self.rests_until = now.plus_millis(self.limits.rest_ms);
        let room = self.limits.held_max.saturating_sub(self.held.len());
        // The first time leases do not count, if those who had them are gone.
        let is_first = std::mem::take(&mut self.is_alone);
        let limit = if is_first { room } else { self.limits.leased_max.min(room) };
        if limit == 0 {
            return Ok(());
        }
        let by = if is_first { Timestamp::from_millis(i64::MAX) } else { now };
        let availability = if is_first { Availability::Any } else { Availability::Free };
        let found = read(ports, |due| due.due_webhooks(by, limit))?;
        let is_full = found.len() == limit;
        let mut jobs: BTreeMap<AccountId, BTreeSet<_>> = BTreeMap::new();
        let is_ours = |key: &&Of<WebhookEndpointId>| {
            self.held.contains_key(*key) || self.unread.contains_key(*key)
        };
        for key in found.iter().filter(|key| !is_ours(key)) {
            let (account, job) = WebhookEndpoint::job(key.0, key.1);
            jobs.entry(account).or_default().insert(job);
        }
        if jobs.is_empty() {
            return Ok(());
        }
        let lease_ms = self.limits.lease_ms;
        let lease =
            |(account, jobs)| system(account, Command::LeaseJobs { jobs, lease_ms, availability });
        let carried = ports.carry_out(jobs.into_iter().map(lease).collect())?;
        let replies = carried.outcomes.iter().filter_map(Outcome::reply);
        let leased: Vec<Leased> = replies.flat_map(Reply::leased).cloned().collect();
        for Leased { lease, .. } in leased {
            let Ok(id) = lease.job.1.id.parse() else { continue };
            let lease_until = now.plus_millis(lease_ms);
            self.unread.insert((lease.job.0, id), Unread { lease, lease_until });
        }
        if is_full {
            self.look_at = now;
        }
        self.read_again(ports)?;
        // Whoever leases an endpoint instead of us does not ask us.
        self.homeless.retain(|key, _| self.held.contains_key(key));
        Ok(())
    }

    fn take_over(
        &mut self,
        ports: &dyn WorkerPorts,
        key: Of<WebhookEndpointId>,
        Unread { lease, lease_until }: Unread,
    ) -> Result<(), ExecuteError> {
        let limit = self.limits.pending_max.saturating_mul(2);
        let Some(state) = read(ports, |due| due.webhook(key, limit))? else { return Ok(()) };
        let mut held = Held::new(lease, lease_until, state);
        for flight in self.flights.values() {
            if (flight.account, flight.endpoint) == key {
                held.lines.block(&flight.sent.event.resource);
                held.flying = held.flying.saturating_add(1);
            }
        }
        for Known { sent, ended } in self.homeless.remove(&key).unwrap_or_default() {
            held.lines.block(&sent.event.resource);
            held.flying = held.flying.saturating_add(1);
            held.ended(&sent, Some(ended), &self.limits);
        }
        self.held.insert(key, held);
        Ok(())
    }

    /// Reads on in the feeds, for each endpoint as far as it has room.
    fn read_feeds(&mut self, ports: &dyn WorkerPorts) -> Result<(), ExecuteError> {
        let limits = &self.limits;
        for held in self.held.values_mut().filter(|held| held.wants_more(limits)) {
            let account = held.account;
            // Asked first: what comes in between is read, and need not be told.
            let head = read(ports, |due| due.feed_head(account))?;
            let kinds = held.kinds.clone();
            let filter = ActivityFilter { after: held.read_to, kinds, resources: Vec::new() };
            let page = if filter.kinds.is_empty() {
                crate::reads::FeedPage::default()
            } else {
                read(ports, |due| due.feed_page(account, &filter, limits.page_rows))?
            };
            let last = page.emitted.last().map_or(held.read_to, |row| row.activity.position);
            let is_last = page.emitted.len() < limits.page_rows;
            held.is_at_end = is_last;
            let read_to = if is_last && !page.is_cut { last.max(head) } else { last };
            held.take(page.emitted, read_to, limits);
        }
        Ok(())
    }

    /// Begins as many exchanges as may be open, for each endpoint in turn.
    fn send_all(&mut self, ports: &dyn WorkerPorts) -> Result<(), ExecuteError> {
        let now = ports.now();
        let keys: Vec<_> = self.held.keys().copied().collect();
        let mut waiting = keys;
        while !waiting.is_empty() && self.flights.len() < self.limits.flying_max {
            let mut again = Vec::new();
            for key in waiting {
                if self.flights.len() < self.limits.flying_max && self.send(ports, key, now)? {
                    again.push(key);
                }
            }
            waiting = again;
        }
        Ok(())
    }

    /// Begins the next exchange with an endpoint; whether there was one.
    fn send(
        &mut self,
        ports: &dyn WorkerPorts,
        key: Of<WebhookEndpointId>,
        now: Timestamp,
    ) -> Result<bool, ExecuteError> {
        let Some(held) = self.held.get_mut(&key) else { return Ok(false) };
        let is_safe = held.lease_until > now.plus_millis(self.limits.margin_ms);
        if !held.may_send() || !is_safe || held.status != EndpointStatus::Enabled {
            return Ok(false);
        }
        let secrets = held.secrets_at(now);
        let Some(item) = held.lines.begin(now) else { return Ok(false) };
        let (event, delivery) = (item.event.clone(), item.delivery);
        let row = match &item.row {
            Some(row) => Some(Arc::clone(row)),
            None => match row_of(ports, held.account, &event) {
                Ok(row) => row,
                Err(error) => {
                    held.lines.settle(&event.resource, super::lines::Settled::Untouched);
                    return Err(error);
                }
            },
        };
        held.flying = held.flying.saturating_add(1);
        let sent = Sent { event, delivery, replay: held.replay() };
        let Some(row) = row else {
            held.ended(&sent, Some(removed(now)), &self.limits);
            return Ok(true);
        };
        let exchange = Exchange {
            account: held.account,
            endpoint: held.id,
            url: Arc::clone(&held.url),
            secrets,
            event: row,
        };
        let number = self.next_exchange;
        self.next_exchange = number.wrapping_add(1);
        let happened_at = exchange.event.activity.at;
        let flight = Flight { account: key.0, endpoint: key.1, sent, happened_at };
        self.flights.insert(number, flight);
        self.outbound.send(exchange, Done::new(number, self.wake.clone()));
        Ok(true)
    }

    /// Gives back what there is nothing to do for, disables what wants nothing more, ends what was deleted.
    fn let_go(&mut self, ports: &mut dyn WorkerPorts) -> Result<(), ExecuteError> {
        let now = ports.now();
        let mut records = Vec::new();
        let mut disabled = Vec::new();
        for (key, held) in &mut self.held {
            if !held.is_written() || held.is_stale {
                held.idle_since = None;
                continue;
            }
            if held.status == EndpointStatus::Deleted {
                records.push((*key, held.take_unwritten(Release::End, &self.limits)));
                continue;
            }
            if let Some(reason) = held.end(now).filter(|_| held.status == EndpointStatus::Enabled) {
                disabled.push((*key, disable(*key, held.lease.clone(), reason)));
                continue;
            }
            let Some(due_at) = held.rests_until(now, &self.limits) else {
                held.idle_since = None;
                continue;
            };
            let since = *held.idle_since.get_or_insert(now);
            if now.millis_since(since) >= self.limits.linger_ms {
                records.push((*key, held.take_unwritten(Release::Until { due_at }, &self.limits)));
            }
        }
        if !disabled.is_empty() {
            let keys: Vec<_> = disabled.iter().map(|(key, _)| *key).collect();
            ports.carry_out(disabled.into_iter().map(|(_, intent)| intent).collect())?;
            for key in keys {
                if let Some(held) = self.held.get_mut(&key) {
                    held.is_stale = true;
                }
            }
        }
        self.carry_out(ports, records)
    }

    fn tell(&mut self, ports: &dyn WorkerPorts) {
        self.report.endpoints = self.held.len();
        self.report.flying = self.flights.len();
        self.report.pending = self.held.values().map(|held| held.lines.pending()).sum();
        ports.observer().webhooks(&std::mem::take(&mut self.report));
    }

    /// Whether there is anything to do at once.
    fn has_more(&self, now: Timestamp) -> bool {
        let limits = &self.limits;
        let has_room = self.flights.len() < limits.flying_max;
        self.look_at <= now
            || self.held.values().any(|held| {
                let is_due = held.status == EndpointStatus::Enabled
                    && held.lines.next_at().is_some_and(|at| at <= now);
                held.has_to_write(now, limits)
                    || held.wants_more(limits)
                    || has_room && is_due && held.may_send()
            })
    }
}

fn disable(key: Of<WebhookEndpointId>, lease: Lease, reason: DisabledReason) -> Intent {
    let command = Command::DisableEndpoint { lease, endpoint: key.1, reason };
    system(key.0, command)
}

/// What an event says, if that is still kept.
fn row_of(
    ports: &dyn WorkerPorts,
    account: AccountId,
    event: &EventName,
) -> Result<Option<Arc<ActivityRow>>, ExecuteError> {
    let after = event.position.saturating_sub(1);
    let filter = ActivityFilter { after, kinds: Vec::new(), resources: Vec::new() };
    let page = read(ports, |due| due.feed_page(account, &filter, 1))?;
    let found = page.emitted.into_iter().next();
    Ok(found.filter(|row| row.activity.id == event.id).map(Arc::new))
}

/// There is nothing to send any more.
fn removed(now: Timestamp) -> Ended {
    let attempt = DeliveryAttempt {
        at: now,
        millis: 0,
        response_status: None,
        fault: Some(AttemptFault::EventRemoved),
        body: Vec::new(),
    };
    Ended { attempt, retry_after_ms: None }
}
