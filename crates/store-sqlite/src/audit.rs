//! Feeding the whole store to the audit, which says whether it contradicts itself.

use domain::deadline::Stands;
use domain::invariants::Audit;
use domain::payment::Refund;
use domain::tickets::event::{Event, Zone};
use rows::audit::{Audited, Progress};
use rusqlite::named_params;

use crate::errors::Error;
use crate::generated;
use crate::session::Session;
use crate::statements::{
    ACTIVITY_ALL, ALLOWANCE_ALL, BOOKING_ALL, CLEANED_ALL, FEED_ALL, PAYMENT_ALL, POOL_ALL,
    RECORD_ALL, Statement,
};

/// Shows `audit` every row; `progress` hears how many rows it has seen so far.
pub(crate) fn feed(
    session: &Session,
    audit: &mut Audit,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    let mut progress = Progress::new(progress);
    for table in Audited::ALL {
        session.each(statement(table), named_params! {}, |row| {
            table.show(row, audit)?;
            progress.saw_row();
            Ok(())
        })?;
    }
    progress.end();
    Ok(())
}

fn statement(table: Audited) -> &'static Statement {
    match table {
        Audited::Events => &generated::of::<Event>().all,
        Audited::Zones => &generated::of::<Zone>().all,
        Audited::Pools => &POOL_ALL,
        Audited::Allowances => &ALLOWANCE_ALL,
        Audited::Bookings => &BOOKING_ALL,
        Audited::Deadlines => &generated::of::<Stands>().all,
        Audited::Records => &RECORD_ALL,
        Audited::Payments => &PAYMENT_ALL,
        Audited::Refunds => &generated::of::<Refund>().all,
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
