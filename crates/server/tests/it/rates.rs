//! Rate limits: what every answer says of them, and what is answered when the bucket is empty.

use expect_test::expect;
use serde_json::json;
use server::limit::CUSTOMER_BURST_DEFAULT;

use super::answer::Answer;
use super::client::{Client, at_once};
use super::http::Ask;
use super::server::{Holder, TestServer};
use super::snapshot::shown;

/// What an answer says of its bucket, in one line; both families from the same numbers.
#[track_caller]
fn bucket(answer: &Answer) -> String {
    let number = |name: &str| {
        let value = answer.header(name).unwrap_or_else(|| panic!("no {name}: {answer:?}"));
        value.parse::<i64>().expect("a number")
    };
    let (limit, remaining) = (number("x-ratelimit-limit"), number("x-ratelimit-remaining"));
    let seconds = number("x-ratelimit-reset") - super::server::START.as_millis() / 1_000;
    let draft = answer.header("ratelimit").expect("the draft's header");
    assert_eq!(draft, format!("\"default\";r={remaining};t={seconds}"));
    let policy = answer.header("ratelimit-policy").expect("the draft's policy");
    // Keys fill in two seconds; the only others are customers with the defaults.
    let window = if limit == i64::from(CUSTOMER_BURST_DEFAULT) { 4 } else { 2 };
    assert_eq!(policy, format!("\"default\";q={limit};w={window}"));
    format!("{} {remaining}/{limit}, full in {seconds} s", answer.status)
}

#[tokio::test]
async fn every_authenticated_answer_under_a_limit_tells_it() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let (limited, _) = server.holder(&Holder {
        scopes: &[engine::credentials::Scope::Book, engine::credentials::Scope::Read],
        rate: Some(5),
        ..Holder::default()
    });
    let reserve = |user: &str| Ask::post("/bookings/reserve", &floor.one(user));
    let mut lines = String::new();
    for ask in [
        Ask::get("/events"),
        Ask::get(&floor.zone_path(0, "/availability")),
        reserve("ann").key("a"),
        reserve("ann").key("a"),
        reserve("bob").key("a"),
        reserve("bob").key("b"),
        reserve("bob"),
        Ask::get("/bookings/x"),
        Ask::get("/events?x=1"),
        Ask::post("/events", &json!({})),
        Ask::get("/events"),
        Ask::post("/events", &json!({})),
        reserve("ann").key("a"),
    ] {
        lines += &format!("{}\n", bucket(&limited.send(ask).await));
    }
    expect![[r#"
        200 9/10, full in 1 s
        200 8/10, full in 1 s
        201 7/10, full in 1 s
        201 6/10, full in 1 s
        422 5/10, full in 1 s
        409 4/10, full in 2 s
        400 3/10, full in 2 s
        404 2/10, full in 2 s
        400 1/10, full in 2 s
        403 0/10, full in 2 s
        429 0/10, full in 2 s
        403 0/10, full in 2 s
        201 0/10, full in 2 s
    "#]]
    .assert_eq(&lines);
    // Who is not known has no bucket, and who has no limit none either.
    for answer in [server.nobody().get("/events").await, shop.get("/events").await.is(200)] {
        assert!(!answer.headers.iter().any(|(name, _)| name.contains("ratelimit")), "{answer:?}");
    }
}

#[tokio::test]
async fn an_empty_bucket_is_429_and_says_when_to_come_back() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let (limited, _) = server.holder(&Holder { rate: Some(2), ..Holder::default() });
    for _ in 0..4 {
        limited.get("/events").await.is(200);
    }
    let refused = limited.post_once("k", "/bookings/reserve", floor.one("ann")).await.is(429);
    expect![[r#"
        429 | content-type: application/problem+json | retry-after: 1
        {
          "type": "/problems/too-many-requests",
          "title": "Too many requests",
          "status": 429,
          "detail": "Rate limit exceeded. Please retry after 1 second(s).",
          "instance": "/api/v1/bookings/reserve",
          "success": false,
          "code": "TOO_MANY_REQUESTS",
          "message": "Rate limit exceeded. Please retry after 1 second(s).",
          "action": "Wait for the seconds in Retry-After, then send the same request with the same key.",
          "tip": "X-RateLimit-Remaining shows how many requests are left before this happens.",
          "retryable": true,
          "request_id": "req_1",
          "error": {
            "code": "TOO_MANY_REQUESTS",
            "message": "Rate limit exceeded. Please retry after 1 second(s).",
            "retryable": true,
            "retry": "same_key",
            "retry_after": 1,
            "action": "Wait for the seconds in Retry-After, then send the same request with the same key.",
            "tip": "X-RateLimit-Remaining shows how many requests are left before this happens."
          }
        }
    "#]].assert_eq(&shown(&refused));
    assert_eq!(bucket(&refused), "429 0/4, full in 2 s");
    assert_eq!(shop.stock(&floor, 0).await, [10, 0, 0]);
    shop.get("/idempotency_keys/k").await.is(404);
    assert_eq!(server.metric("bookonce_rate_limited_total"), 1.0);

    // It fills at its rate, and the same key then books.
    server.advance(1);
    assert!(
        !limited.post_once("k", "/bookings/reserve", floor.one("ann")).await.is(201).is_replay()
    );
    limited.get("/events").await.is(200);
    limited.get("/events").await.is(429);
    server.advance(2);
    for _ in 0..4 {
        limited.get("/events").await.is(200);
    }
    limited.get("/events").await.is(429);
}

#[tokio::test]
async fn each_credential_has_a_bucket_of_its_own() {
    let server = TestServer::start().await;
    let holder = Holder { rate: Some(1), ..Holder::default() };
    let (one, two) = (server.holder(&holder).0, server.holder(&holder).0);
    while one.get("/events").await.status != 429 {}
    two.get("/events").await.is(200);
}

#[tokio::test]
async fn keys_that_do_not_say_have_the_setting() {
    let server = TestServer::with(|settings| settings.rate = 3).await;
    let (shop, _) = server.holder(&Holder { rate: None, ..Holder::default() });
    assert_eq!(bucket(&shop.get("/events").await), "200 5/6, full in 1 s");

    let server = TestServer::with(|settings| settings.rate = 0).await;
    let (shop, _) = server.holder(&Holder { rate: None, ..Holder::default() });
    assert_eq!(shop.get("/events").await.is(200).header("x-ratelimit-limit"), None);
}

#[tokio::test]
async fn each_customer_has_the_rate_of_customers() {
    // Whatever keys may do.
    let server = TestServer::with(|settings| settings.rate = 3).await;
    let shop = server.shop();
    let floor = shop.floor(100).await;
    let (one, two) = (shop.customer("ann").await, shop.customer("ann").await);
    let bob = shop.customer("bob").await;
    assert_eq!(bucket(&one.get("/events").await), "200 19/20, full in 1 s");
    assert_eq!(bucket(&two.get("/events").await), "200 18/20, full in 1 s", "the same customer");
    let known = one.post_once("known", "/bookings/reserve", floor.one("ann")).await.is(201);
    for _ in 0..17 {
        one.get("/bookings/x").await.is(404);
    }
    // Neither another token nor what writes for ever gets more.
    let answers = [
        one.get("/events").await,
        two.get("/events").await,
        one.post_once("k", "/bookings/reserve", floor.one("ann")).await,
        one.post_once("k", "/idempotency_keys/known/retire", json!({})).await,
    ];
    for answer in answers {
        assert_eq!(bucket(&answer.fails("TOO_MANY_REQUESTS")), "429 0/20, full in 4 s");
    }
    let again = one.post_once("known", "/bookings/reserve", floor.one("ann")).await;
    assert_eq!((again.is_replay(), again.text()), (true, known.text()));
    assert_eq!(bucket(&bob.get("/events").await), "200 19/20, full in 1 s", "is another");
    server.advance(1);
    for _ in 0..5 {
        two.get("/events").await.is(200);
    }
    two.get("/events").await.fails("TOO_MANY_REQUESTS");
}

#[tokio::test]
async fn the_rate_of_customers_is_a_setting() {
    let server = TestServer::with(|settings| {
        (settings.customers.rate, settings.customers.burst) = (3, 6);
    });
    let server = server.await;
    let ann = server.shop().customer("ann").await;
    assert_eq!(bucket(&ann.get("/events").await), "200 5/6, full in 1 s");

    let server = TestServer::with(|settings| settings.customers.rate = 0).await;
    let ann = server.shop().customer("ann").await;
    for _ in 0..=CUSTOMER_BURST_DEFAULT {
        assert_eq!(ann.get("/events").await.is(200).header("x-ratelimit-limit"), None);
    }
}

#[tokio::test]
async fn unlimited_is_unlimited() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let calls = (0..2_500).map(|_| (shop.clone(), Ask::get("/idempotency_keys/k")));
    let calls: Vec<_> = calls.collect();
    for calls in calls.chunks(100) {
        for answer in at_once(calls.to_vec()).await {
            answer.is(404);
        }
    }
}

/// Chapter 3 of the contract, item 8: recovery traffic gets through when the bucket is empty.
#[tokio::test]
async fn an_empty_bucket_still_replays_known_keys() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let (limited, _) = server.holder(&Holder { rate: Some(1), ..Holder::default() });
    let ask = |user: &str| Ask::post("/bookings/reserve", &floor.one(user)).key(user);
    let known = shop.send(ask("known")).await.is(201);
    shop.post("/idempotency_keys/retired/retire", json!({})).await.is(200);
    while limited.get("/events").await.status != 429 {}

    let replay = limited.send(ask("known")).await.is(201);
    assert!(replay.is_replay());
    assert_eq!(replay.text(), known.text());
    assert_eq!(replay.header("x-ratelimit-remaining"), Some("0"));
    let other = Ask::post("/bookings/reserve", &floor.one("other")).key("known");
    limited.send(other).await.fails("IDEMPOTENCY_KEY_REUSED");
    limited.send(ask("retired")).await.fails("KEY_RETIRED");
    // What is new, or has no key, or is a read, waits.
    limited.send(ask("new")).await.fails("TOO_MANY_REQUESTS");
    shop.get("/idempotency_keys/new").await.is(404);
    limited.get("/idempotency_keys/known").await.fails("TOO_MANY_REQUESTS");
    limited.send(ask("x").key("a b")).await.fails("TOO_MANY_REQUESTS");
    let unkeyed = Ask::post("/customer_tokens", &json!({"user_id": "ann"}));
    limited.send(unkeyed).await.fails("TOO_MANY_REQUESTS");

    // A running one is attached to, and another body under it refused and counted.
    let collisions = server.metric("idempotency_key_collision_total");
    let held = server.hold();
    let first = shop.start(ask("running"));
    shop.until_in_progress("running").await;
    limited.send(ask("running").header("Prefer", "wait=0")).await.fails("REQUEST_IN_PROGRESS");
    let other = Ask::post("/bookings/reserve", &floor.one("other")).key("running");
    limited.send(other).await.fails("IDEMPOTENCY_KEY_REUSED");
    assert_eq!(server.metric("idempotency_key_collision_total"), collisions + 1.0);
    held.release();
    first.answer().await.is(201);

    // The second bucket has an end as well: 2 s of five times the rate.
    let calls: Vec<(Client, Ask)> = (0..20).map(|_| (limited.clone(), ask("known"))).collect();
    let answers = at_once(calls).await;
    let replays = answers.iter().filter(|answer| answer.is_replay()).count();
    assert!((1..10).contains(&replays), "{replays}");
    assert!(answers.iter().all(|answer| answer.is_replay() || answer.status == 429));
    server.advance(1);
    assert!(limited.send(ask("known")).await.is_replay());
}
