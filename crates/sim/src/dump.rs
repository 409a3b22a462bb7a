//! Everything that can be read of a store as text, to compare two stores row by row.

use std::fmt::Write;

use domain::claimant::Claimant as _;
use domain::id::AccountId;
use domain::pool::SeatNo;
use domain::record::IntentKey;
use engine::StoreError;
use engine::reads::{ActivityFilter, Page, Reads};
use engine::tickets::BookingFilter;

/// More rows than any dumped world has.
const ALL: usize = 1_000_000;

/// All rows of these accounts, and the records of these keys, in one order.
///
/// # Errors
/// [`StoreError`].
pub fn dump<'a>(
    reads: &dyn Reads,
    accounts: &[AccountId],
    keys: impl Iterator<Item = &'a IntentKey>,
) -> Result<String, StoreError> {
    let mut text = Text::default();
    text.line(&reads.last_instant()?);
    for account in accounts {
        text.line(&reads.feed_head(*account)?);
        text.line(&reads.low_water_mark(*account)?);
        for view in reads.events(*account, Page { after: None, limit: ALL })? {
            text.line(&view);
            for zone in &view.zones {
                let page: Page<SeatNo> = Page { after: None, limit: ALL };
                text.line(&reads.seats(*account, zone.zone.id, page)?);
            }
        }
        let page = Page { after: None, limit: ALL };
        for view in reads.bookings(*account, BookingFilter::default(), page)? {
            if let Some(counted) = view.booking.allowance() {
                text.line(&reads.allowance(*account, counted.allowance)?);
            }
            text.line(&view);
        }
        for emitted in reads.activity(*account, &ActivityFilter::default(), ALL)? {
            text.line(&(emitted.activity.position, emitted.activity.id, emitted.activity.kind));
            text.line(&(emitted.activity.actor, emitted.activity.at, emitted.activity.request_id));
            text.line(&(emitted.before, emitted.after, emitted.data));
        }
    }
    for key in keys {
        text.line(&reads.record(key)?);
    }
    Ok(text.0)
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, row: &dyn std::fmt::Debug) {
        writeln!(self.0, "{row:?}").expect("writing to a string");
    }
}
