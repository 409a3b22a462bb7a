//! Requests about events and zones.

use domain::id::{EventId, ZoneId};
use domain::intent::Command;
use domain::limits::{
    CAPACITY, HOLD_SECONDS, MAX_PER_USER, NAME_CHARS_MAX, POLICY_DAYS, POLICY_STEPS_MAX,
    REFUND_PERCENT, SEAT_LABEL_CHARS_MAX, SEATS_MAX, ZONES, ZONES_MAX,
};
use domain::money::Currency;
use domain::policy::{Term, Terms};
use domain::tickets::event::Event;
use domain::tickets::intent::{EventPatch, NewEvent, NewZone, SeatsError, ZonePatch};
use domain::time::DAY_MS;

use super::{decimal, instant, optional, patched_instant, text, within};
use crate::refusal::{Checks, Invalid};
use crate::text::{check_name, currency_digits, parse_amount};

pub(in super::super) fn create_event(body: wire::CreateEventRequest) -> Result<Command, Invalid> {
    let mut checks = Checks::default();
    let name = checks.of(text(body.name, "name", NAME_CHARS_MAX));
    let starts_at = checks.of(instant(&body.starts_at, "starts_at"));
    let currency = checks.of(currency(&body.currency));
    let max_per_user = checks.of(max_per_user(body.max_per_user));
    let hold_seconds = checks.of(hold_seconds(body.hold_seconds));
    let sales_open_at = optional(body.sales_open_at.as_deref(), "sales_open_at", instant);
    let sales_open_at = checks.of(sales_open_at);
    let sales_close_at = optional(body.sales_close_at.as_deref(), "sales_close_at", instant);
    let sales_close_at = checks.of(sales_close_at);
    if let (Some(Some(open)), Some(Some(close))) = (sales_open_at, sales_close_at)
        && close <= open
    {
        let message = "must be after `sales_open_at`";
        checks.of::<()>(Err(Invalid::field("sales_close_at", message)));
    }
    let terms = checks.of(terms(body.cancellation_policy.unwrap_or_default()));
    let zones = checks.of(create_zones(body.zones, currency));
    let (
        Some(name),
        Some(starts_at),
        Some(currency),
        Some(max_per_user),
        Some(hold_seconds),
        Some(sales_open_at),
        Some(sales_close_at),
        Some(terms),
        Some(zones),
    ) = (
        name,
        starts_at,
        currency,
        max_per_user,
        hold_seconds,
        sales_open_at,
        sales_close_at,
        terms,
        zones,
    )
    else {
        return Err(checks.invalid());
    };
    checks.end()?;
    Ok(Command::CreateEvent(NewEvent {
        name,
        starts_at,
        currency,
        max_per_user: max_per_user.unwrap_or(Event::MAX_PER_USER_DEFAULT),
        hold_seconds: hold_seconds.unwrap_or(Event::HOLD_SECONDS_DEFAULT),
        sales_open_at,
        sales_close_at,
        terms,
        zones,
    }))
}

fn currency(code: &str) -> Result<Currency, Invalid> {
    let known = currency_digits(code).ok().and_then(|_digits| Currency::new(code));
    known.ok_or_else(|| Invalid::field("currency", "must be a current ISO 4217 code, such as USD"))
}

fn max_per_user(value: Option<i64>) -> Result<Option<u32>, Invalid> {
    value.map(|value| within(value, "max_per_user", MAX_PER_USER)).transpose()
}

fn hold_seconds(value: Option<i64>) -> Result<Option<u32>, Invalid> {
    value.map(|value| within(value, "hold_seconds", HOLD_SECONDS)).transpose()
}

/// Without a currency that is known, prices are not looked at.
fn create_zones(
    zones: Vec<wire::CreateZoneRequest>,
    currency: Option<Currency>,
) -> Result<Vec<NewZone>, Invalid> {
    let count = i64::try_from(zones.len()).unwrap_or(i64::MAX);
    ZONES.check(count).map_err(|_| {
        Invalid::field("zones", &format!("must have between 1 and {ZONES_MAX} zones"))
    })?;
    let mut checks = Checks::default();
    let zones: Vec<_> = zones
        .into_iter()
        .enumerate()
        .filter_map(|(index, zone)| checks.of(create_zone(zone, index, currency)))
        .collect();
    checks.end()?;
    Ok(zones)
}

fn create_zone(
    zone: wire::CreateZoneRequest,
    index: usize,
    currency: Option<Currency>,
) -> Result<NewZone, Invalid> {
    let field = |name: &str| format!("zones[{index}].{name}");
    let mut checks = Checks::default();
    let name = checks.of(text(zone.name, &field("name"), NAME_CHARS_MAX));
    let capacity = checks.of(within(zone.capacity, &field("capacity"), CAPACITY));
    let price = match currency {
        Some(currency) => checks.of(parse_amount(&zone.price, currency.code())
            .map_err(|error| Invalid::field(&field("price"), &error.to_string()))),
        None => Some(0),
    };
    let seats = checks.of(new_seats(zone.seats, &field("seats")));
    let (Some(name), Some(capacity), Some(price), Some(seats)) = (name, capacity, price, seats)
    else {
        return Err(checks.invalid());
    };
    let new = NewZone { name, capacity, price, seats };
    new.check_seats().map_err(|error| match error {
        SeatsError::TooMany => {
            Invalid::field(&field("seats"), &format!("must name at most {SEATS_MAX} seats"))
        }
        SeatsError::NotCapacity => {
            let message = format!("must be {}, the number of `seats`", new.seats.len());
            Invalid::field(&field("capacity"), &message)
        }
        SeatsError::Label(seat) => Invalid::field(
            &field(&format!("seats[{seat}]")),
            &format!("must have 1 to {SEAT_LABEL_CHARS_MAX} characters, none of them control"),
        ),
        SeatsError::Twice(seat) => {
            Invalid::field(&field(&format!("seats[{seat}]")), "must differ from the others")
        }
    })?;
    Ok(new)
}

/// The labels of a new zone's seats; none where it is general admission.
fn new_seats(seats: Option<Vec<String>>, field: &str) -> Result<Vec<String>, Invalid> {
    let Some(seats) = seats else { return Ok(Vec::new()) };
    if seats.is_empty() {
        return Err(Invalid::field(field, "must name at least one seat, or be left out"));
    }
    let mut checks = Checks::default();
    for (seat, label) in seats.iter().enumerate() {
        checks.of(check_name(label, SEAT_LABEL_CHARS_MAX)
            .map_err(|error| Invalid::field(&format!("{field}[{seat}]"), &error.to_string())));
    }
    checks.end()?;
    Ok(seats)
}

/// Days before the start, of 24 hours each: an event has no time zone.
fn terms(steps: Vec<wire::PolicyStep>) -> Result<Terms, Invalid> {
    if steps.len() > POLICY_STEPS_MAX {
        let message = format!("must have at most {POLICY_STEPS_MAX} steps");
        return Err(Invalid::field("cancellation_policy", &message));
    }
    let mut checks = Checks::default();
    let mut terms: Vec<Term> = Vec::with_capacity(steps.len());
    for (index, step) in steps.into_iter().enumerate() {
        let field = |name: &str| format!("cancellation_policy[{index}].{name}");
        let days_before = checks.of(within(step.days_before, &field("days_before"), POLICY_DAYS));
        let percent = within(step.refund_percent, &field("refund_percent"), REFUND_PERCENT);
        let refund_percent = checks.of(percent);
        let (Some(days_before), Some(refund_percent)) = (days_before, refund_percent) else {
            continue;
        };
        let before_start_ms = i64::from(days_before).saturating_mul(DAY_MS);
        if terms.iter().any(|earlier| earlier.before_start_ms == before_start_ms) {
            let twice = Invalid::field(&field("days_before"), "must differ from the others");
            checks.of::<()>(Err(twice));
        }
        terms.push(Term { before_start_ms, refund_percent });
    }
    checks.end()?;
    Ok(Terms(terms))
}

pub(in super::super) fn update_event(
    event: EventId,
    body: wire::UpdateEventRequest,
) -> Result<Command, Invalid> {
    let mut checks = Checks::default();
    let name = body.name.map(|name| text(name, "name", NAME_CHARS_MAX)).transpose();
    let patch = EventPatch {
        event,
        name: checks.of(name).flatten(),
        starts_at: checks.of(optional(body.starts_at.as_deref(), "starts_at", instant)).flatten(),
        max_per_user: checks.of(max_per_user(body.max_per_user)).flatten(),
        hold_seconds: checks.of(hold_seconds(body.hold_seconds)).flatten(),
        sales_open_at: checks.of(patched_instant(body.sales_open_at, "sales_open_at")).flatten(),
        sales_close_at: checks.of(patched_instant(body.sales_close_at, "sales_close_at")).flatten(),
        terms: checks.of(body.cancellation_policy.map(terms).transpose()).flatten(),
    };
    checks.end()?;
    Ok(Command::UpdateEvent(patch))
}

pub(in super::super) fn update_zone(
    event: EventId,
    zone: ZoneId,
    body: wire::UpdateZoneRequest,
) -> Result<Command, Invalid> {
    let mut checks = Checks::default();
    let name = body.name.map(|name| text(name, "name", NAME_CHARS_MAX)).transpose();
    let capacity = body.capacity.map(|value| within(value, "capacity", CAPACITY)).transpose();
    let patch = ZonePatch {
        event,
        zone,
        name: checks.of(name).flatten(),
        capacity: checks.of(capacity).flatten(),
        price: checks.of(optional(body.price.as_deref(), "price", decimal)).flatten(),
    };
    checks.end()?;
    Ok(Command::UpdateZone(patch))
}
