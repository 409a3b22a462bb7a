//! Chapter 3 of the contract, items 10 and 11: "did my request arrive?", and making sure that it never
//! will.

use expect_test::expect;
use serde_json::{Value, json};

use super::backend::is_postgres;
use super::http::Ask;
use super::server::TestServer;
use super::shop::with;
use super::snapshot::{shown, told};

#[tokio::test]
async fn a_key_tells_what_became_of_its_request() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let unknown = shop.get("/idempotency_keys/k").await.is(404);
    expect!["404 NOT_FOUND never: Nothing is committed under this key. The request may still be on its way."].assert_eq(&told(&unknown));
    shop.post_once("k", "/bookings/reserve", floor.one("ann")).await.is(201);
    expect![[r#"
        200 | content-type: application/json
        {
          "key": "k",
          "status": "completed",
          "method": "POST",
          "path": "/api/v1/bookings/reserve",
          "resource_id": "bkg_1",
          "response_status": 201,
          "attempts": 1,
          "first_seen_at": "2026-02-15T09:00:00.000Z",
          "last_seen_at": "2026-02-15T09:00:00.000Z"
        }
    "#]]
    .assert_eq(&shown(&shop.get("/idempotency_keys/k").await));
    shop.post_once("l", "/bookings/reserve", floor.one("bob")).await.fails("INSUFFICIENT_SEATS");
    let refused = shop.get("/idempotency_keys/l").await.is(200);
    assert_eq!(refused.at("resource_id"), Value::Null, "a refusal made nothing");
    assert_eq!(refused.at("response_status"), 409);
    let (reader, _) = server.holder(&super::server::Holder {
        scopes: &[engine::credentials::Scope::Read],
        ..super::server::Holder::default()
    });
    reader.get("/v1/idempotency_keys/k").await.is(200);
}

#[tokio::test]
async fn keys_are_percent_encoded_in_addresses() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(30).await;
    for (key, encoded) in [
        ("a/b", "a%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("100%", "100%25"),
        ("%2F", "%252F"),
        ("a+b", "a+b"),
        ("~!$&'()*;=:@", "~!$&'()*;=:@"),
        ("..", "%2E%2E"),
        ("{x}", "%7Bx%7D"),
        ("\\", "%5C"),
    ] {
        shop.post_once(key, "/bookings/reserve", floor.one(key)).await.is(201);
        let record = shop.get(&format!("/idempotency_keys/{encoded}")).await.is(200);
        assert_eq!(record.str("key"), key);
        let path = format!("/idempotency_keys/{encoded}/retire");
        assert_eq!(shop.post(&path, json!({})).await.is(200).str("key"), key);
    }
    for path in ["/idempotency_keys/a%20b", "/idempotency_keys/%C3%A9", "/idempotency_keys/a%00"] {
        shop.get(path).await.fails("NOT_FOUND");
        shop.post(&format!("{path}/retire"), json!({})).await.fails("NOT_FOUND");
    }
}

#[tokio::test]
async fn a_key_that_was_retired_never_books() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let retired = shop.post("/idempotency_keys/k/retire", json!({})).await;
    expect![[r#"
        200 | content-type: application/json
        {
          "key": "k",
          "status": "retired",
          "method": null,
          "path": null,
          "resource_id": null,
          "response_status": null,
          "attempts": 0,
          "first_seen_at": "2026-02-15T09:00:00.000Z",
          "last_seen_at": "2026-02-15T09:00:00.000Z"
        }
    "#]]
    .assert_eq(&shown(&retired));
    assert_eq!(shop.get("/idempotency_keys/k").await.text(), retired.text());
    // Whatever the request was: nobody knows, so none is told that it is another.
    for body in [floor.one("ann"), floor.one("bob")] {
        let answer = shop.post_once("k", "/bookings/reserve", body).await.is(409);
        assert_eq!(answer.fails("KEY_RETIRED").at("existing_id"), Value::Null);
    }
    // Not after a year either.
    server.advance(366 * 24 * 60 * 60);
    shop.post_once("k", "/bookings/reserve", floor.one("ann")).await.fails("KEY_RETIRED");
    assert_eq!(shop.stock(&floor, 0).await, [10, 0, 0]);
}

#[tokio::test]
async fn retiring_a_key_that_was_used_shows_its_record_and_changes_nothing() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let first = shop.post_once("k", "/bookings/reserve", floor.one("ann")).await.is(201);
    let record = shop.post("/idempotency_keys/k/retire", json!({})).await.is(200);
    assert_eq!(record.str("status"), "completed");
    assert_eq!(record.str("resource_id"), first.str("id"));
    let again = shop.post_once("k", "/bookings/reserve", floor.one("ann")).await;
    assert!(again.is_replay());
}

#[tokio::test]
async fn a_customer_retires_only_keys_that_they_used() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    shop.post_once("k", "/bookings/reserve", floor.one("bob")).await.is(201);
    let ann = shop.customer("ann").await;
    // The shop's key of that name is another. Nothing is kept of it, under no key.
    let unused = ann.post("/idempotency_keys/k/retire", json!({})).await.is(404);
    expect!["404 NOT_FOUND never: Nothing was answered under this key, and customers retire only what they used."].assert_eq(&told(&unused));
    ann.post_once("k", "/idempotency_keys/k/retire", json!({})).await.is(404);
    ann.get("/idempotency_keys/k").await.is(404);

    let refused = ann.post_once("k", "/bookings/reserve", floor.one("ann")).await;
    refused.fails("INSUFFICIENT_SEATS");
    let record = ann.post("/idempotency_keys/k/retire", json!({})).await.is(200);
    assert_eq!(
        (record.str("status"), record.at("response_status")),
        ("completed".into(), json!(409))
    );
    assert!(ann.post_once("k", "/bookings/reserve", floor.one("ann")).await.is_replay());
    // What a shop retired for itself is its own as well.
    shop.post("/idempotency_keys/other/retire", json!({})).await.is(200);
    ann.post("/idempotency_keys/other/retire", json!({})).await.is(404);
}

#[tokio::test]
async fn a_key_that_retired_itself_never_books() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let retire = || shop.post_once("self", "/idempotency_keys/self/retire", json!({}));
    let reserve = || shop.post_once("self", "/bookings/reserve", floor.one("ann"));
    let retired = retire().await.is(200);
    assert_eq!(retired.str("status"), "retired");
    reserve().await.fails("KEY_RETIRED");
    assert_eq!(retire().await.is(200).text(), retired.text());
    // Not after the time of answers, and of tombstones, either.
    for days in [2, 91, 366] {
        server.advance(days * 24 * 60 * 60);
        server.settle();
        reserve().await.fails("KEY_RETIRED");
        assert_eq!(retire().await.is(200).text(), retired.text(), "{days}");
    }
    assert_eq!(shop.stock(&floor, 0).await, [10, 0, 0]);
}

#[tokio::test]
async fn a_running_key_is_waited_for_before_it_is_retired() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let held = server.hold();
    let first = shop.start(Ask::post("/bookings/reserve", &floor.one("ann")).key("k"));
    shop.until_in_progress("k").await;
    let retire = shop.start(Ask::post("/idempotency_keys/k/retire", &json!({})).key("r"));
    shop.until_in_progress("r").await;
    held.release();
    let (first, record) = (first.answer().await, retire.answer().await.is(200));
    if is_postgres() && first.status != 201 {
        // Of two writers that stand side by side either may be first. A retired key does not book.
        first.fails("KEY_RETIRED");
        assert_eq!(record.at("resource_id"), Value::Null);
        return assert_eq!(shop.stock(&floor, 0).await, [10, 0, 0]);
    }
    assert_eq!(record.str("resource_id"), first.is(201).str("id"));
}

#[tokio::test]
async fn attempts_are_counted_and_the_last_is_dated() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let reserve = || shop.post_once("k", "/bookings/reserve", floor.one("ann"));
    reserve().await.is(201);
    for _ in 0..3 {
        reserve().await.is(201);
    }
    server.advance(1);
    let record = shop.get("/idempotency_keys/k").await;
    assert_eq!(record.at("attempts"), 4);
    assert_eq!(record.str("last_seen_at"), "2026-02-15T09:00:00.000Z");
    server.advance(60);
    reserve().await.is(201);
    server.settle();
    let record = shop.get("/idempotency_keys/k").await;
    assert_eq!(record.at("attempts"), 5);
    assert_eq!(record.str("first_seen_at"), "2026-02-15T09:00:00.000Z");
    assert_eq!(record.str("last_seen_at"), "2026-02-15T09:01:01.000Z");
}

#[tokio::test]
async fn all_who_asked_while_it_ran_are_counted() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let held = server.hold();
    let first = shop.start(ask.clone());
    shop.until_in_progress("k").await;
    for _ in 0..2 {
        let gives_up = ask.clone().header("Prefer", "wait=0");
        shop.send(gives_up).await.fails("REQUEST_IN_PROGRESS");
    }
    assert_eq!(shop.get("/idempotency_keys/k").await.at("attempts"), 3);
    held.release();
    first.answer().await.is(201);
    server.settle();
    assert_eq!(shop.get("/idempotency_keys/k").await.at("attempts"), 3);
}

#[tokio::test]
async fn a_reuse_with_another_body_raises_the_alert() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let first = shop.post_once("k", "/bookings/reserve", floor.one("ann")).await.is(201);
    let other = with(floor.one("ann"), &json!({"quantity": 2}));
    for _ in 0..2 {
        let answer = shop.post_once("k", "/bookings/reserve", other.clone()).await;
        answer.fails("IDEMPOTENCY_KEY_REUSED");
    }
    assert_eq!(server.metric("idempotency_key_collision_total"), 2.0);
    server.advance(1);
    let told = shop.get("/activity?type=idempotency.collision").await.is(200);
    assert_eq!(told.at("data").as_array().map(Vec::len), Some(1), "{}", told.text());
    assert_eq!(told.at("data/0/data/idempotency_key"), "k");
    assert_eq!(told.str("data/0/data/existing_id"), first.str("id"));
    // The record itself is untouched.
    assert_eq!(shop.get("/idempotency_keys/k").await.at("attempts"), 1);
}
