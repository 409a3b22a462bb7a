//! Seats, and what there is of whoever owns pools.

use domain::World;
use domain::pool::SeatNo;
use rows::tickets::catalogue::SeatLabel;

use crate::errors::Error;
use crate::generated;
use crate::session::Session;
use crate::statements::{POOL_INSERT, POOL_TAKE, POOL_UPDATE};
use crate::write::{Puts, check_named, insert, put};

pub(super) fn write(session: &Session, world: &World) -> Result<(), Error> {
    let mut seats = session.prepared(&generated::of::<SeatLabel>().insert);
    for write in world.layouts.writes() {
        let ((account, zone), layout) = insert(write, "seats")?;
        for (number, label) in (1_u32..).zip(layout.labels()) {
            let key = (*account, *zone, SeatNo(number));
            seats.execute_row((&key, &SeatLabel(label.clone())), &[])?;
        }
    }
    let mut wholes = Puts::new(session, (&POOL_INSERT, &POOL_UPDATE));
    // A seat that was never taken has no row, and whoever took it need not have looked.
    let mut parts = Puts::new(session, (&POOL_TAKE, &POOL_UPDATE));
    for write in world.pools.writes() {
        let (key, pool, is_new) = put(write, "pools")?;
        let (account, id) = *key;
        check_named(!is_new || id.owner().is_there(account, world), &format_args!("{id:?}"))?;
        let pools = if id.is_whole() { &mut wholes } else { &mut parts };
        pools.row(is_new, (key, pool), &[])?;
    }
    Ok(())
}
