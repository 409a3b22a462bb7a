//! Events, zones, seats.

use domain::id::{AccountId, EventId, ZoneId};
use domain::policy::CancellationPolicy;
use domain::pool::{Pool, SeatNo};
use domain::tickets::event::{Event, Layout, Zone, ZoneStock};
use domain::world::Of;
use domain::{Currency, Money, Timestamp};
use engine::tickets::SeatView;

use super::json;
use crate::stock::pool;
use crate::stored::stored;
use crate::{Corrupt, Source, get};

stored! {
    cold events: Of<EventId> => Event;
    key |key| {
        account_id: AccountId = key.0,
        id: EventId = key.1,
    } made (account_id, id);
    row |event| {
        name: String = event.name,
        starts_at: Timestamp = event.starts_at,
        // All prices are in this currency.
        #[fixed] currency: Currency = event.currency,
        max_per_user: u32 = event.max_per_user,
        hold_seconds: u32 = event.hold_seconds,
        sales_open_at: Option<Timestamp> = event.sales_open_at,
        sales_close_at: Option<Timestamp> = event.sales_close_at,
        cancellation_policy: CancellationPolicy = json::policy_text(&event.policy),
        #[fixed] created_at: Timestamp = event.created_at,
        seq: u32 = event.seq,
    } made |_, key| Event {
        id: key.1,
        account: key.0,
        name,
        starts_at,
        currency,
        max_per_user,
        hold_seconds,
        sales_open_at,
        sales_close_at,
        policy: cancellation_policy,
        created_at,
        seq,
    };

    cold zones: Of<ZoneId> => Zone;
    key |key| {
        account_id: AccountId = key.0,
        id: ZoneId = key.1,
    } made (account_id, id);
    row |zone| {
        #[fixed] event_id: EventId = zone.event,
        #[fixed] position: u32 = zone.position,
        name: String = zone.name,
        price: i64 = zone.price.minor,
        #[fixed] currency: Currency = zone.price.currency,
        // Whether its units are seats.
        #[fixed] numbered: bool = zone.numbered,
        seq: u32 = zone.seq,
    } made |_, key| Zone {
        id: key.1,
        event: event_id,
        position,
        name,
        price: Money::new(price, currency),
        numbered,
        seq,
    };

    cold seats: (AccountId, ZoneId, SeatNo) => SeatLabel;
    key |key| {
        account_id: AccountId = key.0,
        zone_id: ZoneId = key.1,
        number: u32 = key.2.0,
    } made (account_id, zone_id, SeatNo(number));
    row |seat| {
        #[fixed] label: String = seat.0,
    } made |_, _| SeatLabel(label);
}

/// What a seat is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatLabel(pub String);

/// A zone, and how much of it is left.
///
/// # Errors
/// Where the row is none.
pub fn zone_stock<S: Source>(row: &S) -> Result<ZoneStock, S::Error> {
    Ok(ZoneStock { zone: crate::row(row)?, pool: pool(row)? })
}

/// The seats of a zone as one; `None` when it has none.
pub fn layout(seats: Vec<(SeatNo, SeatLabel)>) -> Result<Option<Layout>, Corrupt> {
    if seats.is_empty() {
        return Ok(None);
    }
    if !seats.iter().zip(1..).all(|((number, _), place)| number.0 == place) {
        return Err(Corrupt::Broken("the seats of a zone have gaps".to_owned()));
    }
    let layout = Layout::new(seats.into_iter().map(|(_, SeatLabel(label))| label).collect());
    let twice = || Corrupt::Broken("two seats of a zone have one label".to_owned());
    layout.ok_or_else(twice).map(Some)
}

/// The number of a seat, and what it is called.
///
/// # Errors
/// Where the row is none.
pub fn seat<S: Source>(row: &S) -> Result<(SeatNo, SeatLabel), S::Error> {
    Ok((SeatNo(get(row, "number")?), SeatLabel(get(row, "label")?)))
}

/// A seat, and whether it is held or sold.
///
/// # Errors
/// Where the row is none.
pub fn seat_view<S: Source>(row: &S) -> Result<SeatView, S::Error> {
    let was_taken = get::<Option<u32>, _>(row, "capacity")?.is_some();
    // A seat that was never taken has no pool yet.
    let pool = if was_taken { pool(row)? } else { Pool::new(1) };
    Ok(SeatView { number: SeatNo(get(row, "number")?), label: get(row, "label")?, pool })
}
