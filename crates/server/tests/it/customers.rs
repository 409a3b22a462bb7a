//! Customer tokens: a customer acts for themselves, sees what is theirs, and never pays.

use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};

use super::client::Client;
use super::server::TestServer;
use super::shop::{paid, with};
use super::snapshot::{redacted, told};
use super::stream::Feed;

#[tokio::test]
async fn a_customer_reserves_sees_and_releases_what_is_theirs() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let nameless = with(floor.one("ann"), &json!({"user_id": null}));
    let id = ann.reserve(nameless).await.is(201).str("id");
    assert_eq!(ann.get(&format!("/bookings/{id}")).await.is(200).str("user_id"), "ann");
    let named = ann.hold(floor.one("ann")).await;
    let theirs = bob.hold(floor.one("bob")).await;

    let own = ann.get("/bookings").await.is(200);
    let ids: Vec<Value> = (0..2).map(|row| own.at(&format!("data/{row}/id"))).collect();
    assert_eq!(ids, [Value::from(named.as_str()), Value::from(id.as_str())]);
    assert_eq!(own.at("data").as_array().map(Vec::len), Some(2));
    assert_eq!(ann.get("/bookings?user_id=ann&status=reserved").await.text(), own.text());
    // What is another's is not there at all.
    ann.get(&format!("/bookings/{theirs}")).await.fails("NOT_FOUND");
    ann.act(&theirs, "release", json!({})).await.fails("NOT_FOUND");
    assert_eq!(ann.act(&id, "release", json!({})).await.is(200).str("status"), "released");
    assert_eq!(ann.get(&floor.path("/users/ann/summary")).await.is(200).at("booked_count"), 1);
    ann.get(&floor.path("/users/bob/summary")).await.fails("NOT_FOUND");

    for path in ["/events".to_owned(), floor.path(""), floor.zone_path(0, "/availability")] {
        ann.get(&path).await.is(200);
    }
    assert_eq!(shop.booking_status(&theirs).await, "reserved");
}

#[tokio::test]
async fn a_customer_neither_pays_nor_acts_for_others() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ann = shop.customer("ann").await;
    let id = ann.hold(floor.one("ann")).await;
    let answers = [
        ann.act(&id, "confirm", paid("pi_1")).await,
        ann.act(&id, "confirm", json!({})).await,
        ann.act(&id, "cancel", json!({})).await,
        ann.reserve(floor.one("bob")).await,
        ann.get("/bookings?user_id=bob").await,
        ann.get(&format!("/bookings/{id}/timeline")).await,
        ann.get("/activity").await,
        ann.post("/customer_tokens", json!({"user_id": "ann"})).await,
        ann.post("/events", json!({})).await,
        ann.patch(&floor.path(""), json!({})).await,
        ann.patch(&floor.zone_path(0, ""), json!({})).await,
    ];
    let mut lines = String::new();
    for answer in answers {
        lines += &format!("{}\n", told(&answer.is(403)));
    }
    expect![[r#"
        403 FORBIDDEN never: Customer tokens may not do this.
        403 FORBIDDEN never: Customer tokens may not do this.
        403 FORBIDDEN never: Customer tokens may not do this.
        403 FORBIDDEN never: `user_id` must be the token's own user, or be left out. [user_id: must be the token's own user, or be left out]
        403 FORBIDDEN never: `user_id` must be the token's own user. [user_id: must be the token's own user]
        403 FORBIDDEN never: Customer tokens may not do this.
        403 FORBIDDEN never: Customer tokens may not do this.
        403 FORBIDDEN never: The credential lacks the scope `admin`.
        403 FORBIDDEN never: The credential lacks the scope `admin`.
        403 FORBIDDEN never: The credential lacks the scope `admin`.
        403 FORBIDDEN never: The credential lacks the scope `admin`.
    "#]].assert_eq(&lines);
    assert_eq!(shop.booking_status(&id).await, "reserved");
}

#[tokio::test]
async fn a_customer_cannot_follow_the_feed() {
    let server = TestServer::start().await;
    let shop = server.shop();
    shop.floor(10).await;
    let ann = shop.customer("ann").await;
    assert_eq!(Feed::status(&shop, "/activity/stream").await, 200);
    for path in ["/activity/stream", "/activity/stream?after=0", "/activity/stream?resource_id=x"] {
        assert_eq!(Feed::status(&ann, path).await, 403, "{path}");
    }
    assert_eq!(Feed::status(&server.nobody(), "/activity/stream").await, 401);
}

#[tokio::test]
async fn a_token_ends_at_its_millisecond() {
    let server = TestServer::start().await;
    let shop = server.shop();
    // Not at the beginning of a second, as clocks are.
    server.clock.advance(Duration::from_millis(120));
    let body = json!({"user_id": "ann", "expires_in": 60});
    let token = shop.post("/customer_tokens", body).await.is(201);
    expect![[r#"
        {
          "token": "…",
          "token_type": "Bearer",
          "user_id": "ann",
          "expires_at": "2026-02-15T09:01:00.120Z"
        }"#]]
    .assert_eq(&shape(&token.json()));
    let ann = Client { credential: Some(token.str("token")), ..server.nobody() };
    ann.get("/bookings").await.is(200);
    server.clock.advance(Duration::from_millis(59_999));
    ann.get("/bookings").await.is(200);
    server.clock.advance(Duration::from_millis(1));
    let answer = ann.get("/bookings").await.is(401).fails("UNAUTHORIZED");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
}

/// A token's answer without the token.
fn shape(answer: &Value) -> String {
    redacted(&format!("{:#}", with(answer.clone(), &json!({"token": "…"}))))
}

#[tokio::test]
async fn a_token_that_was_changed_or_made_elsewhere_is_refused() {
    let (server, elsewhere) = (TestServer::start().await, TestServer::start().await);
    let (shop, other) = (server.shop(), elsewhere.shop());
    let ann = shop.customer("ann").await;
    let token = ann.credential.clone().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let foreign = other.customer("ann").await.credential.unwrap();
    let foreign: Vec<&str> = foreign.split('.').collect();
    // "alg":"none" in the header.
    let unsigned = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0";
    for forged in [
        foreign.join("."),
        format!("{}.{}.{}", parts[0], parts[1], foreign[2]),
        format!("{}.{}.{}", parts[0], foreign[1], parts[2]),
        format!("{unsigned}.{}.{}", parts[1], parts[2]),
        format!("{unsigned}.{}.", parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}x"),
    ] {
        let forger = Client { credential: Some(forged), ..server.nobody() };
        forger.get("/bookings").await.is(401);
    }
    ann.get("/bookings").await.is(200);
}

#[tokio::test]
async fn the_same_user_is_another_person_in_another_account() {
    let server = TestServer::start().await;
    let (shop, other) = (server.shop(), server.other());
    let floor = shop.floor(10).await;
    let (ours, theirs) = (shop.customer("ann").await, other.customer("ann").await);
    let id = ours.hold(floor.one("ann")).await;
    theirs.get(&format!("/bookings/{id}")).await.fails("NOT_FOUND");
    theirs.act(&id, "release", json!({})).await.fails("NOT_FOUND");
    theirs.reserve(floor.one("ann")).await.fails("NOT_FOUND");
    assert_eq!(theirs.get("/bookings").await.at("data"), json!([]));
}

#[tokio::test]
async fn no_cache_keeps_a_token() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let minted = shop.post("/customer_tokens", json!({"user_id": "ann"})).await.is(201);
    assert_eq!(minted.header("cache-control"), Some("no-store"));
}
