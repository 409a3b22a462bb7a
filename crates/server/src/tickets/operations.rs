//! The operations on events and bookings.

use wire::Code;

use super::{availability, bookings, events, timeline};
use crate::call::{EVENT_BODY_BYTES_MAX, Rule};
use crate::operations::Operation;

const ADMIN: Rule = Rule::ADMIN;
const BOOK: Rule = Rule::BOOK;
const READ: Rule = Rule::READ;

/// What a rush consists of.
pub(crate) const RESERVE: Operation =
    Operation::post("/bookings/reserve", "booking_reserve", RESERVE_RULE, |at| {
        at.to(bookings::reserve)
    })
    .codes(&[
        Code::InvalidQuantity,
        Code::NotFound,
        Code::SalesClosed,
        Code::PriceChanged,
        Code::MaxTicketsExceeded,
        Code::InsufficientSeats,
        Code::SeatTaken,
    ]);
/// By which rule it lets callers in.
pub(crate) const RESERVE_RULE: Rule = BOOK.customers().key_required();

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::post("/events", "event_create", ADMIN.body_bytes_max(EVENT_BODY_BYTES_MAX), |at| {
        at.to(events::create)
    }),
    Operation::get("/events", "event_list", READ.customers(), |at| at.to(events::list)).paged(),
    Operation::get("/events/{id}", "event_show", READ.customers(), |at| at.to(events::show))
        .codes(&[Code::NotFound]),
    Operation::patch("/events/{id}", "event_update", ADMIN, |at| at.to(events::update))
        .codes(&[Code::NotFound]),
    Operation::patch("/events/{id}/zones/{zone_id}", "zone_update", ADMIN, |at| {
        at.to(events::update_zone)
    })
    .codes(&[Code::NotFound, Code::BelowTaken]),
    Operation::get(
        "/events/{id}/zones/{zone_id}/availability",
        "zone_availability",
        READ.customers(),
        |at| at.to(availability::show),
    )
    .codes(&[Code::NotFound]),
    Operation::get("/events/{id}/zones/{zone_id}/seats", "seat_list", READ.customers(), |at| {
        at.to(events::seats)
    })
    .codes(&[Code::NotFound])
    .paged(),
    Operation::get(
        "/events/{id}/users/{user_id}/summary",
        "user_summary",
        READ.customers(),
        |at| at.to(events::summary),
    )
    .codes(&[Code::NotFound]),
    RESERVE,
    Operation::get("/bookings", "booking_list", READ.customers(), |at| at.to(bookings::list))
        .paged(),
    Operation::get("/bookings/{id}", "booking_show", READ.customers(), |at| at.to(bookings::show))
        .codes(&[Code::NotFound]),
    Operation::get("/bookings/{id}/timeline", "booking_timeline", READ, |at| at.to(timeline::show))
        .codes(&[Code::NotFound]),
    Operation::post("/bookings/{id}/confirm", "booking_confirm", BOOK, |at| {
        at.to(bookings::confirm)
    })
    .body_optional()
    .codes(&[
        Code::NotFound,
        Code::PaymentRequired,
        Code::PaymentReferenceUsed,
        Code::AlreadyConfirmed,
        Code::NotConfirmable,
        Code::Expired,
    ]),
    Operation::post("/bookings/{id}/release", "booking_release", BOOK.customers(), |at| {
        at.to(bookings::release)
    })
    .codes(&[
        Code::NotFound,
        Code::AlreadyConfirmed,
        Code::AlreadyReleased,
        Code::AlreadyCancelled,
        Code::Expired,
    ]),
    Operation::post("/bookings/{id}/cancel", "booking_cancel", BOOK, |at| at.to(bookings::cancel))
        .body_optional()
        .codes(&[Code::NotFound, Code::AlreadyReleased, Code::AlreadyCancelled, Code::Expired]),
    Operation::post("/test/bookings/{id}/expire", "test_booking_expire", BOOK.test_only(), |at| {
        at.to(bookings::expire)
    })
    .body_optional()
    .codes(&[
        Code::NotFound,
        Code::AlreadyConfirmed,
        Code::AlreadyReleased,
        Code::AlreadyCancelled,
        Code::Expired,
    ]),
];
