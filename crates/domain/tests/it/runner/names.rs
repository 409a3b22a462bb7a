//! Short names for ids: events and zones by the names they are created with, bookings `B1`, `B2` …
//! and payments `P1`, `P2` … as they appear, and `@ann` for the person whom the client calls `ann`.

use std::collections::BTreeMap;
use std::fmt::Display;

use domain::id::{AccountId, BookingId, EventId, PersonId, ZoneId};
use domain::job::Job;
use domain::payment::Payment;
use domain::person::{Handle, Handles, Person, User};
use domain::tickets::booking::Booking;
use domain::tickets::event::{Event, Zone};
use domain::world::Of;
use domain::{Change, Timestamp};

#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    raw: BTreeMap<String, u128>,
    events: BTreeMap<ZoneId, EventId>,
    people: BTreeMap<Of<Handle>, PersonId>,
    shown: BTreeMap<String, String>,
    bookings: u32,
    payments: u32,
    leases: Vec<u64>,
}

impl Names {
    /// Names what is new.
    pub(crate) fn learn(&mut self, changes: &[Change]) {
        for (_, event) in Change::rows::<Event>(changes) {
            self.name((&event.id.to_string(), event.id.raw()), &event.name);
        }
        for (_, zone) in Change::rows::<Zone>(changes) {
            self.events.insert(zone.id, zone.event);
            self.name((&zone.id.to_string(), zone.id.raw()), &zone.name);
        }
        for ((account, _), person) in Change::rows::<Person>(changes) {
            self.people.insert((*account, person.handle), person.id);
            self.shown.insert(person.id.to_string(), format!("@{}", person.user_id));
        }
        for (_, booking) in Change::rows::<Booking>(changes).filter(|(_, it)| it.seq == 1) {
            self.bookings += 1;
            let name = format!("B{}", self.bookings);
            self.name((&booking.id.to_string(), booking.id.raw()), &name);
        }
        for (_, payment) in Change::rows::<Payment>(changes).filter(|(_, it)| it.seq == 1) {
            self.payments += 1;
            let name = format!("P{}", self.payments);
            self.name((&payment.id.to_string(), payment.id.raw()), &name);
        }
        for ((_, id), job) in Change::rows::<Job>(changes) {
            if let Some(job) = job.as_ref().filter(|it| it.lease_until > Timestamp::default()) {
                self.name_lease(format!("<{} {}>", id.id, job.fence), job.fence);
            }
        }
    }

    /// The first name of a thing stays.
    fn name(&mut self, (id, raw): (&str, u128), name: &str) {
        if !self.shown.contains_key(id) {
            self.shown.insert(id.to_owned(), name.to_owned());
            self.raw.insert(name.to_owned(), raw);
        }
    }

    /// Leases are counted, over all jobs.
    fn name_lease(&mut self, shown: String, fence: u64) {
        if !self.shown.contains_key(&shown) {
            self.leases.push(fence);
            self.shown.insert(shown, format!("lease {}", self.leases.len()));
        }
    }

    /// The fence of a lease; of one that never was, a fence that nobody has.
    pub(crate) fn fence(&self, number: &str) -> u64 {
        let number: usize = number.parse().expect("a number");
        let place = number.checked_sub(1).expect("they are counted from 1");
        self.leases.get(place).copied().unwrap_or(u64::MAX)
    }

    /// The thing of that name; for a name that nothing has, a thing that is not there.
    fn find<Id: Display>(&mut self, name: &str, from_raw: fn(u128) -> Id) -> Id {
        let id = from_raw(self.raw.get(name).copied().unwrap_or_else(|| hash(name)));
        self.shown.entry(id.to_string()).or_insert_with(|| name.to_owned());
        id
    }

    pub(crate) fn booking(&mut self, name: &str) -> BookingId {
        self.find(name, BookingId::from_raw)
    }

    pub(crate) fn event(&mut self, name: &str) -> EventId {
        self.find(name, EventId::from_raw)
    }

    /// A zone, written `zone` or `event/zone`, with the event that is meant.
    pub(crate) fn zone(&mut self, name: &str) -> (EventId, ZoneId) {
        if let Some((event, zone)) = name.split_once('/') {
            return (self.event(event), self.find(zone, ZoneId::from_raw));
        }
        let zone = self.find(name, ZoneId::from_raw);
        (self.events.get(&zone).copied().expect("an event's zone"), zone)
    }

    /// An account by its name; the test sibling of `live` is `test`.
    pub(crate) fn account(&mut self, name: &str) -> AccountId {
        self.find(name, AccountId::from_raw)
    }

    /// Whom an account calls `user`; another account's user of that name is another person.
    pub(crate) fn user(account: AccountId, user: &str) -> User {
        let handles = Handles::of(hash(&format!("{account} {user}")));
        User { user_id: user.to_owned(), handles }
    }

    /// The person of an account; of one who is not there, the id that a token of an earlier release has.
    pub(crate) fn person(&mut self, account: AccountId, user: &str) -> PersonId {
        let handle = Self::user(account, user).handles.of_new;
        let person = self.people.get(&(account, handle)).copied();
        let person = person.unwrap_or_else(|| PersonId::from_raw(handle.hash()));
        self.shown.insert(person.to_string(), format!("@{user}"));
        person
    }

    /// The text with names in place of ids.
    pub(crate) fn translate(&self, text: &str) -> String {
        let replace = |text: String, (id, name): (&String, &String)| text.replace(id, name);
        self.shown.iter().fold(text.to_owned(), replace)
    }
}

/// FNV-1a.
pub(crate) fn hash(text: &str) -> u128 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    u128::from(text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}
