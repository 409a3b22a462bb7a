//! What buyers do, at random: reserve, confirm, release, and ask again for no reason.

use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::http::Client;
use crate::ledger::{Ask, Booked};
use crate::place::id;

pub(crate) const EVENTS: &str = "/api/v1/events";
pub(crate) const RESERVE: &str = "/api/v1/bookings/reserve";

/// Buyers: few enough that some reach their cap.
const USERS: u32 = 400;
const FLOOR: usize = 0;
const SMALL: usize = 1;
const BOX: usize = 2;

/// A zone, and how much there is of it.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    pub(crate) id: String,
    pub(crate) capacity: u64,
}

/// An event on sale.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub(crate) event: String,
    pub(crate) zones: Vec<Zone>,
}

/// The label of a numbered seat.
fn label(seat: u32) -> String {
    format!("{}-{}", seat / 20, seat % 20)
}

/// A floor that is large, a small zone that sells out and is free, and a box with numbered seats.
pub(crate) fn event() -> Value {
    let seats: Vec<_> = (0..240).map(label).collect();
    json!({
        "name": "Kill bill", "starts_at": "2099-01-01T20:00:00.000Z", "currency": "USD",
        "max_per_user": 12, "hold_seconds": 86_400,
        "zones": [
            {"name": "Floor", "capacity": 1_000_000, "price": "10.00"},
            {"name": "Small", "capacity": 60, "price": "0.00"},
            {"name": "Box", "capacity": 240, "price": "99.90", "seats": seats},
        ],
    })
}

/// An event with one zone of `capacity`, whose holds last for `hold_seconds`.
pub(crate) fn plain_event(capacity: u64, hold_seconds: u64) -> Value {
    json!({
        "name": "Plain", "starts_at": "2099-01-01T20:00:00.000Z", "currency": "USD",
        "max_per_user": 1_000_000_000, "hold_seconds": hold_seconds,
        "zones": [{"name": "Floor", "capacity": capacity, "price": "10.00"}],
    })
}

impl Sale {
    pub(crate) fn create(client: &mut Client, key: &str, event: &Value) -> Self {
        Self::of(&client.post(EVENTS, key, event).expect(201))
    }

    fn of(event: &Value) -> Self {
        let zones = event["zones"].as_array().expect("zones").iter();
        let capacity = |zone: &Value| zone["capacity"].as_u64().expect("a number");
        let zone = |zone: &Value| Zone { id: id(zone), capacity: capacity(zone) };
        Self { event: id(event), zones: zones.map(zone).collect() }
    }

    pub(crate) fn zone(&self, number: usize) -> &str {
        self.zones.get(number).map_or("", |zone| &zone.id)
    }

    /// The body that reserves units of a zone.
    pub(crate) fn reserve(&self, zone: usize, units: u64, user: &str) -> Value {
        json!({
            "event_id": self.event, "zone_id": self.zone(zone), "quantity": units, "user_id": user,
        })
    }

    pub(crate) fn availability(&self, zone: usize) -> String {
        format!("{EVENTS}/{}/zones/{}/availability", self.event, self.zone(zone))
    }

    /// What somebody wants for the first time.
    pub(crate) fn new_ask(&self, rng: &mut StdRng, key: String, booked: &[Booked]) -> Ask {
        let earlier = rng.random_range(0..booked.len().max(1));
        match booked.get(earlier).filter(|_| rng.random_ratio(1, 3)) {
            Some(booked) => self.change(rng, key, booked),
            None => Ask { key, path: RESERVE.to_owned(), body: self.wish(rng).to_string() },
        }
    }

    fn wish(&self, rng: &mut StdRng) -> Value {
        let user = format!("user-{}", rng.random_range(0..USERS));
        let units = rng.random_range(1..=3);
        match rng.random_range(0..10) {
            0 | 1 => self.reserve(SMALL, units, &user),
            2 => {
                let mut body = self.reserve(BOX, units, &user);
                body["best_available"] = json!(true);
                body
            }
            3 => {
                let seat = rng.random_range(0..238);
                json!({
                    "event_id": self.event, "zone_id": self.zone(BOX), "user_id": user,
                    "seats": [label(seat), label(seat + 1)],
                })
            }
            4 => {
                let mut body = self.reserve(FLOOR, units, &user);
                body["expected_amount"] = json!("20.00");
                body
            }
            _ => self.reserve(FLOOR, units, &user),
        }
    }

    fn change(&self, rng: &mut StdRng, key: String, booked: &Booked) -> Ask {
        let Booked { id, zone, .. } = booked;
        let path = |verb: &str| format!("/api/v1/bookings/{id}/{verb}");
        if rng.random_ratio(1, 3) {
            return Ask { key, path: path("release"), body: "{}".to_owned() };
        }
        // Now and then somebody forgets to pay, or shows the receipt of somebody else.
        let payment = match rng.random_range(0..8) {
            0 => json!({}),
            1 => json!({"payment": {"method": "external", "reference": "found on the street"}}),
            _ if zone == self.zone(SMALL) => json!({}),
            _ => json!({"payment": {"method": "external", "reference": format!("for {id}")}}),
        };
        Ask { key, path: path("confirm"), body: payment.to_string() }
    }
}
