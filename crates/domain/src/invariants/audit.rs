//! What must hold of a whole store. Rows are fed in any order; [`Audit::finish`] compares them.

use std::collections::BTreeMap;

use crate::activity::{Cleaned, Feed};
use crate::allowance::{Allowance, AllowanceId};
use crate::booking::{Booking, Status};
use crate::event::{Event, Zone};
use crate::id::{AccountId, BookingId, EventId, PaymentId, ZoneId};
use crate::payment::{Payment, Refund};
use crate::pool::PoolId;
use crate::record::{IntentKey, Record};
use crate::retention::Retention;
use crate::time::Timestamp;
use crate::world::Of;

/// Violations told in words at most; all are counted.
pub const DETAILS_MAX: usize = 100;

/// What does not hold, counted by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Pools of which more is taken than there is.
    pub oversold: u64,
    /// Bookings beyond the one that a key may make.
    pub duplicated: u64,
    /// Counters that are not the sum of what they count, and holds that should have ended.
    pub leaked: u64,
    /// Money that does not add up.
    pub unbalanced: u64,
    /// Rows that name others which are not there, and activity that is missing.
    pub orphaned: u64,
    /// The first [`DETAILS_MAX`] of them, in words.
    pub details: Vec<String>,
}

impl Report {
    /// Whether everything holds.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(
            self,
            Self { oversold: 0, duplicated: 0, leaked: 0, unbalanced: 0, orphaned: 0, details: _ }
        )
    }

    fn add(&mut self, count: fn(&mut Self) -> &mut u64, detail: String) {
        let count = count(self);
        *count = count.saturating_add(1);
        if self.details.len() < DETAILS_MAX {
            self.details.push(detail);
        }
    }
}

/// The counters of a pool: as stored, and as its live bookings claim them.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    capacity: u64,
    held: u64,
    sold: u64,
    claimed_held: u64,
    claimed_sold: u64,
}

/// What has to be remembered of a booking.
#[derive(Clone, Debug)]
struct Seen {
    account: AccountId,
    key: Option<IntentKey>,
    status: Status,
    zone: ZoneId,
    event: EventId,
    payment: Option<PaymentId>,
    total: i64,
    created_at: Timestamp,
    changed_at: Timestamp,
    ended_at: Option<Timestamp>,
    expires_at: Timestamp,
    seq: u32,
}

/// Entries of one thing, or of one feed.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    count: u64,
    first: u64,
    last: u64,
}

impl Told {
    fn see(&mut self, number: u64) {
        self.first = if self.count == 0 { number } else { self.first.min(number) };
        self.last = self.last.max(number);
        self.count = self.count.saturating_add(1);
    }

    /// Whether these are all the entries after `gone`, up to `last`.
    fn is_whole(self, gone: u64, last: u64) -> bool {
        let ends = self.count == 0 || (self.first, self.last) == (gone.saturating_add(1), last);
        ends && gone.checked_add(self.count) == Some(last)
    }
}

/// An account's feed.
#[derive(Clone, Copy, Debug, Default)]
struct FeedSeen {
    told: Told,
    head: u64,
    cleaned: Cleaned,
}

/// Gathers rows and compares them.
#[derive(Debug, Default)]
pub struct Audit {
    report: Report,
    pools: BTreeMap<Of<PoolId>, Tally>,
    allowances: BTreeMap<Of<AllowanceId>, (u64, u64)>,
    events: BTreeMap<EventId, AccountId>,
    zones: BTreeMap<ZoneId, EventId>,
    bookings: BTreeMap<BookingId, Seen>,
    records: BTreeMap<IntentKey, (Option<BookingId>, Timestamp)>,
    payments: BTreeMap<PaymentId, (Payment, i64)>,
    told: BTreeMap<String, Told>,
    feeds: BTreeMap<AccountId, FeedSeen>,
}

impl Audit {
    /// An event.
    pub fn event(&mut self, event: &Event) {
        self.events.insert(event.id, event.account);
    }

    /// A zone.
    pub fn zone(&mut self, zone: &Zone) {
        self.zones.insert(zone.id, zone.event);
    }

    /// A pool with its capacity, held and sold units: raw, for a broken one is no [`Pool`](crate::pool::Pool).
    pub fn pool(&mut self, id: Of<PoolId>, [capacity, held, sold]: [u32; 3]) {
        let tally = self.pools.entry(id).or_default();
        tally.capacity = u64::from(capacity);
        tally.held = u64::from(held);
        tally.sold = u64::from(sold);
    }

    /// An allowance.
    pub fn allowance(&mut self, id: Of<AllowanceId>, allowance: Allowance) {
        self.allowances.entry(id).or_default().0 = u64::from(allowance.taken);
    }

    /// A booking.
    pub fn booking(&mut self, booking: &Booking) {
        for claim in booking.claims().filter(|_| booking.status.is_live()) {
            let tally = self.pools.entry((booking.account, claim.pool)).or_default();
            let units = match booking.status {
                Status::Confirmed => &mut tally.claimed_sold,
                Status::Reserved | Status::Released | Status::Expired | Status::Cancelled => {
                    &mut tally.claimed_held
                }
            };
            *units = units.saturating_add(u64::from(claim.units));
        }
        if booking.status.is_live() {
            let key = (booking.account, booking.allowance());
            let counted = &mut self.allowances.entry(key).or_default().1;
            *counted = counted.saturating_add(u64::from(booking.quantity));
        }
        let seen = Seen {
            account: booking.account,
            key: booking.intent.clone(),
            status: booking.status,
            zone: booking.zone,
            event: booking.event,
            payment: booking.payment,
            total: booking.total.minor,
            created_at: booking.created_at,
            changed_at: booking
                .created_at
                .max(booking.confirmed_at.unwrap_or_default())
                .max(booking.ended_at.unwrap_or_default()),
            ended_at: booking.ended_at,
            expires_at: booking.expires_at,
            seq: booking.seq,
        };
        self.bookings.insert(booking.id, seen);
    }

    /// An idempotency record.
    pub fn record(&mut self, record: &Record) {
        let booking = record.booking().filter(|_| record.is_success());
        let seen = self.records.insert(record.key.clone(), (booking, record.first_seen_at));
        if seen.is_some() {
            let detail = format!("the key {:?} has two records", record.key.key);
            self.report.add(|report| &mut report.duplicated, detail);
        }
    }

    /// A payment.
    pub fn payment(&mut self, payment: &Payment) {
        self.payments.insert(payment.id, (payment.clone(), 0));
    }

    /// A refund; after its payment.
    pub fn refund(&mut self, refund: &Refund) {
        match self.payments.get_mut(&refund.payment) {
            Some((_, refunded)) => *refunded = refunded.saturating_add(refund.amount.minor),
            None => self.report.add(
                |report| &mut report.orphaned,
                format!("refund {} has no payment {}", refund.id, refund.payment),
            ),
        }
    }

    /// An entry of the activity feed.
    pub fn activity(&mut self, account: AccountId, position: u64, (resource, seq): (&str, u32)) {
        self.feeds.entry(account).or_default().told.see(position);
        self.told.entry(resource.to_owned()).or_default().see(u64::from(seq));
    }

    /// How much of a feed was cleaned away.
    pub fn cleaned(&mut self, account: AccountId, cleaned: Cleaned) {
        self.feeds.entry(account).or_default().cleaned = cleaned;
    }

    /// The head of a feed.
    pub fn feed(&mut self, account: AccountId, feed: Feed) {
        self.feeds.entry(account).or_default().head = feed.position;
    }

    /// Compares everything. `overdue_before` is the instant before which every hold must have
    /// ended; `None` while nothing serves the store and nobody could have ended them.
    #[must_use]
    pub fn finish(
        mut self,
        now: Timestamp,
        retention: Retention,
        overdue_before: Option<Timestamp>,
    ) -> Report {
        let mut report = core::mem::take(&mut self.report);
        self.check_pools(&mut report);
        self.check_allowances(&mut report);
        self.check_bookings(&mut report, (now, retention, overdue_before));
        self.check_records(&mut report);
        self.check_payments(&mut report);
        self.check_feeds(&mut report);
        report
    }

    fn check_pools(&self, report: &mut Report) {
        for ((_, id), tally) in &self.pools {
            let taken = tally.held.saturating_add(tally.sold);
            let claimed = tally.claimed_held.saturating_add(tally.claimed_sold);
            if taken.max(claimed) > tally.capacity {
                let capacity = tally.capacity;
                let detail = format!("{id:?}: {taken} taken and {claimed} claimed of {capacity}");
                report.add(|report| &mut report.oversold, detail);
            }
            if (tally.held, tally.sold) != (tally.claimed_held, tally.claimed_sold) {
                let detail = format!("{id:?}: counters and live bookings differ: {tally:?}");
                report.add(|report| &mut report.leaked, detail);
            }
        }
    }

    fn check_allowances(&self, report: &mut Report) {
        for ((_, id), (stored, counted)) in &self.allowances {
            if stored != counted {
                let detail = format!("{id:?}: {stored} stored, {counted} live");
                report.add(|report| &mut report.leaked, detail);
            }
        }
    }

    fn check_bookings(
        &self,
        report: &mut Report,
        (now, retention, overdue_before): (Timestamp, Retention, Option<Timestamp>),
    ) {
        for (id, seen) in &self.bookings {
            if self.zones.get(&seen.zone) != Some(&seen.event)
                || self.events.get(&seen.event) != Some(&seen.account)
            {
                report.add(|report| &mut report.orphaned, format!("{id} has no event or zone"));
            }
            if seen.status == Status::Reserved
                && overdue_before.is_some_and(|before| seen.expires_at < before)
            {
                report.add(|report| &mut report.leaked, format!("{id} is held past its deadline"));
            }
            self.check_told(report, (id, seen));
            let kept = seen.ended_at.is_none_or(|at| at.plus_millis(retention.answer_ms) > now)
                && seen.created_at.plus_millis(retention.answer_ms) > now;
            let Some(key) = seen.key.as_ref() else { continue };
            match self.records.get(key) {
                None if kept => {
                    report.add(|report| &mut report.orphaned, format!("{id} has no record"));
                }
                Some((Some(booking), since)) if booking != id && seen.created_at >= *since => {
                    let detail = format!("{id} and {booking} were made by one key");
                    report.add(|report| &mut report.duplicated, detail);
                }
                Some(_) | None => {}
            }
        }
    }

    /// Every change of a booking is told. Of one that is older than what was cleaned away, the first
    /// entries may be gone; all of them only if it did not change since.
    fn check_told(&self, report: &mut Report, (id, seen): (&BookingId, &Seen)) {
        let told = self.told.get(&id.to_string()).copied().unwrap_or_default();
        let last = u64::from(seen.seq);
        let gone = last.saturating_sub(told.count);
        let cleaned = self.feeds.get(&seen.account).copied().unwrap_or_default().cleaned;
        let may_lack = cleaned.position > 0
            && seen.created_at <= cleaned.at
            && (told.count > 0 || seen.changed_at <= cleaned.at);
        if (gone > 0 && !may_lack) || !told.is_whole(gone, last) {
            let detail = format!("{id} changed {last} times, told {}", told.count);
            report.add(|report| &mut report.orphaned, detail);
        }
    }

    fn check_records(&self, report: &mut Report) {
        for (key, (booking, _)) in &self.records {
            let Some(booking) = booking else { continue };
            match self.bookings.get(booking) {
                Some(seen) if seen.account == key.account => {}
                Some(_) | None => {
                    let detail =
                        format!("key {:?} answers with {booking}, which is not there", key.key);
                    report.add(|report| &mut report.orphaned, detail);
                }
            }
        }
    }

    fn check_payments(&self, report: &mut Report) {
        for (id, (payment, refunded)) in &self.payments {
            if *refunded != payment.refunded || !(0..=payment.amount.minor).contains(refunded) {
                let detail = format!("{id}: {refunded} refunded of {:?}", payment.amount);
                report.add(|report| &mut report.unbalanced, detail);
            }
            let paid = self.bookings.get(&payment.booking);
            if paid.and_then(|seen| seen.payment) != Some(*id) {
                report.add(|report| &mut report.orphaned, format!("{id} pays for nothing"));
            }
        }
        for (id, seen) in &self.bookings {
            let sold = matches!(seen.status, Status::Confirmed | Status::Cancelled);
            let paid = seen.payment.and_then(|payment| self.payments.get(&payment));
            let paid = paid.map_or(0, |(payment, _)| payment.amount.minor);
            if sold && paid != seen.total {
                let detail = format!("{id} costs {} and was paid {paid}", seen.total);
                report.add(|report| &mut report.unbalanced, detail);
            }
        }
    }

    fn check_feeds(&self, report: &mut Report) {
        for (account, FeedSeen { told, head, cleaned }) in &self.feeds {
            if !told.is_whole(cleaned.position, *head) {
                let Told { count, first, last } = told;
                let gone = cleaned.position;
                let detail = format!(
                    "{account}: {count} entries from {first} to {last}, {gone} cleaned away, head {head}"
                );
                report.add(|report| &mut report.orphaned, detail);
            }
        }
    }
}
