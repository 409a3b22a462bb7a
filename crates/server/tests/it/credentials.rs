//! Accounts and modes never meet, and a credential does what its scopes say and no more.

use engine::credentials::{Mode, Scope};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Value, json};

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

#[tokio::test]
async fn a_token_ends_within_a_second_of_the_key_that_minted_it() {
    let server = TestServer::start().await;
    let (shop, key) = server.holder(&Holder::default());
    let (other, _) = server.holder(&Holder::default());
    let floor = shop.floor(10).await;
    let (ann, unseen) = (shop.customer("ann").await, shop.customer("unseen").await);
    let (same, bob) = (other.customer("ann").await, other.customer("bob").await);
    for client in [&ann, &same, &bob] {
        client.get("/bookings").await.is(200);
    }
    let known = ann.post_once("known", "/bookings/reserve", floor.one("ann")).await.is(201);

    server.revoke(key);
    server.advance(1);
    for client in [&ann, &unseen] {
        client.get("/bookings").await.fails("UNAUTHORIZED");
        client.reserve(floor.one("ann")).await.fails("UNAUTHORIZED");
        client.post_once("known", "/bookings/reserve", floor.one("ann")).await.is(401);
    }
    // Whoever has a token of another key goes on, and is the same customer.
    bob.get("/bookings").await.is(200);
    let again = same.post_once("known", "/bookings/reserve", floor.one("ann")).await;
    assert_eq!((again.is_replay(), again.text()), (true, known.text()));
}

#[tokio::test]
async fn a_token_is_no_good_while_its_key_cannot_be_read() {
    let server = TestServer::start().await;
    let ann = server.shop().customer("ann").await;
    server.outage.set(true);
    ann.get("/bookings").await.is(503);
    server.outage.set(false);
    ann.get("/bookings").await.is(200);
    server.take_errors();
}

/// A token whose claims are changed, signed as the server would.
fn changed(server: &TestServer, ann: &Client, change: impl FnOnce(&mut Value)) -> Client {
    let token = ann.credential.as_deref().expect("a token");
    let key = server.secrets.token_key().key;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    let decoded = decode::<Value>(token, &DecodingKey::from_secret(key), &validation);
    let mut claims = decoded.expect("a token").claims;
    change(&mut claims);
    let encoded = encode(&Header::default(), &claims, &EncodingKey::from_secret(key));
    Client { credential: Some(encoded.expect("a token")), ..ann.clone() }
}

#[tokio::test]
async fn a_token_of_an_earlier_release_is_good_until_it_ends() {
    let server = TestServer::start().await;
    let (shop, key) = server.holder(&Holder::default());
    let (other, _) = server.holder(&Holder { account: "other", ..Holder::default() });
    let ann = shop.customer("ann").await;
    let earlier = changed(&server, &ann, |claims| {
        let claims = claims.as_object_mut().expect("claims");
        assert!(claims.remove("key").is_some() && claims.remove("exp_ms").is_some());
    });
    earlier.get("/bookings").await.is(200);
    // A key stands for its own account.
    let theirs = other.customer("ann").await;
    let account = changed(&server, &theirs, |_| {});
    account.get("/bookings").await.is(200);
    let foreign = changed(&server, &ann, |claims| {
        changed(&server, &theirs, |others| claims["key"] = others["key"].take());
    });
    foreign.get("/bookings").await.fails("UNAUTHORIZED");
    for none in [json!("key_01m7yt5ngte01872p7qyzw5fde"), json!("ann"), json!(1)] {
        let unknown = changed(&server, &ann, |claims| claims["key"] = none);
        unknown.get("/bookings").await.fails("UNAUTHORIZED");
    }

    server.revoke(key);
    server.advance(1);
    ann.get("/bookings").await.fails("UNAUTHORIZED");
    earlier.get("/bookings").await.is(200);
    server.advance(60 * 60);
    earlier.get("/bookings").await.fails("UNAUTHORIZED");
}

/// Those say what a customer is called, and not who that is.
#[tokio::test]
async fn a_token_of_an_earlier_release_is_for_whoever_is_called_that() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ann = shop.customer("ann").await;
    let earlier = |user: &str| {
        changed(&server, &ann, |claims| {
            assert!(claims["per"].as_str().is_some_and(|it| it.starts_with("per_")), "{claims}");
            claims.as_object_mut().expect("claims").remove("per");
            claims["sub"] = json!(user);
        })
    };
    // Nobody knew them before: they are the same customer afterwards, also with a token of today.
    let bob = earlier("bob");
    bob.get("/bookings").await.is(200);
    let theirs = bob.hold(floor.one("bob")).await;
    for bob in [bob, shop.customer("bob").await] {
        bob.get(&format!("/bookings/{theirs}")).await.is(200);
        assert_eq!(bob.get("/bookings").await.is(200).str("data/0/id"), theirs);
    }
    // Others have booked for them since.
    let (cid, held) = (earlier("cid"), shop.hold(floor.one("cid")).await);
    cid.get(&format!("/bookings/{held}")).await.is(200);
    cid.act(&held, "release", json!({})).await.is(200);
    cid.get(&format!("/bookings/{theirs}")).await.fails("NOT_FOUND");
}
