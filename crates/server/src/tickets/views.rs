//! Events, zones, seats and bookings as the contract shows them.

use domain::Timestamp;
use domain::payment::Payment;
use domain::pool::Pool;
use domain::tickets::booking::{Booking, Status};
use domain::tickets::event::{Event, ZoneStock};
use domain::time::DAY_MS;
use engine::tickets::SeatView;

use crate::json::Object;
use crate::views::{amount, instant, payment_status};

/// An event with its zones.
#[must_use]
pub(crate) fn event(event: &Event, zones: &[ZoneStock]) -> wire::Event {
    // A day of an event has 24 hours: it has no time zone.
    let step = |term: &domain::policy::Term| wire::PolicyStep {
        days_before: term.before_start_ms / DAY_MS,
        refund_percent: i64::from(term.refund_percent),
    };
    wire::Event {
        id: event.id.to_string(),
        name: event.name.clone(),
        starts_at: instant(event.starts_at),
        currency: event.currency.code().to_owned(),
        max_per_user: i64::from(event.max_per_user),
        hold_seconds: i64::from(event.hold_seconds),
        sales_open_at: event.sales_open_at.map(instant),
        sales_close_at: event.sales_close_at.map(instant),
        cancellation_policy: event.policy.terms(event.starts_at).0.iter().map(step).collect(),
        zones: zones.iter().map(zone).collect(),
        created_at: instant(event.created_at),
    }
}

/// A zone.
#[must_use]
pub(crate) fn zone(stock: &ZoneStock) -> wire::Zone {
    wire::Zone {
        id: stock.zone.id.to_string(),
        event_id: stock.zone.event.to_string(),
        name: stock.zone.name.clone(),
        capacity: i64::from(stock.pool.capacity()),
        price: amount(stock.zone.price),
        currency: stock.zone.price.currency.code().to_owned(),
        numbered: stock.zone.numbered,
    }
}

/// The counters of a zone.
#[must_use]
pub(crate) fn availability(pool: Pool, as_of: Timestamp) -> wire::Availability {
    wire::Availability {
        available: i64::from(pool.available()),
        held: i64::from(pool.held()),
        sold: i64::from(pool.sold()),
        capacity: i64::from(pool.capacity()),
        as_of: instant(as_of),
    }
}

/// A seat.
#[must_use]
pub(crate) fn seat(seat: &SeatView) -> wire::Seat {
    let status = match (seat.pool.held(), seat.pool.sold()) {
        (0, 0) => wire::SeatStatus::Available,
        (_, 0) => wire::SeatStatus::Held,
        _ => wire::SeatStatus::Sold,
    };
    wire::Seat { label: seat.label.clone(), status }
}

/// A booking with its payment.
#[must_use]
pub(crate) fn booking(booking: &Booking, payment: Option<&Payment>) -> wire::Booking {
    let labels = || booking.seats.iter().map(|seat| seat.label.clone()).collect();
    wire::Booking {
        id: booking.id.to_string(),
        booking_id: booking.id.to_string(),
        status: booking_status(booking.status),
        event_id: booking.event.to_string(),
        zone_id: booking.zone.to_string(),
        user_id: booking.user_id.clone(),
        quantity: i64::from(booking.quantity),
        seats: (!booking.seats.is_empty()).then(labels),
        total_amount: amount(booking.total),
        total_currency: booking.total.currency.code().to_owned(),
        confirmation_code: booking.confirmation_code.clone(),
        payment_id: payment.map(|payment| payment.id.to_string()),
        payment_status: payment.map(|payment| payment_status(payment.status)),
        refunded_amount: payment.map(|payment| amount(payment.returned())),
        refund_pending_amount: payment.map(|payment| amount(payment.to_return())),
        cancel_reason: booking.cancel_reason.clone(),
        // A sale has no deadline.
        expires_at: booking.confirmed_at.is_none().then(|| instant(booking.expires_at)),
        created_at: instant(booking.created_at),
        confirmed_at: booking.confirmed_at.map(instant),
        ended_at: booking.ended_at.map(instant),
    }
}

/// About as many bytes as a booking's text has.
const BOOKING_BYTES: usize = 768;

/// A booking with its payment as JSON text: what [`booking`] is, written at once.
#[must_use]
pub(crate) fn booking_text(booking: &Booking, payment: Option<&Payment>) -> String {
    let mut object = Object::with_capacity(BOOKING_BYTES);
    let id = booking.id.to_string();
    object.plain("id", &id);
    object.plain("booking_id", &id);
    object.plain("status", booking.status.as_str());
    object.plain("event_id", booking.event);
    object.plain("zone_id", booking.zone);
    object.text("user_id", &booking.user_id);
    object.number("quantity", i64::from(booking.quantity));
    if booking.seats.is_empty() {
        object.null("seats");
    } else {
        object.texts("seats", booking.seats.iter().map(|seat| seat.label.as_str()));
    }
    object.plain("total_amount", amount(booking.total));
    object.plain("total_currency", booking.total.currency.code());
    object.text_or_null("confirmation_code", booking.confirmation_code.as_deref());
    match payment {
        Some(payment) => {
            object.plain("payment_id", payment.id);
            object.plain("payment_status", payment.status.told().as_str());
            object.plain("refunded_amount", amount(payment.returned()));
            object.plain("refund_pending_amount", amount(payment.to_return()));
        }
        None => {
            object.null("payment_id");
            object.null("payment_status");
            object.null("refunded_amount");
            object.null("refund_pending_amount");
        }
    }
    object.text_or_null("cancel_reason", booking.cancel_reason.as_deref());
    // A sale has no deadline.
    let expires_at = booking.confirmed_at.is_none().then_some(booking.expires_at);
    put_instant(&mut object, "expires_at", expires_at);
    put_instant(&mut object, "created_at", Some(booking.created_at));
    put_instant(&mut object, "confirmed_at", booking.confirmed_at);
    put_instant(&mut object, "ended_at", booking.ended_at);
    object.end()
}

fn put_instant(object: &mut Object, name: &str, at: Option<Timestamp>) {
    match at {
        Some(at) => object.plain(name, instant(at)),
        None => object.null(name),
    }
}

const fn booking_status(status: Status) -> wire::BookingStatus {
    match status {
        Status::Reserved => wire::BookingStatus::Reserved,
        Status::Confirmed => wire::BookingStatus::Confirmed,
        Status::Released => wire::BookingStatus::Released,
        Status::Expired => wire::BookingStatus::Expired,
        Status::Cancelled => wire::BookingStatus::Cancelled,
    }
}

#[cfg(test)]
mod tests {
    use domain::id::{AccountId, BookingId, EventId, PaymentId, PersonId, ZoneId};
    use domain::money::{Currency, Money};
    use domain::payment::{Method, PaymentStatus};
    use domain::pool::SeatNo;
    use domain::tickets::booking::Seat;

    use super::*;

    #[test]
    fn a_booking_is_written_as_its_wire_type_is() {
        let at = Timestamp::from_millis(1_771_146_000_123);
        let hold = Booking {
            id: BookingId::from_raw(1),
            account: AccountId::from_raw(2),
            event: EventId::from_raw(3),
            zone: ZoneId::from_raw(4),
            person: PersonId::from_raw(5),
            user_id: "\"Zoë\"\n\\".to_owned(),
            quantity: 2,
            seats: Vec::new(),
            total: Money::new(1_990, Currency::new("KWD").unwrap()),
            status: Status::Reserved,
            expires_at: at,
            created_at: at.plus_millis(-1),
            confirmed_at: None,
            ended_at: None,
            confirmation_code: None,
            cancel_reason: None,
            payment: None,
            intent: None,
            seq: 1,
        };
        let seat = |number, label: &str| Seat { number: SeatNo(number), label: label.to_owned() };
        let payment = |status, refunded| Payment {
            id: PaymentId::from_raw(6),
            resource: hold.id.into(),
            method: Method::External,
            reference: "pi_1".to_owned(),
            amount: hold.total,
            refunded,
            refund_pending: refunded / 4,
            status,
            created_at: at,
            seq: 1,
        };
        let check = |booking: &Booking, payment: Option<&Payment>| {
            let typed = serde_json::to_string(&super::booking(booking, payment)).unwrap();
            assert_eq!(booking_text(booking, payment), typed);
        };
        check(&hold, None);
        check(&Booking { seats: vec![seat(0, "A\"1"), seat(7, "é")], ..hold.clone() }, None);
        for status in Status::ALL {
            let done = Booking {
                status,
                confirmed_at: Some(at),
                ended_at: Some(at.plus_millis(1)),
                confirmation_code: Some("7GK2QD9XWM".to_owned()),
                cancel_reason: Some("ill\u{0}".to_owned()),
                total: Money::new(-5, Currency::new("JPY").unwrap()),
                ..hold.clone()
            };
            for status in PaymentStatus::ALL {
                check(&done, Some(&payment(status, 0)));
                check(&done, Some(&payment(status, 1_000)));
            }
        }
    }
}
