//! Clients that dribble, stop in the middle, or hang up: others are served meanwhile, and what was sent
//! by halves claims nothing.

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::backend::is_postgres;
use super::client::Client;
use super::http::{Ask, read_answer};
use super::server::TestServer;

/// A connection on which the first `bytes` of a request were sent.
async fn half(client: &Client, ask: &Ask, bytes: usize) -> TcpStream {
    let wire = client.with_credential(ask.clone()).wire();
    let mut stream = TcpStream::connect(client.address).await.expect("the server listens");
    stream.write_all(&wire[..bytes]).await.expect("the server reads");
    stream
}

#[tokio::test]
async fn a_request_byte_by_byte_is_a_request() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let wire = shop.with_credential(ask).wire();
    let mut stream = half(&shop, &Ask::get("/"), 0).await;
    for byte in wire.chunks(1) {
        stream.write_all(byte).await.unwrap();
        stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    read_answer(&mut stream, "the dribbled request").await.is(201);
}

#[tokio::test]
async fn half_a_request_claims_nothing_and_holds_nobody_up() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let wire = shop.with_credential(ask.clone()).wire();
    let head = wire.len() - ask.body.len();
    // In the request line, in the headers, after the head, in the body, before its last byte.
    let mut open = JoinSet::new();
    for bytes in [1, 30, head - 10, head, head + 1, wire.len() - 1] {
        for _ in 0..20 {
            let (shop, ask) = (shop.clone(), ask.clone());
            open.spawn(async move { half(&shop, &ask, bytes).await });
        }
    }
    let open = open.join_all().await;
    while server.metric("bookonce_connections") < 120.0 {
        shop.get("/healthz").await.is(200);
    }
    let booked = shop.reserve(floor.one("bob")).await.is(201);
    assert_eq!(shop.stock(&floor, 0).await, [9, 1, 0]);
    drop(open);
    while server.metric("bookonce_connections") > 0.0 {
        tokio::task::yield_now().await;
    }
    shop.get("/idempotency_keys/k").await.is(404);
    let all = shop.get("/bookings").await;
    assert_eq!(all.at("data").as_array().map(Vec::len), Some(1));
    assert_eq!(all.str("data/0/id"), booked.str("id"));
    assert!(!shop.send(ask).await.is(201).is_replay());
}

/// The one test that waits for the request's own time limit: ten seconds, for a body that never ends
/// and for an engine that does not answer.
#[tokio::test]
async fn after_ten_seconds_it_is_503() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = |user: &str| Ask::post("/bookings/reserve", &floor.one(user)).key(user);
    let bytes = shop.with_credential(ask("half")).wire().len() - 1;
    let mut stream = half(&shop, &ask("half"), bytes).await;
    let held = server.hold();
    let stuck = shop.start(ask("stuck"));
    let (answer, stuck) = tokio::join!(read_answer(&mut stream, "half a request"), stuck.answer());
    for answer in [answer, stuck] {
        let answer = answer.is(503).fails("SERVICE_UNAVAILABLE");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    held.release();
    // The one was never whole; the other was decided after its client had been told to ask again. But a
    // database had ended its transaction by then, in which nothing had happened for so long.
    assert!(!shop.send(ask("half")).await.is(201).is_replay());
    assert_eq!(shop.send(ask("stuck")).await.is(201).is_replay(), !is_postgres());
    assert_eq!(shop.stock(&floor, 0).await, [8, 2, 0]);
}

#[tokio::test]
async fn who_hangs_up_has_booked_once_and_finds_it_again() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let held = server.hold();
    let all = shop.with_credential(ask.clone()).wire().len();
    let stream = half(&shop, &ask, all).await;
    shop.until_in_progress("k").await;
    drop(stream);
    // The connection is gone before anything is decided.
    while server.metric("bookonce_connections") > 0.0 {
        tokio::task::yield_now().await;
    }
    held.release();
    let found = shop.send(ask).await.is(201);
    assert!(found.is_replay());
    server.advance(1);
    assert_eq!(shop.stock(&floor, 0).await, [9, 1, 0]);
}

#[tokio::test]
async fn who_hangs_up_at_any_moment_books_once() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let event = super::shop::concert(json!([super::shop::zone(100, "1")]));
    let event = shop.event(super::shop::with(event, &json!({"max_per_user": 100}))).await;
    for round in 0..30 {
        let ask = Ask::post("/bookings/reserve", &event.one("ann")).key(&format!("k{round}"));
        let all = shop.with_credential(ask.clone()).wire().len();
        let stream = half(&shop, &ask, all).await;
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        drop(stream);
        shop.send(ask).await.is(201);
    }
    assert_eq!(shop.stock(&event, 0).await, [70, 30, 0]);
}
