//! Events, zones, seats.

use domain::Currency;
use domain::event::{Event, Layout, Zone, ZoneStock};
use domain::pool::{Pool, SeatNo};
use engine::reads::SeatView;

use crate::errors::Error;
use crate::prepared::Row;
use crate::rows::{account, get, instant, json, money, optional_instant, parse, stock, word};

pub(crate) fn event(row: &Row<'_>) -> Result<Event, Error> {
    Ok(Event {
        id: parse(row, "id")?,
        account: account(row)?,
        name: get(row, "name")?,
        starts_at: instant(row, "starts_at")?,
        currency: word(row, "currency", Currency::new)?,
        max_per_user: get(row, "max_per_user")?,
        hold_seconds: get(row, "hold_seconds")?,
        sales_open_at: optional_instant(row, "sales_open_at")?,
        sales_close_at: optional_instant(row, "sales_close_at")?,
        policy: word(row, "cancellation_policy", json::policy)?,
        created_at: instant(row, "created_at")?,
        seq: get(row, "seq")?,
    })
}

pub(crate) fn zone(row: &Row<'_>) -> Result<Zone, Error> {
    Ok(Zone {
        id: parse(row, "id")?,
        event: parse(row, "event_id")?,
        position: get(row, "position")?,
        name: get(row, "name")?,
        price: money(row, "price")?,
        numbered: get(row, "numbered")?,
        seq: get(row, "seq")?,
    })
}

pub(crate) fn zone_stock(row: &Row<'_>) -> Result<ZoneStock, Error> {
    Ok(ZoneStock { zone: zone(row)?, pool: stock::pool(row)? })
}

/// The seats of a zone as one; `None` when it has none.
pub(crate) fn layout(seats: Vec<(u32, String)>) -> Result<Option<Layout>, Error> {
    if seats.is_empty() {
        return Ok(None);
    }
    if !seats.iter().zip(1..).all(|((number, _), place)| *number == place) {
        return Err(Error::Broken("the seats of a zone have gaps".to_owned()));
    }
    let layout = Layout::new(seats.into_iter().map(|(_, label)| label).collect());
    let twice = || Error::Broken("two seats of a zone have one label".to_owned());
    layout.ok_or_else(twice).map(Some)
}

pub(crate) fn seat(row: &Row<'_>) -> Result<(u32, String), Error> {
    Ok((get(row, "number")?, get(row, "label")?))
}

pub(crate) fn seat_view(row: &Row<'_>) -> Result<SeatView, Error> {
    let was_taken = get::<Option<u32>>(row, "capacity")?.is_some();
    // A seat that was never taken has no pool yet.
    let pool = if was_taken { stock::pool(row)? } else { Pool::new(1) };
    Ok(SeatView { number: SeatNo(get(row, "number")?), label: get(row, "label")?, pool })
}
