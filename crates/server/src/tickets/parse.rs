//! What the fields of requests mean: wire types become commands, or it is said which field is wrong.

use domain::Timestamp;
use domain::id::{BookingId, EventId, ZoneId};
use domain::intent::{Command, NewPayment, is_text};
use domain::limits::{
    Bounds, CAPACITY, HOLD_SECONDS, MAX_PER_USER, NAME_CHARS_MAX, PAYMENT_REFERENCE_CHARS_MAX,
    POLICY_DAYS, POLICY_STEPS_MAX, QUANTITY, QUANTITY_MAX, REASON_CHARS_MAX, REFUND_PERCENT,
    SEAT_LABEL_CHARS_MAX, SEATS_MAX, USER_ID_CHARS_MAX, ZONES, ZONES_MAX,
};
use domain::money::{Currency, Decimal};
use domain::payment::Method;
use domain::policy::{Term, Terms};
use domain::tickets::event::Event;
use domain::tickets::intent::{
    Cancellation, Confirmation, EventPatch, NewBooking, NewEvent, NewZone, SeatsError, Wanted,
    ZonePatch,
};
use domain::time::DAY_MS;
use wire::{Code, Patch};

use crate::call::Call;
use crate::refusal::Invalid;
use crate::secrets::Secrets;
use crate::text::{check_name, currency_digits, parse_amount, parse_decimal, parse_instant};

pub(super) fn create_event(body: wire::CreateEventRequest) -> Result<Command, Invalid> {
    if currency_digits(&body.currency).is_err() {
        return Err(Invalid::field("currency", "must be a current ISO 4217 code, such as USD"));
    }
    let currency = Currency::new(&body.currency).ok_or_else(|| {
        Invalid::field("currency", "must be a current ISO 4217 code, such as USD")
    })?;
    let count = i64::try_from(body.zones.len()).unwrap_or(i64::MAX);
    ZONES.check(count).map_err(|_| {
        Invalid::field("zones", &format!("must have between 1 and {ZONES_MAX} zones"))
    })?;
    let sales_open_at = optional(body.sales_open_at.as_deref(), "sales_open_at", instant)?;
    let sales_close_at = optional(body.sales_close_at.as_deref(), "sales_close_at", instant)?;
    if let (Some(open), Some(close)) = (sales_open_at, sales_close_at)
        && close <= open
    {
        return Err(Invalid::field("sales_close_at", "must be after `sales_open_at`"));
    }
    let mut zones = Vec::with_capacity(body.zones.len());
    for (index, zone) in body.zones.into_iter().enumerate() {
        zones.push(create_zone(zone, index, &body.currency)?);
    }
    Ok(Command::CreateEvent(NewEvent {
        name: text(body.name, "name", NAME_CHARS_MAX)?,
        starts_at: instant(&body.starts_at, "starts_at")?,
        currency,
        max_per_user: body.max_per_user.map_or(Ok(Event::MAX_PER_USER_DEFAULT), |value| {
            within(value, "max_per_user", MAX_PER_USER)
        })?,
        hold_seconds: body.hold_seconds.map_or(Ok(Event::HOLD_SECONDS_DEFAULT), |value| {
            within(value, "hold_seconds", HOLD_SECONDS)
        })?,
        sales_open_at,
        sales_close_at,
        terms: terms(body.cancellation_policy.unwrap_or_default())?,
        zones,
    }))
}

fn create_zone(
    zone: wire::CreateZoneRequest,
    index: usize,
    currency: &str,
) -> Result<NewZone, Invalid> {
    let field = |name: &str| format!("zones[{index}].{name}");
    let price = parse_amount(&zone.price, currency)
        .map_err(|error| Invalid::field(&field("price"), &error.to_string()))?;
    if zone.seats.as_ref().is_some_and(Vec::is_empty) {
        return Err(Invalid::field(&field("seats"), "must name at least one seat, or be left out"));
    }
    let new = NewZone {
        name: text(zone.name, &field("name"), NAME_CHARS_MAX)?,
        capacity: within(zone.capacity, &field("capacity"), CAPACITY)?,
        price,
        seats: zone.seats.unwrap_or_default(),
    };
    for (seat, label) in new.seats.iter().enumerate() {
        let field = || field(&format!("seats[{seat}]"));
        check_name(label, SEAT_LABEL_CHARS_MAX)
            .map_err(|error| Invalid::field(&field(), &error.to_string()))?;
    }
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

/// Days before the start, of 24 hours each: an event has no time zone.
fn terms(steps: Vec<wire::PolicyStep>) -> Result<Terms, Invalid> {
    if steps.len() > POLICY_STEPS_MAX {
        let message = format!("must have at most {POLICY_STEPS_MAX} steps");
        return Err(Invalid::field("cancellation_policy", &message));
    }
    let mut terms: Vec<Term> = Vec::with_capacity(steps.len());
    for (index, step) in steps.into_iter().enumerate() {
        let field = |name: &str| format!("cancellation_policy[{index}].{name}");
        let days_before = within(step.days_before, &field("days_before"), POLICY_DAYS)?;
        let before_start_ms = i64::from(days_before).saturating_mul(DAY_MS);
        if terms.iter().any(|earlier| earlier.before_start_ms == before_start_ms) {
            return Err(Invalid::field(&field("days_before"), "must differ from the others"));
        }
        let refund_percent = within(step.refund_percent, &field("refund_percent"), REFUND_PERCENT)?;
        terms.push(Term { before_start_ms, refund_percent });
    }
    Ok(Terms(terms))
}

pub(super) fn update_event(
    event: EventId,
    body: wire::UpdateEventRequest,
) -> Result<Command, Invalid> {
    Ok(Command::UpdateEvent(EventPatch {
        event,
        name: body.name.map(|name| text(name, "name", NAME_CHARS_MAX)).transpose()?,
        starts_at: optional(body.starts_at.as_deref(), "starts_at", instant)?,
        max_per_user: body
            .max_per_user
            .map(|value| within(value, "max_per_user", MAX_PER_USER))
            .transpose()?,
        hold_seconds: body
            .hold_seconds
            .map(|value| within(value, "hold_seconds", HOLD_SECONDS))
            .transpose()?,
        sales_open_at: patched_instant(body.sales_open_at, "sales_open_at")?,
        sales_close_at: patched_instant(body.sales_close_at, "sales_close_at")?,
        terms: body.cancellation_policy.map(terms).transpose()?,
    }))
}

pub(super) fn update_zone(
    event: EventId,
    zone: ZoneId,
    body: wire::UpdateZoneRequest,
) -> Result<Command, Invalid> {
    Ok(Command::UpdateZone(ZonePatch {
        event,
        zone,
        name: body.name.map(|name| text(name, "name", NAME_CHARS_MAX)).transpose()?,
        capacity: body.capacity.map(|value| within(value, "capacity", CAPACITY)).transpose()?,
        price: optional(body.price.as_deref(), "price", decimal)?,
    }))
}

pub(super) fn reserve(
    call: &Call,
    secrets: &Secrets,
    body: wire::ReserveRequest,
) -> Result<Command, Invalid> {
    let user_id = user_id(call, body.user_id)?;
    Ok(Command::Reserve(NewBooking {
        event: id(&body.event_id, "event_id")?,
        zone: id(&body.zone_id, "zone_id")?,
        wanted: wanted(body.quantity, body.seats, body.best_available.unwrap_or(false))?,
        person: secrets.person(call.caller.account, &user_id),
        user_id,
        expected_amount: optional(body.expected_amount.as_deref(), "expected_amount", decimal)?,
    }))
}

/// Whom the booking is for: a customer books for themselves, whoever has a secret key says for whom.
fn user_id(call: &Call, given: Option<String>) -> Result<String, Invalid> {
    match (&call.caller.customer, given) {
        (None, Some(given)) => name(given, "user_id", USER_ID_CHARS_MAX),
        (None, None) => Err(Invalid::field("user_id", "is required with a secret key")),
        (Some(customer), Some(given)) if given != customer.user_id => {
            let message = "must be the token's own user, or be left out";
            Err(Invalid::coded(Code::Forbidden, "user_id", message))
        }
        (Some(customer), _) => Ok(customer.user_id.clone()),
    }
}

fn wanted(
    quantity: Option<i64>,
    seats: Option<Vec<String>>,
    best: bool,
) -> Result<Wanted, Invalid> {
    let in_bounds = |value: i64| {
        QUANTITY
            .check(value)
            .map_err(|error| Invalid::coded(Code::InvalidQuantity, "quantity", &error.to_string()))
    };
    match (quantity, seats) {
        (Some(_), Some(_)) => {
            Err(Invalid::field("quantity", "must be left out where `seats` are named"))
        }
        (None, None) => Err(Invalid::field("quantity", "is required, unless `seats` are named")),
        (Some(quantity), None) if best => Ok(Wanted::Best(in_bounds(quantity)?)),
        (Some(quantity), None) => Ok(Wanted::Units(in_bounds(quantity)?)),
        (None, Some(_)) if best => {
            Err(Invalid::field("best_available", "must be left out where `seats` are named"))
        }
        (None, Some(seats)) => named_seats(seats).map(Wanted::Seats),
    }
}

fn named_seats(seats: Vec<String>) -> Result<Vec<String>, Invalid> {
    if seats.is_empty() || seats.len() > QUANTITY_MAX as usize {
        let message = format!("must name between 1 and {QUANTITY_MAX} seats");
        return Err(Invalid::coded(Code::InvalidQuantity, "seats", &message));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (index, seat) in seats.iter().enumerate() {
        // They name seats that are there: those that an earlier release let in can still be sold.
        let field = format!("seats[{index}]");
        if !is_text(seat, SEAT_LABEL_CHARS_MAX) {
            let message = format!("must have 1 to {SEAT_LABEL_CHARS_MAX} characters");
            return Err(Invalid::field(&field, &message));
        }
        if !seen.insert(seat) {
            return Err(Invalid::field(&field, "must differ from the others"));
        }
    }
    Ok(seats)
}

pub(super) fn confirm(booking: BookingId, body: wire::ConfirmRequest) -> Result<Command, Invalid> {
    let payment = body.payment.map(payment).transpose()?;
    Ok(Command::Confirm(Confirmation { booking, payment }))
}

fn payment(payment: wire::PaymentRequest) -> Result<NewPayment, Invalid> {
    match payment.method {
        wire::PaymentMethod::Wallet => {
            Err(Invalid::field("payment.method", "must be `external`; there are no wallets yet"))
        }
        wire::PaymentMethod::External => {
            let missing = || Invalid::field("payment.reference", "is required for `external`");
            let reference = payment.reference.ok_or_else(missing)?;
            let reference = name(reference, "payment.reference", PAYMENT_REFERENCE_CHARS_MAX)?;
            Ok(NewPayment { method: Method::External, reference })
        }
    }
}

pub(super) fn cancel(booking: BookingId, body: wire::CancelRequest) -> Result<Command, Invalid> {
    let reason = body.reason.map(|reason| text(reason, "reason", REASON_CHARS_MAX)).transpose()?;
    Ok(Command::Cancel(Cancellation { booking, reason, refund: body.refund.unwrap_or(true) }))
}

pub(crate) fn token(body: wire::CreateCustomerTokenRequest) -> Result<Command, Invalid> {
    use domain::limits::{TOKEN_SECONDS, TOKEN_SECONDS_DEFAULT};
    let seconds = body.expires_in.map_or(Ok(TOKEN_SECONDS_DEFAULT), |seconds| {
        within(seconds, "expires_in", TOKEN_SECONDS)
    })?;
    let user_id = name(body.user_id, "user_id", USER_ID_CHARS_MAX)?;
    Ok(Command::MintToken { user_id, seconds })
}

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

/// A text for people.
fn text(text: String, field: &str, chars_max: usize) -> Result<String, Invalid> {
    if is_text(&text, chars_max) {
        return Ok(text);
    }
    let message = format!("must have 1 to {chars_max} characters, none of them control characters");
    Err(Invalid::field(field, &message))
}

fn id<Id: std::str::FromStr<Err = domain::id::IdError>>(
    text: &str,
    field: &str,
) -> Result<Id, Invalid> {
    text.parse().map_err(|error: domain::id::IdError| Invalid::field(field, &error.to_string()))
}
