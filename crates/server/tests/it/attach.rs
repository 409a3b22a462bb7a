//! Chapter 3 of the contract, item 7: duplicates of a request that is still being decided. The engine
//! is held in these tests, so that "still" lasts for as long as a test wants.

use expect_test::expect;
use serde_json::json;

use super::client::Client;
use super::http::Ask;
use super::server::{Holder, TestServer};
use super::snapshot::shown;

/// Waits until that many duplicates wait for a running request.
async fn until_attached(server: &TestServer, shop: &Client, count: f64) {
    while server.metric("bookonce_requests_attached_total") < count {
        shop.get("/healthz").await;
    }
}

fn no_wait(ask: &Ask) -> Ask {
    ask.clone().header("Prefer", "wait=0")
}

#[tokio::test]
async fn a_duplicate_attaches_and_gets_the_answer() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let held = server.hold();
    let first = shop.start(ask.clone());
    shop.until_in_progress("k").await;
    let attached: Vec<_> = (0..5).map(|_| shop.start(ask.clone())).collect();
    until_attached(&server, &shop, 5.0).await;
    held.release();
    let first = first.answer().await.is(201);
    assert!(!first.is_replay());
    for attached in attached {
        let answer = attached.answer().await.is(201);
        assert!(answer.is_replay(), "one that attached says so");
        assert_eq!(answer.text(), first.text());
        assert_eq!(answer.header("location"), first.header("location"));
    }
    assert_eq!(shop.stock(&floor, 0).await, [9, 1, 0]);
}

#[tokio::test]
async fn a_refusal_reaches_those_who_attached_as_well() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    shop.hold(floor.one("ann")).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("bob")).key("k");
    let held = server.hold();
    let first = shop.start(ask.clone());
    shop.until_in_progress("k").await;
    let attached = shop.start(ask.clone());
    until_attached(&server, &shop, 1.0).await;
    held.release();
    let first = first.answer().await.fails("INSUFFICIENT_SEATS");
    let attached = attached.answer().await;
    assert!(attached.is_replay());
    assert_eq!(attached.text(), first.text());
}

#[tokio::test]
async fn a_failure_reaches_those_who_attached_and_is_not_kept() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let held = server.hold();
    let first = shop.start(ask.clone());
    shop.until_in_progress("k").await;
    let attached = shop.start(ask.clone());
    until_attached(&server, &shop, 1.0).await;
    server.faults.fail(engine::failpoint::DECIDED);
    held.release();
    for answer in [first.answer().await, attached.answer().await] {
        assert!(!answer.is_replay());
        answer.is(503).fails("SERVICE_UNAVAILABLE");
    }
    server.faults.heal();
    assert!(!shop.send(ask).await.is(201).is_replay());
}

#[tokio::test]
async fn a_duplicate_waits_two_seconds_or_as_long_as_it_prefers() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let held = server.hold();
    let first = shop.start(ask.clone());
    shop.until_in_progress("k").await;
    let at_once = shop.send(no_wait(&ask)).await;
    assert_eq!(at_once.header("retry-after"), Some("2"));
    assert!(!at_once.is_replay());
    expect![[r#"
        409 | content-type: application/problem+json | retry-after: 2
        {
          "type": "/problems/request-in-progress",
          "title": "Request in progress",
          "status": 409,
          "detail": "A request with this key is being decided.",
          "instance": "/api/v1/bookings/reserve",
          "success": false,
          "code": "REQUEST_IN_PROGRESS",
          "message": "A request with this key is being decided.",
          "action": "Wait for the seconds in Retry-After, then send the same request with the same key.",
          "tip": "With Prefer: wait=30 the server waits for the outcome up to 30 seconds.",
          "retryable": true,
          "request_id": "req_1",
          "error": {
            "code": "REQUEST_IN_PROGRESS",
            "message": "A request with this key is being decided.",
            "retryable": true,
            "retry": "same_key",
            "retry_after": 2,
            "action": "Wait for the seconds in Retry-After, then send the same request with the same key.",
            "tip": "With Prefer: wait=30 the server waits for the outcome up to 30 seconds."
          }
        }
    "#]].assert_eq(&shown(&at_once));
    // One prefers to wait for long, one does not say: the one that does not say gives up first.
    let patient = shop.start(ask.clone().header("Prefer", "respond-async, wait=30"));
    shop.send(ask.clone()).await.is(409).fails("REQUEST_IN_PROGRESS");
    held.release();
    let first = first.answer().await.is(201);
    let patient = patient.answer().await.is(201);
    assert_eq!(patient.text(), first.text());
    // The refusal was not kept: the key has the booking.
    assert_eq!(shop.send(no_wait(&ask)).await.text(), first.text());
}

#[tokio::test]
async fn another_body_is_refused_at_once_while_the_first_runs() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let held = server.hold();
    let first = shop.start(Ask::post("/bookings/reserve", &floor.one("ann")).key("k"));
    shop.until_in_progress("k").await;
    for other in [floor.one("bob"), json!({"quantity": "many"})] {
        shop.post_once("k", "/bookings/reserve", other)
            .await
            .is(422)
            .fails("IDEMPOTENCY_KEY_REUSED");
    }
    assert_eq!(server.metric("idempotency_key_collision_total"), 2.0);
    // Others are not held up by a running key of the same name.
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let ann = server.nobody();
    ann.send(ask.clone()).await.fails("UNAUTHORIZED");
    held.release();
    assert!(!first.answer().await.is(201).is_replay());
}

/// Whose the key is does not depend on who else asks at the same moment.
#[tokio::test]
async fn the_request_that_has_the_key_is_replayed_while_another_body_waits() {
    // From memory the other body is refused at once.
    let server = TestServer::without_memory().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let (limited, _) = server.holder(&Holder { rate: Some(1), ..Holder::default() });
    let ask = |user: &str| Ask::post("/bookings/reserve", &floor.one(user)).key("k");
    let first = shop.send(ask("ann")).await.is(201);
    while limited.get("/events").await.status != 429 {}
    let held = server.hold();
    let other = shop.start(ask("bob"));
    held.stands().await;
    for client in [&shop, &limited] {
        let again = client.send(ask("ann")).await.is(201);
        assert!(again.is_replay());
        assert_eq!(again.text(), first.text());
        client.send(ask("cyd")).await.is(422).fails("IDEMPOTENCY_KEY_REUSED");
    }
    held.release();
    other.answer().await.is(422).fails("IDEMPOTENCY_KEY_REUSED");
}

/// What can bind no key keeps nobody from it.
#[tokio::test]
async fn a_request_with_bad_fields_does_not_take_the_key_while_it_waits() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let bad = Ask::post("/bookings/reserve", &json!({"quantity": 0})).key("k");
    let good = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let held = server.hold();
    let bad = shop.start(bad);
    held.stands().await;
    let good = shop.start(good);
    shop.until_in_progress("k").await;
    held.release();
    bad.answer().await.is(400).fails("INVALID_REQUEST");
    assert!(!good.answer().await.is(201).is_replay());
}

#[tokio::test]
async fn a_key_in_progress_shows_what_runs() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/v1/bookings/reserve", &floor.one("ann")).key("a/b%c");
    let other = server.other();
    let held = server.hold();
    let first = shop.start(ask.clone());
    shop.until_in_progress("a%2Fb%25c").await;
    // Its instant is taken; what comes later is later.
    held.stands().await;
    server.clock.advance(std::time::Duration::from_secs(3));
    shop.send(no_wait(&ask)).await.fails("REQUEST_IN_PROGRESS");
    let record = shop.get("/idempotency_keys/a%2Fb%25c").await;
    expect![[r#"
        200 | content-type: application/json
        {
          "key": "a/b%c",
          "status": "in_progress",
          "method": "POST",
          "path": "/v1/bookings/reserve",
          "resource_id": null,
          "response_status": null,
          "attempts": 2,
          "first_seen_at": "2026-02-15T09:00:00.000Z",
          "last_seen_at": "2026-02-15T09:00:03.000Z"
        }
    "#]]
    .assert_eq(&shown(&record));
    // Another account sees nothing of it.
    other.get("/idempotency_keys/a%2Fb%25c").await.is(404);
    held.release();
    first.answer().await.is(201);
    server.settle();
    let record = shop.get("/idempotency_keys/a%2Fb%25c").await;
    expect![[r#"
        200 | content-type: application/json
        {
          "key": "a/b%c",
          "status": "completed",
          "method": "POST",
          "path": "/v1/bookings/reserve",
          "resource_id": "bkg_1",
          "response_status": 201,
          "attempts": 2,
          "first_seen_at": "2026-02-15T09:00:00.000Z",
          "last_seen_at": "2026-02-15T09:00:03.000Z"
        }
    "#]]
    .assert_eq(&shown(&record));
}

#[tokio::test]
async fn a_request_that_waited_too_long_is_dropped_undecided() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = |user: &str| Ask::post("/bookings/reserve", &floor.one(user)).key(user);
    let held = server.hold();
    let first = shop.start(ask("first"));
    held.stands().await;
    let late = shop.start(ask("late"));
    shop.until_in_progress("late").await;
    server.clock.advance(std::time::Duration::from_secs(11));
    held.release();
    first.answer().await.is(201);
    let late = late.answer().await.is(503).fails("SERVICE_UNAVAILABLE");
    assert_eq!(late.header("retry-after"), Some("1"));
    shop.get("/idempotency_keys/late").await.is(404);
    server.advance(1);
    assert_eq!(shop.stock(&floor, 0).await, [9, 1, 0]);
    assert!(!shop.send(ask("late")).await.is(201).is_replay());
}

#[tokio::test]
async fn a_token_is_shown_to_the_first_alone() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let ask = Ask::post("/customer_tokens", &json!({"user_id": "ann"})).key("k");
    let held = server.hold();
    let first = shop.start(ask.clone());
    shop.until_in_progress("k").await;
    let attached = shop.start(ask);
    until_attached(&server, &shop, 1.0).await;
    held.release();
    assert!(first.answer().await.is(201).at("token").is_string());
    let attached = attached.answer().await.is(201);
    assert!(attached.at("token").is_null() && attached.is_replay());
}
