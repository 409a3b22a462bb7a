//! Seats, and what there is of whoever owns pools.

use domain::World;
use domain::pool::SeatNo;
use rows::tickets::catalogue::SeatLabel;

use crate::errors::Error;
use crate::generated;
use crate::statements::{POOL_INSERT, POOL_TAKE, POOL_UPDATE};
use crate::write::{Otherwise, Put, Writes, check_named, inserts, puts};

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
    writes.rows((&generated::of::<SeatLabel>().insert, Otherwise::Broken), &seats)?;
    write_pools(writes, world)
}

/// A seat that was never taken has no row, and whoever took it need not have looked.
fn write_pools(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = puts(world.pools.writes(), "pools")?;
    rows.inserts.iter().try_for_each(|Put { key: (account, id), .. }| {
        check_named(id.owner().is_there(*account, world), format_args!("{id:?}"))
    })?;
    let (wholes, parts): (Vec<_>, Vec<_>) =
        rows.inserts.into_iter().partition(|it| it.key.1.is_whole());
    writes.rows((&POOL_INSERT, Otherwise::Broken), &wholes)?;
    writes.rows((&POOL_TAKE, Otherwise::Conflict), &parts)?;
    writes.rows((&POOL_UPDATE, Otherwise::Broken), &rows.updates)
}
