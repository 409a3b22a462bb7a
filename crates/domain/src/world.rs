//! The world of a batch: the rows that its intents touch, and the changes laid over them.

use std::sync::Arc;

use crate::activity::{Activity, Cut, Feed};
use crate::allowance::{Allowance, AllowanceId};
use crate::deadline::{Deadline, Stands};
use crate::id::{AccountId, ZoneId};
use crate::job::{Job, JobId};
use crate::payment::{Payment, Refund};
use crate::person::Person;
use crate::pool::{Pool, PoolId};
use crate::record::{IntentKey, Record};
use crate::tickets::booking::Booking;
use crate::tickets::event::{Event, Layout, Zone};

/// Something of an account. Nothing is ever looked up without saying whose it is.
pub type Of<T> = (AccountId, T);

pub use crate::tables::World;

/// A row as a decision leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An event.
    Event(Box<Event>),
    /// A zone; its account is the event's.
    Zone(AccountId, Box<Zone>),
    /// The numbered seats of a new zone.
    Layout(AccountId, ZoneId, Arc<Layout>),
    /// A pool.
    Pool(AccountId, PoolId, Pool),
    /// An allowance.
    Allowance(AccountId, AllowanceId, Allowance),
    /// A person who was not known.
    Person(AccountId, Person),
    /// A booking.
    Booking(Box<Booking>),
    /// A payment.
    Payment(AccountId, Box<Payment>),
    /// A refund.
    Refund(AccountId, Refund),
    /// A new entry of the feed.
    Activity(Box<Activity>),
    /// The head of a feed.
    Feed(AccountId, Feed),
    /// The oldest entries of a feed go.
    FeedCut(AccountId, Cut),
    /// A record.
    Record(Box<Record>),
    /// A record that is forgotten.
    RecordGone(IntentKey),
    /// A job.
    Job(Of<JobId>, Box<Job>),
    /// A job that is over.
    JobGone(Of<JobId>),
}

impl World {
    /// Lays a change over the world, so that the next decision sees it.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Event(event) => self.events.put((event.account, event.id), *event),
            Change::Zone(account, zone) => self.zones.put((account, zone.id), *zone),
            Change::Layout(account, zone, layout) => self.layouts.put((account, zone), layout),
            Change::Pool(account, id, pool) => self.put_pool(account, id, pool),
            Change::Allowance(account, id, allowance) => {
                self.allowances.put((account, id), allowance);
            }
            Change::Person(account, person) => self.people.put((account, person.id), person),
            Change::Booking(booking) => {
                let key = (booking.account, booking.id);
                let before = self.bookings.peek(&key).and_then(Booking::deadline);
                self.keep_deadline(before, booking.deadline());
                self.bookings.put(key, *booking);
            }
            Change::Payment(account, payment) => {
                let reference = (account, payment.name());
                self.payment_references.put(reference, payment.id);
                self.payments.put((account, payment.id), *payment);
            }
            Change::Refund(account, refund) => self.refunds.put((account, refund.id), refund),
            Change::Activity(activity) => self.activity.push(*activity),
            Change::Feed(account, feed) => self.feeds.put(account, feed),
            Change::FeedCut(account, cut) => {
                self.cleaned.put(account, cut.cleaned);
                self.cuts.push((account, cut));
            }
            Change::Record(record) => self.records.put(record.key.clone(), *record),
            Change::RecordGone(key) => self.records.remove(key),
            Change::Job(id, job) => self.jobs.put(id, *job),
            Change::JobGone(id) => self.jobs.remove(id),
        }
    }

    /// Keeps the record of an answer, unless the key has a record: what a key is bound to, and that it is
    /// retired, outlives any answer. A command can make the record of its own key, as one that retires
    /// it. Whether it is kept now.
    ///
    /// # Panics
    /// When the key was not loaded.
    pub fn keep_answer(&mut self, record: Record) -> bool {
        let is_new = self.records.get(&record.key).is_none();
        if is_new {
            self.apply(Change::Record(Box::new(record)));
        }
        is_new
    }

    /// Of what was loaded with a deadline, it stands: they are written together.
    fn keep_deadline(&mut self, before: Option<Deadline>, after: Option<Deadline>) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            if !self.deadlines.is_loaded(&before) {
                self.deadlines.load(before, Some(Stands));
            }
            self.deadlines.remove(before);
        }
        if let Some(after) = after {
            self.deadlines.put(after, Stands);
        }
    }

    fn put_pool(&mut self, account: AccountId, id: PoolId, pool: Pool) {
        self.pools.put((account, id), pool);
        let Some((zone, seat)) = id.numbered_seat() else { return };
        let Some(taken) = self.taken_seats.derived_mut(&(account, zone)) else { return };
        if pool.taken() == 0 {
            taken.remove(&seat)
        } else {
            taken.insert(seat)
        };
    }

    /// A pool. That of a seat which was never taken has no row.
    ///
    /// # Panics
    /// When it was not loaded, nor what else tells that it has no row: the taken seats of its zone.
    #[must_use]
    pub fn pool(&self, account: AccountId, id: PoolId) -> Option<Pool> {
        let key = (account, id);
        if let Some((zone, seat)) = id.numbered_seat()
            && !self.pools.is_loaded(&key)
            && self.taken_seats.is_loaded(&(account, zone))
        {
            let taken = self.taken_seats.get(&(account, zone));
            assert!(taken.is_none_or(|taken| !taken.contains(&seat)), "{key:?} was not loaded");
            return id.without_row();
        }
        self.pools.get(&key).copied().or_else(|| id.without_row())
    }
}
