//! What must hold of a whole store, in bounded memory.
//!
//! Whoever audits a store shows it every row, once for each **pass**, and [`Audit::pass`] compares what
//! belongs together. A pass looks at the keys of one range of hashes only; if they are more than there is
//! room for, the range shrinks while the pass goes on, and another pass looks at the rest. So each pass
//! may see a state of the store of its own: whatever is compared was seen in one pass. Events, zones and
//! accounts are remembered all.

mod checks;
mod facts;
mod range;
mod report;
mod rows;
mod sale;

use crate::activity::{Feed, LowWaterMark};
use crate::allowance::{Allowance, AllowanceId};
use crate::claimant::{Claimant, Stage};
use crate::deadline::Deadline;
use crate::id::AccountId;
use crate::payment::{Payment, Refund, RefundStatus};
use crate::pool::PoolId;
use crate::record::Record;
use crate::resource::Resource;
use crate::retention::Retention;
use crate::tickets::booking::Booking;
use crate::tickets::event::{Event, Zone};
use crate::time::Timestamp;
use crate::world::Of;
use facts::{Refunds, fingerprint, place_of, place_of_fingerprint};

use range::Range;
use rows::{Finding, Rows};
use sale::Sale;

pub use report::{DETAILS_MAX, LookedAt, Report};

/// Keys that are remembered at a time: about 250 MiB of them.
pub const AUDIT_KEYS_MAX: usize = 1 << 21;

/// Gathers rows and compares them.
#[derive(Debug)]
pub struct Audit {
    report: Report,
    looked_at: LookedAt,
    /// Every pass sees every row; the first counts them.
    is_first: bool,
    keys_max: usize,
    range: Range,
    rows: Rows,
}

impl Default for Audit {
    fn default() -> Self {
        Self::with_room(AUDIT_KEYS_MAX)
    }
}

impl Audit {
    /// An audit that remembers so many keys at a time; the less, the more passes it needs.
    #[must_use]
    pub fn with_room(keys_max: usize) -> Self {
        let (report, looked_at, rows) = Default::default();
        Self { report, looked_at, is_first: true, keys_max, range: Range::ALL, rows }
    }

    /// An event.
    pub fn event(&mut self, event: &Event) {
        LookedAt::count(&mut self.looked_at.events, self.is_first);
        self.rows.events.insert(event.id, event.account);
    }

    /// A zone.
    pub fn zone(&mut self, zone: &Zone) {
        self.rows.zones.insert(zone.id, zone.event);
    }

    /// A pool with its capacity, held and sold units: raw, for a broken one is no [`Pool`](crate::pool::Pool).
    /// After the owners.
    pub fn pool(&mut self, id: Of<PoolId>, [capacity, held, sold]: [u32; 3]) {
        let place = place_of(&id);
        if self.range.has(place) {
            let tally = self.rows.pools.entry(id).or_default();
            tally.capacity = u64::from(capacity);
            tally.held = u64::from(held);
            tally.sold = u64::from(sold);
            let (account, id) = id;
            if self.rows.account_of(id.owner()) != Some(account) {
                self.found(place, |it| &mut it.orphaned, format!("{id:?} has no owner"));
            }
            self.make_room();
        }
    }

    /// An allowance.
    pub fn allowance(&mut self, id: Of<AllowanceId>, allowance: Allowance) {
        if self.range.has(place_of(&id)) {
            self.rows.allowances.entry(id).or_default().stored = u64::from(allowance.taken);
            self.make_room();
        }
    }

    /// A booking; after the events and zones.
    pub fn booking(&mut self, booking: &Booking) {
        LookedAt::count(&mut self.looked_at.bookings, self.is_first);
        self.claimant(booking);
        let sale = Sale::from(booking);
        self.sale(&sale);
        let place = place_of(&sale.resource);
        if self.range.has(place)
            && (self.rows.zones.get(&booking.zone) != Some(&booking.event)
                || self.rows.events.get(&booking.event) != Some(&booking.account))
        {
            let detail = format!("{} has no event or zone", booking.id);
            self.found(place, |it| &mut it.orphaned, detail);
        }
    }

    /// What a claimant takes.
    pub(crate) fn claimant(&mut self, claimant: &impl Claimant) {
        let (account, stage) = (claimant.account(), claimant.stage());
        if !stage.is_live() {
            return;
        }
        for claim in claimant.claims() {
            let id = (account, claim.pool);
            if self.range.has(place_of(&id)) {
                let tally = self.rows.pools.entry(id).or_default();
                let units = match stage {
                    Stage::Sold => &mut tally.claimed_sold,
                    Stage::Held | Stage::Ended => &mut tally.claimed_held,
                };
                *units = units.saturating_add(u64::from(claim.units));
                self.make_room();
            }
        }
        let Some(counted) = claimant.allowance() else { return };
        let id = (account, counted.allowance);
        if self.range.has(place_of(&id)) {
            let taken = &mut self.rows.allowances.entry(id).or_default().counted;
            *taken = taken.saturating_add(u64::from(counted.units));
            self.make_room();
        }
    }

    /// A deadline; after what was sold.
    pub fn deadline(&mut self, deadline: &Deadline) {
        let id = deadline.resource;
        let place = place_of(&id);
        if !self.range.has(place) {
            return;
        }
        let seen = self.rows.sold.get_mut(&id);
        let held = seen.filter(|seen| seen.account == deadline.account);
        match held.filter(|seen| seen.held_until == Some(deadline.due_at)) {
            Some(seen) => seen.has_deadline = true,
            None => {
                let detail = format!("{id} has a deadline, and is not held until then");
                self.found(place, |it| &mut it.leaked, detail);
            }
        }
    }

    /// An idempotency record; after what was sold.
    pub fn record(&mut self, record: &Record) {
        let key = &record.key.key;
        let sold = record.sold().filter(|_| record.is_success());
        if let Some(sold) = sold
            && self.range.has(place_of(&sold))
        {
            let seen = self.rows.sold.get(&sold);
            if seen.is_none_or(|seen| seen.account != record.key.account) {
                let detail = format!("key {key:?} answers with {sold}, which is not there");
                self.found(place_of(&sold), |it| &mut it.orphaned, detail);
            }
        }
        let fingerprint = fingerprint(&record.key);
        let place = place_of_fingerprint(fingerprint);
        if !self.range.has(place) {
            return;
        }
        let seen = self.rows.keys.entry(fingerprint).or_default();
        let others = seen.made.iter().filter(|made| made.created_at >= record.first_seen_at);
        let mut wrong: Vec<_> = others
            .filter_map(|made| Some((made.resource, sold.filter(|it| *it != made.resource)?)))
            .map(|(made, sold)| format!("{made} and {sold} were made by one key"))
            .collect();
        if core::mem::replace(&mut seen.has_record, true) {
            wrong.push(format!("the key {key:?} has two records"));
        }
        for detail in wrong {
            self.found(place, |it| &mut it.duplicated, detail);
        }
        self.make_room();
    }

    /// A payment; after what was sold.
    pub fn payment(&mut self, payment: &Payment) {
        if self.range.has(place_of(&payment.id)) {
            self.rows.payments.entry(payment.id).or_default().payment = Some(facts::Payment {
                resource: payment.resource,
                status: payment.status,
                amount: payment.amount,
                refunds: Refunds { counted: payment.refunded, pending: payment.refund_pending },
                adds_up: payment.adds_up(),
            });
            self.make_room();
        }
    }

    /// A refund; after the payments.
    pub fn refund(&mut self, refund: &Refund) {
        let place = place_of(&refund.payment);
        if !self.range.has(place) {
            return;
        }
        match self.rows.payments.get_mut(&refund.payment) {
            Some(paid) if paid.payment.is_some() => {
                let Refunds { counted, pending } = &mut paid.refunds;
                if refund.status.counts() {
                    *counted = counted.saturating_add(refund.amount.minor);
                }
                if refund.status == RefundStatus::Pending {
                    *pending = pending.saturating_add(refund.amount.minor);
                }
            }
            Some(_) | None => {
                let detail = format!("refund {} has no payment {}", refund.id, refund.payment);
                self.found(place, |it| &mut it.orphaned, detail);
            }
        }
    }

    /// An entry of the activity feed; after what was sold.
    pub fn activity(&mut self, account: AccountId, position: u64, resource: &str, seq: u32) {
        self.rows.feeds.entry(account).or_default().emitted.see(position);
        let sold = resource.parse().ok();
        if let Some(seen) = sold.and_then(|id: Resource| self.rows.sold.get_mut(&id)) {
            seen.emitted.see(u64::from(seq));
        }
    }

    /// How much of a feed was cleaned away.
    pub fn low_water_mark(&mut self, account: AccountId, low_water_mark: LowWaterMark) {
        self.rows.feeds.entry(account).or_default().low_water_mark = low_water_mark;
    }

    /// The head of a feed.
    pub fn feed(&mut self, account: AccountId, feed: Feed) {
        self.rows.feeds.entry(account).or_default().head = feed.position;
    }

    fn found(&mut self, place: u64, count: fn(&mut Report) -> &mut u64, detail: String) {
        self.rows.findings.push(Finding { place, count, detail });
        self.make_room();
    }

    /// Takes a quarter off the range, until what is left has room.
    fn make_room(&mut self) {
        while self.rows.count() > self.keys_max
            && let Some(range) = self.range.shrunk()
        {
            self.range = range;
            self.rows.shrink(range);
        }
    }

    /// Every row was shown: compares them. Whether every row has to be shown once more, for a part of the
    /// store that there was no room for.
    ///
    /// `now` is an instant after the last commit; `overdue_before` the instant before which every hold
    /// must have ended; `None` while nothing serves the store and nobody could have ended them.
    #[must_use]
    pub fn pass(
        &mut self,
        now: Timestamp,
        retention: Retention,
        overdue_before: Option<Timestamp>,
    ) -> bool {
        self.is_first = false;
        let mut rows = core::mem::take(&mut self.rows);
        let count = rows.count();
        for Finding { place: _, count, detail } in core::mem::take(&mut rows.findings) {
            self.report.add(count, detail);
        }
        rows.check(&mut self.report, |since| since.plus_millis(retention.answer_ms) > now);
        rows.check_deadlines(&mut self.report, overdue_before);
        if self.range.first == 0 {
            rows.check_feeds(&mut self.report);
        }
        let next = self.range.next(count, self.keys_max);
        self.range = next.unwrap_or(self.range);
        next.is_some()
    }

    /// The last [`pass`](Self::pass), and what all of them found.
    ///
    /// # Panics
    /// When another pass is needed.
    #[must_use]
    pub fn finish(
        mut self,
        now: Timestamp,
        retention: Retention,
        overdue_before: Option<Timestamp>,
    ) -> Report {
        let is_over = !self.pass(now, retention, overdue_before);
        assert!(is_over, "a part of the store was not looked at");
        self.report
    }

    /// What was looked at.
    #[must_use]
    pub const fn looked_at(&self) -> LookedAt {
        self.looked_at
    }

    /// What the passes have found.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.report
    }
}
