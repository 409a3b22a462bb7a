//! Accounts and modes never meet, and a credential does what its scopes say and no more.

use engine::credentials::{Mode, Scope};
use serde_json::json;

use super::client::Client;
use super::http::Ask;
use super::server::{Holder, TestServer};
use super::shop::{Concert, hall, paid, with, zone};
use super::stream::Feed;

/// Nothing of `concert` and `booking` is there for `stranger`.
async fn sees_nothing(stranger: &Client, concert: &Concert, booking: &str) {
    for path in [
        concert.path(""),
        concert.path("/users/ann/summary"),
        concert.zone_path(0, "/availability"),
        concert.zone_path(1, "/seats"),
        format!("/bookings/{booking}"),
        format!("/bookings/{booking}/timeline"),
        "/idempotency_keys/known".to_owned(),
    ] {
        stranger.get(&path).await.is(404).fails("NOT_FOUND");
    }
    for (path, body) in [
        (format!("/bookings/{booking}/confirm"), paid("pi_1")),
        (format!("/bookings/{booking}/release"), json!({})),
        (format!("/bookings/{booking}/cancel"), json!({})),
    ] {
        stranger.post(&path, body).await.is(404).fails("NOT_FOUND");
    }
    stranger.patch(&concert.path(""), json!({"name": "x"})).await.is(404);
    stranger.patch(&concert.zone_path(0, ""), json!({"name": "x"})).await.is(404);
    stranger.reserve(concert.one("ann")).await.is(404);
    for path in [
        "/events".to_owned(),
        "/bookings".to_owned(),
        "/activity".to_owned(),
        format!("/bookings?event_id={}", concert.id),
        format!("/activity?resource_id={booking}"),
    ] {
        assert_eq!(stranger.get(&path).await.is(200).at("data"), json!([]), "{path}");
    }
}

#[tokio::test]
async fn what_belongs_to_others_is_not_there() {
    let server = TestServer::start().await;
    let (test, _) = server.holder(&Holder { mode: Mode::Test, ..Holder::default() });
    let (live, other) = (server.shop(), server.other());
    let zones = json!([zone(10, "49.90"), hall(&["A1"])]);
    let concert = live.concert(zones.clone()).await;
    let known = live.post_once("known", "/bookings/reserve", concert.one("ann")).await;
    let booking = known.is(201).str("id");
    for stranger in [&test, &other] {
        sees_nothing(stranger, &concert, &booking).await;
    }
    // The other way round, and a zone of ours under an event of theirs.
    let theirs = test.concert(zones).await;
    let their_booking = test.hold(theirs.one("ann")).await;
    live.get(&format!("/bookings/{their_booking}")).await.is(404);
    let mixed = with(theirs.one("ann"), &json!({"zone_id": concert.zones[0]}));
    test.reserve(mixed).await.is(404);
    let mixed = format!("/events/{}/zones/{}/availability", theirs.id, concert.zones[0]);
    test.get(&mixed).await.is(404);
    live.get(&mixed).await.is(404);
    assert_eq!(live.booking_status(&booking).await, "reserved");
}

#[tokio::test]
async fn a_zone_is_found_under_its_own_event_only() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let (one, two) = (shop.concert(json!([hall(&["A1"])])).await, shop.floor(1).await);
    // Twice: the second finds the counters in memory.
    shop.get(&one.zone_path(0, "/availability")).await.is(200);
    for _ in 0..2 {
        for rest in ["/availability", "/seats"] {
            let path = format!("/events/{}/zones/{}{rest}", two.id, one.zones[0]);
            shop.get(&path).await.fails("NOT_FOUND");
        }
    }
    let path = format!("/events/{}/zones/{}", two.id, one.zones[0]);
    shop.patch(&path, json!({"name": "x"})).await.fails("NOT_FOUND");
}

#[tokio::test]
async fn scopes_say_what_a_key_may_do() {
    let server = TestServer::start().await;
    let holders = Scope::ALL
        .map(|scope| (scope, server.holder(&Holder { scopes: &[scope], ..Holder::default() }).0));
    for (method, path, needed) in [
        ("POST", "/events", Scope::Admin),
        ("GET", "/events", Scope::Read),
        ("GET", "/events/evt_x", Scope::Read),
        ("PATCH", "/events/evt_x", Scope::Admin),
        ("PATCH", "/events/evt_x/zones/zon_x", Scope::Admin),
        ("GET", "/events/evt_x/zones/zon_x/availability", Scope::Read),
        ("GET", "/events/evt_x/zones/zon_x/seats", Scope::Read),
        ("GET", "/events/evt_x/users/ann/summary", Scope::Read),
        ("POST", "/bookings/reserve", Scope::Book),
        ("GET", "/bookings", Scope::Read),
        ("GET", "/bookings/bkg_x", Scope::Read),
        ("GET", "/bookings/bkg_x/timeline", Scope::Read),
        ("POST", "/bookings/bkg_x/confirm", Scope::Book),
        ("POST", "/bookings/bkg_x/release", Scope::Book),
        ("POST", "/bookings/bkg_x/cancel", Scope::Book),
        ("GET", "/activity", Scope::Read),
        ("GET", "/idempotency_keys/k", Scope::Read),
        ("POST", "/idempotency_keys/x/retire", Scope::Book),
        ("POST", "/customer_tokens", Scope::Admin),
    ] {
        for (scope, client) in &holders {
            let answer = client.send(Ask::new(method, path)).await;
            if *scope == needed {
                assert_ne!(answer.status, 403, "{method} {path}: {}", answer.text());
            } else {
                let answer = answer.is(403).fails("FORBIDDEN");
                assert!(answer.str("detail").contains(needed.as_str()), "{}", answer.text());
            }
        }
    }
    for (scope, client) in &holders {
        let status = if *scope == Scope::Read { 200 } else { 403 };
        assert_eq!(Feed::status(client, "/activity/stream").await, status);
    }
}

#[tokio::test]
async fn a_revoked_key_stops_within_a_second() {
    let server = TestServer::start().await;
    let (client, key) = server.holder(&Holder::default());
    let (unused, other_key) = server.holder(&Holder::default());
    client.get("/events").await.is(200);
    server.revoke(key);
    server.revoke(other_key);
    // Nobody has seen it yet: it stops at once.
    unused.get("/events").await.fails("UNAUTHORIZED");
    server.advance(1);
    client.get("/events").await.fails("UNAUTHORIZED");
    client.post("/bookings/reserve", json!({})).await.fails("UNAUTHORIZED");
}
