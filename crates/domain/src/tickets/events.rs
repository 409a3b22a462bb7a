//! Create and change events and their zones.

use std::sync::Arc;

use crate::activity::{ActivityKind, Fact, Facts};
use crate::decide::draft::{Draft, Entry, next_seq};
use crate::decide::rule::{Lane, Needs, Rule};
use crate::decide::{Context, Decision};
use crate::id::{EventId, ZoneId};
use crate::intent::Intent;
use crate::limits::AMOUNT_MINOR_MAX;
use crate::money::Money;
use crate::policy::Term;
use crate::pool::{Pool, PoolId};
use crate::reject::Reject;
use crate::reply::Reply;
use crate::tickets::event::{Event, Layout, Zone, ZoneStock};
use crate::tickets::intent::{EventPatch, NewEvent, NewZone, ZonePatch};
use crate::tickets::reject::TicketReject;
use crate::time::DAY_MS;
use crate::world::{Change, World};

impl Rule for NewEvent {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let event = Event {
            id: EventId::from_raw(cx.fresh()),
            account: intent.account,
            name: self.name.clone(),
            starts_at: self.starts_at,
            currency: self.currency,
            max_per_user: self.max_per_user,
            hold_seconds: self.hold_seconds,
            sales_open_at: self.sales_open_at,
            sales_close_at: self.sales_close_at,
            policy: self.terms.policy(self.starts_at),
            created_at: cx.now,
            seq: 1,
        };
        let mut draft = Draft::new(world, intent);
        let new = (0..).zip(&self.zones);
        let zones: Vec<_> =
            new.map(|(position, new)| new_zone(cx, &event, position, new)).collect();
        let told = Told { event: &event, zones: &zones };
        emit_event(&mut draft, cx, ActivityKind::EventCreated, None, told);
        draft.put(event.clone());
        for (stock, new) in zones.iter().zip(&self.zones) {
            put_new_zone(&mut draft, stock, new);
        }
        Ok(draft.done(Reply::Event { event: Box::new(event), zones, created: true }))
    }
}

fn new_zone(cx: &mut Context<'_>, event: &Event, position: u32, new: &NewZone) -> ZoneStock {
    let zone = Zone {
        id: ZoneId::from_raw(cx.fresh()),
        event: event.id,
        position,
        name: new.name.clone(),
        price: Money::new(new.price, event.currency),
        numbered: !new.seats.is_empty(),
        seq: 0,
    };
    ZoneStock { zone, pool: Pool::new(new.capacity) }
}

fn put_new_zone(draft: &mut Draft<'_>, ZoneStock { zone, pool }: &ZoneStock, new: &NewZone) {
    let account = draft.account();
    draft.put(Change::of(account, zone.clone()));
    draft.put(Change::put((account, PoolId::zone(zone.id)), *pool));
    if zone.numbered {
        let layout = Layout::new(new.seats.clone()).expect("the edge checks that labels differ");
        draft.put(Change::put((account, zone.id), Arc::new(layout)));
    }
}

impl Rule for EventPatch {
    fn lane(&self) -> Lane {
        Lane::Event(self.event)
    }

    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
        needs.event_with_zones(self.event);
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let key = (intent.account, self.event);
        let not_found = TicketReject::EventNotFound { event: self.event, named: false };
        let event = world.events.get(&key).ok_or(Reject::Ticket(not_found))?;
        let mut after = event.clone();
        after.name = self.name.clone().unwrap_or(after.name);
        after.starts_at = self.starts_at.unwrap_or(after.starts_at);
        after.max_per_user = self.max_per_user.unwrap_or(after.max_per_user);
        after.hold_seconds = self.hold_seconds.unwrap_or(after.hold_seconds);
        after.sales_open_at = self.sales_open_at.unwrap_or(after.sales_open_at);
        after.sales_close_at = self.sales_close_at.unwrap_or(after.sales_close_at);
        // Whatever is said of the terms, they go with the start.
        let terms = self.terms.clone().unwrap_or_else(|| event.policy.terms(event.starts_at));
        after.policy = terms.policy(after.starts_at);
        if let (Some(open), Some(close)) = (after.sales_open_at, after.sales_close_at)
            && close <= open
        {
            return Err(Reject::Ticket(TicketReject::SalesWindow));
        }
        let mut draft = Draft::new(world, intent);
        let zones = world.event_zones.get(&key).into_iter().flatten();
        let zones: Vec<_> = zones.map(|zone| stock(world, intent, *zone)).collect();
        if after != *event {
            after.seq = next_seq(event.seq);
            let told = Told { event: &after, zones: &zones };
            emit_event(&mut draft, cx, ActivityKind::EventUpdated, Some(event), told);
            draft.put(after.clone());
        }
        Ok(draft.done(Reply::Event { event: Box::new(after), zones, created: false }))
    }
}

fn stock(world: &World, intent: &Intent, zone: ZoneId) -> ZoneStock {
    let pool = world.pools.get(&(intent.account, PoolId::zone(zone)));
    let zone = world.zones.get(&(intent.account, zone));
    ZoneStock {
        zone: zone.expect("an event's zone exists").clone(),
        pool: *pool.expect("a zone has its pool"),
    }
}

impl Rule for ZonePatch {
    fn lane(&self) -> Lane {
        Lane::Event(self.event)
    }

    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
        needs.event(self.event);
        needs.zone_with_pool(self.zone);
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let Patched { before, after } =
            patched_zone(world, intent, self).map_err(Reject::Ticket)?;
        let mut draft = Draft::new(world, intent);
        if after == before {
            return Ok(draft.done(Reply::Zone(Box::new(after))));
        }
        let mut after = after;
        after.zone.seq = next_seq(before.zone.seq);
        let facts = zone_facts(&after);
        let entry = Entry {
            kind: ActivityKind::ZoneUpdated,
            resource: after.zone.id.to_string(),
            resource_seq: after.zone.seq,
            before: zone_facts(&before),
            after: facts.clone(),
            data: facts,
        };
        draft.emit(cx, entry);
        draft.put(Change::of(intent.account, after.zone.clone()));
        draft.put(Change::put((intent.account, PoolId::zone(after.zone.id)), after.pool));
        Ok(draft.done(Reply::Zone(Box::new(after))))
    }
}

/// A zone as it is, and as a patch would leave it.
struct Patched {
    before: ZoneStock,
    after: ZoneStock,
}

fn patched_zone(
    world: &World,
    intent: &Intent,
    patch: &ZonePatch,
) -> Result<Patched, TicketReject> {
    let event = world.events.get(&(intent.account, patch.event));
    let event = event.ok_or(TicketReject::EventNotFound { event: patch.event, named: false })?;
    let zone = world.zones.get(&(intent.account, patch.zone));
    let zone = zone.filter(|zone| zone.event == event.id);
    let zone = zone.ok_or(TicketReject::ZoneNotFound { zone: patch.zone, named: false })?;
    let before = stock(world, intent, zone.id);
    let mut after = before.clone();
    after.zone.name = patch.name.clone().unwrap_or(after.zone.name);
    if let Some(price) = patch.price {
        let minor = price.minor(event.currency).ok();
        let minor = minor.filter(|minor| (0..=AMOUNT_MINOR_MAX).contains(minor));
        after.zone.price.minor = minor.ok_or(TicketReject::PriceInvalid)?;
    }
    if let Some(capacity) = patch.capacity.filter(|capacity| *capacity != before.pool.capacity()) {
        if zone.numbered {
            return Err(TicketReject::CapacityFixed { seats: before.pool.capacity() });
        }
        let below = |_| TicketReject::BelowTaken { taken: before.pool.taken() };
        after.pool = before.pool.resize(capacity).map_err(below)?;
    }
    Ok(Patched { before, after })
}

/// An event with its zones, as subscribers are told of it.
#[derive(Clone, Copy)]
struct Told<'a> {
    event: &'a Event,
    zones: &'a [ZoneStock],
}

fn emit_event(
    draft: &mut Draft<'_>,
    cx: &mut Context<'_>,
    kind: ActivityKind,
    before: Option<&Event>,
    Told { event, zones }: Told<'_>,
) {
    let mut data = vec![("id", Fact::Text(event.id.to_string()))];
    data.extend(event_facts(event));
    data.extend([
        ("zones", Fact::Objects(zones.iter().map(zone_facts).collect())),
        ("created_at", Fact::Instant(event.created_at)),
    ]);
    let entry = Entry {
        kind,
        resource: event.id.to_string(),
        resource_seq: event.seq,
        before: before.map(event_facts).unwrap_or_default(),
        after: event_facts(event),
        data,
    };
    draft.emit(cx, entry);
}

/// What can change of an event.
fn event_facts(event: &Event) -> Facts {
    let instant = |at: Option<_>| at.map_or(Fact::Nothing, Fact::Instant);
    // A day of an event has 24 hours: it has no time zone.
    let step = |term: &Term| {
        let days = Fact::Number(term.before_start_ms / DAY_MS);
        vec![
            ("days_before", days),
            ("refund_percent", Fact::Number(i64::from(term.refund_percent))),
        ]
    };
    let terms = event.policy.terms(event.starts_at);
    vec![
        ("name", Fact::Text(event.name.clone())),
        ("starts_at", Fact::Instant(event.starts_at)),
        ("currency", Fact::Text(event.currency.code().to_owned())),
        ("max_per_user", Fact::Number(i64::from(event.max_per_user))),
        ("hold_seconds", Fact::Number(i64::from(event.hold_seconds))),
        ("sales_open_at", instant(event.sales_open_at)),
        ("sales_close_at", instant(event.sales_close_at)),
        ("cancellation_policy", Fact::Objects(terms.0.iter().map(step).collect())),
    ]
}

fn zone_facts(ZoneStock { zone, pool }: &ZoneStock) -> Facts {
    vec![
        ("id", Fact::Text(zone.id.to_string())),
        ("event_id", Fact::Text(zone.event.to_string())),
        ("name", Fact::Text(zone.name.clone())),
        ("capacity", Fact::Number(i64::from(pool.capacity()))),
        ("price", Fact::Amount(zone.price)),
        ("currency", Fact::Text(zone.price.currency.code().to_owned())),
        ("numbered", Fact::Flag(zone.numbered)),
    ]
}
