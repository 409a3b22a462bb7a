//! Operations on events, zones and seats.
#![expect(dead_code, reason = "the functions are there for their documentation only")]

use wire::{
    Availability, CreateEventRequest, Event, List, Seat, UpdateEventRequest, UpdateZoneRequest,
    UserAllowance, Zone,
};

use super::examples;
use crate::openapi::describe;
use crate::openapi::examples::list;
use crate::openapi::ids::{EventId, ZoneId};

const TAG: &str = "Events";
const ABOUT: &str = "What is sold: events, the zones that divide the house, and seats.";

describe! {
    /// Create an event
    ///
    /// An event has 1 to 500 zones. A zone is general admission, or reserved seating where `seats` names
    /// 1 to 100,000 labels, all of them different; its `capacity` is then their number. Amounts are at most 10^15 of
    /// the currency's smallest unit. Without a `cancellation_policy` a cancellation refunds everything
    /// until `starts_at`.
    event_create(
        request_body(content = CreateEventRequest, example = json!(examples::create_event())),
        responses((
            status = 201,
            description = "The event with its id and those of its zones, which keep their order.",
            body = Event,
            headers(("Location" = String, description = "The address of the event.")),
            links(
                ("show" = (
                    operation_id = "event_show",
                    parameters(("id" = "$response.body#/id")),
                )),
                ("availability" = (
                    operation_id = "zone_availability",
                    parameters(
                        ("id" = "$response.body#/id"),
                        ("zone_id" = "$response.body#/zones/0/id"),
                    ),
                )),
            ),
            example = json!(examples::event()),
        )),
    )

    /// List events
    ///
    /// The newest first.
    event_list(
        params(("after" = Option<EventId>, Query, description = "`next` of the page before.")),
        responses((
            status = 200,
            description = "A page of events.",
            body = List<Event>,
            example = json!(list(examples::event())),
        )),
    )

    /// Retrieve an event
    event_show(
        params(("id" = EventId, Path, description = "The event.")),
        responses((
            status = 200,
            description = "The event with its zones.",
            body = Event,
            example = json!(examples::event()),
        )),
    )

    /// Update an event
    ///
    /// What is left out stays as it is; `null` takes away when sales begin or end. Holds that exist keep
    /// their deadline, and users who have more tickets than a new `max_per_user` keep them. The currency
    /// cannot be changed.
    event_update(
        params(("id" = EventId, Path, description = "The event.")),
        request_body(content = UpdateEventRequest, example = json!(examples::update_event())),
        responses((
            status = 200,
            description = "The event as it is now.",
            body = Event,
            example = json!(examples::updated_event()),
        )),
    )

    /// Update a zone
    ///
    /// What is left out stays as it is. The capacity never falls below what is held and sold, and that of a
    /// zone with reserved seating is their number. Bookings that exist keep their price.
    zone_update(
        params(
            ("id" = EventId, Path, description = "The event."),
            ("zone_id" = ZoneId, Path, description = "One of its zones."),
        ),
        request_body(content = UpdateZoneRequest, example = json!(examples::update_zone())),
        responses((
            status = 200,
            description = "The zone as it is now.",
            body = Zone,
            example = json!(examples::updated_zone()),
        )),
    )

    /// Retrieve a zone's availability
    ///
    /// `available + held + sold = capacity`, always. The counters are at most 1 s old and cost the server
    /// next to nothing: ask as often as you like, with `If-None-Match` to get them only when they have
    /// changed.
    zone_availability(
        params(
            ("id" = EventId, Path, description = "The event."),
            ("zone_id" = ZoneId, Path, description = "One of its zones."),
            (
                "If-None-Match" = Option<String>,
                Header,
                description = "The `ETag` of the counters that you have; several with commas between.",
                example = "\"300-3500-5000\"",
                nullable = false,
            ),
        ),
        responses(
            (
                status = 200,
                description = "The counters.",
                body = Availability,
                headers(
                    ("ETag" = String, description = "Changes when a counter does; `as_of` is left out."),
                    ("Cache-Control" = String, description = "Always `private, no-cache`."),
                ),
                example = json!(examples::availability()),
            ),
            (
                status = 304,
                description = "The counters are those that you have. There is no body.",
                headers(
                    ("ETag" = String, description = "The same as you sent."),
                    ("Cache-Control" = String, description = "Always `private, no-cache`."),
                ),
            ),
        ),
    )

    /// List a zone's seats
    ///
    /// In the order in which they were given. A general-admission zone is answered 404.
    seat_list(
        params(
            ("id" = EventId, Path, description = "The event."),
            ("zone_id" = ZoneId, Path, description = "One of its zones."),
            (
                "after" = Option<String>,
                Query,
                description = "`next` of the page before.",
                example = "2",
            ),
        ),
        responses((
            status = 200,
            description = "A page of seats, and whether they can be had.",
            body = List<Seat>,
            example = json!(examples::seats()),
        )),
    )

    /// Retrieve a user's allowance
    ///
    /// Held and bought, against `max_per_user` of the event. A user of whom nothing is known has none. To a
    /// customer token every other user is answered 404.
    user_summary(
        params(
            ("id" = EventId, Path, description = "The event."),
            (
                "user_id" = String,
                Path,
                description = "Your id of the user, percent-encoded.",
                example = "user-42",
            ),
        ),
        responses((
            status = 200,
            description = "The user's allowance for the event.",
            body = UserAllowance,
            example = json!(examples::summary()),
        )),
    )
}
