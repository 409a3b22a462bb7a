//! Chapter 3 of the contract, item 9: how long a key remembers.

use serde_json::{Value, json};

use super::answer::Answer;
use super::client::Client;
use super::http::Ask;
use super::server::TestServer;
use super::shop::{concert, paid, with, zone};
use super::stream::Feed;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

async fn again(shop: &Client, key: &str, body: &Value) -> Answer {
    shop.send(Ask::post("/bookings/reserve", body).key(key)).await
}

#[tokio::test]
async fn an_answer_then_a_tombstone_then_a_new_key() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let body = floor.one("ann");
    let first = again(&shop, "k", &body).await.is(201);
    let id = first.str("id");
    // The hold ends after ten minutes, and then its answer is kept for a day.
    server.advance(600);
    server.advance(DAY - 60);
    assert!(again(&shop, "k", &body).await.is_replay());
    server.advance(120);
    for _ in 0..2 {
        let retired = again(&shop, "k", &body).await.is(409).fails("KEY_RETIRED");
        assert_eq!(retired.str("existing_id"), id);
        assert!(!retired.is_replay());
    }
    let other = with(body.clone(), &json!({"quantity": 2}));
    again(&shop, "k", &other).await.fails("IDEMPOTENCY_KEY_REUSED");
    let record = shop.get("/idempotency_keys/k").await.is(200);
    assert_eq!(record.str("status"), "retired");
    assert_eq!(record.str("resource_id"), id);
    assert_eq!(record.at("response_status"), Value::Null);

    server.advance(90 * DAY - HOUR);
    again(&shop, "k", &body).await.fails("KEY_RETIRED");
    server.advance(2 * HOUR);
    shop.get("/idempotency_keys/k").await.is(404);
    let second = again(&shop, "k", &other).await.is(201);
    assert!(!second.is_replay());
    assert_ne!(second.str("id"), id);
    assert!(again(&shop, "k", &other).await.is_replay());
}

#[tokio::test]
async fn a_sale_keeps_its_answers_until_a_day_after_the_event() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let month = json!({"starts_at": "2026-03-15T09:00:00Z"});
    let event = shop.event(with(concert(json!([zone(10, "5")])), &month)).await;
    let body = event.one("ann");
    let id = again(&shop, "k", &body).await.is(201).str("id");
    let confirm = || Ask::post(&format!("/bookings/{id}/confirm"), &paid("pi_1")).key("c");
    shop.send(confirm()).await.is(200);
    // The event is four weeks away.
    server.advance(28 * DAY);
    assert!(again(&shop, "k", &body).await.is_replay());
    server.advance(DAY - HOUR);
    assert!(again(&shop, "k", &body).await.is_replay());
    assert!(shop.send(confirm()).await.is_replay());
    server.advance(2 * HOUR);
    let retired = again(&shop, "k", &body).await.fails("KEY_RETIRED");
    assert_eq!(retired.str("existing_id"), id);
    shop.send(confirm()).await.fails("KEY_RETIRED");
}

#[tokio::test]
async fn a_cancelled_sale_keeps_its_answers_for_a_day() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let body = floor.one("ann");
    let id = again(&shop, "k", &body).await.is(201).str("id");
    shop.act(&id, "confirm", paid("pi_1")).await.is(200);
    server.advance(5 * HOUR);
    shop.act(&id, "cancel", json!({})).await.is(200);
    server.advance(DAY - HOUR);
    assert!(again(&shop, "k", &body).await.is_replay());
    server.advance(2 * HOUR);
    again(&shop, "k", &body).await.fails("KEY_RETIRED");
}

/// Clean-up looked at the sale when it was to be kept until the event: it may be kept as long, and
/// certainly for a day.
#[tokio::test]
async fn a_sale_that_is_cancelled_late_keeps_its_answers_for_no_less() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let month = json!({"starts_at": "2026-03-15T09:00:00Z"});
    let event = shop.event(with(concert(json!([zone(10, "5")])), &month)).await;
    let body = event.one("ann");
    let id = again(&shop, "k", &body).await.is(201).str("id");
    shop.act(&id, "confirm", paid("pi_1")).await.is(200);
    server.advance(5 * DAY);
    shop.act(&id, "cancel", json!({})).await.is(200);
    server.advance(DAY - HOUR);
    assert!(again(&shop, "k", &body).await.is_replay());
    server.advance(24 * DAY);
    again(&shop, "k", &body).await.fails("KEY_RETIRED");
}

#[tokio::test]
async fn a_refusal_is_kept_for_a_day_and_leaves_nothing_to_name() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let held = shop.sale(floor.one("ann")).await;
    let body = floor.one("bob");
    again(&shop, "k", &body).await.fails("INSUFFICIENT_SEATS");
    // One that shows a booking is a refusal as well.
    let confirm = || Ask::post(&format!("/bookings/{held}/confirm"), &paid("pi_2")).key("c");
    shop.send(confirm()).await.fails("ALREADY_CONFIRMED");
    server.advance(DAY - HOUR);
    assert!(again(&shop, "k", &body).await.is_replay());
    server.advance(2 * HOUR);
    for answer in [again(&shop, "k", &body).await, shop.send(confirm()).await] {
        assert_eq!(answer.fails("KEY_RETIRED").at("existing_id"), Value::Null);
    }
    let other = floor.one("cyd");
    again(&shop, "k", &other).await.fails("IDEMPOTENCY_KEY_REUSED");
    server.advance(90 * DAY);
    assert!(!again(&shop, "k", &body).await.fails("INSUFFICIENT_SEATS").is_replay());
}

#[tokio::test]
async fn what_made_no_booking_is_kept_for_a_day_and_then_named() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let create = || Ask::post("/events", &concert(json!([zone(1, "1")]))).key("k");
    let event = shop.send(create()).await.is(201).str("id");
    server.advance(DAY - HOUR);
    assert!(shop.send(create()).await.is_replay());
    server.advance(2 * HOUR);
    let retired = shop.send(create()).await.fails("KEY_RETIRED");
    assert_eq!(retired.str("existing_id"), event);
}

#[tokio::test]
async fn retention_is_a_setting() {
    let server = TestServer::with(|settings| {
        settings.retention.answer_hours = 1;
        settings.retention.tombstone_days = 1;
    })
    .await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    shop.sale(floor.one("ann")).await;
    let body = floor.one("bob");
    again(&shop, "k", &body).await.fails("INSUFFICIENT_SEATS");
    server.advance(HOUR + 60);
    again(&shop, "k", &body).await.fails("KEY_RETIRED");
    server.advance(DAY + 60);
    assert!(!again(&shop, "k", &body).await.fails("INSUFFICIENT_SEATS").is_replay());
}

#[tokio::test]
async fn clean_up_goes_through_many_records() {
    let server = TestServer::start().await;
    let shop = server.shop();
    // More than one slice of clean-up.
    let floor = shop.floor(1).await;
    shop.sale(floor.one("ann")).await;
    let keys: Vec<String> = (0..300).map(|key| format!("k{key}")).collect();
    let body = floor.one("bob");
    let calls =
        keys.iter().map(|key| (shop.clone(), Ask::post("/bookings/reserve", &body).key(key)));
    for answer in super::client::at_once(calls.collect::<Vec<_>>()).await {
        answer.fails("INSUFFICIENT_SEATS");
    }
    server.advance(DAY + HOUR);
    for key in [&keys[0], &keys[150], &keys[299]] {
        again(&shop, key, &body).await.fails("KEY_RETIRED");
    }
}

fn positions(list: &Value) -> Vec<u64> {
    let rows = list["data"].as_array().expect("rows");
    rows.iter().map(|row| row["position"].as_u64().expect("a number")).collect()
}

/// Entries 1 and 2 are of the first day, 3 and 4 of the second. They are kept for a day.
async fn two_days() -> (TestServer, Client, String) {
    let server = TestServer::with(|settings| settings.retention.activity_days = 1).await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let id = shop.sale(floor.one("ann")).await;
    server.advance(DAY);
    shop.act(&id, "cancel", json!({})).await.is(200);
    (server, shop, id)
}

#[tokio::test]
async fn activity_goes_by_the_day_and_says_so() {
    let (server, shop, id) = two_days().await;
    let all = shop.get("/activity").await.is(200).json();
    assert_eq!(
        positions(&all),
        (1..=6).collect::<Vec<_>>(),
        "the day before is not over for a day"
    );
    assert_eq!(all["removed_up_to"], 0);
    server.advance(DAY);
    let left = shop.get("/activity").await.is(200).json();
    assert_eq!((positions(&left), &left["removed_up_to"]), (vec![5, 6], &json!(4)));
    // Whoever has seen 2 has missed 3 and 4; whoever has seen 4 has missed nothing.
    let later = shop.get("/activity?after=2").await.is(200).json();
    assert_eq!((positions(&later), &later["removed_up_to"]), (vec![5, 6], &json!(4)));
    let story = shop.get(&format!("/bookings/{id}/timeline")).await.is(200).json();
    let rows = story["data"].as_array().expect("rows").iter();
    let mut told = rows.filter(|row| row["kind"] != "attempt");
    assert_eq!(
        told.next().expect("it is told")["summary"],
        "Booking of 1 ticket cancelled",
        "{story}"
    );
    assert_eq!(told.next().expect("it is told")["data"]["resource_seq"], 3, "two are gone");
    shop.get(&format!("/bookings/{id}")).await.is(200);

    server.advance(DAY);
    let none = shop.get("/activity").await.is(200).json();
    assert_eq!((positions(&none), &none["removed_up_to"]), (vec![], &json!(6)));
    let floor = shop.floor(10).await;
    shop.hold(floor.one("bob")).await;
    let new = shop.get("/activity?after=6").await.is(200).json();
    assert_eq!(positions(&new), [7, 8], "positions go on");
}

#[tokio::test]
async fn a_stream_tells_what_was_missed() {
    let (server, shop, _) = two_days().await;
    server.advance(DAY);
    let mut late = Feed::open(&shop, "/activity/stream", Some(2)).await;
    let missed = late.next().await.expect("it goes on");
    assert_eq!((missed.id, missed.event.as_str()), (4, "activity.removed"));
    assert_eq!(missed.data, json!({"removed_up_to": 4}));
    assert_eq!(late.next().await.expect("it goes on").id, 5);
    for path in ["/activity/stream?after=4", "/activity/stream?after=0"] {
        let mut feed = Feed::open(&shop, path, None).await;
        assert_eq!(feed.next().await.expect("it goes on").id, 5, "{path}");
    }
}

#[tokio::test]
async fn activity_is_kept_for_ever_where_the_setting_is_0() {
    let server = TestServer::with(|settings| settings.retention.activity_days = 0).await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    shop.hold(floor.one("ann")).await;
    server.advance(1_000 * DAY);
    let all = shop.get("/activity").await.is(200).json();
    assert_eq!((positions(&all), &all["removed_up_to"]), (vec![1, 2, 3], &json!(0)));
}

/// A tombstone says what its key had made and how often it was seen, and nothing of the request.
#[tokio::test]
async fn a_tombstone_tells_nothing_of_its_request() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let id = again(&shop, "k", &floor.one("ann")).await.is(201).str("id");
    server.advance(600);
    server.advance(DAY + 60);
    let record = shop.get("/idempotency_keys/k").await.is(200);
    assert_eq!(record.str("status"), "retired");
    for gone in ["method", "path", "response_status"] {
        assert_eq!(record.at(gone), Value::Null, "{gone}");
    }
    assert_eq!(record.str("resource_id"), id);
    let story = shop.get(&format!("/bookings/{id}/timeline")).await.is(200).json();
    assert_eq!(story["data"][0]["summary"], "A request sent once");
}

#[tokio::test]
async fn what_clean_up_removes_is_counted() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    again(&shop, "k", &floor.one("ann")).await.is(201);
    let removed = || {
        let count = |what| server.metric(&format!("bookonce_{what}_removed_total"));
        ["answers", "tombstones", "activity"].map(count)
    };
    server.advance(600);
    assert_eq!(removed(), [0.0, 0.0, 0.0]);
    server.advance(DAY + 60);
    assert_eq!(removed(), [2.0, 0.0, 0.0], "of the event and the hold");
    server.advance(90 * DAY);
    assert_eq!(removed(), [2.0, 2.0, 0.0]);
    server.advance(400 * DAY);
    let entries = shop.get("/activity").await.is(200).json()["removed_up_to"].as_f64();
    assert_eq!(removed(), [2.0, 2.0, entries.unwrap()]);
    assert!(entries > Some(0.0));
}
