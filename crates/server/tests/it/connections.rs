//! Connections: several requests on one, none beyond the end, and what is not HTTP at all.

use serde_json::json;
use server::HEADER_LINES_MAX;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::answer::Answer;
use super::client::Client;
use super::http::{Ask, TIMEOUT, read_answer};
use super::server::TestServer;

async fn connect(client: &Client) -> TcpStream {
    TcpStream::connect(client.address).await.expect("the server listens")
}

/// Reads until `count` heads of answers have come.
async fn read_heads(stream: &mut TcpStream, count: usize) -> String {
    let mut text = Vec::new();
    let heads = |text: &[u8]| String::from_utf8_lossy(text).matches("HTTP/1.1 ").count();
    while heads(&text) < count || !text.ends_with(b"}") {
        let mut bytes = [0; 4_096];
        let read = tokio::time::timeout(TIMEOUT, stream.read(&mut bytes)).await;
        let read = read.expect("answers come").expect("the connection holds");
        assert!(read > 0, "it ended after {}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&bytes[..read]);
    }
    String::from_utf8(text).expect("answers are UTF-8")
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let mut stream = connect(&shop).await;
    // Two at once, as a client may that does not wait, then another.
    let ask = |user: &str| {
        let ask = Ask::post("/bookings/reserve", &floor.one(user)).key(user);
        let wire = String::from_utf8(shop.with_credential(ask).wire()).unwrap();
        wire.replace("Connection: close\r\n", "")
    };
    stream.write_all(format!("{}{}", ask("ann"), ask("ann")).as_bytes()).await.unwrap();
    let text = read_heads(&mut stream, 2).await;
    assert_eq!(text.matches("HTTP/1.1 201").count(), 2, "{text}");
    assert_eq!(text.matches("idempotent-replayed: true").count(), 1, "{text}");
    stream.write_all(ask("bob").as_bytes()).await.unwrap();
    assert!(read_heads(&mut stream, 1).await.starts_with("HTTP/1.1 201"));
    assert_eq!(shop.stock(&floor, 0).await, [8, 2, 0]);
}

#[tokio::test]
async fn a_client_may_ask_before_it_sends_its_body() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let ask = shop.with_credential(ask).header("Expect", "100-continue");
    let ask = ask.clone().header("Content-Length", ask.body.len().to_string());
    let mut stream = connect(&shop).await;
    stream.write_all(&ask.head()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&ask.body).await.unwrap();
    read_answer(&mut stream, "the body").await.is(201);
}

/// These never get as far as the API; they are told why all the same, and counted.
#[tokio::test]
async fn what_is_no_http_is_told_why_and_others_do_not_notice() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let large = format!("GET / HTTP/1.1\r\nX-Pad: {}\r\n\r\n", "x".repeat(512 * 1024));
    let lines = |count: usize| {
        format!(
            "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}\r\n",
            "A: b\r\n".repeat(count - 2)
        )
    };
    let (most, too_many) = (lines(HEADER_LINES_MAX), lines(HEADER_LINES_MAX + 1));
    for (sent, status, code) in [
        ("hello\r\n\r\n", 400, "INVALID_REQUEST"),
        ("GET / HTTP/9.9\r\n\r\n", 400, "INVALID_REQUEST"),
        ("GET /\0 HTTP/1.1\r\n\r\n", 400, "INVALID_REQUEST"),
        ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400, "INVALID_REQUEST"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400, "INVALID_REQUEST"),
        (too_many.as_str(), 431, "HEADERS_TOO_LARGE"),
        (large.as_str(), 431, "HEADERS_TOO_LARGE"),
    ] {
        let mut stream = connect(&shop).await;
        let _seen_enough = stream.write_all(sent.as_bytes()).await.is_err();
        let answer = read_answer(&mut stream, sent).await.is(status);
        assert_eq!(answer.header("connection"), Some("close"), "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
        assert!(answer.header("date").is_some(), "{answer:?}");
        let id = answer.header("x-request-id").expect("an id").to_owned();
        assert_eq!((answer.at("code"), answer.at("request_id")), (json!(code), json!(id)));
    }
    let mut stream = connect(&shop).await;
    stream.write_all(most.as_bytes()).await.unwrap();
    read_answer(&mut stream, "as many lines as are read").await.is(200);
    let text = server.metrics.text();
    let line = "method=\"other\",route=\"other\",status=\"400\"} 5";
    assert!(text.contains(line), "{text}");
    shop.get("/events").await.is(200);
}

/// RFC 9112, 3.2 and 6.1.
#[tokio::test]
async fn one_host_is_asked_and_bodies_come_in_chunks_at_most() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let post = |codings: &str| {
        format!("POST /healthz HTTP/1.1\r\nHost: x\r\n{codings}Connection: close\r\n\r\n0\r\n\r\n")
    };
    let get = |line: &str| format!("GET /healthz HTTP/1.1\r\n{line}Connection: close\r\n\r\n");
    for (sent, status) in [
        (get("Host: shop.example:8080\r\n"), 200),
        (get("Host: [::1]:8080\r\n"), 200),
        (get("Host:\r\n"), 200),
        (get("Host: x\r\n").replace("HTTP/1.1", "HTTP/1.0"), 200),
        (get("").replace("HTTP/1.1", "HTTP/1.0"), 200),
        (get(""), 400),
        (get("Host: x\r\nHost: x\r\n"), 400),
        (get("Host: x\r\nhost: y\r\n").replace("HTTP/1.1", "HTTP/1.0"), 400),
        (get("Host: x y\r\n"), 400),
        (get("Host: x/y\r\n"), 400),
        (get("Host: u@x\r\n"), 400),
        (post("Transfer-Encoding: chunked\r\n"), 405),
        (post("Transfer-Encoding: Chunked\r\n"), 405),
        (post("Transfer-Encoding: gzip, chunked\r\n"), 501),
        (post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), 501),
    ] {
        let mut stream = connect(&shop).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream, &sent).await;
        assert_eq!(answer.status, status, "{sent}: {answer:?}");
        assert!(answer.header("x-request-id").is_some(), "{sent}: {answer:?}");
    }
}

#[tokio::test]
async fn a_stop_lets_answers_out_and_nobody_in() {
    let mut server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let idle = connect(&shop).await;
    let held = server.hold();
    let running = shop.start(Ask::post("/bookings/reserve", &floor.one("ann")).key("k"));
    shop.until_in_progress("k").await;
    let (answer, ()) = tokio::join!(
        async {
            // The listener is closed before the engine goes on.
            while TcpStream::connect(shop.address).await.is_ok() {}
            held.release();
            running.answer().await
        },
        server.stop(),
    );
    answer.is(201);
    assert_eq!(ends(idle).await, b"");
}

/// What came on a connection until its end.
async fn ends(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(TIMEOUT, stream.read_to_end(&mut bytes)).await;
    let _reset = read.expect("it ends").is_err();
    bytes
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    for path in [floor.path(""), "/events".to_owned(), "/healthz".to_owned()] {
        let head: Answer = shop.send(Ask::new("HEAD", &path)).await.is(200);
        let get = shop.get(&path).await;
        assert_eq!(head.text(), "");
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    let missing = shop.send(Ask::new("HEAD", "/bookings/x")).await.is(404);
    assert_eq!(missing.text(), "");
}
