//! Writing the seats of zones.

use domain::World;
use domain::pool::SeatNo;
use rows::tickets::catalogue::SeatLabel;

use crate::errors::Error;
use crate::generated;
use crate::write::{Checked, Put, Writes, inserts};

pub(super) fn write(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let layouts = inserts(world.layouts.writes(), "seats")?;
    let seats = layouts.iter().flat_map(|Put { key: (account, zone), value: layout }| {
        let numbered = (1_u32..).zip(layout.labels());
        numbered.map(move |(number, label)| {
            ((*account, *zone, SeatNo(number)), SeatLabel(label.clone()))
        })
    });
    let seats: Vec<_> = seats.collect();
    let seats: Vec<_> = seats.iter().map(|(key, value)| Put { key, value }).collect();
    writes.rows(Checked::broken(&generated::of::<SeatLabel>().insert), &seats)
}
