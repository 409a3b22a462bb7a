//! The world of a batch: the rows that its intents touch, and the changes laid over them.

use crate::activity::Truncation;
use crate::allowance::{Allowance, AllowanceId};
use crate::deadline::Stands;
use crate::id::{AccountId, BookingId, PaymentId, PersonId};
use crate::payment::Payment;
use crate::person::{Handles, Person};
use crate::pool::{NumberedSeat, Pool, PoolId};
use crate::record::Record;
use crate::tickets::booking::Booking;

/// Something of an account. Nothing is ever looked up without saying whose it is.
pub type Of<T> = (AccountId, T);

pub use crate::tables::{Change, World};

impl World {
    /// Keeps the record of an answer, unless the key has a record: what a key is bound to, and that it is
    /// retired, outlives any answer. A command can make the record of its own key, as one that retires
    /// it. Whether it is kept now.
    ///
    /// # Panics
    /// When the key was not loaded.
    pub fn keep_answer(&mut self, record: Record) -> bool {
        let is_new = self.records.get(&record.key).is_none();
        if is_new {
            self.apply(Change::from(record));
        }
        is_new
    }

    /// The oldest entries of a feed go, and how much is gone is written with them.
    pub(crate) fn truncate_feed(&mut self, account: AccountId, truncation: Truncation) {
        self.low_water_marks.put(account, truncation.low_water_mark);
        self.truncations.push((account, truncation));
    }

    /// Of what was loaded with a deadline, it stands: they are written together.
    pub(crate) fn keep_deadline(&mut self, key: &Of<BookingId>, after: Option<&Booking>) {
        let before = self.bookings.peek(key).and_then(Booking::deadline);
        let after = after.and_then(Booking::deadline);
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

    /// Whoever names them finds them from now on.
    pub(crate) fn keep_handle(&mut self, key: &Of<PersonId>, after: Option<&Person>) {
        let (account, id) = *key;
        let before = self.people.peek(key).map(|person| person.handle);
        let after = after.map(|person| person.handle);
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.handles.remove((account, before));
        }
        if let Some(after) = after {
            self.handles.put((account, after), id);
        }
    }

    /// Whoever comes with the same reference finds this payment.
    pub(crate) fn keep_reference(
        &mut self,
        (account, id): &Of<PaymentId>,
        after: Option<&Payment>,
    ) {
        if let Some(payment) = after {
            self.payment_references.put((*account, payment.name()), *id);
        }
    }

    /// A seat is taken while its pool says so.
    pub(crate) fn keep_taken_seats(&mut self, (account, id): &Of<PoolId>, after: Option<&Pool>) {
        let Some(NumberedSeat { zone, seat }) = id.numbered_seat() else { return };
        let Some(taken) = self.taken_seats.derived_mut(&(*account, zone)) else { return };
        if after.is_some_and(|pool| pool.taken() > 0) {
            taken.insert(seat);
        } else {
            taken.remove(seat);
        }
    }

    /// The person that is found by one of these, if somebody is.
    ///
    /// # Panics
    /// When one of them was not loaded.
    #[must_use]
    pub fn person_of(&self, account: AccountId, handles: &Handles) -> Option<PersonId> {
        handles.all().find_map(|handle| self.handles.get(&(account, handle)).copied())
    }

    /// What a person has taken. Somebody who is not stored yet has no allowance that could have been loaded.
    ///
    /// # Panics
    /// When it was not loaded, of anybody else.
    #[must_use]
    pub fn allowance(&self, account: AccountId, id: AllowanceId) -> Allowance {
        let key = (account, id);
        if !self.allowances.is_loaded(&key) && self.people.is_new(&(account, id.person)) {
            return Allowance::default();
        }
        self.allowances.get(&key).copied().unwrap_or_default()
    }

    /// A pool. That of a seat which was never taken has no row.
    ///
    /// # Panics
    /// When it was not loaded, nor what else tells that it has no row: the taken seats of its zone.
    #[must_use]
    pub fn pool(&self, account: AccountId, id: PoolId) -> Option<Pool> {
        let key = (account, id);
        if let Some(NumberedSeat { zone, seat }) = id.numbered_seat()
            && !self.pools.is_loaded(&key)
            && self.taken_seats.is_loaded(&(account, zone))
        {
            let taken = self.taken_seats.get(&(account, zone));
            assert!(taken.is_none_or(|taken| !taken.contains(seat)), "{key:?} was not loaded");
            return id.without_row();
        }
        self.pools.get(&key).copied().or_else(|| id.without_row())
    }
}
