//! Events and zones, by the contract.

use domain::activity::ActivityKind;
use domain::id::AccountId;
use domain::limits::AMOUNT_MINOR_MAX;
use domain::money::{Currency, Decimal};
use domain::tickets::intent::{EventPatch, NewEvent, ZonePatch};

use super::{Event, Zone};
use crate::model::{Effect, Expected, Model};
use crate::test_ports::Fields;

impl Model {
    pub(in crate::model) fn create_event(new: &NewEvent) -> Expected {
        let event = Event {
            name: new.name.clone(),
            starts_at: new.starts_at,
            digits: digits(new.currency),
            max_per_user: new.max_per_user,
            hold_seconds: new.hold_seconds,
            opens: new.sales_open_at,
            closes: new.sales_close_at,
            terms: new.terms.0.clone(),
        };
        let zones = new.zones.iter().map(|zone| Zone {
            // Known once the answer is.
            event: domain::id::EventId::from_raw(0),
            name: zone.name.clone(),
            price: zone.price,
            capacity: zone.capacity,
            seats: zone.seats.clone(),
        });
        let effect = Effect::NewEvent(Box::new(event), zones.collect());
        Expected::yes(201, "EVENT", Vec::new()).with(effect, &[ActivityKind::EventCreated])
    }

    pub(in crate::model) fn lay_event(
        &mut self,
        account: AccountId,
        event: Event,
        zones: Vec<Zone>,
        fields: &Fields,
    ) {
        let Some(Ok(id)) = fields.get("event_id").map(|id| id.parse()) else { return };
        self.events.insert((account, id), event);
        for (name, zone) in super::words(fields, "zones").into_iter().zip(zones) {
            let Ok(zone_id) = name.parse() else { continue };
            self.zones.insert((account, zone_id), Zone { event: id, ..zone });
        }
    }

    pub(in crate::model) fn patch_event(&self, account: AccountId, patch: &EventPatch) -> Expected {
        let key = (account, patch.event);
        let Some(before) = self.events.get(&key) else { return no_event(false) };
        let mut event = before.clone();
        if let Some(name) = &patch.name {
            event.name.clone_from(name);
        }
        if let Some(terms) = &patch.terms {
            event.terms.clone_from(&terms.0);
        }
        event.starts_at = patch.starts_at.unwrap_or(event.starts_at);
        event.max_per_user = patch.max_per_user.unwrap_or(event.max_per_user);
        event.hold_seconds = patch.hold_seconds.unwrap_or(event.hold_seconds);
        event.opens = patch.sales_open_at.unwrap_or(event.opens);
        event.closes = patch.sales_close_at.unwrap_or(event.closes);
        if event.opens.zip(event.closes).is_some_and(|(opens, closes)| closes <= opens) {
            return Expected::no(400, "SALES_WINDOW", []).not_final();
        }
        let emitted: &[_] = if event == *before { &[] } else { &[ActivityKind::EventUpdated] };
        let fields = vec![("event_id", patch.event.to_string())];
        Expected::yes(200, "EVENT", fields).with(Effect::Event(key, Box::new(event)), emitted)
    }

    pub(in crate::model) fn patch_zone(&self, account: AccountId, patch: &ZonePatch) -> Expected {
        let key = (account, patch.zone);
        let Some(event) = self.events.get(&(account, patch.event)) else { return no_event(false) };
        let zone = self.zones.get(&key).filter(|zone| zone.event == patch.event);
        let Some(before) = zone else { return no_zone(false) };
        let mut zone = before.clone();
        if let Some(name) = &patch.name {
            zone.name.clone_from(name);
        }
        if let Some(price) = patch.price {
            match minor(price, event.digits) {
                Some(price) if (0..=AMOUNT_MINOR_MAX).contains(&price) => zone.price = price,
                Some(_) | None => return Expected::no(400, "PRICE_INVALID", []).not_final(),
            }
        }
        let taken = self.taken_of(account, patch.zone);
        if let Some(capacity) = patch.capacity.filter(|capacity| *capacity != before.capacity) {
            if !before.seats.is_empty() {
                return Expected::no(400, "CAPACITY_FIXED", []).not_final();
            }
            if capacity < taken.units() {
                let taken = taken.units().to_string();
                return Expected::no(409, "BELOW_TAKEN", [("taken", taken)]);
            }
            zone.capacity = capacity;
        }
        let emitted: &[_] = if zone == *before { &[] } else { &[ActivityKind::ZoneUpdated] };
        let fields = vec![
            ("zone_id", patch.zone.to_string()),
            ("price", zone.price.to_string()),
            ("capacity", zone.capacity.to_string()),
            ("held", taken.held.to_string()),
            ("sold", taken.sold.to_string()),
        ];
        Expected::yes(200, "ZONE", fields).with(Effect::Zone(key, Box::new(zone)), emitted)
    }
}

/// `named` where the body names it: then the refusal is final.
pub(in crate::model) fn no_event(named: bool) -> Expected {
    let expected = Expected::no(404, "EVENT_NOT_FOUND", []);
    if named { expected } else { expected.not_final() }
}

pub(in crate::model) fn no_zone(named: bool) -> Expected {
    let expected = Expected::no(404, "ZONE_NOT_FOUND", []);
    if named { expected } else { expected.not_final() }
}

/// The workload's currencies.
fn digits(currency: Currency) -> u32 {
    if currency.code() == "JPY" { 0 } else { 2 }
}

/// The decimal in minor units, if it has nothing but zeros beyond the currency's digits.
pub(in crate::model) fn minor(price: Decimal, digits: u32) -> Option<i64> {
    let mut units = price.units;
    for _ in price.scale..digits {
        units = units.checked_mul(10)?;
    }
    for _ in digits..price.scale {
        if units % 10 != 0 {
            return None;
        }
        units /= 10;
    }
    Some(units)
}
