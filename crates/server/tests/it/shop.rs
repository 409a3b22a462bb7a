//! Something to sell, and the requests that buy it.

use serde_json::{Value, json};

use super::answer::Answer;
use super::client::Client;

/// An event on sale.
#[derive(Clone, Debug)]
pub(crate) struct Concert {
    pub(crate) id: String,
    pub(crate) zones: Vec<String>,
}

/// A request for an event with these zones.
pub(crate) fn concert(zones: Value) -> Value {
    json!({
        "name": "Night of the Proms",
        "starts_at": "2026-06-01T19:00:00.000Z",
        "currency": "USD",
        "zones": zones,
    })
}

/// A zone without numbered seats.
pub(crate) fn zone(capacity: u32, price: &str) -> Value {
    json!({"name": "Floor", "capacity": capacity, "price": price})
}

/// A zone with numbered seats.
pub(crate) fn hall(labels: &[&str]) -> Value {
    json!({"name": "Box", "capacity": labels.len(), "price": "129.00", "seats": labels})
}

/// `body` with the members of `patch` put over it; null takes one away.
pub(crate) fn with(mut body: Value, patch: &Value) -> Value {
    let members = body.as_object_mut().expect("an object");
    for (name, value) in patch.as_object().expect("an object") {
        if value.is_null() {
            members.shift_remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    body
}

impl Client {
    /// A client with a token of that user.
    pub(crate) async fn customer(&self, user: &str) -> Self {
        let token = self.post("/customer_tokens", json!({"user_id": user})).await.is(201);
        Self { credential: Some(token.str("token")), ..self.clone() }
    }

    /// Puts an event on sale.
    pub(crate) async fn concert(&self, zones: Value) -> Concert {
        self.event(concert(zones)).await
    }

    /// Puts an event on sale, said in full.
    pub(crate) async fn event(&self, body: Value) -> Concert {
        let event = self.post("/events", body).await.is(201);
        let zones = event.at("zones").as_array().cloned().unwrap_or_default();
        let id = |zone: &Value| zone["id"].as_str().expect("an id").to_owned();
        Concert { id: event.str("id"), zones: zones.iter().map(id).collect() }
    }

    /// One floor with that many units at 49.90.
    pub(crate) async fn floor(&self, capacity: u32) -> Concert {
        self.concert(json!([zone(capacity, "49.90")])).await
    }

    pub(crate) async fn reserve(&self, body: Value) -> Answer {
        self.post("/bookings/reserve", body).await
    }

    /// A hold; its id.
    pub(crate) async fn hold(&self, body: Value) -> String {
        self.reserve(body).await.is(201).str("id")
    }

    /// A sale, paid with a reference of its own; its id.
    pub(crate) async fn sale(&self, body: Value) -> String {
        let id = self.hold(body).await;
        self.act(&id, "confirm", paid(&format!("paid-{id}"))).await.is(200);
        id
    }

    /// `confirm`, `release` or `cancel`.
    pub(crate) async fn act(&self, booking: &str, action: &str, body: Value) -> Answer {
        self.post(&format!("/bookings/{booking}/{action}"), body).await
    }

    /// Available, held and sold units of a zone.
    pub(crate) async fn stock(&self, concert: &Concert, zone: usize) -> [u64; 3] {
        let path = concert.zone_path(zone, "/availability");
        let answer = self.get(&path).await.is(200);
        let [available, held, sold, capacity] = ["available", "held", "sold", "capacity"]
            .map(|name| answer.at(name).as_u64().expect("a count"));
        assert_eq!(available + held + sold, capacity);
        [available, held, sold]
    }

    pub(crate) async fn booking_status(&self, booking: &str) -> String {
        self.get(&format!("/bookings/{booking}")).await.is(200).str("status")
    }
}

impl Concert {
    /// A request for units of a zone.
    pub(crate) fn units(&self, zone: usize, user: &str, quantity: i64) -> Value {
        json!({
            "event_id": self.id, "zone_id": self.zones[zone],
            "quantity": quantity, "user_id": user,
        })
    }

    /// A request for one unit of the first zone.
    pub(crate) fn one(&self, user: &str) -> Value {
        self.units(0, user, 1)
    }

    /// A request for named seats of a zone.
    pub(crate) fn seats(&self, zone: usize, user: &str, seats: &[&str]) -> Value {
        json!({
            "event_id": self.id, "zone_id": self.zones[zone],
            "seats": seats, "user_id": user,
        })
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/events/{}{rest}", self.id)
    }

    pub(crate) fn zone_path(&self, zone: usize, rest: &str) -> String {
        format!("/events/{}/zones/{}{rest}", self.id, self.zones[zone])
    }
}

/// A confirmation that was paid elsewhere.
pub(crate) fn paid(reference: &str) -> Value {
    json!({"payment": {"method": "external", "reference": reference}})
}
