//! Feeding the whole store to the audit, which says whether it contradicts itself.

use domain::invariants::Audit;
use rusqlite::named_params;

use crate::errors::Error;
use crate::prepared::Row;
use crate::rows::{self, activity, bookings, catalogue, records, stock};
use crate::session::Session;
use crate::statements::{
    ACTIVITY_ALL, ALLOWANCE_ALL, BOOKING_ALL, CLEANED_ALL, EVENT_ALL, FEED_ALL, PAYMENT_ALL,
    POOL_ALL, RECORD_ALL, REFUND_ALL, Statement, ZONE_ALL,
};

/// Rows between two words of progress.
const PROGRESS_ROWS: u64 = 1_024;

/// Shows `audit` every row; `progress` hears how many rows it has seen so far.
pub(crate) fn feed(
    session: &Session,
    audit: &mut Audit,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    // Refunds come after the payments that they belong to.
    let tables: [(&Statement, fn(&Row<'_>, &mut Audit) -> Result<(), Error>); 11] = [
        (&EVENT_ALL, |row, audit| {
            audit.event(&catalogue::event(row)?);
            Ok(())
        }),
        (&ZONE_ALL, |row, audit| {
            audit.zone(&catalogue::zone(row)?);
            Ok(())
        }),
        (&POOL_ALL, |row, audit| {
            audit.pool(stock::pool_id(row)?, stock::counters(row)?);
            Ok(())
        }),
        (&ALLOWANCE_ALL, |row, audit| {
            audit.allowance(stock::allowance_id(row)?, stock::allowance(row)?);
            Ok(())
        }),
        (&BOOKING_ALL, |row, audit| {
            audit.booking(&bookings::booking(row)?);
            Ok(())
        }),
        (&RECORD_ALL, |row, audit| {
            audit.record(&records::record(row)?);
            Ok(())
        }),
        (&PAYMENT_ALL, |row, audit| {
            audit.payment(&bookings::payment(row)?);
            Ok(())
        }),
        (&REFUND_ALL, |row, audit| {
            audit.refund(&bookings::refund(row)?);
            Ok(())
        }),
        (&ACTIVITY_ALL, |row, audit| {
            let place = activity::place(row)?;
            audit.activity(place.account, place.position, (&place.resource, place.resource_seq));
            Ok(())
        }),
        (&FEED_ALL, |row, audit| {
            audit.feed(rows::account(row)?, activity::feed(row)?);
            Ok(())
        }),
        (&CLEANED_ALL, |row, audit| {
            if let Some((account, cleaned)) = activity::cleaned_of(row)? {
                audit.cleaned(account, cleaned);
            }
            Ok(())
        }),
    ];
    let mut seen: u64 = 0;
    for (statement, show) in tables {
        session.each(statement, named_params! {}, |row| {
            show(row, audit)?;
            seen = seen.saturating_add(1);
            if seen.is_multiple_of(PROGRESS_ROWS) {
                progress(seen);
            }
            Ok(())
        })?;
    }
    progress(seen);
    Ok(())
}
