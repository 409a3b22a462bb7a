//! Requests about bookings, and the tokens of those who book for themselves.

use std::collections::BTreeSet;

use domain::id::BookingId;
use domain::intent::{Command, NewPayment, is_text};
use domain::limits::{
    PAYMENT_REFERENCE_CHARS_MAX, QUANTITY, QUANTITY_MAX, REASON_CHARS_MAX, SEAT_LABEL_CHARS_MAX,
    TOKEN_SECONDS, TOKEN_SECONDS_DEFAULT, USER_ID_CHARS_MAX,
};
use domain::payment::Method;
use domain::tickets::intent::{Cancellation, Confirmation, NewBooking, Wanted};
use wire::Code;

use super::{decimal, id, name, optional, text, within};
use crate::call::Call;
use crate::refusal::{Checks, Invalid};
use crate::secrets::Secrets;

pub(in super::super) fn reserve(
    call: &Call,
    secrets: &Secrets,
    body: wire::ReserveRequest,
) -> Result<Command, Invalid> {
    let mut checks = Checks::default();
    let event = checks.of(id(&body.event_id, "event_id"));
    let zone = checks.of(id(&body.zone_id, "zone_id"));
    let best = body.best_available.unwrap_or(false);
    let wanted = checks.of(wanted(body.quantity, body.seats, best));
    let user_id = checks.of(user_id(call, body.user_id));
    let expected = optional(body.expected_amount.as_deref(), "expected_amount", decimal);
    let (Some(event), Some(zone), Some(wanted), Some(user_id), Some(expected_amount)) =
        (event, zone, wanted, user_id, checks.of(expected))
    else {
        return Err(checks.invalid());
    };
    Ok(Command::Reserve(NewBooking {
        event,
        zone,
        wanted,
        user: secrets.user(call.caller.account, user_id),
        expected_amount,
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
    let mut checks = Checks::default();
    let mut seen = BTreeSet::new();
    for (index, seat) in seats.iter().enumerate() {
        // They name seats that are there: those that an earlier release let in can still be sold.
        let field = format!("seats[{index}]");
        if !is_text(seat, SEAT_LABEL_CHARS_MAX) {
            let message = format!("must have 1 to {SEAT_LABEL_CHARS_MAX} characters");
            checks.of::<()>(Err(Invalid::field(&field, &message)));
        } else if !seen.insert(seat) {
            checks.of::<()>(Err(Invalid::field(&field, "must differ from the others")));
        }
    }
    checks.end()?;
    Ok(seats)
}

pub(in super::super) fn confirm(
    booking: BookingId,
    body: wire::ConfirmRequest,
) -> Result<Command, Invalid> {
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

pub(in super::super) fn cancel(
    booking: BookingId,
    body: wire::CancelRequest,
) -> Result<Command, Invalid> {
    let reason = body.reason.map(|reason| text(reason, "reason", REASON_CHARS_MAX)).transpose()?;
    Ok(Command::Cancel(Cancellation { booking, reason, refund: body.refund.unwrap_or(true) }))
}

pub(crate) fn token(
    call: &Call,
    secrets: &Secrets,
    body: wire::CreateCustomerTokenRequest,
) -> Result<Command, Invalid> {
    let mut checks = Checks::default();
    let user_id = checks.of(name(body.user_id, "user_id", USER_ID_CHARS_MAX));
    let seconds = checks.of(body
        .expires_in
        .map_or(Ok(TOKEN_SECONDS_DEFAULT), |seconds| within(seconds, "expires_in", TOKEN_SECONDS)));
    let (Some(user_id), Some(seconds)) = (user_id, seconds) else {
        return Err(checks.invalid());
    };
    let user = secrets.user(call.caller.account, user_id);
    Ok(Command::MintToken { user, seconds })
}
