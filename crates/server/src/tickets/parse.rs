//! What the fields of requests mean: wire types become commands, or it is said which fields are wrong.

mod bookings;
mod events;

use domain::Timestamp;
use domain::limits::Bounds;
use domain::money::Decimal;
use wire::Patch;

pub(crate) use self::bookings::token;
pub(super) use self::bookings::{cancel, confirm, reserve};
pub(super) use self::events::{create_event, update_event, update_zone};
use crate::parse::text;
use crate::refusal::Invalid;
use crate::text::{check_name, parse_decimal, parse_instant};

fn optional<T>(
    text: Option<&str>,
    field: &str,
    parse: impl FnOnce(&str, &str) -> Result<T, Invalid>,
) -> Result<Option<T>, Invalid> {
    text.map(|text| parse(text, field)).transpose()
}

fn patched_instant(
    patch: Patch<String>,
    field: &str,
) -> Result<Option<Option<Timestamp>>, Invalid> {
    let change = patch.into_change();
    change.map(|text| optional(text.as_deref(), field, instant)).transpose()
}

fn instant(text: &str, field: &str) -> Result<Timestamp, Invalid> {
    let millis = parse_instant(text).map_err(|error| Invalid::field(field, &error.to_string()))?;
    Ok(Timestamp::from_millis(millis))
}

fn decimal(text: &str, field: &str) -> Result<Decimal, Invalid> {
    parse_decimal(text).map_err(|error| Invalid::field(field, &error.to_string()))
}

fn within(value: i64, field: &str, bounds: Bounds) -> Result<u32, Invalid> {
    bounds.check(value).map_err(|error| Invalid::field(field, &error.to_string()))
}

/// A text that is compared.
fn name(text: String, field: &str, chars_max: usize) -> Result<String, Invalid> {
    check_name(&text, chars_max).map_err(|error| Invalid::field(field, &error.to_string()))?;
    Ok(text)
}

fn id<Id: std::str::FromStr<Err = domain::id::IdError>>(
    text: &str,
    field: &str,
) -> Result<Id, Invalid> {
    text.parse().map_err(|error: domain::id::IdError| Invalid::field(field, &error.to_string()))
}
