//! Tickets: events, zones, seats and bookings (chapter 4 of the contract).

pub(crate) mod availability;
pub(crate) mod bookings;
mod events;
pub(crate) mod openapi;
mod operations;
mod parse;
pub(crate) mod prose;
pub(crate) mod reject;
mod timeline;
pub(crate) mod views;

pub(crate) use operations::{OPERATIONS, RESERVE, RESERVE_RULE};
pub(crate) use parse::token as parse_token;

use serde::Deserialize;

/// A zone and its event, as a path names them.
#[derive(Deserialize)]
pub(crate) struct ZonePath {
    id: String,
    zone_id: String,
}

/// A user of an event, as a path names them.
#[derive(Deserialize)]
pub(crate) struct UserPath {
    id: String,
    user_id: String,
}
