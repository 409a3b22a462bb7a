//! Examples of bookings, shown as real ones are.

use std::str::FromStr;

use domain::Timestamp;
use domain::id::{BookingId, IdError};
use domain::limits::HOLD_SECONDS_DEFAULT;
use domain::money::{Currency, Money};
use domain::payment::{Method, Payment, PaymentStatus};
use domain::tickets::booking::{Booking, Status};
use domain::tickets::reject::{BookingReject, Wanted};
use engine::tickets::BookingView;
use serde_json::json;
use wire::{
    CancelRequest, ConfirmRequest, List, PaymentMethod, PaymentRequest, ReserveRequest,
    TimelineEntry, TimelineKind,
};

use crate::openapi::examples::{
    BOOKING, BOXES, CANCELLED, CONFIRMED, EVENT, KEY, PAYMENT, REFERENCE, RELEASED, REQUEST_ID,
    RESERVED, USER, ZONE, reserved_at, text,
};
use crate::tickets::views;

const REASON: &str = "The buyer fell ill";

/// A number of tickets.
pub(crate) fn reserve() -> ReserveRequest {
    ReserveRequest {
        event_id: EVENT.to_owned(),
        zone_id: ZONE.to_owned(),
        quantity: Some(2),
        seats: None,
        user_id: text(USER),
        expected_amount: text("99.80"),
        best_available: None,
    }
}

/// Two seats by name.
pub(crate) fn reserve_seats() -> ReserveRequest {
    let seats = Some(vec!["A1".to_owned(), "A2".to_owned()]);
    let (quantity, expected_amount) = (None, None);
    ReserveRequest { zone_id: BOXES.to_owned(), quantity, seats, expected_amount, ..reserve() }
}

/// Two seats that the server picks.
pub(crate) fn reserve_best() -> ReserveRequest {
    let (best_available, expected_amount) = (Some(true), None);
    ReserveRequest { zone_id: BOXES.to_owned(), best_available, expected_amount, ..reserve() }
}

/// The hold, as the domain knows it.
fn hold() -> Booking {
    Booking {
        id: id(BOOKING),
        account: id("acc_01kh3v0h2efk9b6t4wq8m7x5ra"),
        event: id(EVENT),
        zone: id(ZONE),
        person: id("per_01kh3v0h2efk9b6t4wq8m7x5ra"),
        user_id: USER.to_owned(),
        quantity: 2,
        seats: Vec::new(),
        total: total(),
        status: Status::Reserved,
        expires_at: RESERVED.plus_seconds(HOLD_SECONDS_DEFAULT),
        created_at: RESERVED,
        confirmed_at: None,
        ended_at: None,
        confirmation_code: None,
        cancel_reason: None,
        payment: None,
        intent: None,
        seq: 1,
    }
}

/// A booking that was paid.
struct Sale {
    booking: Booking,
    payment: Payment,
}

/// What became of the hold.
fn sale() -> Sale {
    let payment = Payment {
        id: id(PAYMENT),
        resource: id::<BookingId>(BOOKING).into(),
        method: Method::External,
        reference: REFERENCE.to_owned(),
        status: PaymentStatus::Captured,
        amount: total(),
        refunded: 0,
        refund_pending: 0,
        created_at: CONFIRMED,
        seq: 1,
    };
    let booking = Booking {
        status: Status::Confirmed,
        confirmed_at: Some(CONFIRMED),
        confirmation_code: text("7GK2QD9XWM"),
        payment: Some(payment.id),
        ..hold()
    };
    Sale { booking, payment }
}

/// What became of the sale.
fn undone() -> Sale {
    let Sale { booking, payment } = sale();
    let booking = Booking {
        status: Status::Cancelled,
        ended_at: Some(CANCELLED),
        cancel_reason: text(REASON),
        ..booking
    };
    let refunded = payment.amount.minor;
    let status = PaymentStatus::RefundPending;
    let payment = Payment { status, refunded, refund_pending: refunded, ..payment };
    Sale { booking, payment }
}

fn given_back(status: Status, ended_at: Timestamp) -> Booking {
    Booking { status, ended_at: Some(ended_at), ..hold() }
}

/// The price of the two tickets.
pub(crate) fn total() -> Money {
    Money::new(9_980, Currency::new("USD").expect("dollars are a currency"))
}

fn id<Id: FromStr<Err = IdError>>(text: &str) -> Id {
    text.parse().expect("examples have ids of the right form")
}

pub(crate) fn reserved() -> wire::Booking {
    views::booking(&hold(), None)
}

pub(crate) fn confirm() -> ConfirmRequest {
    let (method, reference) = (PaymentMethod::External, text(REFERENCE));
    ConfirmRequest { payment: Some(PaymentRequest { method, reference }) }
}

pub(crate) fn confirmed() -> wire::Booking {
    let Sale { booking, payment } = sale();
    views::booking(&booking, Some(&payment))
}

pub(crate) fn released() -> wire::Booking {
    views::booking(&given_back(Status::Released, RELEASED), None)
}

pub(crate) fn expired() -> wire::Booking {
    views::booking(&given_back(Status::Expired, RELEASED), None)
}

pub(crate) fn cancel() -> CancelRequest {
    CancelRequest { reason: text(REASON), refund: Some(true) }
}

pub(crate) fn cancelled() -> wire::Booking {
    let Sale { booking, payment } = undone();
    views::booking(&booking, Some(&payment))
}

/// That something was wanted of a booking that is elsewhere.
pub(crate) fn refused(wanted: Wanted, status: Status) -> BookingReject {
    let unpaid = |booking| BookingView { booking, payment: None };
    let paid = |sale: Sale| BookingView { booking: sale.booking, payment: Some(sale.payment) };
    let BookingView { booking, payment } = match status {
        Status::Reserved => unpaid(hold()),
        Status::Released => unpaid(given_back(status, RELEASED)),
        Status::Expired => unpaid(given_back(status, hold().expires_at)),
        Status::Confirmed => paid(sale()),
        Status::Cancelled => paid(undone()),
    };
    BookingReject::Status { wanted, booking: Box::new(booking), payment: payment.map(Box::new) }
}

pub(crate) fn timeline() -> List<TimelineEntry> {
    let attempt = TimelineEntry {
        at: reserved_at(),
        kind: TimelineKind::Attempt,
        summary: "POST /api/v1/bookings/reserve sent twice with the same idempotency key"
            .to_owned(),
        request_id: None,
        actor: None,
        data: json!({
            "idempotency_key": KEY,
            "attempts": 2,
            "response_status": 201,
            "last_seen_at": "2026-02-15T09:00:08.911Z",
        }),
    };
    let decision = TimelineEntry {
        kind: TimelineKind::Decision,
        summary: "2 tickets reserved until 09:10:03 UTC".to_owned(),
        request_id: text(REQUEST_ID),
        actor: text("key_01kh3v0h2efk9b6t4wq8m7x5ra"),
        data: json!({
            "before": {},
            "after": {"status": "reserved"},
            "correlation_id": "cart-1041",
        }),
        ..attempt.clone()
    };
    List { data: vec![attempt, decision], next: None }
}
