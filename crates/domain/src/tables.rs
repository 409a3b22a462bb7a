//! The tables, each said once: from this list come the rows of a batch, their keys, which of them are
//! loaded first, whether there is anything to write, and the rows of a store in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use crate::activity::{Activity, Cleaned, Cut, Feed};
use crate::allowance::{Allowance, AllowanceId};
use crate::deadline::{Deadline, Stands};
use crate::id::{AccountId, BookingId, EventId, PaymentId, PersonId, RefundId, ZoneId};
use crate::job::{Job, JobId};
use crate::payment::{Payment, PaymentReference, Refund};
use crate::person::Person;
use crate::pool::{Pool, PoolId, SeatNo};
use crate::record::{IntentKey, Record};
use crate::table::{Table, Write};
use crate::tickets::booking::Booking;
use crate::tickets::event::{Event, Layout, Zone};
use crate::world::Of;

/// Declares the tables. Those that are stored are written; those that are derived follow from them, and
/// are only loaded.
///
/// `names` are rows that name others, `counters` are those that rivals share: a store that locks rows takes
/// the first kind before the second, over the whole batch, so that writers do not wait for each other in
/// a circle. `unseen` says of which rows one may be there that was not loaded: it is put in place all the
/// same.
macro_rules! tables {
    (
        stored {$(
            $(#[$doc:meta])*
            $order:ident $table:ident: $key:ty => $row:ty $(, unseen $unseen:expr)?;
        )+}
        derived {$(
            $(#[$derived_doc:meta])*
            $derived_order:ident $derived:ident: $derived_key:ty => $derived_row:ty;
        )+}
    ) => {
        /// The rows that a batch touches.
        #[derive(Clone, Debug, Default)]
        pub struct World {
            $($(#[$doc])* pub $table: Table<$key, $row>,)+
            $($(#[$derived_doc])* pub $derived: Table<$derived_key, $derived_row>,)+
            /// What goes from feeds, in order.
            pub cuts: Vec<Of<Cut>>,
            /// New activity, in order.
            pub activity: Vec<Activity>,
        }

        impl World {
            /// Whether there is anything to write.
            #[must_use]
            pub fn has_writes(&self) -> bool {
                !self.activity.is_empty()
                    || !self.cuts.is_empty()
                    $(|| self.$table.writes().next().is_some())+
            }
        }

        /// Keys of rows to load, by table of the [`World`].
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Keys {
            $(#[doc = concat!("Those of [`World::", stringify!($table), "`].")]
            pub $table: BTreeSet<$key>,)+
            $(#[doc = concat!("Those of [`World::", stringify!($derived), "`].")]
            pub $derived: BTreeSet<$derived_key>,)+
        }

        impl Keys {
            /// The order in which they are loaded.
            #[must_use]
            pub fn split(self) -> Split {
                let mut split = Split::default();
                $(split.$order.$table = self.$table;)+
                $(split.$derived_order.$derived = self.$derived;)+
                split
            }

            /// The first of these keys that one of `others` has as well, with the name of its table. After
            /// these were loaded, nothing of them may still be missing.
            #[must_use]
            pub fn first_of(&self, others: &[&Self]) -> Option<String> {
                for other in others {
                    $(if let Some(key) = self.$table.intersection(&other.$table).next() {
                        return Some(format!("{} {key:?}", stringify!($table)));
                    })+
                    $(if let Some(key) = self.$derived.intersection(&other.$derived).next() {
                        return Some(format!("{} {key:?}", stringify!($derived)));
                    })+
                }
                None
            }
        }

        /// The rows of a store in memory, such as tests have.
        #[derive(Clone, Debug, Default)]
        #[expect(missing_docs, reason = "each field has the rows of the world's table of that name")]
        pub struct Rows {
            $(pub $table: BTreeMap<$key, $row>,)+
        }

        impl Rows {
            /// Answers each key of a table that is stored.
            fn load_stored(&self, keys: &Keys, world: &mut World) {
                $(for key in &keys.$table {
                    world.$table.load(key.clone(), self.$table.get(key).cloned());
                })+
            }

            /// Whether the world's rows may be put: what is there cannot be inserted, what is not there can
            /// be neither changed nor deleted.
            ///
            /// # Errors
            /// The first that may not.
            pub fn check(&self, world: &World) -> Result<(), Misfit> {
                $(check(&self.$table, &world.$table, |_key: &$key| false $(|| ($unseen)(_key))?)?;)+
                Ok(())
            }

            /// Puts the world's rows, and takes away those that it deletes. Lists are for whoever keeps them.
            pub fn put(&mut self, world: &World) {
                $(put(&mut self.$table, &world.$table);)+
            }
        }
    };
}

tables! {
    stored {
        /// Idempotency records.
        names records: IntentKey => Record;
        /// Events.
        names events: Of<EventId> => Event;
        /// Zones.
        names zones: Of<ZoneId> => Zone;
        /// The numbered seats of a zone; absent where seats are not numbered.
        names layouts: Of<ZoneId> => Arc<Layout>;
        /// People.
        names people: Of<PersonId> => Person;
        /// Bookings.
        names bookings: Of<BookingId> => Booking;
        /// Pools. That of a part may come when it is taken first, and be there without being loaded.
        counters pools: Of<PoolId> => Pool, unseen |(_, id): &Of<PoolId>| !id.is_whole();
        /// Allowances. Who never took anything has no row.
        counters allowances: Of<AllowanceId> => Allowance;
        /// Payments.
        counters payments: Of<PaymentId> => Payment;
        /// Refunds.
        counters refunds: Of<RefundId> => Refund;
        /// Heads of activity feeds. Who never did anything has no row.
        counters feeds: AccountId => Feed, unseen |_: &AccountId| true;
        /// Deadlines. That one stands is known of what it is about, so it is loaded by nobody.
        counters deadlines: Deadline => Stands;
        /// Jobs.
        counters jobs: Of<JobId> => Job;
        /// How much of feeds is gone. A feed of which nothing is has no row.
        counters cleaned: AccountId => Cleaned;
    }
    derived {
        /// The zones of an event, in order. Absent when the event is.
        names event_zones: Of<EventId> => Vec<ZoneId>;
        /// Which payment has a reference.
        names payment_references: Of<PaymentReference> => PaymentId;
        /// The seats of a zone that are held or sold. They follow from the pools.
        counters taken_seats: Of<ZoneId> => BTreeSet<SeatNo>;
    }
}

/// Keys in the order in which they are loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Rows that name others.
    pub names: Keys,
    /// Counters that rivals share.
    pub counters: Keys,
}

/// A row that may not be put where it should go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// One is there, which was not known.
    IsThere(String),
    /// None is there, though one was.
    IsGone(String),
}

impl Keys {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Rows {
    /// Answers each key.
    pub fn load(&self, keys: &Keys, world: &mut World) {
        self.load_stored(keys, world);
        for key in &keys.event_zones {
            world.event_zones.load(*key, self.event_zones(*key));
        }
        for key in &keys.payment_references {
            world.payment_references.load(key.clone(), self.paid_with(key));
        }
        for key in &keys.taken_seats {
            world.taken_seats.load(*key, Some(self.taken_seats(*key)));
        }
    }

    /// The event's zones, in order; `None` when there is no such event.
    #[must_use]
    pub fn event_zones(&self, (account, event): Of<EventId>) -> Option<Vec<ZoneId>> {
        let all = (account, ZoneId::from_raw(0))..=(account, ZoneId::from_raw(u128::MAX));
        let zones = self.zones.range(all).map(|(_, zone)| zone).filter(|zone| zone.event == event);
        let mut zones: Vec<_> = zones.map(|zone| (zone.position, zone.id)).collect();
        zones.sort_unstable();
        let is_there = self.events.contains_key(&(account, event));
        is_there.then(|| zones.into_iter().map(|(_, zone)| zone).collect())
    }

    /// The payment with that reference.
    #[must_use]
    pub fn paid_with(&self, (account, reference): &Of<PaymentReference>) -> Option<PaymentId> {
        let all = (*account, PaymentId::from_raw(0))..=(*account, PaymentId::from_raw(u128::MAX));
        let mut paid = self.payments.range(all).map(|(_, payment)| payment);
        paid.find(|payment| payment.name() == *reference).map(|payment| payment.id)
    }

    /// The seats of the zone that are held or sold.
    #[must_use]
    pub fn taken_seats(&self, (account, zone): Of<ZoneId>) -> BTreeSet<SeatNo> {
        let first = (account, PoolId::zone(zone));
        let last = (account, PoolId::seat(zone, SeatNo(u32::MAX)));
        let taken = self.pools.range(first..=last).filter(|(_, pool)| pool.taken() > 0);
        let seat = |((_, id), _): (&Of<PoolId>, _)| id.numbered_seat().map(|(_, seat)| seat);
        taken.filter_map(seat).collect()
    }
}

fn check<K: Ord + Debug, V>(
    rows: &BTreeMap<K, V>,
    table: &Table<K, V>,
    is_unseen: impl Fn(&K) -> bool,
) -> Result<(), Misfit> {
    for write in table.writes() {
        match write {
            Write::Insert(key, _) if rows.contains_key(key) && !is_unseen(key) => {
                return Err(Misfit::IsThere(format!("{key:?}")));
            }
            Write::Update(key, _) | Write::Delete(key) if !rows.contains_key(key) => {
                return Err(Misfit::IsGone(format!("{key:?}")));
            }
            Write::Insert(..) | Write::Update(..) | Write::Delete(_) => {}
        }
    }
    Ok(())
}

fn put<K: Ord + Clone + Debug, V: Clone>(rows: &mut BTreeMap<K, V>, table: &Table<K, V>) {
    for write in table.writes() {
        match write {
            Write::Insert(key, row) | Write::Update(key, row) => {
                rows.insert(key.clone(), row.clone());
            }
            Write::Delete(key) => {
                rows.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_written_is_something_to_write() {
        assert!(!World::default().has_writes());
        let mut world = World::default();
        world.people.load((AccountId::SYSTEM, PersonId::from_raw(1)), None);
        assert!(!world.has_writes(), "what was loaded");
        world.feeds.put(AccountId::SYSTEM, Feed::default());
        assert!(world.has_writes(), "a row without an entry of a feed, and without a key");
    }
}
