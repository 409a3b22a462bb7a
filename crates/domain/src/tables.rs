//! The tables, each said once: from this list come the rows of a batch, their keys, which of them are
//! loaded first, the changes that decisions make and how they are laid over the rows, whether there is
//! anything to write, and the rows of a store in memory.

mod change;
mod held;
mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use crate::activity::{Activity, Feed, LowWaterMark, Truncation};
use crate::allowance::{Allowance, AllowanceId};
use crate::deadline::{Deadline, Stands};
use crate::id::{
    AccountId, BookingId, DeliveryId, EventId, PaymentId, PersonId, RefundId, WebhookEndpointId,
    ZoneId,
};
use crate::job::{Job, JobId};
use crate::payment::{Payment, PaymentReference, Refund};
use crate::person::{Handle, Person};
use crate::pool::{Pool, PoolId};
use crate::record::{IntentKey, Record};
use crate::table::Table;
use crate::tickets::booking::Booking;
use crate::tickets::event::{self, Event, Zone};
use crate::tickets::seat_set::SeatSet;
use crate::webhooks::delivery::{AttemptId, Delivery, DeliveryAttempt};
use crate::webhooks::endpoint::{EndpointCount, WebhookCursor, WebhookEndpoint};
use crate::world::Of;

use change::{Laid, changes, key_of, lay};
pub use change::{Named, Row};
use held::held;
pub use held::{Held, Order};
pub use memory::Misfit;
use memory::memory;

/// The seats of a zone are many, and never change: whoever reads them shares them.
type Layout = Arc<event::Layout>;

/// The list. Each table says how its rows are loaded, its name, the type of its keys and of its rows, and
/// what is special about it.
///
/// Rows that are `stored` are changed by decisions, by a [`Change`] named after the row. Those that are
/// written `along` with others have no change of their own. Those that are `derived` follow from the others,
/// and are only loaded.
///
/// `names` are rows that name others, `counters` are those that rivals share: a store that locks rows takes
/// the first kind before the second, over the whole batch, so that writers do not wait for each other in
/// a circle.
///
/// A row that knows its whole `key`, or its `id` in its account, says it to its change. `with` is what else
/// follows when a row is laid over the world. Rows that `may go` can be deleted. `unseen` says of which rows
/// one may be there that was not loaded: it is put in place all the same.
macro_rules! tables {
    ($($declare:ident)+) => {$(
        $declare! {
            stored {
                /// Idempotency records.
                names records: IntentKey => Record { key |record| record.key.clone(); may go; }
                /// Events.
                names events: Of<EventId> => Event { key |event| (event.account, event.id); }
                /// Zones.
                names zones: Of<ZoneId> => Zone { id |zone| zone.id; }
                /// The numbered seats of a zone; absent where seats are not numbered.
                names layouts: Of<ZoneId> => Layout {}
                /// People.
                names people: Of<PersonId> => Person {
                    id |person| person.id;
                    with World::keep_handle;
                }
                /// Bookings.
                names bookings: Of<BookingId> => Booking {
                    key |booking| (booking.account, booking.id);
                    with World::keep_deadline;
                }
                /// Pools. That of a part may come when it is taken first, and be there without being loaded.
                counters pools: Of<PoolId> => Pool {
                    with World::keep_taken_seats;
                    unseen |(_, id): &Of<PoolId>| !id.is_whole();
                }
                /// Allowances. Who never took anything has no row.
                counters allowances: Of<AllowanceId> => Allowance {}
                /// Payments.
                counters payments: Of<PaymentId> => Payment {
                    id |payment| payment.id;
                    with World::keep_reference;
                }
                /// Refunds.
                counters refunds: Of<RefundId> => Refund { id |refund| refund.id; }
                /// Heads of activity feeds. Who never did anything has no row.
                counters feeds: AccountId => Feed { unseen |_: &AccountId| true; }
                /// Webhook endpoints.
                counters webhook_endpoints: Of<WebhookEndpointId> => WebhookEndpoint { id |it| it.id; may go; }
                /// Up to where endpoints were told.
                counters webhook_cursors: Of<WebhookEndpointId> => WebhookCursor { may go; }
                /// How many endpoints accounts have. Who never had one has no row.
                counters endpoint_counts: AccountId => EndpointCount {}
                /// Deliveries.
                counters deliveries: Of<DeliveryId> => Delivery { id |it| it.id; may go; }
                /// Attempts of deliveries.
                counters delivery_attempts: AttemptId => DeliveryAttempt { may go; }
                /// Jobs.
                counters jobs: Of<JobId> => Job { may go; }
            }
            along {
                /// Deadlines. That one stands is known of what it is about, so it is loaded by nobody.
                counters deadlines: Deadline => Stands {}
                /// How much of feeds is gone. A feed of which nothing is has no row.
                counters low_water_marks: AccountId => LowWaterMark {}
            }
            derived {
                /// The zones of an event, in order. Absent when the event is.
                names event_zones: Of<EventId> => Vec<ZoneId> {}
                /// Who is found by a handle. Whoever is found is loaded as well.
                names handles: Of<Handle> => PersonId {}
                /// Which payment has a reference.
                names payment_references: Of<PaymentReference> => PaymentId {}
                /// The seats of a zone that are held or sold. They follow from the pools.
                counters taken_seats: Of<ZoneId> => SeatSet {}
            }
        }
    )+};
}

/// Declares the [`World`] and its [`Keys`].
macro_rules! world {
    ($($kind:ident {$(
        $(#[$doc:meta])*
        $order:ident $table:ident: $key:ty => $row:ty { $($special:tt)* }
    )+})+) => {
        /// The rows that a batch touches.
        #[derive(Clone, Debug, Default)]
        pub struct World {
            $($($(#[$doc])* pub $table: Table<$key, $row>,)+)+
            /// What goes from feeds, in order.
            pub truncations: Vec<Of<Truncation>>,
            /// New activity, in order.
            pub activity: Vec<Activity>,
        }

        /// Keys of rows to load, by table of the [`World`].
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Keys {
            $($(#[doc = concat!("Those of [`World::", stringify!($table), "`].")]
            pub $table: BTreeSet<$key>,)+)+
        }

        impl Keys {
            /// The order in which they are loaded.
            #[must_use]
            pub fn split(self) -> Split {
                let mut split = Split::default();
                $($(split.$order.$table = self.$table;)+)+
                split
            }

            /// The first of these keys that one of `others` has as well, with the name of its table. After
            /// these were loaded, nothing of them may still be missing.
            #[must_use]
            pub fn first_of(&self, others: &[&Self]) -> Option<String> {
                for other in others {
                    $($(if let Some(key) = self.$table.intersection(&other.$table).next() {
                        return Some(format!("{} {key:?}", stringify!($table)));
                    })+)+
                }
                None
            }

            /// Each of these keys by itself, with the name of its table.
            #[must_use]
            pub fn each(&self) -> Vec<(&'static str, Self)> {
                let mut all = Vec::new();
                $($(all.extend(self.$table.iter().map(|key| {
                    let one = Self { $table: [key.clone()].into(), ..Self::default() };
                    (stringify!($table), one)
                }));)+)+
                all
            }
        }
    };
}

tables! { world held changes memory }

/// Keys in the order in which they are loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Rows that name others.
    pub names: Keys,
    /// Counters that rivals share.
    pub counters: Keys,
}

impl Keys {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
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
