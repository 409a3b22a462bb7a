//! Feeding the whole store to the audit, which says whether it contradicts itself.

use domain::invariants::Audit;
use rows::audit::{Audited, Progress};

use crate::errors::Error;
use crate::session::Session;
use crate::statements::{
    ACTIVITY_ALL, ALLOWANCE_ALL, BOOKING_ALL, CLEANED_ALL, EVENT_ALL, FEED_ALL, PAYMENT_ALL,
    POOL_ALL, RECORD_ALL, REFUND_ALL, Statement, ZONE_ALL,
};

/// Shows `audit` every row; `progress` hears how many rows it has seen so far.
pub(crate) fn feed(
    session: &mut Session,
    audit: &mut Audit,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    let mut progress = Progress::new(progress);
    for table in Audited::ALL {
        session.each(statement(table), |row| {
            table.show(row, audit)?;
            progress.saw_row();
            Ok(())
        })?;
    }
    progress.end();
    Ok(())
}

const fn statement(table: Audited) -> &'static Statement {
    match table {
        Audited::Events => &EVENT_ALL,
        Audited::Zones => &ZONE_ALL,
        Audited::Pools => &POOL_ALL,
        Audited::Allowances => &ALLOWANCE_ALL,
        Audited::Bookings => &BOOKING_ALL,
        Audited::Records => &RECORD_ALL,
        Audited::Payments => &PAYMENT_ALL,
        Audited::Refunds => &REFUND_ALL,
        Audited::Activity => &ACTIVITY_ALL,
        Audited::Feeds => &FEED_ALL,
        Audited::Cleaned => &CLEANED_ALL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_is_shown_by_its_own_statement() {
        for table in Audited::ALL {
            assert_eq!(statement(table).name, table.as_str());
        }
    }
}
