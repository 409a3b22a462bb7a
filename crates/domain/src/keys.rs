//! What a batch still has to load: computed from its commands, and from the rows that are already
//! there where those name further ones.

use std::collections::BTreeSet;
use std::fmt::Debug;

use crate::allowance::AllowanceId;
use crate::booking::Booking;
use crate::id::{AccountId, BookingId, EventId, ZoneId};
use crate::intent::{Command, Intent, NewBooking, Wanted};
use crate::pool::PoolId;
use crate::record::IntentKey;
use crate::table::Table;
use crate::world::World;

pub use crate::tables::{Keys, Split};

impl Keys {
    /// What `intents` need and `world` does not hold yet. Load it and ask again: rows may name
    /// further rows. Empty when the batch can be decided.
    #[must_use]
    pub fn missing<'a>(intents: impl IntoIterator<Item = &'a Intent>, world: &World) -> Self {
        let mut keys = Self::default();
        for intent in intents {
            keys.need_intent(intent, world);
        }
        keys
    }

    fn need_intent(&mut self, intent: &Intent, world: &World) {
        if let Some(key) = &intent.key {
            need(&mut self.records, &world.records, key);
            if world.records.peek(key).is_some() {
                // The record alone decides; counters are left to those who may change them.
                return;
            }
        }
        let account = intent.account;
        if intent.command.tells() {
            need(&mut self.feeds, &world.feeds, &account);
        }
        match &intent.command {
            Command::CreateEvent(_) | Command::MintToken { .. } | Command::Malformed => {}
            Command::UpdateEvent(patch) => self.need_event_with_zones(account, patch.event, world),
            Command::UpdateZone(patch) => {
                need(&mut self.events, &world.events, &(account, patch.event));
                self.need_zone_with_pool(account, patch.zone, world);
            }
            Command::Reserve(new) => self.need_reserve(account, new, world),
            Command::Confirm(confirmation) => {
                if let Some(payment) = &confirmation.payment {
                    let reference = (account, payment.reference.clone());
                    need(&mut self.payment_references, &world.payment_references, &reference);
                }
                self.need_booking(account, confirmation.booking, world);
            }
            Command::Release(booking) | Command::Expire(booking) => {
                self.need_booking(account, *booking, world);
            }
            Command::Cancel(cancellation) => {
                self.need_booking(account, cancellation.booking, world);
            }
            Command::RetireKey(key) | Command::NoteCollision(key) => {
                need(&mut self.records, &world.records, key);
            }
            Command::LeaseJob { kind, .. } => need(&mut self.jobs, &world.jobs, kind),
            Command::KeepJob { lease, .. } | Command::FinishJob { lease, .. } => {
                need(&mut self.jobs, &world.jobs, &lease.kind);
            }
            Command::CleanUpRecord(key) => self.need_clean_up(key, world),
            Command::CleanUpFeed { lease, .. } => {
                need(&mut self.jobs, &world.jobs, &lease.kind);
                need(&mut self.cleaned, &world.cleaned, &account);
            }
        }
    }

    fn need_event_with_zones(&mut self, account: AccountId, event: EventId, world: &World) {
        let key = (account, event);
        need(&mut self.events, &world.events, &key);
        need(&mut self.event_zones, &world.event_zones, &key);
        for zone in world.event_zones.peek(&key).into_iter().flatten() {
            self.need_zone_with_pool(account, *zone, world);
        }
    }

    fn need_zone_with_pool(&mut self, account: AccountId, zone: ZoneId, world: &World) {
        need(&mut self.zones, &world.zones, &(account, zone));
        need(&mut self.pools, &world.pools, &(account, PoolId::Zone(zone)));
    }

    fn need_reserve(&mut self, account: AccountId, new: &NewBooking, world: &World) {
        let zone = (account, new.zone);
        need(&mut self.events, &world.events, &(account, new.event));
        self.need_zone_with_pool(account, new.zone, world);
        need(&mut self.people, &world.people, &(account, new.person));
        let allowance = AllowanceId { event: new.event, person: new.person };
        need(&mut self.allowances, &world.allowances, &(account, allowance));
        match &new.wanted {
            Wanted::Units(_) => {}
            Wanted::Best(_) => {
                need(&mut self.layouts, &world.layouts, &zone);
                need(&mut self.taken_seats, &world.taken_seats, &zone);
            }
            Wanted::Seats(labels) => {
                need(&mut self.layouts, &world.layouts, &zone);
                let Some(layout) = world.layouts.peek(&zone) else { return };
                for seat in labels.iter().filter_map(|label| layout.number(label)) {
                    need(&mut self.pools, &world.pools, &(account, PoolId::Seat(new.zone, seat)));
                }
            }
        }
    }

    fn need_booking(&mut self, account: AccountId, id: BookingId, world: &World) {
        let key = (account, id);
        need(&mut self.bookings, &world.bookings, &key);
        let Some(booking) = world.bookings.peek(&key) else { return };
        need(&mut self.events, &world.events, &(account, booking.event));
        for claim in booking.claims() {
            need(&mut self.pools, &world.pools, &(account, claim.pool));
        }
        need(&mut self.allowances, &world.allowances, &(account, booking.allowance()));
        if let Some(payment) = booking.payment {
            need(&mut self.payments, &world.payments, &(account, payment));
        }
    }

    fn need_clean_up(&mut self, key: &IntentKey, world: &World) {
        need(&mut self.records, &world.records, key);
        let Some(id) = world.records.peek(key).and_then(|record| record.booking()) else { return };
        let id = (key.account, id);
        need(&mut self.bookings, &world.bookings, &id);
        let Some(Booking { event, .. }) = world.bookings.peek(&id) else { return };
        need(&mut self.events, &world.events, &(key.account, *event));
    }
}

fn need<K: Ord + Debug + Clone, V>(keys: &mut BTreeSet<K>, table: &Table<K, V>, key: &K) {
    if !table.is_loaded(key) {
        keys.insert(key.clone());
    }
}
