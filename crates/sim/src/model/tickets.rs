//! Events, zones and bookings, by the contract.

mod bookings;
mod events;
mod reserve;

use domain::id::{AccountId, BookingId, EventId, ZoneId};
use domain::policy::Term;
use domain::{Actor, Intent, Timestamp};

use super::Model;
use crate::test_ports::Fields;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) starts_at: Timestamp,
    pub(super) digits: u32,
    pub(super) max_per_user: u32,
    pub(super) hold_seconds: u32,
    pub(super) opens: Option<Timestamp>,
    pub(super) closes: Option<Timestamp>,
    pub(super) terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    pub(super) event: EventId,
    pub(super) name: String,
    pub(super) price: i64,
    pub(super) capacity: u32,
    pub(super) seats: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Booking {
    pub(super) event: EventId,
    pub(super) zone: ZoneId,
    pub(super) user_id: String,
    pub(super) quantity: u32,
    pub(super) seats: Vec<String>,
    pub(super) total: i64,
    pub(super) status: &'static str,
    pub(super) expires_at: Timestamp,
    pub(super) created_at: Timestamp,
    pub(super) confirmed_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) reason: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) refunded: i64,
}

/// Units of a zone that live bookings have.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub(super) held: u32,
    pub(super) sold: u32,
}

impl Taken {
    pub(super) const fn units(self) -> u32 {
        self.held + self.sold
    }
}

impl Model {
    /// The booking, if the actor may see it.
    pub(super) fn visible(&self, intent: &Intent, id: BookingId) -> Option<&Booking> {
        let booking = self.bookings.get(&(intent.account, id))?;
        let holder = self.people.get(&(intent.account, booking.user_id.clone()));
        let hidden = matches!(&intent.actor, Actor::Customer(person) if Some(person) != holder);
        (!hidden).then_some(booking)
    }

    /// The live bookings of a zone, or of a person's event, and so on.
    pub(super) fn live(&self, account: AccountId) -> impl Iterator<Item = &Booking> {
        let all = (account, BookingId::from_raw(0))..=(account, BookingId::from_raw(u128::MAX));
        let bookings = self.bookings.range(all).map(|(_, booking)| booking);
        bookings.filter(|booking| matches!(booking.status, "reserved" | "confirmed"))
    }

    /// Units of a zone that are held and sold.
    pub(super) fn taken_of(&self, account: AccountId, zone: ZoneId) -> Taken {
        let mut taken = Taken { held: 0, sold: 0 };
        for booking in self.live(account).filter(|booking| booking.zone == zone) {
            match booking.status {
                "reserved" => taken.held += booking.quantity,
                _ => taken.sold += booking.quantity,
            }
        }
        taken
    }
}

pub(super) fn words(fields: &Fields, name: &str) -> Vec<String> {
    let words = fields.get(name).map(String::as_str).unwrap_or_default();
    words.split_whitespace().map(str::to_owned).collect()
}
