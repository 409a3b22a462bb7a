//! An example of each refusal of the chapter.

use domain::Reject;
use domain::reject::PaymentReject;
use domain::tickets::booking::Status;
use domain::tickets::reject::{TicketReject, Wanted};
use wire::Code;

use super::examples::{refused, total};
use crate::openapi::Met;
use crate::openapi::examples::{BOOKING, EVENT, OPENS, REFERENCE, ZONE};
use crate::problem::ProblemBuilder;
use crate::render::problem;

/// An example of the code, if it is one of this chapter.
pub(crate) fn example(code: Code) -> Option<Met> {
    let problem = of_event(code).or_else(|| of_booking(code))?;
    Some(Met { path: path(code), problem })
}

/// Where the request goes that meets the problem.
fn path(code: Code) -> String {
    let paths = [
        (Code::BelowTaken, format!("/events/{EVENT}/zones/{ZONE}")),
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

/// About events, zones and seats.
fn of_event(code: Code) -> Option<ProblemBuilder> {
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
    Some(problem(&Reject::Ticket(reject)))
}

/// About a booking and its payment.
fn of_booking(code: Code) -> Option<ProblemBuilder> {
    let payment = |reject| problem(&Reject::Payment(reject));
    let reference = REFERENCE.to_owned();
    let stands = |wanted, status| problem(&Reject::Booking(refused(wanted, status)));
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
