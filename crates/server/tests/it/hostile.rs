//! Bodies of senders whom nobody knows, or who send too much: little of them is read, and none of it
//! keeps others from booking.

use std::time::Duration;

use serde_json::json;
use server::{BODY_BYTES_MAX, EVENT_BODY_BYTES_MAX, REQUEST_SECONDS};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::answer::Answer;
use super::client::Client;
use super::http::{Ask, TIMEOUT, read_answer};
use super::server::{Holder, TestServer};
use super::snapshot::told;

/// The first half of the megabytes that tests of the shared room send.
const HALF_MB: usize = 600 * 1024;

/// What is answered to a head and a part of the body that it announces.
async fn begun(client: &Client, ask: Ask, body: &[u8]) -> TcpStream {
    let mut head = client.with_credential(ask).head();
    head.extend_from_slice(body);
    let mut stream = TcpStream::connect(client.address).await.expect("the server listens");
    // Who was refused already may have closed.
    let _seen_enough = stream.write_all(&head).await.is_err();
    stream
}

fn large(path: &str, bytes: usize) -> Ask {
    let ask = Ask::new("POST", path).header("Content-Type", "application/json");
    ask.header("Content-Length", bytes.to_string())
}

async fn answered(client: &Client, ask: Ask) -> Answer {
    read_answer(&mut begun(client, ask, b"").await, "a head").await
}

#[tokio::test]
async fn a_large_body_is_read_from_those_who_may_send_it() {
    let server = TestServer::start().await;
    let (nobody, shop) = (server.nobody(), server.shop());
    let stranger = Client { credential: Some("bo_live_00".to_owned()), ..nobody.clone() };
    let (clerk, _) =
        server.holder(&Holder { scopes: &[engine::credentials::Scope::Book], ..Holder::default() });
    // None of them sends anything but its head, and each is answered.
    let events = |bytes| large("/events", bytes);
    for client in [&nobody, &stranger] {
        answered(client, events(BODY_BYTES_MAX + 1)).await.fails("UNAUTHORIZED");
        answered(client, events(EVENT_BODY_BYTES_MAX)).await.fails("UNAUTHORIZED");
    }
    answered(&clerk, events(BODY_BYTES_MAX + 1)).await.fails("FORBIDDEN");
    for client in [&nobody, &shop] {
        answered(client, events(EVENT_BODY_BYTES_MAX + 1)).await.fails("BODY_TOO_LARGE");
        let reserve = large("/bookings/reserve", BODY_BYTES_MAX + 1);
        answered(client, reserve).await.fails("BODY_TOO_LARGE");
    }
    // Without a length the sender is asked for after as much as anybody may send.
    let chunked = Ask::new("POST", "/events").header("Transfer-Encoding", "chunked");
    let chunked = chunked.header("Content-Type", "application/json");
    let chunk = format!("{:x}\r\n{}\r\n", BODY_BYTES_MAX + 1, " ".repeat(BODY_BYTES_MAX + 1));
    let mut stream = begun(&nobody, chunked, chunk.as_bytes()).await;
    read_answer(&mut stream, "a chunk").await.fails("UNAUTHORIZED");
}

#[tokio::test]
async fn who_asks_before_sending_is_told_of_the_credential() {
    let server = TestServer::start().await;
    let ask = large("/bookings/reserve", 2).header("Expect", "100-continue");
    // The answer is the first thing that comes: nothing asks for the body.
    answered(&server.nobody(), ask).await.fails("UNAUTHORIZED");
}

#[tokio::test]
async fn syntax_comes_before_the_credential_and_names_after_it() {
    let server = TestServer::start().await;
    let mut lines = String::new();
    for client in [server.nobody(), server.shop()] {
        for body in ["{", r#"{"a":1,"a":1}"#, "{}"] {
            let ask = Ask::new("POST", "/bookings/reserve").key("k").text(body);
            lines += &format!("{}\n", told(&client.twice(ask).await));
        }
    }
    expect_test::expect![[r#"
        400 INVALID_REQUEST never: The request cannot be read: the body ends before the JSON document does (byte 1).
        401 UNAUTHORIZED never: Send a credential: Authorization: Bearer bo_live_…
        401 UNAUTHORIZED never: Send a credential: Authorization: Bearer bo_live_…
        400 INVALID_REQUEST never: The request cannot be read: the body ends before the JSON document does (byte 1).
        400 INVALID_REQUEST never: The request cannot be read: the member appears twice (byte 7, in a). [a: the member appears twice]
        400 INVALID_REQUEST never: `event_id` is required. 3 more fields are wrong. [event_id: is required] [zone_id: is required] [quantity: is required, unless `seats` are named] [user_id: is required with a secret key]
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_body_that_is_no_request_costs_as_much_as_one() {
    let server = TestServer::start().await;
    let limited = || server.holder(&Holder { rate: Some(1), ..Holder::default() }).0;
    let malformed = Ask::new("POST", "/bookings/reserve").text("{");
    let foreign = Ask::new("POST", "/bookings/reserve").bytes(b"<x/>");
    for (ask, code) in [(malformed, "INVALID_REQUEST"), (foreign, "UNSUPPORTED_MEDIA_TYPE")] {
        let client = limited();
        for _ in 0..2 {
            let answer = client.send(ask.clone()).await.fails(code);
            assert_eq!(answer.header("x-ratelimit-limit"), Some("2"));
        }
        client.send(ask).await.fails("TOO_MANY_REQUESTS");
    }
}

#[tokio::test]
async fn bodies_share_a_room_and_who_finds_it_full_is_told() {
    let server = TestServer::with(|settings| settings.bodies_mb = 1).await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let part = vec![b' '; HALF_MB];
    let event = || large("/events", 2 * HALF_MB);
    let mut one = begun(&shop, event(), &part).await;
    let mut other = begun(&shop, event(), &part).await;
    // Neither is whole; there is room for one of them only.
    let full = tokio::select! {
        full = read_answer(&mut one, "the one") => full,
        full = read_answer(&mut other, "the other") => full,
    };
    assert_eq!(full.is(503).fails("SERVICE_UNAVAILABLE").header("retry-after"), Some("1"));
    // What fits into a packet needs no room.
    shop.reserve(floor.one("ann")).await.is(201);
    drop((one, other));
    // And it is given back.
    let body = json!({"name": "x".repeat(HALF_MB)});
    let again = async { while shop.send(Ask::post("/events", &body)).await.status == 503 {} };
    tokio::time::timeout(TIMEOUT, again).await.expect("there is room again");
}

#[tokio::test]
async fn the_time_that_the_body_takes_is_the_requests() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let body = ask.body.clone();
    let ask = ask.header("Expect", "100-continue").header("Content-Length", body.len().to_string());
    let mut stream = begun(&shop, ask, b"").await;
    // Once the body is asked for, the request has begun.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    server.clock.advance(Duration::from_secs(REQUEST_SECONDS - 1));
    let held = server.hold();
    // The engine is busy with another one.
    let first = shop.start(Ask::post("/bookings/reserve", &floor.one("bob")).key("first"));
    shop.until_in_progress("first").await;
    // In a batch of its own: one that the late request could still join would be decided at the instant it began.
    held.stands().await;
    stream.write_all(&body).await.unwrap();
    shop.until_in_progress("k").await;
    server.clock.advance(Duration::from_secs(2));
    held.release();
    let answer = read_answer(&mut stream, "the late request").await;
    answer.is(503).fails("SERVICE_UNAVAILABLE");
    first.answer().await.is(201);
    assert_eq!(shop.stock(&floor, 0).await, [9, 1, 0]);
}
