//! Writing the seats of zones.

use domain::World;
use domain::pool::SeatNo;
use rows::tickets::catalogue::SeatLabel;

use crate::errors::Error;
use crate::generated;
use crate::session::Session;
use crate::write::{Put, insert};

pub(super) fn write(session: &Session, world: &World) -> Result<(), Error> {
    let mut seats = session.prepared(&generated::of::<SeatLabel>().insert);
    for write in world.layouts.writes() {
        let Put { key: (account, zone), row: layout, .. } = insert(write, "seats")?;
        for (number, label) in (1_u32..).zip(layout.labels()) {
            let key = (*account, *zone, SeatNo(number));
            seats.execute_row(&key, &SeatLabel(label.clone()), &[])?;
        }
    }
    Ok(())
}
