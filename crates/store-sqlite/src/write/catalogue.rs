//! Seats, and what there is of zones and seats.

use domain::World;
use domain::pool::{PoolId, SeatNo};
use rows::tickets::catalogue::SeatLabel;

use crate::errors::Error;
use crate::generated;
use crate::session::Session;
use crate::statements::{POOL_INSERT, POOL_TAKE, POOL_UPDATE};
use crate::write::{Puts, insert, put};

pub(super) fn write(session: &Session, world: &World) -> Result<(), Error> {
    let mut seats = session.prepared(&generated::of::<SeatLabel>().insert);
    for write in world.layouts.writes() {
        let ((account, zone), layout) = insert(write, "seats")?;
        for (number, label) in (1_u32..).zip(layout.labels()) {
            let key = (*account, *zone, SeatNo(number));
            seats.execute_row((&key, &SeatLabel(label.clone())), &[])?;
        }
    }
    let mut of_zones = Puts::new(session, (&POOL_INSERT, &POOL_UPDATE));
    // A seat that was never taken has no row, and whoever took it need not have looked.
    let mut of_seats = Puts::new(session, (&POOL_TAKE, &POOL_UPDATE));
    for write in world.pools.writes() {
        let (key, pool, is_new) = put(write, "pools")?;
        let pools = match key.1 {
            PoolId::Zone(_) => &mut of_zones,
            PoolId::Seat(..) => &mut of_seats,
        };
        pools.row(is_new, (key, pool), &[])?;
    }
    Ok(())
}
