//! An example of each problem, made where possible by what makes the real ones.

use domain::Reject;
use domain::limits::{OutOfBounds, QUANTITY};
use domain::reject::{KeyReject, PaymentReject};
use domain::tickets::booking::Status;
use domain::tickets::reject::{TicketReject, Wanted};
use wire::{Code, Problem};

use super::examples::{BOOKING, EVENT, OPENS, REFERENCE, REQUEST_ID, RETRY_SECONDS, ZONE};
use crate::auth::AuthError;
use crate::call::BODY_BYTES_MAX;
use crate::context::HEADER_BYTES_MAX;
use crate::key_header::KeyError;
use crate::problem::ProblemBuilder;
use crate::refusal::{Invalid, Refusal, unavailable};
use crate::reject;
use crate::tickets::openapi::examples::{refused, total};

/// An example of the code.
pub(super) fn example(code: Code) -> Problem {
    let path = format!("/api/v1{}", path(code));
    let made = of_request(code).or_else(|| of_ticket(code)).or_else(|| of_booking(code));
    made.unwrap_or_else(|| ProblemBuilder::new(code)).build(&path, REQUEST_ID)
}

/// Where the request goes that meets the problem.
fn path(code: Code) -> String {
    let paths = [
        (Code::BelowTaken, format!("/events/{EVENT}/zones/{ZONE}")),
        (Code::NotFound, format!("/bookings/{BOOKING}")),
        (Code::PaymentRequired, format!("/bookings/{BOOKING}/confirm")),
        (Code::PaymentReferenceUsed, format!("/bookings/{BOOKING}/confirm")),
        (Code::AlreadyConfirmed, format!("/bookings/{BOOKING}/confirm")),
        (Code::NotConfirmable, format!("/bookings/{BOOKING}/confirm")),
        (Code::Expired, format!("/bookings/{BOOKING}/confirm")),
        (Code::AlreadyReleased, format!("/bookings/{BOOKING}/release")),
        (Code::AlreadyCancelled, format!("/bookings/{BOOKING}/cancel")),
    ];
    let found = paths.into_iter().find(|(known, _)| *known == code);
    found.map_or_else(|| "/bookings/reserve".to_owned(), |(_, path)| path)
}

/// Problems with the request itself.
fn of_request(code: Code) -> Option<ProblemBuilder> {
    let told = |detail: String| ProblemBuilder::new(code).detail(detail);
    let found = [
        (Code::InvalidRequest, made(Invalid::field("event_id", "is required"))),
        (
            Code::InvalidQuantity,
            made(Invalid::coded(
                Code::InvalidQuantity,
                "quantity",
                &OutOfBounds(QUANTITY).to_string(),
            )),
        ),
        (
            Code::IdempotencyKeyRequired,
            told("Send the header Idempotency-Key: this request takes stock or money.".to_owned()),
        ),
        (Code::IdempotencyKeyInvalid, told(KeyError::Space.to_string())),
        (Code::IdempotencyKeyReused, reject::problem(&Reject::Key(KeyReject::Reused))),
        (
            Code::KeyRetired,
            reject::problem(&Reject::Key(KeyReject::Retired {
                existing: Some(BOOKING.to_owned()),
            })),
        ),
        (
            Code::RequestInProgress,
            told("A request with this key is being decided.".to_owned()).retry_after(RETRY_SECONDS),
        ),
        (Code::Unauthorized, made(AuthError::Missing)),
        (Code::Forbidden, told("The credential lacks the scope `book`.".to_owned())),
        (Code::NotFound, told(format!("There is no {BOOKING} in this account."))),
        (Code::BodyTooLarge, told(format!("The body has more than {BODY_BYTES_MAX} bytes."))),
        (
            Code::UnsupportedMediaType,
            told("The body must be sent with Content-Type: application/json.".to_owned()),
        ),
        (Code::TooManyRequests, ProblemBuilder::rate_limited(RETRY_SECONDS)),
        (
            Code::HeadersTooLarge,
            told(format!("The headers have more than {HEADER_BYTES_MAX} bytes.")),
        ),
        (
            Code::NotImplemented,
            told("Bodies are read as they are, or with Transfer-Encoding: chunked.".to_owned()),
        ),
        (Code::InternalError, told("Something went wrong on our side.".to_owned())),
        (
            Code::ServiceUnavailable,
            made(unavailable("The store can not be reached now. Ask again with the same key.")),
        ),
    ];
    found.into_iter().find(|(known, _)| *known == code).map(|(_, problem)| problem)
}

fn made(refusal: impl Into<Refusal>) -> ProblemBuilder {
    *refusal.into().0
}

/// Refusals that are about events, zones and seats.
fn of_ticket(code: Code) -> Option<ProblemBuilder> {
    let found = [
        (
            Code::InsufficientSeats,
            TicketReject::InsufficientSeats {
                zone: "Stalls".to_owned(),
                available: 1,
                requested: 2,
            },
        ),
        (Code::SeatTaken, TicketReject::SeatTaken { labels: vec!["A2".to_owned()] }),
        (
            Code::MaxTicketsExceeded,
            TicketReject::MaxTicketsExceeded { max: 4, taken: 3, requested: 2 },
        ),
        (Code::PriceChanged, TicketReject::PriceChanged { total: total() }),
        (Code::SalesClosed, TicketReject::SalesClosed { opens_at: Some(OPENS), closes_at: None }),
        (Code::BelowTaken, TicketReject::BelowTaken { taken: 3_800 }),
    ];
    let reject = found.into_iter().find(|(known, _)| *known == code)?.1;
    Some(reject::problem(&Reject::Ticket(reject)))
}

/// Refusals that are about a booking and its payment.
fn of_booking(code: Code) -> Option<ProblemBuilder> {
    let payment = |reject| reject::problem(&Reject::Payment(reject));
    let reference = REFERENCE.to_owned();
    let stands = |wanted, status| reject::problem(&Reject::Booking(refused(wanted, status)));
    let found = [
        (Code::PaymentRequired, payment(PaymentReject::Required { total: total() })),
        (Code::PaymentReferenceUsed, payment(PaymentReject::ReferenceUsed { reference })),
        (Code::AlreadyConfirmed, stands(Wanted::Confirm, Status::Confirmed)),
        (Code::NotConfirmable, stands(Wanted::Confirm, Status::Released)),
        (Code::AlreadyReleased, stands(Wanted::Release, Status::Released)),
        (Code::AlreadyCancelled, stands(Wanted::Cancel, Status::Cancelled)),
        (Code::Expired, stands(Wanted::Confirm, Status::Expired)),
    ];
    found.into_iter().find(|(known, _)| *known == code).map(|(_, problem)| problem)
}
