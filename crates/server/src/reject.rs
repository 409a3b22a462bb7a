//! Refusals as problems: the one table that maps what the domain says to a code and to words.

use domain::payment::Payment;
use domain::reject::{BookingReject, KeyReject, PaymentReject, TicketReject, Wanted};
use domain::tickets::booking::{Booking, Status};
use domain::{Reject, Timestamp};
use wire::Code;

use crate::problem::ProblemBuilder;
use crate::text::AmountError;
use crate::views;

/// The problem that a refusal is.
pub(crate) fn problem(reject: &Reject) -> ProblemBuilder {
    match reject {
        Reject::Key(reject) => key(reject),
        Reject::Ticket(reject) => ticket(reject),
        Reject::Booking(reject) => booking(reject),
        Reject::Payment(reject) => payment(reject),
        Reject::Malformed => ProblemBuilder::new(Code::InvalidRequest),
    }
}

fn key(reject: &KeyReject) -> ProblemBuilder {
    match reject {
        KeyReject::Reused => ProblemBuilder::new(Code::IdempotencyKeyReused)
            .detail("This idempotency key was used with another request.".to_owned()),
        KeyReject::Unused => ProblemBuilder::new(Code::NotFound)
            .detail(
                "Nothing was answered under this key, and customers retire only what they used.",
            )
            .action("Send the request again with the same key."),
        KeyReject::Retired { existing } => {
            let detail = match existing {
                Some(existing) => {
                    format!("This key has made {existing}; its answer is no longer kept.")
                }
                None => "This key is retired and can not book.".to_owned(),
            };
            ProblemBuilder::new(Code::KeyRetired)
                .detail(detail)
                .extra("existing_id", existing.clone())
        }
    }
}

fn ticket(reject: &TicketReject) -> ProblemBuilder {
    match reject {
        TicketReject::EventNotFound { event, named } => not_found("event_id", event, *named),
        TicketReject::ZoneNotFound { zone, named } => not_found("zone_id", zone, *named),
        TicketReject::SeatNotFound { index, label } => ProblemBuilder::new(Code::NotFound)
            .detail(format!("The zone has no seat {label}."))
            .field(format!("seats[{index}]"), "is not a seat of the zone"),
        TicketReject::SalesClosed { opens_at, closes_at } => sales_closed(*opens_at, *closes_at),
        TicketReject::SeatsNeeded => ProblemBuilder::new(Code::InvalidRequest)
            .detail("The zone has numbered seats.".to_owned())
            .field("seats", "must name the seats, or `best_available` must be true"),
        TicketReject::NotNumbered => ProblemBuilder::new(Code::InvalidRequest)
            .detail("The zone has no numbered seats.".to_owned())
            .field("quantity", "must be given instead of `seats` or `best_available`"),
        TicketReject::PriceChanged { total } => ProblemBuilder::new(Code::PriceChanged)
            .detail(format!("The total is {} {}.", views::amount(*total), total.currency.code()))
            .extra("total_amount", views::amount(*total))
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
                    "One user may have {max} of this event: {taken} are taken, {requested} were requested."
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
            .detail(format!("{taken} units are held or sold."))
            .field("capacity", format!("must be at least {taken}"))
            .extra("taken", *taken),
        TicketReject::CapacityFixed { seats } => ProblemBuilder::new(Code::InvalidRequest)
            .detail("The capacity of numbered seats is their number.".to_owned())
            .field("capacity", format!("must be {seats}")),
        TicketReject::SalesWindow => ProblemBuilder::new(Code::InvalidRequest)
            .detail("Sales would end before they begin.".to_owned())
            .field("sales_close_at", "must be after `sales_open_at`"),
    }
}

fn not_found(field: &str, id: &impl ToString, named: bool) -> ProblemBuilder {
    let problem = ProblemBuilder::new(Code::NotFound)
        .detail(format!("There is no {} in this account.", id.to_string()));
    if named { problem.field(field, "was not found") } else { problem }
}

fn sales_closed(opens_at: Option<Timestamp>, closes_at: Option<Timestamp>) -> ProblemBuilder {
    let text = |at: Option<Timestamp>| at.map(views::instant);
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

fn booking(reject: &BookingReject) -> ProblemBuilder {
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
        (Wanted::Confirm | Wanted::Release, Status::Confirmed) => Code::AlreadyConfirmed,
        (Wanted::Confirm, Status::Released | Status::Cancelled) => Code::NotConfirmable,
        (Wanted::Release | Wanted::Cancel, Status::Released) => Code::AlreadyReleased,
        (Wanted::Release | Wanted::Cancel, Status::Cancelled) => Code::AlreadyCancelled,
        (_, Status::Expired) => Code::Expired,
        (Wanted::Cancel, Status::Reserved | Status::Confirmed)
        | (Wanted::Confirm | Wanted::Release, Status::Reserved) => Code::InvalidRequest,
    };
    let detail = match booking.status {
        Status::Expired => format!("The hold ended at {}.", views::instant(booking.expires_at)),
        Status::Reserved | Status::Confirmed | Status::Released | Status::Cancelled => {
            format!("The booking is {}.", booking.status.as_str())
        }
    };
    let view = serde_json::to_value(views::booking(booking, payment)).unwrap_or_default();
    ProblemBuilder::new(code)
        .detail(detail)
        .extra("booking_id", booking.id.to_string())
        .extra("booking", view)
}

fn payment(reject: &PaymentReject) -> ProblemBuilder {
    match reject {
        PaymentReject::Required { total } => {
            let (amount, currency) = (views::amount(*total), total.currency);
            ProblemBuilder::new(Code::PaymentRequired)
                .detail(format!("The booking costs {amount} {}.", currency.code()))
                .field("payment", "is required for a booking that costs something")
                .extra("total_amount", amount)
                .extra("total_currency", currency.code())
        }
        PaymentReject::ReferenceUsed { reference } => {
            ProblemBuilder::new(Code::PaymentReferenceUsed)
                .detail(format!("The reference {reference} has paid for another booking."))
                .field("payment.reference", "was used before")
        }
    }
}
