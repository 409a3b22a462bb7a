//! The store's books: everything that can be read, added up again and held against what clients heard.

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;
use domain::allowance::AllowanceId;
use domain::id::{AccountId, PersonId};
use domain::invariants::Audit;
use domain::record::{IntentKey, RecordState};
use domain::retention::Retention;
use domain::tickets::booking::{Booking, Status};
use domain::tickets::event::Event;
use engine::StoreError;
use engine::reads::{Page, Reads};
use engine::tickets::{BookingFilter, EventView};

use super::History;
use crate::model::{ANSWER_MS, TOMBSTONE_MS};
use crate::test_ports::read;

/// Rows of a page: few, so that lists are read in many pages.
const PAGE: usize = 7;

/// All events and bookings of some accounts, read page by page.
#[derive(Debug)]
pub struct Books {
    /// Events, newest first.
    pub events: Vec<EventView>,
    /// Bookings, newest first.
    pub bookings: Vec<Booking>,
}

impl Books {
    /// Reads everything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(reads: &dyn Reads, accounts: &[AccountId]) -> Result<Self, StoreError> {
        let mut books = Self { events: Vec::new(), bookings: Vec::new() };
        for account in accounts {
            let mut after = None;
            loop {
                let events = reads.events(*account, Page { after, limit: PAGE })?;
                let Some(last) = events.last() else { break };
                after = Some(last.event.id);
                books.events.extend(events);
            }
            let mut after = None;
            loop {
                let page = Page { after, limit: PAGE };
                let bookings = reads.bookings(*account, BookingFilter::default(), page)?;
                let Some(last) = bookings.last() else { break };
                after = Some(last.booking.id);
                books.bookings.extend(bookings.into_iter().map(|view| view.booking));
            }
        }
        Ok(books)
    }

    /// Whether stock adds up: nothing is oversold, and counters are the sum of live bookings.
    ///
    /// # Errors
    /// What does not add up.
    pub fn check_stock(&self, reads: &dyn Reads) -> Result<(), String> {
        let sum = |bookings: &[&Booking], status| -> u32 {
            let of = bookings.iter().filter(|booking| booking.status == status);
            of.map(|booking| booking.quantity).sum()
        };
        for view in &self.events {
            let of_event: Vec<_> =
                self.bookings.iter().filter(|booking| booking.event == view.event.id).collect();
            for stock in &view.zones {
                let zone = stock.zone.id;
                let bookings: Vec<_> =
                    of_event.iter().filter(|booking| booking.zone == zone).copied().collect();
                let (held, sold) =
                    (sum(&bookings, Status::Reserved), sum(&bookings, Status::Confirmed));
                if held + sold > stock.pool.capacity() {
                    return Err(format!("{zone} is oversold: {held} + {sold} of {stock:?}"));
                }
                if (held, sold) != (stock.pool.held(), stock.pool.sold()) {
                    return Err(format!("{zone} has {held} held and {sold} sold, not {stock:?}"));
                }
                check_seats(&bookings)?;
            }
            let people: BTreeSet<_> = of_event.iter().map(|booking| booking.person).collect();
            for person in people {
                check_allowance(reads, &view.event, person, &of_event)?;
            }
        }
        Ok(())
    }

    /// Whether no key has made two bookings while it was kept.
    /// `renamed` says what keys are called, by what earlier releases called them.
    fn check_keys(&self, renamed: &BTreeMap<IntentKey, IntentKey>) -> Result<(), String> {
        let oldest: BTreeMap<_, _> = renamed.iter().map(|(earlier, now)| (now, earlier)).collect();
        let mut made: BTreeMap<&IntentKey, Vec<&Booking>> = BTreeMap::new();
        for booking in &self.bookings {
            let key = booking.intent.as_ref();
            let key = key.ok_or_else(|| format!("{} was made by no key", booking.id))?;
            made.entry(oldest.get(key).copied().unwrap_or(key)).or_default().push(booking);
        }
        for (key, mut bookings) in made {
            bookings.sort_by_key(|booking| booking.created_at);
            let mut earlier: Option<&Booking> = None;
            for booking in bookings {
                if let Some(earlier) = earlier
                    && booking.created_at.millis_since(earlier.created_at)
                        < ANSWER_MS + TOMBSTONE_MS
                {
                    return Err(format!("{key:?} made {} and {}", earlier.id, booking.id));
                }
                earlier = Some(booking);
            }
        }
        Ok(())
    }
}

fn check_seats(bookings: &[&Booking]) -> Result<(), String> {
    let mut taken = BTreeMap::new();
    for booking in bookings.iter().filter(|booking| booking.status.stage().is_live()) {
        for seat in &booking.seats {
            if let Some(other) = taken.insert(seat.number, booking.id) {
                return Err(format!("{} and {other} both have seat {}", booking.id, seat.label));
            }
        }
    }
    Ok(())
}

fn check_allowance(
    reads: &dyn Reads,
    event: &Event,
    person: PersonId,
    bookings: &[&Booking],
) -> Result<(), String> {
    let theirs = bookings
        .iter()
        .filter(|booking| booking.person == person && booking.status.stage().is_live());
    let taken: u32 = theirs.map(|booking| booking.quantity).sum();
    let id = AllowanceId { event: event.id, person };
    let stored = reads.allowance(event.account, id).map_err(|error| error.to_string())?;
    if stored.taken == taken {
        Ok(())
    } else {
        Err(format!("{id:?} has {taken} live units, {} are counted", stored.taken))
    }
}

impl History {
    /// Holds what clients heard against the store's books.
    ///
    /// # Errors
    /// What cannot be true.
    pub fn check_books(
        &self,
        reads: &dyn Reads,
        books: &Books,
        now: Timestamp,
    ) -> Result<(), String> {
        books.check_keys(&self.renamed)?;
        books.check_stock(reads)?;
        let events = books.events.iter().map(|view| (view.event.account, view.event.id)).collect();
        if let Some(lost) = self.events.difference(&events).next() {
            return Err(format!("{lost:?} was answered, but is not there"));
        }
        self.check_bookings(books)?;
        self.check_records(reads, now)
    }

    /// Every booking that was heard of is there, and went no other way than was heard.
    fn check_bookings(&self, books: &Books) -> Result<(), String> {
        let stored: BTreeMap<_, _> =
            books.bookings.iter().map(|booking| ((booking.account, booking.id), booking)).collect();
        for (id, statuses) in &self.booked {
            let booking = stored.get(id);
            let booking =
                booking.ok_or_else(|| format!("{id:?} was answered, but is not there"))?;
            let is = booking.status.as_str();
            let was = |status: &String| match status.as_str() {
                "reserved" => true,
                "confirmed" => matches!(is, "confirmed" | "cancelled"),
                // The deadline has passed, though the sweep may not have come yet.
                "expired" => matches!(is, "expired" | "reserved"),
                other => other == is,
            };
            if !statuses.iter().all(was) {
                return Err(format!("{id:?} is {is}, though {statuses:?} were answered"));
            }
        }
        Ok(())
    }

    /// Every final answer that was heard is kept as long as it must be.
    fn check_records(&self, reads: &dyn Reads, now: Timestamp) -> Result<(), String> {
        for (key, bound) in &self.bound {
            let age = now.millis_since(bound.sent_at);
            let mut record = None;
            for name in [key].into_iter().chain(self.renamed.get(key)) {
                let found = reads.record(name).map_err(|error| error.to_string())?;
                if record.is_some() && found.is_some() {
                    return Err(format!("{key:?} has two records"));
                }
                record = record.or(found);
            }
            let state = record.as_ref().map(|record| &record.state);
            let holds = match state {
                Some(RecordState::Answered(answer)) => *answer == bound.answer,
                Some(RecordState::Retired) => age >= ANSWER_MS,
                None => age >= ANSWER_MS + TOMBSTONE_MS,
            };
            // A key that is new again may have been used again.
            if !holds && age < ANSWER_MS + TOMBSTONE_MS {
                let heard = read(&bound.answer);
                return Err(format!("{key:?} answered {heard:?}, stored is {record:?}"));
            }
        }
        Ok(())
    }
}

/// Audits the whole store. `overdue_before` as in [`Audit::finish`].
///
/// # Errors
/// What does not hold, or that it cannot be read.
pub fn audit(
    reads: &dyn Reads,
    now: Timestamp,
    overdue_before: Option<Timestamp>,
) -> Result<(), String> {
    let mut audit = Audit::default();
    reads.audit(&mut audit, &mut |_rows| {}).map_err(|error| error.to_string())?;
    let report = audit.finish(now, Retention::default(), overdue_before);
    if report.is_ok() { Ok(()) } else { Err(format!("{report:?}")) }
}
