//! All tables, in the order in which they can be filled: a row is written after those that it names.

use domain::activity::Feed;
use domain::allowance::Allowance;
use domain::deadline::Stands;
use domain::job::Job;
use domain::payment::{Payment, Refund};
use domain::person::Person;
use domain::pool::Pool;
use domain::record::Record;
use domain::tables::{Held, Order};
use domain::tickets::booking::Booking;
use domain::tickets::event::{Event, Zone};
use domain::webhooks::delivery::{Delivery, DeliveryAttempt};
use domain::webhooks::endpoint::{EndpointCount, WebhookCursor, WebhookEndpoint};
use domain::{Keys, World};
use engine::ActivityRow;
use engine::credentials::{Account, Key};
use engine::transfer::Table;

use crate::Stored;
use crate::cold::{Load, Write};
use crate::tickets::catalogue::SeatLabel;

macro_rules! tables {
    ($($heat:ident $row:ident)+) => {
        /// All of them, besides what a store knows of itself.
        pub const TABLES: [Table; [$(stringify!($row)),+].len()] = [$(<$row as Stored>::TABLE),+];

        /// Answers the keys of each that is not hot, and is loaded in this order.
        ///
        /// # Errors
        /// Those of the store.
        pub fn load<L: Load>(loader: &mut L, keys: &Keys, order: Order) -> Result<(), L::Error> {
            $(tables!(@load $heat $row, loader, keys, order);)+
            Ok(())
        }

        /// Answers the keys of each that is not hot with nothing: what is found is put over it.
        pub fn absent(keys: &Keys, world: &mut World) {
            $(tables!(@absent $heat $row, keys, world);)+
        }

        /// Writes the changes of each that is not hot.
        ///
        /// # Errors
        /// Those of the store.
        pub fn write<W: Write>(writer: &mut W, world: &World) -> Result<(), W::Error> {
            $(tables!(@write $heat $row, writer, world);)+
            Ok(())
        }
    };
    (@load cold $row:ident, $loader:ident, $keys:ident, $order:ident) => {
        let keys = <$row as Held>::keys($keys);
        if <$row as Held>::ORDER == $order && !keys.is_empty() {
            $loader.load::<$row>(keys)?;
        }
    };
    (@load hot $($rest:tt)+) => {};
    (@absent cold $row:ident, $keys:ident, $world:ident) => {
        for key in <$row as Held>::keys($keys) {
            <$row as Held>::table_mut($world).load(key.clone(), None);
        }
    };
    (@absent hot $($rest:tt)+) => {};
    (@write cold $row:ident, $writer:ident, $world:ident) => {
        $writer.write::<$row>(Held::table($world))?;
    };
    (@write hot $($rest:tt)+) => {};
}

tables! {
    hot Account hot Key cold Event cold Zone hot SeatLabel hot Person hot Pool hot Allowance hot Booking
    hot Payment cold Refund hot Record hot ActivityRow hot Feed cold Stands cold WebhookEndpoint
    cold WebhookCursor cold EndpointCount cold Delivery cold DeliveryAttempt cold Job
}
