//! Operations on bookings.
#![expect(dead_code, reason = "the functions are there for their documentation only")]

use wire::{
    Booking, BookingStatus, CancelRequest, ConfirmRequest, List, ReserveRequest, TimelineEntry,
};

use super::examples;
use crate::openapi::describe;
use crate::openapi::examples::list;
use crate::openapi::ids::{BookingId, EventId};

const TAG: &str = "Bookings";
const ABOUT: &str = "Reserve, then confirm or release; cancel what was confirmed. A \
    reservation that nobody confirms expires by itself and gives everything back.";

describe! {
    /// Reserve tickets
    ///
    /// Holds tickets of one zone until `expires_at`, all that were asked for or none. Ask for a `quantity`;
    /// in a zone with reserved seating name the `seats`, or give a `quantity` and let the server pick them by
    /// `best_available`. The server sets the price; say by `expected_amount` what the buyer was shown.
    ///
    /// `user_id` is required with a secret key and implied by a customer token.
    booking_reserve(
        request_body(
            content = ReserveRequest,
            examples(
                ("any_places" = (
                    summary = "General admission",
                    value = json!(examples::reserve()),
                )),
                ("by_label" = (summary = "Two seats by their labels", value = json!(examples::reserve_seats()))),
                ("picked" = (
                    summary = "Two seats side by side, wherever they are",
                    value = json!(examples::reserve_best()),
                )),
            ),
        ),
        responses((
            status = 201,
            description = "The tickets are held.",
            body = Booking,
            headers(("Location" = String, description = "The address of the booking.")),
            links(
                ("show" = (
                    operation_id = "booking_show",
                    parameters(("id" = "$response.body#/id")),
                )),
                ("confirm" = (
                    operation_id = "booking_confirm",
                    parameters(("id" = "$response.body#/id")),
                )),
                ("release" = (
                    operation_id = "booking_release",
                    parameters(("id" = "$response.body#/id")),
                )),
            ),
            example = json!(examples::reserved()),
        )),
    )

    /// List bookings
    ///
    /// The newest first. To a customer token only its own user's are shown.
    booking_list(
        params(
            ("after" = Option<BookingId>, Query, description = "`next` of the page before."),
            (
                "user_id" = Option<String>,
                Query,
                description = "Only of this user of yours.",
                example = "user-42",
            ),
            ("event_id" = Option<EventId>, Query, description = "Only of this event."),
            ("status" = Option<BookingStatus>, Query, description = "Filter by status."),
        ),
        responses((
            status = 200,
            description = "A page of bookings.",
            body = List<Booking>,
            example = json!(list(examples::confirmed())),
        )),
    )

    /// Retrieve a booking
    booking_show(
        params(("id" = BookingId, Path, description = "The booking.")),
        responses((
            status = 200,
            description = "The booking as it stands.",
            body = Booking,
            example = json!(examples::confirmed()),
        )),
    )

    /// Retrieve a booking's timeline
    ///
    /// Every attempt, decision, payment and event of the booking, in order, on one page.
    booking_timeline(
        params(("id" = BookingId, Path, description = "The booking.")),
        responses((
            status = 200,
            description = "What happened, oldest first; `next` is always `null`.",
            body = List<TimelineEntry>,
            example = json!(examples::timeline()),
        )),
    )

    /// Confirm a booking
    ///
    /// Turns the hold into a sale. A price above zero needs a payment, which was taken elsewhere and is
    /// named by `payment.reference`: `method` is `external`, there are no wallets yet. A reference pays for
    /// one booking only. The body may be left out where there is nothing to pay.
    ///
    /// Idempotent by state: without its key a second confirmation is refused with `ALREADY_CONFIRMED`, and
    /// the refusal shows the booking.
    booking_confirm(
        params(("id" = BookingId, Path, description = "The booking.")),
        request_body(content = ConfirmRequest, example = json!(examples::confirm())),
        responses((
            status = 200,
            description = "The tickets are sold.",
            body = Booking,
            links(("cancel" = (
                operation_id = "booking_cancel",
                parameters(("id" = "$response.body#/id")),
            ))),
            example = json!(examples::confirmed()),
        )),
    )

    /// Release a booking
    ///
    /// Gives the tickets and the user's allowance back before `expires_at`. Takes no body, or `{}`.
    ///
    /// Idempotent by state: without its key a second release is refused with `ALREADY_RELEASED`, and the
    /// refusal shows the booking.
    booking_release(
        params(("id" = BookingId, Path, description = "The booking.")),
        responses((
            status = 200,
            description = "The tickets are on sale again.",
            body = Booking,
            example = json!(examples::released()),
        )),
    )

    /// Let a hold expire
    ///
    /// With a key for test data (`bo_test_…`) only. Ends the hold as if `expires_at` had passed, so that you need not wait
    /// for it: the tickets are on sale again, and `booking.expired` is told. Takes no body, or `{}`.
    test_booking_expire(
        params(("id" = BookingId, Path, description = "The booking.")),
        responses((
            status = 200,
            description = "The hold has expired.",
            body = Booking,
            example = json!(examples::expired()),
        )),
    )

    /// Cancel a booking
    ///
    /// Gives the tickets and the user's allowance back, and refunds what the event's policy allows, unless
    /// `refund` is `false`. External refunds are yours to carry out: `payment_status` is then
    /// `refund_pending`. A booking that is still a hold ends like one that is released: `status` is then
    /// `released`, nothing is refunded, and `reason` is not kept.
    booking_cancel(
        params(("id" = BookingId, Path, description = "The booking.")),
        request_body(content = CancelRequest, example = json!(examples::cancel())),
        responses((
            status = 200,
            description = "The tickets are on sale again.",
            body = Booking,
            example = json!(examples::cancelled()),
        )),
    )
}
