//! Events, zones, seats, and what there is of them.

use domain::World;
use domain::event::{Event, Layout, Zone};
use domain::id::{AccountId, ZoneId};
use domain::pool::{Pool, PoolId};
use domain::world::Of;
use rusqlite::named_params;

use crate::errors::Error;
use crate::rows::json;
use crate::session::Session;
use crate::statements::{
    EVENT_INSERT, EVENT_UPDATE, POOL_INSERT, POOL_TAKE, POOL_UPDATE, SEAT_INSERT, ZONE_INSERT,
    ZONE_UPDATE,
};
use crate::write::{Put, insert, put};

const EVENT: Put = Put { insert: &EVENT_INSERT, update: &EVENT_UPDATE };
const ZONE: Put = Put { insert: &ZONE_INSERT, update: &ZONE_UPDATE };
const ZONE_POOL: Put = Put { insert: &POOL_INSERT, update: &POOL_UPDATE };
/// A seat that was never taken has no row, and whoever took it need not have looked.
const SEAT_POOL: Put = Put { insert: &POOL_TAKE, update: &POOL_UPDATE };

pub(super) fn write(session: &Session, world: &World) -> Result<(), Error> {
    for write in world.events.writes() {
        let (_, event, is_new) = put(write, "events")?;
        write_event(session, event, is_new)?;
    }
    for write in world.zones.writes() {
        let ((account, _), zone, is_new) = put(write, "zones")?;
        write_zone(session, (*account, zone), is_new)?;
    }
    for write in world.layouts.writes() {
        let (zone, layout) = insert(write, "seats")?;
        write_seats(session, *zone, layout)?;
    }
    for write in world.pools.writes() {
        let (id, pool, is_new) = put(write, "pools")?;
        write_pool(session, (*id, *pool), is_new)?;
    }
    Ok(())
}

fn write_event(session: &Session, event: &Event, is_new: bool) -> Result<(), Error> {
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
    EVENT.row(session, is_new, params)
}

fn write_zone(
    session: &Session,
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
    ZONE.row(session, is_new, params)
}

fn write_seats(
    session: &Session,
    (account, zone): Of<ZoneId>,
    layout: &Layout,
) -> Result<(), Error> {
    let (account, zone) = (account.to_string(), zone.to_string());
    let mut insert = session.prepared(&SEAT_INSERT)?;
    for (number, label) in (1_u32..).zip(layout.labels()) {
        let params = named_params! {
            ":account": account, ":zone": zone, ":number": number, ":label": label,
        };
        insert.execute_one(params)?;
    }
    Ok(())
}

fn write_pool(
    session: &Session,
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
    let table = match id {
        PoolId::Zone(_) => ZONE_POOL,
        PoolId::Seat(..) => SEAT_POOL,
    };
    table.row(session, is_new, params)
}
