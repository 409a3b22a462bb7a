//! Showing rows to the audit, which says whether a store contradicts itself.

use domain::activity::Feed;
use domain::allowance::Allowance;
use domain::deadline::Stands;
use domain::invariants::Audit;
use domain::payment::{Payment, Refund};
use domain::pool::Pool;
use domain::record::Record;
use domain::tickets::booking::Booking;
use domain::tickets::event::{Event, Zone};
use domain::words;

use crate::{Source, Stored as _, activity, keyed, row, stock};

words! {
    /// What the audit sees of a store, in the order in which it has to see it: refunds come after the
    /// payments that they belong to. The words are the names of the statements.
    pub enum Audited {
        /// Events.
        Events = "event_all",
        /// Zones.
        Zones = "zone_all",
        /// Pools.
        Pools = "pool_all",
        /// What users have taken of events.
        Allowances = "allowance_all",
        /// Bookings.
        Bookings = "booking_all",
        /// Deadlines.
        Deadlines = "deadline_all",
        /// Records of keys.
        Records = "record_all",
        /// Payments.
        Payments = "payment_all",
        /// Refunds.
        Refunds = "refund_all",
        /// Where entries of feeds stand.
        Activity = "activity_all",
        /// Heads of feeds.
        Feeds = "feed_all",
        /// The low-water marks of feeds, which are store metadata.
        LowWaterMark = "cleaned_all",
    }
}

impl Audited {
    /// Shows a row of it.
    ///
    /// # Errors
    /// Where the row is none of it.
    pub fn show<S: Source>(self, source: &S, audit: &mut Audit) -> Result<(), S::Error> {
        match self {
            Self::Events => audit.event(&row::<Event, _>(source)?),
            Self::Zones => audit.zone(&row::<Zone, _>(source)?),
            // Counters that contradict each other are what the audit is there to see.
            Self::Pools => audit.pool(Pool::key(source)?, stock::counters(source)?),
            Self::Allowances => {
                let (id, allowance) = keyed::<Allowance, _>(source)?;
                audit.allowance(id, allowance);
            }
            Self::Bookings => audit.booking(&row::<Booking, _>(source)?),
            Self::Deadlines => audit.deadline(&Stands::key(source)?),
            Self::Records => audit.record(&row::<Record, _>(source)?),
            Self::Payments => audit.payment(&row::<Payment, _>(source)?),
            Self::Refunds => audit.refund(&row::<Refund, _>(source)?),
            Self::Activity => {
                let at = activity::place(source)?;
                audit.activity(at.account, at.position, &at.resource, at.resource_seq);
            }
            Self::Feeds => {
                let (account, feed) = keyed::<Feed, _>(source)?;
                audit.feed(account, feed);
            }
            Self::LowWaterMark => {
                if let Some((account, low_water_mark)) = activity::low_water_mark_of(source)? {
                    audit.low_water_mark(account, low_water_mark);
                }
            }
        }
        Ok(())
    }
}

/// Counts the rows that the audit has seen, and tells of it from time to time.
pub struct Progress<'a> {
    seen: u64,
    tell: &'a mut dyn FnMut(u64),
}

/// Rows between two words of progress.
const PROGRESS_ROWS: u64 = 1_024;

impl<'a> Progress<'a> {
    /// No row was seen yet; `tell` hears how many were.
    pub fn new(tell: &'a mut dyn FnMut(u64)) -> Self {
        Self { seen: 0, tell }
    }

    /// A row was seen.
    pub fn saw_row(&mut self) {
        self.seen = self.seen.saturating_add(1);
        if self.seen.is_multiple_of(PROGRESS_ROWS) {
            (self.tell)(self.seen);
        }
    }

    /// All were seen.
    pub fn end(self) {
        (self.tell)(self.seen);
    }
}

impl std::fmt::Debug for Progress<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Progress").field("seen", &self.seen).finish_non_exhaustive()
    }
}
