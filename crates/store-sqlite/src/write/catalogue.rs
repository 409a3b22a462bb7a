//! Events, zones, seats, and what there is of them.

use domain::World;
use domain::id::{AccountId, ZoneId};
use domain::pool::{Pool, PoolId};
use domain::tickets::event::{Event, Layout, Zone};
use domain::world::Of;
use rusqlite::named_params;

use crate::errors::Error;
use crate::session::Session;
use crate::statements::{
    EVENT_INSERT, EVENT_UPDATE, POOL_INSERT, POOL_TAKE, POOL_UPDATE, SEAT_INSERT, ZONE_INSERT,
    ZONE_UPDATE,
};
use crate::write::{Puts, insert, put};
use rows::tickets::json;

pub(super) fn write(session: &Session, world: &World) -> Result<(), Error> {
    let mut events = Puts::new(session, (&EVENT_INSERT, &EVENT_UPDATE));
    for write in world.events.writes() {
        let (_, event, is_new) = put(write, "events")?;
        write_event(&mut events, event, is_new)?;
    }
    let mut zones = Puts::new(session, (&ZONE_INSERT, &ZONE_UPDATE));
    for write in world.zones.writes() {
        let ((account, _), zone, is_new) = put(write, "zones")?;
        write_zone(&mut zones, (*account, zone), is_new)?;
    }
    for write in world.layouts.writes() {
        let (zone, layout) = insert(write, "seats")?;
        write_seats(session, *zone, layout)?;
    }
    let mut of_zones = Puts::new(session, (&POOL_INSERT, &POOL_UPDATE));
    // A seat that was never taken has no row, and whoever took it need not have looked.
    let mut of_seats = Puts::new(session, (&POOL_TAKE, &POOL_UPDATE));
    for write in world.pools.writes() {
        let (id, pool, is_new) = put(write, "pools")?;
        let pools = match id.1 {
            PoolId::Zone(_) => &mut of_zones,
            PoolId::Seat(..) => &mut of_seats,
        };
        write_pool(pools, (*id, *pool), is_new)?;
    }
    Ok(())
}

fn write_event(events: &mut Puts<'_>, event: &Event, is_new: bool) -> Result<(), Error> {
    let millis = |at: domain::Timestamp| at.as_millis();
    let params = named_params! {
        ":account": event.account.to_string(),
        ":id": event.id.to_string(),
        ":name": event.name,
        ":starts_at": event.starts_at.as_millis(),
        ":currency": event.currency.code(),
        ":max_per_user": event.max_per_user,
        ":hold_seconds": event.hold_seconds,
        ":sales_open_at": event.sales_open_at.map(millis),
        ":sales_close_at": event.sales_close_at.map(millis),
        ":cancellation_policy": json::policy_text(&event.policy),
        ":created_at": event.created_at.as_millis(),
        ":seq": event.seq,
    };
    events.row(is_new, params)
}

fn write_zone(
    zones: &mut Puts<'_>,
    (account, zone): (AccountId, &Zone),
    is_new: bool,
) -> Result<(), Error> {
    let params = named_params! {
        ":account": account.to_string(),
        ":id": zone.id.to_string(),
        ":event": zone.event.to_string(),
        ":position": zone.position,
        ":name": zone.name,
        ":price": zone.price.minor,
        ":currency": zone.price.currency.code(),
        ":numbered": zone.numbered,
        ":seq": zone.seq,
    };
    zones.row(is_new, params)
}

fn write_seats(
    session: &Session,
    (account, zone): Of<ZoneId>,
    layout: &Layout,
) -> Result<(), Error> {
    let (account, zone) = (account.to_string(), zone.to_string());
    let mut insert = session.prepared(&SEAT_INSERT);
    for (number, label) in (1_u32..).zip(layout.labels()) {
        let params = named_params! {
            ":account": account, ":zone": zone, ":number": number, ":label": label,
        };
        insert.execute_one(params)?;
    }
    Ok(())
}

fn write_pool(
    pools: &mut Puts<'_>,
    ((account, id), pool): (Of<PoolId>, Pool),
    is_new: bool,
) -> Result<(), Error> {
    let params = named_params! {
        ":account": account.to_string(),
        ":zone": id.zone().to_string(),
        ":part": id.part(),
        ":capacity": pool.capacity(),
        ":held": pool.held(),
        ":sold": pool.sold(),
    };
    pools.row(is_new, params)
}
