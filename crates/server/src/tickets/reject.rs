//! Refusals about tickets as problems.

use domain::Timestamp;
use domain::payment::Payment;
use domain::tickets::booking::{Booking, Status};
use domain::tickets::reject::{BookingReject, TicketReject, Wanted};
use wire::Code;

use super::views;
use crate::problem::ProblemBuilder;
use crate::reject::not_found;
use crate::text::AmountError;
use crate::views::{amount, instant};

/// What is said about events, zones and seats.
pub(crate) fn ticket(reject: &TicketReject) -> ProblemBuilder {
    match reject {
        TicketReject::EventNotFound { event, named } => not_found("event_id", event, *named),
        TicketReject::ZoneNotFound { zone, named } => not_found("zone_id", zone, *named),
        TicketReject::SeatNotFound { index, label } => ProblemBuilder::new(Code::NotFound)
            .detail(format!("The zone has no seat {label}."))
            .field(format!("seats[{index}]"), "is not a seat of the zone"),
        TicketReject::SalesClosed { opens_at, closes_at } => sales_closed(*opens_at, *closes_at),
        TicketReject::SeatsNeeded => ProblemBuilder::new(Code::InvalidRequest)
            .detail("The zone has reserved seating.".to_owned())
            .field("seats", "must name the seats, or `best_available` must be true"),
        TicketReject::NotNumbered => ProblemBuilder::new(Code::InvalidRequest)
            .detail("The zone is general admission.".to_owned())
            .field("quantity", "must be given instead of `seats` or `best_available`"),
        TicketReject::PriceChanged { total } => ProblemBuilder::new(Code::PriceChanged)
            .detail(format!("The total is {} {}.", amount(*total), total.currency.code()))
            .extra("total_amount", amount(*total))
            .extra("total_currency", total.currency.code()),
        TicketReject::PriceInvalid => ProblemBuilder::new(Code::InvalidRequest)
            .detail("The price does not fit the event's currency.".to_owned())
            .field(
                "price",
                "must have the digits of the event's currency and be at most 10^15 minor units",
            ),
        TicketReject::ExpectedAmountInvalid { digits } => ProblemBuilder::new(Code::InvalidRequest)
            .detail("The expected amount does not fit the event's currency.".to_owned())
            .field("expected_amount", AmountError::Digits { digits: *digits }.to_string()),
        TicketReject::MaxTicketsExceeded { max, taken, requested } => {
            let left = max.saturating_sub(*taken);
            ProblemBuilder::new(Code::MaxTicketsExceeded)
                .detail(format!(
                    "Limit is {max} tickets per user: {taken} booked, {requested} requested."
                ))
                .extra("max_allowed", *max)
                .extra("booked_count", *taken)
                .extra("remaining_slots", left)
        }
        TicketReject::InsufficientSeats { zone, available, requested } => {
            let seats = if *available == 1 { "seat" } else { "seats" };
            let were = if *requested == 1 { "was" } else { "were" };
            ProblemBuilder::new(Code::InsufficientSeats)
                .detail(format!(
                    "Zone {zone} has {available} {seats} left, {requested} {were} requested."
                ))
                .field("quantity", format!("at most {available} can be reserved now"))
                .extra("available", *available)
        }
        TicketReject::SeatTaken { labels } => ProblemBuilder::new(Code::SeatTaken)
            .detail(format!("Already held or sold: {}.", labels.join(", ")))
            .extra("seats", labels.clone()),
        TicketReject::BelowTaken { taken } => ProblemBuilder::new(Code::BelowTaken)
            .detail(format!("{taken} tickets are held or sold."))
            .field("capacity", format!("must be at least {taken}"))
            .extra("taken", *taken),
        TicketReject::CapacityFixed { seats } => ProblemBuilder::new(Code::InvalidRequest)
            .detail(
                "The capacity of a zone with reserved seating is the number of its seats."
                    .to_owned(),
            )
            .field("capacity", format!("must be {seats}")),
        TicketReject::SalesWindow => ProblemBuilder::new(Code::InvalidRequest)
            .detail("Sales would end before they begin.".to_owned())
            .field("sales_close_at", "must be after `sales_open_at`"),
    }
}

fn sales_closed(opens_at: Option<Timestamp>, closes_at: Option<Timestamp>) -> ProblemBuilder {
    let text = |at: Option<Timestamp>| at.map(instant);
    let detail = match (text(opens_at), text(closes_at)) {
        (Some(opens), Some(closes)) => format!("Sales run from {opens} to {closes}."),
        (Some(opens), None) => format!("Sales open at {opens}."),
        (None, Some(closes)) => format!("Sales closed at {closes}."),
        (None, None) => "Sales are closed.".to_owned(),
    };
    ProblemBuilder::new(Code::SalesClosed)
        .detail(detail)
        .extra("sales_open_at", text(opens_at))
        .extra("sales_close_at", text(closes_at))
}

/// What is said about bookings.
pub(crate) fn booking(reject: &BookingReject) -> ProblemBuilder {
    match reject {
        BookingReject::NotFound(id) => not_found("booking_id", id, false),
        BookingReject::Status { wanted, booking, payment } => {
            status(*wanted, booking, payment.as_deref())
        }
    }
}

/// The booking is not where it would have to be. The code says where it is.
fn status(wanted: Wanted, booking: &Booking, payment: Option<&Payment>) -> ProblemBuilder {
    let code = match (wanted, booking.status) {
        (Wanted::Confirm | Wanted::Release | Wanted::Expire, Status::Confirmed) => {
            Code::AlreadyConfirmed
        }
        (Wanted::Confirm, Status::Released | Status::Cancelled) => Code::NotConfirmable,
        (Wanted::Release | Wanted::Cancel | Wanted::Expire, Status::Released) => {
            Code::AlreadyReleased
        }
        (Wanted::Release | Wanted::Cancel | Wanted::Expire, Status::Cancelled) => {
            Code::AlreadyCancelled
        }
        (_, Status::Expired) => Code::Expired,
        (Wanted::Cancel, Status::Reserved | Status::Confirmed)
        | (Wanted::Confirm | Wanted::Release | Wanted::Expire, Status::Reserved) => {
            Code::InvalidRequest
        }
    };
    let detail = match booking.status {
        Status::Expired => {
            let ended_at = booking.ended_at.unwrap_or(booking.expires_at);
            format!("The hold ended at {}.", instant(ended_at))
        }
        Status::Reserved | Status::Confirmed | Status::Released | Status::Cancelled => {
            format!("The booking is {}.", booking.status.as_str())
        }
    };
    let view = serde_json::to_value(views::booking(booking, payment)).unwrap_or_default();
    let problem = ProblemBuilder::new(code).detail(detail);
    let problem = match (wanted, booking.status) {
        (Wanted::Release, Status::Confirmed) => {
            problem.action("A sale is undone by POST /bookings/{id}/cancel.")
        }
        (Wanted::Release | Wanted::Cancel | Wanted::Expire, Status::Expired) => {
            problem.action("Nothing is left to do: the tickets are on sale again.")
        }
        _ => problem,
    };
    problem.extra("booking_id", booking.id.to_string()).extra("booking", view)
}
