//! Events, zones, seats, and what there is of them.

use domain::id::ZoneId;
use domain::pool::{Pool, PoolId};
use domain::tickets::event::{Event, Zone};
use domain::world::Of;
use domain::{Timestamp, World};

use crate::errors::Error;
use crate::session::Param;
use crate::statements::{
    EVENT_INSERT, EVENT_UPDATE, POOL_INSERT, POOL_TAKE, POOL_UPDATE, SEAT_INSERT, ZONE_INSERT,
    ZONE_UPDATE,
};
use crate::write::{Otherwise, Put, Writes, columns, inserts, puts};
use rows::tickets::json;

pub(super) fn write(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = puts(world.events.writes(), "events")?;
    for (statement, rows) in [(&EVENT_INSERT, rows.inserts), (&EVENT_UPDATE, rows.updates)] {
        writes.each((statement, Otherwise::Broken), &rows, |it| it.value.account, events);
    }
    let rows = puts(world.zones.writes(), "zones")?;
    for (statement, rows) in [(&ZONE_INSERT, rows.inserts), (&ZONE_UPDATE, rows.updates)] {
        writes.each((statement, Otherwise::Broken), &rows, |it| it.key.0, zones);
    }
    write_seats(writes, world)?;
    write_pools(writes, world)
}

fn events<K>(rows: &[&Put<'_, K, Event>]) -> Vec<Param> {
    columns!(rows, it =>
        it.value.id.to_string(),
        it.value.name.clone(),
        it.value.starts_at.as_millis(),
        it.value.currency.code().to_owned(),
        i64::from(it.value.max_per_user),
        i64::from(it.value.hold_seconds),
        it.value.sales_open_at.map(Timestamp::as_millis),
        it.value.sales_close_at.map(Timestamp::as_millis),
        json::policy_text(&it.value.policy),
        it.value.created_at.as_millis(),
        i64::from(it.value.seq),
    )
}

fn zones(rows: &[&Put<'_, Of<ZoneId>, Zone>]) -> Vec<Param> {
    columns!(rows, it =>
        it.value.id.to_string(),
        it.value.event.to_string(),
        i64::from(it.value.position),
        it.value.name.clone(),
        it.value.price.minor,
        it.value.price.currency.code().to_owned(),
        it.value.numbered,
        i64::from(it.value.seq),
    )
}

/// A numbered seat of a zone.
struct NewSeat<'a> {
    zone: &'a Of<ZoneId>,
    number: i64,
    label: &'a str,
}

fn write_seats(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let layouts = inserts(world.layouts.writes(), "seats")?;
    let seats = layouts.iter().flat_map(|layout| {
        let numbered = (1_i64..).zip(layout.value.labels());
        numbered.map(|(number, label)| NewSeat { zone: layout.key, number, label })
    });
    let seats: Vec<_> = seats.collect();
    let columns = |seats: &[&NewSeat<'_>]| columns!(seats, it => it.zone.1.to_string(), it.number, it.label.to_owned());
    writes.each((&SEAT_INSERT, Otherwise::Broken), &seats, |it| it.zone.0, columns);
    Ok(())
}

/// A seat that was never taken has no row, and whoever took it need not have looked.
fn write_pools(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = puts(world.pools.writes(), "pools")?;
    let (zones, seats): (Vec<_>, Vec<_>) =
        rows.inserts.into_iter().partition(|it| matches!(it.key.1, PoolId::Zone(_)));
    for (statement, otherwise, rows) in [
        (&POOL_INSERT, Otherwise::Broken, zones),
        (&POOL_TAKE, Otherwise::Conflict, seats),
        (&POOL_UPDATE, Otherwise::Broken, rows.updates),
    ] {
        writes.each((statement, otherwise), &rows, |it| it.key.0, pools);
    }
    Ok(())
}

fn pools(rows: &[&Put<'_, Of<PoolId>, Pool>]) -> Vec<Param> {
    columns!(rows, it =>
        it.key.1.zone().to_string(),
        i64::from(it.key.1.part()),
        i64::from(it.value.capacity()),
        i64::from(it.value.held()),
        i64::from(it.value.sold()),
    )
}
