//! What is left: the counters of a zone, at most a second old, and what one user may still have.

use serde_json::json;

use super::http::Ask;
use super::server::TestServer;
use super::shop::{hall, paid, zone};

#[tokio::test]
async fn counters_add_up_and_are_at_most_a_second_old() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let event = shop.concert(json!([zone(10, "5"), hall(&["A1", "A2"])])).await;
    let path = event.zone_path(0, "/availability");
    let before = shop.get(&path).await.is(200);
    assert_eq!(
        before.json(),
        json!({
            "available": 10, "held": 0, "sold": 0, "capacity": 10,
            "as_of": "2026-02-15T09:00:00.000Z",
        })
    );
    shop.sale(event.units(0, "ann", 3)).await;
    shop.hold(event.units(0, "bob", 2)).await;
    assert_eq!(shop.get(&path).await.text(), before.text(), "as old as it says");
    server.advance(1);
    let after = shop.get(&path).await.is(200);
    assert_eq!(after.str("as_of"), "2026-02-15T09:00:01.000Z");
    assert_eq!(shop.stock(&event, 0).await, [5, 2, 3]);
    // Numbered seats count in their zone.
    shop.hold(event.seats(1, "ann", &["A2"])).await;
    assert_eq!(shop.stock(&event, 1).await, [1, 1, 0]);
    // A change of the capacity shows as well.
    shop.patch(&event.zone_path(0, ""), json!({"capacity": 7})).await.is(200);
    server.advance(1);
    assert_eq!(shop.stock(&event, 0).await, [2, 2, 3]);
}

#[tokio::test]
async fn a_client_that_knows_the_counters_gets_304() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let path = floor.zone_path(0, "/availability");
    let first = shop.get(&path).await.is(200);
    let tag = first.header("etag").expect("a tag").to_owned();
    let caching = first.header("cache-control").expect("how to cache it").to_owned();
    let known = |tag: &str| shop.send(Ask::get(&path).header("If-None-Match", tag));
    for tag in [tag.clone(), format!("\"x\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
        let answer = known(&tag).await.is(304);
        assert_eq!(answer.text(), "");
        assert_eq!(answer.header("etag"), first.header("etag"));
        assert_eq!(answer.header("cache-control"), Some(caching.as_str()));
    }
    for other in ["\"x\"", "x", ""] {
        known(other).await.is(200);
    }
    shop.hold(floor.one("ann")).await;
    server.advance(1);
    let changed = known(&tag).await.is(200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
}

#[tokio::test]
async fn looking_costs_the_engine_nothing() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let id = shop.hold(floor.one("ann")).await;
    let held = server.hold();
    let stuck = shop.start(Ask::post("/bookings/reserve", &floor.one("bob")).key("k"));
    held.stands().await;
    for path in [
        floor.zone_path(0, "/availability"),
        floor.path(""),
        floor.path("/users/ann/summary"),
        format!("/bookings/{id}"),
        format!("/bookings/{id}/timeline"),
        "/bookings".to_owned(),
        "/activity".to_owned(),
    ] {
        shop.get(&path).await.is(200);
    }
    held.release();
    stuck.answer().await.is(201);
}

#[tokio::test]
async fn a_summary_tells_what_a_user_may_still_have() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(20).await;
    let summary = |user: &str| {
        let path = floor.path(&format!("/users/{user}/summary"));
        let shop = shop.clone();
        async move { shop.get(&path).await.is(200).json() }
    };
    let of = |booked: i64, left: i64| json!({"booked_count": booked, "max_allowed": 4, "remaining_slots": left});
    assert_eq!(summary("ann").await, of(0, 4));
    let held = shop.hold(floor.units(0, "ann", 1)).await;
    let sold = shop.sale(floor.units(0, "ann", 2)).await;
    assert_eq!(summary("ann").await, of(3, 1));
    assert_eq!(summary("bob").await, of(0, 4));
    shop.act(&held, "release", json!({})).await.is(200);
    assert_eq!(summary("ann").await, of(2, 2));
    shop.act(&sold, "cancel", json!({})).await.is(200);
    assert_eq!(summary("ann").await, of(0, 4));
    shop.hold(floor.units(0, "ann", 4)).await;
    server.advance(600);
    assert_eq!(summary("ann").await, of(0, 4));
    // A lower cap takes nothing away.
    shop.hold(floor.units(0, "ann", 4)).await;
    shop.patch(&floor.path(""), json!({"max_per_user": 2})).await.is(200);
    let below = json!({"booked_count": 4, "max_allowed": 2, "remaining_slots": 0});
    assert_eq!(summary("ann").await, below);
    // Users are named as they are, percent-encoded.
    let odd = "a b/ü?";
    let id = shop.hold(floor.one(odd)).await;
    shop.act(&id, "confirm", paid("pi_1")).await.is(200);
    assert_eq!(summary("a%20b%2F%C3%BC%3F").await["booked_count"], 1);
}
