//! Defects that other booking systems have had, one test each: they must not come to us.

use engine::failpoint::BEFORE_COMMIT;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::backend::is_postgres;
use super::client::at_once;
use super::http::Ask;
use super::server::{Holder, TestServer};
use super::shop::{hall, paid, with, zone};

/// Seats of carts that were given up stayed taken until somebody ran a script.
#[tokio::test]
async fn an_abandoned_hold_returns_its_stock() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let event = shop.concert(json!([zone(2, "5"), hall(&["A1"])])).await;
    shop.hold(event.units(0, "ann", 2)).await;
    shop.hold(event.seats(1, "ann", &["A1"])).await;
    shop.reserve(event.one("bob")).await.fails("INSUFFICIENT_SEATS");
    server.advance(600);
    assert_eq!(shop.stock(&event, 0).await, [2, 0, 0]);
    shop.reserve(event.units(0, "bob", 2)).await.is(201);
    shop.reserve(event.seats(1, "bob", &["A1"])).await.is(201);
}

/// The cap was kept in a cache with the hold's life, so that who had paid could buy the cap again.
#[tokio::test]
async fn the_cap_of_a_user_outlives_the_holds() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(20).await;
    shop.sale(floor.units(0, "ann", 4)).await;
    for seconds in [600, 24 * 60 * 60, 30 * 24 * 60 * 60] {
        server.advance(seconds);
        shop.reserve(floor.one("ann")).await.fails("MAX_TICKETS_EXCEEDED");
    }
}

/// Each line of a request was compared with the stock, and not their sum.
#[tokio::test]
async fn capacity_is_checked_over_the_sum() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let event = shop.concert(json!([zone(3, "5"), hall(&["A1", "A2", "A3"])])).await;
    // Requests of one batch see each other: together they want four of three.
    let held = server.hold();
    let first = shop.start(Ask::post("/bookings/reserve", &event.units(0, "a", 2)).key("a"));
    held.stands().await;
    let rest = ["b", "c"]
        .map(|user| (shop.clone(), Ask::post("/bookings/reserve", &event.one(user)).key(user)));
    let (answers, ()) = tokio::join!(at_once(rest), async {
        shop.until_in_progress("b").await;
        shop.until_in_progress("c").await;
        held.release();
    });
    first.answer().await.is(201);
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    // A seat that is named twice is no two seats, and one that is taken takes the others with it.
    shop.reserve(event.seats(1, "ann", &["A1", "A1"])).await.fails("INVALID_REQUEST");
    shop.hold(event.seats(1, "bob", &["A2"])).await;
    shop.reserve(event.seats(1, "ann", &["A1", "A2", "A3"])).await.fails("SEAT_TAKEN");
    server.advance(1);
    assert_eq!(shop.stock(&event, 1).await, [2, 1, 0]);
}

/// Releasing or cancelling twice gave the seats back twice, and they were sold twice.
#[tokio::test]
async fn giving_back_counts_once() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let released = shop.hold(floor.units(0, "ann", 2)).await;
    let cancelled = shop.sale(floor.units(0, "bob", 2)).await;
    shop.hold(floor.units(0, "cyd", 2)).await;
    shop.act(&released, "release", json!({})).await.is(200);
    shop.act(&cancelled, "cancel", json!({})).await.is(200);
    for _ in 0..3 {
        shop.act(&released, "release", json!({})).await.fails("ALREADY_RELEASED");
        shop.act(&cancelled, "cancel", json!({})).await.fails("ALREADY_CANCELLED");
        shop.act(&cancelled, "release", json!({})).await.fails("ALREADY_CANCELLED");
    }
    assert_eq!(shop.stock(&floor, 0).await, [8, 2, 0]);
    // The refund went out once.
    let refunds = shop.get("/activity?type=payment.refund_pending").await;
    assert_eq!(refunds.at("data").as_array().map(Vec::len), Some(1));
    // And the hold that ended does not end again at its deadline.
    server.advance(600);
    assert_eq!(shop.stock(&floor, 0).await, [10, 0, 0]);
}

/// Cancelling a hold was a bad request that nobody kept: its late copy cancelled what had been paid since.
#[tokio::test]
async fn a_late_copy_of_a_cancellation_undoes_no_sale() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let id = shop.hold(floor.units(0, "ann", 2)).await;
    let cancel = Ask::post(&format!("/bookings/{id}/cancel"), &json!({"reason": "ill"})).key("c");
    let released = shop.send(cancel.clone()).await.is(200);
    assert_eq!(released.str("status"), "released");
    assert_eq!(released.at("cancel_reason"), json!(null));
    assert_eq!(released.at("refunded_amount"), json!(null));
    assert_eq!(shop.stock(&floor, 0).await, [10, 0, 0]);
    shop.act(&id, "confirm", paid("pi_1")).await.fails("NOT_CONFIRMABLE");
    let late = shop.send(cancel).await.is(200);
    assert!(late.is_replay());
    assert_eq!(late.text(), released.text());
    // Without a key it is idempotent by state, like a release.
    for action in ["cancel", "release"] {
        shop.act(&id, action, json!({})).await.fails("ALREADY_RELEASED");
    }
    let told = shop.get(&format!("/activity?resource_id={id}&after=2")).await;
    assert_eq!(told.at("data").as_array().map(Vec::len), Some(1));
    assert_eq!(told.at("data/0/type"), "booking.released");
    // A hold whose time is over is no hold any more.
    let overdue = shop.hold(floor.one("bob")).await;
    server.advance(600);
    shop.act(&overdue, "cancel", json!({})).await.fails("EXPIRED");
}

/// "Sold out" was cached for a minute, and a retry after that booked what the first answer had denied.
#[tokio::test]
async fn a_refusal_is_kept_as_long_as_a_success() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let sold = shop.sale(floor.one("ann")).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("bob")).key("k");
    let refused = shop.send(ask.clone()).await.fails("INSUFFICIENT_SEATS");
    shop.act(&sold, "cancel", json!({})).await.is(200);
    for minutes in [1, 10, 60, 22 * 60] {
        server.advance(minutes * 60);
        let again = shop.send(ask.clone()).await;
        assert!(again.is_replay());
        assert_eq!(again.text(), refused.text());
    }
}

/// A 503 was stored as the answer of its key, so that no retry could ever succeed.
#[tokio::test]
async fn a_failure_of_ours_is_not_the_answer_of_its_key() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    server.faults.fail(BEFORE_COMMIT);
    for _ in 0..3 {
        assert!(!shop.send(ask.clone()).await.is(503).is_replay());
    }
    server.faults.heal();
    assert!(!shop.send(ask).await.is(201).is_replay());
}

/// Two merchants whose order numbers were alike got each other's bookings.
#[tokio::test]
async fn a_key_is_its_accounts_own() {
    let server = TestServer::start().await;
    let (shop, other) = (server.shop(), server.other());
    let (ours, theirs) = (shop.floor(10).await, other.floor(10).await);
    let first = shop.post_once("order-17", "/bookings/reserve", ours.one("ann")).await.is(201);
    // Even with the very same body: it names things that are not theirs.
    let copied = other.post_once("order-17", "/bookings/reserve", ours.one("ann")).await;
    assert!(!copied.text().contains(&first.str("id")));
    copied.is(404);
    let second = other.post_once("order-18", "/bookings/reserve", theirs.one("ann")).await;
    assert!(!second.is(201).is_replay());
    other.get("/idempotency_keys/order-19").await.is(404);
}

/// The price came with the request, and somebody sent a smaller one.
#[tokio::test]
async fn the_price_is_the_servers() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    for field in ["price", "total_amount", "amount"] {
        let cheap = with(floor.one("ann"), &json!({ field: "0.01" }));
        shop.reserve(cheap).await.fails("INVALID_REQUEST");
    }
    let expected = |amount: &str| with(floor.one("ann"), &json!({"expected_amount": amount}));
    shop.reserve(expected("0.01")).await.fails("PRICE_CHANGED");
    let held = shop.reserve(expected("49.90")).await.is(201);
    // What is held keeps its price when the zone's changes.
    shop.patch(&floor.zone_path(0, ""), json!({"price": "80"})).await.is(200);
    let sold = shop.act(&held.str("id"), "confirm", paid("pi_1")).await.is(200);
    assert_eq!(sold.str("total_amount"), "49.90");
    let later = shop.reserve(floor.one("bob")).await.is(201);
    assert_eq!(later.str("total_amount"), "80.00");
}

/// The confirmation trusted the page that called it, and tickets went out that nobody had paid for.
#[tokio::test]
async fn nothing_is_confirmed_without_its_payment() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let id = shop.hold(floor.one("ann")).await;
    for body in [json!({}), json!({"payment": null})] {
        shop.act(&id, "confirm", body).await.is(402).fails("PAYMENT_REQUIRED");
    }
    for payment in
        [json!({}), json!({"method": "external"}), json!({"method": "external", "reference": ""})]
    {
        let body = json!({ "payment": payment });
        shop.act(&id, "confirm", body).await.fails("INVALID_REQUEST");
    }
    assert_eq!(shop.booking_status(&id).await, "reserved");
    let customer = shop.customer("ann").await;
    customer.act(&id, "confirm", paid("pi_1")).await.fails("FORBIDDEN");
    shop.act(&id, "confirm", paid("pi_1")).await.is(200);
}

/// A hold that had ended was confirmed, though its seats had gone to somebody else.
#[tokio::test]
async fn nothing_is_confirmed_after_its_hold_is_gone() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let late = shop.hold(floor.one("ann")).await;
    server.clock.advance(std::time::Duration::from_secs(600));
    // At the deadline itself, whether the sweep has come or not.
    let refused = shop.act(&late, "confirm", paid("pi_1")).await.fails("EXPIRED");
    assert_eq!(refused.at("booking/status"), "expired");
    server.settle();
    shop.act(&late, "confirm", paid("pi_1")).await.fails("EXPIRED");
    let next = shop.hold(floor.one("bob")).await;
    shop.act(&late, "confirm", paid("pi_1")).await.fails("EXPIRED");
    shop.act(&next, "confirm", paid("pi_1")).await.is(200);
    let released = shop.floor(1).await;
    let released = shop.hold(released.one("ann")).await;
    shop.act(&released, "release", json!({})).await.is(200);
    shop.act(&released, "confirm", paid("pi_2")).await.fails("NOT_CONFIRMABLE");
}

/// With the cache down, the duplicate check, the rate limit and the login all said yes.
#[tokio::test]
async fn no_check_says_yes_because_it_cannot_look() {
    let server = TestServer::without_memory().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let first = shop.send(ask.clone()).await.is(201);
    let (stranger, _) = server.holder(&Holder::default());
    // The key's record cannot be read: not "new", but 503.
    server.faults.fail("record_get");
    shop.send(ask.clone()).await.is(503);
    server.faults.heal();
    // Nor can the user's cap, the stock, the event.
    // Who is not known has taken nothing: it is the person who is looked for.
    let allowance = if is_postgres() { "person_get_by_handle" } else { "lookup_get" };
    for place in [allowance, "pool_get", "event_get", "zone_get"] {
        server.faults.fail(place);
        let other = Ask::post("/bookings/reserve", &floor.one("bob")).key(place);
        shop.send(other).await.is(503);
        server.faults.heal();
    }
    // Nor can the credential.
    server.outage.set(true);
    stranger.send(ask.clone()).await.is(503);
    server.outage.set(false);
    let again = stranger.send(ask).await;
    assert!(again.is_replay());
    assert_eq!(again.text(), first.text());
    server.advance(1);
    assert_eq!(shop.stock(&floor, 0).await, [9, 1, 0]);
}

/// A client that hung up had its request cancelled half-way: paid and not booked, or booked twice.
#[tokio::test]
async fn a_client_that_hangs_up_changes_nothing() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let id = shop.hold(floor.one("ann")).await;
    let ask = Ask::post(&format!("/bookings/{id}/confirm"), &paid("pi_1")).key("c");
    let held = server.hold();
    let mut stream = TcpStream::connect(shop.address).await.unwrap();
    stream.write_all(&shop.with_credential(ask.clone()).wire()).await.unwrap();
    shop.until_in_progress("c").await;
    drop(stream);
    held.release();
    let found = shop.send(ask).await.is(200);
    assert!(found.is_replay());
    assert_eq!(found.str("status"), "confirmed");
    let taken = shop.get("/activity?type=payment.captured").await;
    assert_eq!(taken.at("data").as_array().map(Vec::len), Some(1));
}
