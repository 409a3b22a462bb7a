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

use domain::id::IdError;
use serde::Deserialize;
use std::str::FromStr;
use wire::Code;

use crate::refusal::{Invalid, Refusal};

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

/// An id in a path. One that cannot be an id names nothing.
fn path_id<Id: FromStr<Err = IdError>>(text: &str) -> Result<Id, Invalid> {
    text.parse().map_err(|_: IdError| Invalid::not_found())
}

/// The thing that the path names is not there, or not the caller's to see.
fn not_found(what: &str) -> Refusal {
    Refusal::new(Code::NotFound, format!("There is no {what} in this account."))
}
