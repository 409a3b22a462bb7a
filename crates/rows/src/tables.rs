//! All tables, in the order in which they can be filled: a row is written after those that it names.

use domain::activity::Feed;
use domain::allowance::Allowance;
use domain::deadline::Stands;
use domain::job::Job;
use domain::payment::{Payment, Refund};
use domain::person::Person;
use domain::pool::Pool;
use domain::record::Record;
use domain::tickets::booking::Booking;
use domain::tickets::event::{Event, Zone};
use engine::Told;
use engine::credentials::{Account, Key};
use engine::transfer::Table;

use crate::Stored;
use crate::tickets::catalogue::SeatLabel;

macro_rules! tables {
    ($($row:ident)+) => {
        /// All of them, besides what a store knows of itself.
        pub const TABLES: [Table; [$(stringify!($row)),+].len()] = [$(<$row as Stored>::TABLE),+];
    };
}

tables! {
    Account Key Event Zone SeatLabel Person Pool Allowance Booking Payment Refund Record Told Feed
    Stands Job
}
