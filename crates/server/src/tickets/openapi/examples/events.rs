//! Examples of events, zones and seats.

use wire::{
    Availability, CreateEventRequest, CreateZoneRequest, Event, List, Patch, PolicyStep, Seat,
    SeatStatus, UpdateEventRequest, UpdateZoneRequest, UserAllowance, Zone,
};

use crate::openapi::examples::{BOXES, CREATED, EVENT, OPENS, STARTS_AT, ZONE, reserved_at, text};
use crate::views::instant;

pub(crate) fn create_event() -> CreateEventRequest {
    let zone = |name: &str, (capacity, price): (i64, &str), seats: Option<Vec<String>>| {
        CreateZoneRequest { name: name.to_owned(), capacity, price: price.to_owned(), seats }
    };
    let labels = ["A1", "A2", "A3", "A4"].map(str::to_owned).to_vec();
    CreateEventRequest {
        name: "Night of the Proms".to_owned(),
        starts_at: STARTS_AT.to_owned(),
        currency: "USD".to_owned(),
        max_per_user: Some(4),
        hold_seconds: Some(600),
        sales_open_at: Some(instant(OPENS)),
        sales_close_at: None,
        cancellation_policy: Some(policy()),
        zones: vec![
            zone("Stalls", (5_000, "49.90"), None),
            zone("Boxes", (4, "120.00"), Some(labels)),
        ],
    }
}

fn policy() -> Vec<PolicyStep> {
    vec![
        PolicyStep { days_before: 30, refund_percent: 100 },
        PolicyStep { days_before: 7, refund_percent: 50 },
    ]
}

pub(crate) fn event() -> Event {
    let boxes = Zone { id: BOXES.to_owned(), name: "Boxes".to_owned(), capacity: 4, ..zone() };
    let boxes = Zone { price: "120.00".to_owned(), numbered: true, ..boxes };
    Event {
        id: EVENT.to_owned(),
        name: "Night of the Proms".to_owned(),
        starts_at: STARTS_AT.to_owned(),
        currency: "USD".to_owned(),
        max_per_user: 4,
        hold_seconds: 600,
        sales_open_at: Some(instant(OPENS)),
        sales_close_at: None,
        cancellation_policy: policy(),
        zones: vec![zone(), boxes],
        created_at: instant(CREATED),
    }
}

pub(crate) fn zone() -> Zone {
    Zone {
        id: ZONE.to_owned(),
        event_id: EVENT.to_owned(),
        name: "Stalls".to_owned(),
        capacity: 5_000,
        price: "49.90".to_owned(),
        currency: "USD".to_owned(),
        numbered: false,
    }
}

pub(crate) fn update_event() -> UpdateEventRequest {
    let sales_close_at = Patch::Value("2026-06-01T18:00:00.000Z".to_owned());
    UpdateEventRequest { hold_seconds: Some(300), sales_close_at, ..UpdateEventRequest::default() }
}

pub(crate) fn updated_event() -> Event {
    let sales_close_at = text("2026-06-01T18:00:00.000Z");
    Event { hold_seconds: 300, sales_close_at, ..event() }
}

pub(crate) fn update_zone() -> UpdateZoneRequest {
    UpdateZoneRequest { capacity: Some(5_200), ..UpdateZoneRequest::default() }
}

pub(crate) fn updated_zone() -> Zone {
    Zone { capacity: 5_200, ..zone() }
}

pub(crate) fn availability() -> Availability {
    let as_of = reserved_at();
    Availability { available: 1_200, held: 300, sold: 3_500, capacity: 5_000, as_of }
}

pub(crate) fn seats() -> List<Seat> {
    let seat = |label: &str, status| Seat { label: label.to_owned(), status };
    let data = vec![seat("A1", SeatStatus::Available), seat("A2", SeatStatus::Sold)];
    List { data, next: text("2") }
}

pub(crate) const fn summary() -> UserAllowance {
    UserAllowance { booked_count: 2, max_allowed: 4, remaining_slots: 2 }
}
