//! The rows of a store in memory, such as tests have.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::{Keys, Rows};
use crate::id::{EventId, PaymentId, PersonId, ZoneId};
use crate::payment::PaymentReference;
use crate::person::{Handle, Person};
use crate::pool::{PoolId, SeatNo};
use crate::table::{Table, Write};
use crate::tickets::seat_set::SeatSet;
use crate::world::{Of, World};

/// Declares [`Rows`] by the list of tables.
macro_rules! memory {
    (
        stored {$(
            $(#[$doc:meta])*
            $order:ident $table:ident: $key:ty => $row:ident {
                $(key $known:expr;)? $(id $id:expr;)? $(with $with:expr;)? $(may $go:ident;)?
                $(unseen $unseen:expr;)?
            }
        )+}
        along {$(
            $(#[$along_doc:meta])*
            $along_order:ident $along:ident: $along_key:ty => $along_row:ident {}
        )+}
        derived {$($derived:tt)+}
    ) => {
        /// The rows of a store in memory, such as tests have.
        #[derive(Clone, Debug, Default)]
        #[expect(missing_docs, reason = "each field has the rows of the world's table of that name")]
        pub struct Rows {
            $(pub $table: BTreeMap<$key, $row>,)+
            $(pub $along: BTreeMap<$along_key, $along_row>,)+
        }

        impl Rows {
            /// Answers each key of a table that is stored.
            fn load_stored(&self, keys: &Keys, world: &mut World) {
                $(for key in &keys.$table {
                    world.$table.load(key.clone(), self.$table.get(key).cloned());
                })+
                $(for key in &keys.$along {
                    world.$along.load(key.clone(), self.$along.get(key).cloned());
                })+
            }

            /// Whether the world's rows may be put: what is there cannot be inserted, what is not there can
            /// be neither changed nor deleted.
            ///
            /// # Errors
            /// The first that may not.
            pub fn check(&self, world: &World) -> Result<(), Misfit> {
                $({
                    let is_unseen = |_key: &$key| false $(|| ($unseen)(_key))?;
                    memory::check(&self.$table, &world.$table, is_unseen)?;
                })+
                $(memory::check(&self.$along, &world.$along, |_| false)?;)+
                Ok(())
            }

            /// Puts the world's rows, and takes away those that it deletes. Lists are for whoever keeps them.
            pub fn put(&mut self, world: &World) {
                $(memory::put(&mut self.$table, &world.$table);)+
                $(memory::put(&mut self.$along, &world.$along);)+
            }
        }
    };
}
pub(super) use memory;

/// A row that may not be put where it should go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// One is there, which was not known.
    IsThere(String),
    /// None is there, though one was.
    IsGone(String),
}

impl Rows {
    /// Answers each key.
    pub fn load(&self, keys: &Keys, world: &mut World) {
        self.load_stored(keys, world);
        for key in &keys.event_zones {
            world.event_zones.load(*key, self.event_zones(*key));
        }
        for key in &keys.handles {
            let person = self.found_by(*key);
            world.handles.load(*key, person.map(|person| person.id));
            if let Some(person) = person {
                world.people.load((key.0, person.id), Some(person.clone()));
            }
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

    /// The person with that handle.
    #[must_use]
    pub fn found_by(&self, (account, handle): Of<Handle>) -> Option<&Person> {
        let all = (account, PersonId::from_raw(0))..=(account, PersonId::from_raw(u128::MAX));
        self.people.range(all).map(|(_, person)| person).find(|person| person.handle == handle)
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
    pub fn taken_seats(&self, (account, zone): Of<ZoneId>) -> SeatSet {
        let first = (account, PoolId::zone(zone));
        let last = (account, PoolId::seat(zone, SeatNo(u32::MAX)));
        let taken = self.pools.range(first..=last).filter(|(_, pool)| pool.taken() > 0);
        let seat = |((_, id), _): (&Of<PoolId>, _)| id.numbered_seat().map(|it| it.seat);
        taken.filter_map(seat).collect()
    }
}

pub(super) fn check<K: Ord + Debug, V>(
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

pub(super) fn put<K: Ord + Clone + Debug, V: Clone>(
    rows: &mut BTreeMap<K, V>,
    table: &Table<K, V>,
) {
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
