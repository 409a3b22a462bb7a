//! Events, zones, seats.

use domain::Currency;
use domain::pool::{Pool, SeatNo};
use domain::tickets::event::{Event, Layout, Zone, ZoneStock};
use engine::reads::SeatView;

use super::json;
use crate::{Corrupt, Source, account, get, instant, money, optional_instant, parse, stock, word};

/// An event.
///
/// # Errors
/// Where the row is none.
pub fn event<S: Source>(row: &S) -> Result<Event, S::Error> {
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

/// A zone.
///
/// # Errors
/// Where the row is none.
pub fn zone<S: Source>(row: &S) -> Result<Zone, S::Error> {
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

/// A zone, and how much of it is left.
///
/// # Errors
/// Where the row is none.
pub fn zone_stock<S: Source>(row: &S) -> Result<ZoneStock, S::Error> {
    Ok(ZoneStock { zone: zone(row)?, pool: stock::pool(row)? })
}

/// The seats of a zone as one; `None` when it has none.
pub fn layout(seats: Vec<(u32, String)>) -> Result<Option<Layout>, Corrupt> {
    if seats.is_empty() {
        return Ok(None);
    }
    if !seats.iter().zip(1..).all(|((number, _), place)| *number == place) {
        return Err(Corrupt::Broken("the seats of a zone have gaps".to_owned()));
    }
    let layout = Layout::new(seats.into_iter().map(|(_, label)| label).collect());
    let twice = || Corrupt::Broken("two seats of a zone have one label".to_owned());
    layout.ok_or_else(twice).map(Some)
}

/// The number and the label of a seat.
///
/// # Errors
/// Where the row is none.
pub fn seat<S: Source>(row: &S) -> Result<(u32, String), S::Error> {
    Ok((get(row, "number")?, get(row, "label")?))
}

/// A seat, and whether it is held or sold.
///
/// # Errors
/// Where the row is none.
pub fn seat_view<S: Source>(row: &S) -> Result<SeatView, S::Error> {
    let was_taken = get::<Option<u32>, _>(row, "capacity")?.is_some();
    // A seat that was never taken has no pool yet.
    let pool = if was_taken { stock::pool(row)? } else { Pool::new(1) };
    Ok(SeatView { number: SeatNo(get(row, "number")?), label: get(row, "label")?, pool })
}
