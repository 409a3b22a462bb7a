//! Levers of test mode: what clients must survive can be provoked with a key for test data, and never with live data.

use engine::credentials::Mode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::Client;
use super::http::Ask;
use super::server::{Holder, TestServer};
use super::shop::paid;

const HEADER: &str = "Bookonce-Test";

fn trying(server: &TestServer) -> Client {
    let (client, _key) = server.holder(&Holder { mode: Mode::Test, ..Holder::default() });
    client
}

fn expire_path(booking: &str) -> String {
    format!("/test/bookings/{booking}/expire")
}

#[tokio::test]
async fn a_hold_ends_as_if_its_deadline_had_passed() {
    let server = TestServer::start().await;
    let shop = trying(&server);
    let floor = shop.floor(2).await;
    let held = shop.hold(floor.units(0, "ann", 2)).await;
    let expired = shop.post(&expire_path(&held), json!({})).await.is(200);
    assert_eq!(expired.str("status"), "expired");
    assert_eq!(shop.stock(&floor, 0).await, [2, 0, 0]);
    let again = shop.post(&expire_path(&held), json!({})).await.is(409);
    assert_eq!(again.str("code"), "EXPIRED");
    assert_eq!(again.str("detail"), "The hold ended at 2026-02-15T09:00:00.000Z.");
    let late = shop.act(&held, "confirm", paid("late")).await.is(409);
    assert_eq!(late.str("code"), "EXPIRED");
    let told = shop.get("/activity?type=booking.expired").await.is(200);
    assert_eq!(told.at("data")[0]["resource_id"], Value::from(held));

    let sold = shop.sale(floor.one("ann")).await;
    let refused = shop.post(&expire_path(&sold), json!({})).await.is(409);
    assert_eq!(refused.str("code"), "ALREADY_CONFIRMED");
    let given_back = shop.hold(floor.one("ann")).await;
    shop.act(&given_back, "release", json!({})).await.is(200);
    let refused = shop.post(&expire_path(&given_back), json!({})).await.is(409);
    assert_eq!(refused.str("code"), "ALREADY_RELEASED");
    shop.post(&expire_path("bkg_1"), json!({})).await.is(404);
    shop.post(&expire_path(&sold), json!({"when": "now"})).await.is(400);
}

#[tokio::test]
async fn live_data_has_no_levers() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let held = shop.hold(floor.one("ann")).await;
    let refused = shop.post(&expire_path(&held), json!({})).await.is(403);
    assert_eq!(
        refused.str("detail"),
        "This is for test data: use a key that begins with bo_test_."
    );
    for lever in ["rate_limited", "unavailable", "in_progress", "lost_answer", "nonsense"] {
        let ask = Ask::post("/bookings/reserve", &floor.one("bob")).key("k").header(HEADER, lever);
        assert_eq!(shop.send(ask).await.is(403).str("code"), "FORBIDDEN");
        shop.send(Ask::get("/events").header(HEADER, lever)).await.is(403);
    }
    assert_eq!(shop.booking_status(&held).await, "reserved");
    // The key was not used.
    let sold_out = shop.post_once("k", "/bookings/reserve", floor.one("bob")).await;
    assert_eq!(sold_out.is(409).str("code"), "INSUFFICIENT_SEATS");
    // Test data does not lead to live data.
    trying(&server).post(&expire_path(&held), json!({})).await.is(404);
}

#[tokio::test]
async fn what_a_client_must_survive_can_be_provoked_and_uses_no_key() {
    let server = TestServer::start().await;
    let shop = trying(&server);
    let floor = shop.floor(1).await;
    let ask = || Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    for (lever, status, code, after) in [
        ("rate_limited", 429, "TOO_MANY_REQUESTS", "1"),
        ("unavailable", 503, "SERVICE_UNAVAILABLE", "1"),
        ("in_progress", 409, "REQUEST_IN_PROGRESS", "2"),
    ] {
        let refused = shop.send(ask().header(HEADER, lever)).await.is(status);
        assert_eq!(
            [refused.str("code").as_str(), refused.at("error")["retry"].as_str().unwrap_or("")],
            [code, "same_key"]
        );
        assert_eq!(refused.header("retry-after"), Some(after));
    }
    shop.get("/idempotency_keys/k").await.is(404);
    for lever in ["rate_limited", "unavailable"] {
        let looked = shop.send(Ask::get("/events").header(HEADER, lever)).await;
        assert!([429, 503].contains(&looked.status), "{looked:?}");
    }
    for (ask, message) in [
        (
            Ask::get("/events").header(HEADER, "in_progress"),
            "may be `in_progress` where something is changed only",
        ),
        (
            Ask::get("/events").header(HEADER, "lost_answer"),
            "may be `lost_answer` where something is changed only",
        ),
        (
            ask().header(HEADER, "slow"),
            "must be one of: rate_limited, unavailable, in_progress, lost_answer; it is `slow`",
        ),
    ] {
        let wrong = shop.send(ask).await.is(400);
        let field = &wrong.at("error")["fields"][0];
        assert_eq!([&field["field"], &field["message"]], [HEADER, message]);
    }
    // The key was not used by any of it.
    shop.send(ask()).await.is(201);
}

#[tokio::test]
async fn an_answer_is_lost_after_the_commit() {
    let server = TestServer::start().await;
    let shop = trying(&server);
    let floor = shop.floor(1).await;
    // Both the fast path and the router lose it.
    let reserve = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    assert_eq!(cut_off(&shop, reserve.clone()).await, b"");
    assert_eq!(shop.get("/idempotency_keys/k").await.is(200).str("status"), "completed");
    let replayed = shop.send(reserve).await.is(201);
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    let release = Ask::post(&format!("/bookings/{}/release", replayed.str("id")), &json!({}));
    assert_eq!(cut_off(&shop, release.key("r")).await, b"");
    assert_eq!(shop.booking_status(&replayed.str("id")).await, "released");
}

/// What comes before the connection ends.
async fn cut_off(client: &Client, ask: Ask) -> Vec<u8> {
    let ask = client.with_credential(ask.header(HEADER, "lost_answer"));
    let mut stream = TcpStream::connect(client.address).await.expect("the server listens");
    stream.write_all(&ask.wire()).await.expect("it is sent");
    let mut bytes = Vec::new();
    // It ends, in order or not.
    let _broken = stream.read_to_end(&mut bytes).await.is_err();
    bytes
}
