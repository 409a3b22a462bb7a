//! Reserve, by the contract.

use std::collections::BTreeSet;

use domain::activity::ActivityKind;
use domain::id::{AccountId, ZoneId};
use domain::tickets::intent::{NewBooking, Wanted};
use domain::{Command, Intent, Timestamp};

use super::events::{minor, no_event, no_zone};
use super::{Booking, Zone, words};
use crate::model::{Effect, Expected, Model};
use crate::test_ports::Fields;

impl Model {
    pub(crate) fn reserve(&self, account: AccountId, new: &NewBooking, now: Timestamp) -> Expected {
        let Some(event) = self.events.get(&(account, new.event)) else { return no_event(true) };
        let zone = self.zones.get(&(account, new.zone)).filter(|zone| zone.event == new.event);
        let Some(zone) = zone else { return no_zone(true) };
        if event.opens.is_some_and(|opens| now < opens)
            || event.closes.is_some_and(|closes| now >= closes)
        {
            return Expected::no(409, "SALES_CLOSED", []);
        }
        match (&new.wanted, zone.seats.is_empty()) {
            (Wanted::Units(_), false) => return Expected::no(400, "SEATS_NEEDED", []).not_final(),
            (Wanted::Seats(_) | Wanted::Best(_), true) => {
                return Expected::no(400, "NOT_NUMBERED", []).not_final();
            }
            (Wanted::Units(_), true) | (Wanted::Seats(_) | Wanted::Best(_), false) => {}
        }
        let quantity = new.wanted.quantity();
        let total = zone.price * i64::from(quantity);
        let expected = new.expected_amount.map(|amount| minor(amount, event.digits));
        match expected {
            Some(None) => return Expected::no(400, "EXPECTED_INVALID", []).not_final(),
            Some(Some(expected)) if expected != total => {
                return Expected::no(409, "PRICE_CHANGED", [("total", total.to_string())]);
            }
            Some(Some(_)) | None => {}
        }
        let theirs = self.live(account).filter(|booking| booking.event == new.event);
        let theirs = theirs.filter(|booking| booking.user_id == new.user.user_id);
        let taken: u32 = theirs.map(|booking| booking.quantity).sum();
        if taken + quantity > event.max_per_user {
            let fields = [("max", event.max_per_user.to_string()), ("taken", taken.to_string())];
            return Expected::no(409, "MAX_TICKETS_EXCEEDED", fields);
        }
        if let Some(refusal) = self.lacking(account, zone, new) {
            return refusal;
        }
        let seats = match &new.wanted {
            // In the zone's order, each once.
            Wanted::Seats(labels) => {
                let listed = zone.seats.iter().filter(|seat| labels.contains(seat));
                listed.cloned().collect()
            }
            Wanted::Units(_) | Wanted::Best(_) => Vec::new(),
        };
        let booking = Booking {
            event: new.event,
            zone: new.zone,
            user_id: new.user.user_id.clone(),
            quantity,
            seats,
            total,
            status: "reserved",
            expires_at: now.plus_seconds(event.hold_seconds),
            created_at: now,
            confirmed_at: None,
            ended_at: None,
            reason: None,
            reference: None,
            refunded: 0,
        };
        let best = matches!(new.wanted, Wanted::Best(_)).then_some(quantity);
        let mut fields = booking.fields();
        fields.retain(|(name, _)| best.is_none() || *name != "seats");
        let person = self.person_named(account, &new.user.user_id);
        fields.extend(person.map(|id| ("person_id", id.to_string())));
        let effect = Effect::NewBooking(Box::new(booking), best);
        Expected::yes(201, "BOOKING", fields).with(effect, &[ActivityKind::BookingReserved])
    }

    /// Why the zone cannot give what is wanted.
    fn lacking(&self, account: AccountId, zone: &Zone, new: &NewBooking) -> Option<Expected> {
        let taken = self.taken_seats(account, new.zone);
        if let Wanted::Seats(labels) = &new.wanted {
            let unlisted = labels.iter().position(|label| !zone.seats.contains(label));
            if let Some(index) = unlisted {
                let index = index.to_string();
                return Some(Expected::no(404, "SEAT_NOT_FOUND", [("index", index)]));
            }
            let gone: Vec<_> =
                labels.iter().filter(|label| taken.contains(label.as_str())).cloned().collect();
            if !gone.is_empty() {
                return Some(Expected::no(409, "SEAT_TAKEN", [("labels", gone.join(" "))]));
            }
        }
        let available = zone.capacity - self.taken_of(account, new.zone).units();
        (new.wanted.quantity() > available).then(|| {
            Expected::no(409, "INSUFFICIENT_SEATS", [("available", available.to_string())])
        })
    }

    fn taken_seats(&self, account: AccountId, zone: ZoneId) -> BTreeSet<&str> {
        let live = self.live(account).filter(|booking| booking.zone == zone);
        live.flat_map(|booking| booking.seats.iter().map(String::as_str)).collect()
    }

    /// Best seats are free ones, each once, and next to each other if that can be.
    pub(in crate::model) fn agree_on_seats(
        &self,
        intent: &Intent,
        effect: &Effect,
        fields: &Fields,
    ) -> Result<(), String> {
        let (Command::Reserve(new), Effect::NewBooking(_, Some(quantity))) =
            (&intent.command, effect)
        else {
            return Ok(());
        };
        let zone = self.zones.get(&(intent.account, new.zone)).ok_or("no zone")?;
        let taken = self.taken_seats(intent.account, new.zone);
        let chosen = words(fields, "seats");
        let distinct: BTreeSet<_> = chosen.iter().map(String::as_str).collect();
        let free = |seat: &&str| !taken.contains(seat) && zone.seats.iter().any(|s| s == seat);
        if distinct.len() != usize::try_from(*quantity).unwrap_or(0) || !distinct.iter().all(free) {
            return Err(format!("{chosen:?} are not {quantity} free seats; taken are {taken:?}"));
        }
        let adjacent = |seats: &[String]| {
            let row = |seat: &String| seat.chars().next();
            let first = seats.first().and_then(row);
            seats.iter().all(|seat| row(seat) == first && !taken.contains(seat.as_str()))
        };
        let mut places = zone.seats.windows(chosen.len());
        let together = places.clone().any(|seats| seats == chosen && adjacent(seats));
        if !together && places.any(adjacent) {
            return Err(format!("{chosen:?} are apart; taken are {taken:?}"));
        }
        Ok(())
    }
}
