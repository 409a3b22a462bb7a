//! What is answered before a request is understood: addresses, methods, sizes, media types,
//! credentials.

use expect_test::expect;
use serde_json::json;
use server::{BODY_BYTES_MAX, EVENT_BODY_BYTES_MAX, HEADER_BYTES_MAX};

use super::client::{Client, fresh_key};
use super::http::Ask;
use super::server::TestServer;
use super::shop::{concert, zone};
use super::snapshot::told;

#[tokio::test]
async fn an_unknown_address_is_404() {
    let server = TestServer::start().await;
    for client in [server.nobody(), server.shop()] {
        for path in [
            "/api/v1/nothing",
            "/v1/nothing",
            "/api/v1",
            "/api/v2/events",
            "/api/v1/events/",
            "/api/v1/bookings/x/nothing",
            "/nothing",
            "/api/v1//events",
            "/problems/nothing",
            "/docs/nothing",
        ] {
            client.get(path).await.is(404).fails("NOT_FOUND");
        }
        let ask = Ask::post("/api/v1/nothing", &json!({})).key("k");
        client.send(ask).await.fails("NOT_FOUND");
    }
}

#[tokio::test]
async fn what_can_be_no_id_names_nothing() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let concert = shop.floor(1).await;
    for id in ["x", "bkg_", "bkg_8zzzzzzzzzzzzzzzzzzzzzzzzz", "%00", "%C3%A9", &concert.id, "%2F"] {
        for rest in ["", "/timeline"] {
            shop.get(&format!("/bookings/{id}{rest}")).await.fails("NOT_FOUND");
        }
        for action in ["confirm", "release", "cancel"] {
            shop.act(id, action, json!({})).await.fails("NOT_FOUND");
        }
        shop.get(&format!("/events/{id}/zones/{id}/availability")).await.fails("NOT_FOUND");
        shop.get(&format!("/events/{id}/zones/{id}/seats")).await.fails("NOT_FOUND");
    }
    for id in ["x", "%00", "%C3%A9"] {
        shop.get(&format!("/events/{id}")).await.fails("NOT_FOUND");
        shop.patch(&format!("/events/{id}"), json!({})).await.fails("NOT_FOUND");
        shop.get(&format!("/idempotency_keys/{id}%C3%A9")).await.fails("NOT_FOUND");
    }
}

#[tokio::test]
async fn an_address_that_is_not_utf_8_is_a_bad_request() {
    let server = TestServer::start().await;
    let shop = server.shop();
    for part in ["%FF", "%C3", "%C3%28", "%ED%A0%80", "a%80b"] {
        for path in [
            format!("/bookings/{part}"),
            format!("/idempotency_keys/{part}"),
            format!("/events/evt_x/users/{part}/summary"),
            format!("/problems/{part}"),
            format!("/nothing/{part}"),
            format!("/events?after={part}"),
            format!("/bookings?user_id={part}"),
            format!("/bookings?{part}=1"),
            format!("/activity/stream?type={part}"),
            format!("/healthz?{part}"),
            format!("/nothing?{part}"),
        ] {
            shop.get(&path).await.is(400).fails("INVALID_REQUEST");
        }
        for path in [
            format!("/bookings/{part}/confirm"),
            format!("/idempotency_keys/{part}/retire"),
            format!("/bookings/reserve?x={part}"),
            format!("/customer_tokens?{part}"),
        ] {
            shop.post(&path, json!({})).await.is(400).fails("INVALID_REQUEST");
        }
    }
    // Escapes that are UTF-8 together are read as such.
    assert_eq!(shop.get("/bookings?user_id=%C3%A9").await.is(200).at("data"), json!([]));
}

#[tokio::test]
async fn an_address_without_that_method_is_405_and_says_which_it_has() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let mut lines = String::new();
    for (method, path) in [
        ("DELETE", "/events"),
        ("DELETE", "/events/evt_x"),
        ("GET", "/events/evt_x/zones/zon_x"),
        ("POST", "/events/evt_x/zones/zon_x/availability"),
        ("POST", "/events/evt_x/zones/zon_x/seats"),
        ("POST", "/events/evt_x/users/ann/summary"),
        ("GET", "/bookings/reserve/confirm"),
        ("DELETE", "/bookings"),
        ("DELETE", "/bookings/bkg_x"),
        ("PUT", "/bookings/bkg_x/timeline"),
        ("GET", "/bookings/bkg_x/confirm"),
        ("GET", "/bookings/bkg_x/release"),
        ("GET", "/bookings/bkg_x/cancel"),
        ("POST", "/activity"),
        ("POST", "/activity/stream"),
        ("DELETE", "/idempotency_keys/k"),
        ("GET", "/idempotency_keys/k/retire"),
        ("GET", "/customer_tokens"),
        ("POST", "/healthz"),
        ("POST", "/readyz"),
        ("POST", "/metrics"),
        ("POST", "/openapi.json"),
        ("PATCH", "/docs"),
        ("POST", "/problems"),
        ("POST", "/problems/expired"),
        ("POST", "/"),
        ("OPTIONS", "/events"),
    ] {
        let answer = shop.send(Ask::new(method, path)).await.fails("METHOD_NOT_ALLOWED");
        let allow = answer.header("allow").expect("a 405 says what is allowed");
        lines += &format!("{method} {path}: {allow}\n");
    }
    expect![[r#"
        DELETE /events: POST,GET,HEAD
        DELETE /events/evt_x: GET,HEAD,PATCH
        GET /events/evt_x/zones/zon_x: PATCH
        POST /events/evt_x/zones/zon_x/availability: GET,HEAD
        POST /events/evt_x/zones/zon_x/seats: GET,HEAD
        POST /events/evt_x/users/ann/summary: GET,HEAD
        GET /bookings/reserve/confirm: POST
        DELETE /bookings: GET,HEAD
        DELETE /bookings/bkg_x: GET,HEAD
        PUT /bookings/bkg_x/timeline: GET,HEAD
        GET /bookings/bkg_x/confirm: POST
        GET /bookings/bkg_x/release: POST
        GET /bookings/bkg_x/cancel: POST
        POST /activity: GET,HEAD
        POST /activity/stream: GET,HEAD
        DELETE /idempotency_keys/k: GET,HEAD
        GET /idempotency_keys/k/retire: POST
        GET /customer_tokens: POST
        POST /healthz: GET,HEAD
        POST /readyz: GET,HEAD
        POST /metrics: GET,HEAD
        POST /openapi.json: GET,HEAD
        PATCH /docs: GET,HEAD
        POST /problems: GET,HEAD
        POST /problems/expired: GET,HEAD
        POST /: GET,HEAD
        OPTIONS /events: POST,GET,HEAD
    "#]]
    .assert_eq(&lines);
}

#[tokio::test]
async fn a_body_may_have_256_kib_and_that_of_an_event_4_mib() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let reserve = ("/bookings/reserve", floor.one("ann").to_string(), BODY_BYTES_MAX);
    assert_eq!(BODY_BYTES_MAX, 262_144);
    let create = concert(json!([zone(1, "1")])).to_string();
    let create = ("/events", create, EVENT_BODY_BYTES_MAX);
    for (path, body, max) in [reserve, create] {
        for (bytes, fits) in [(max, true), (max + 1, false)] {
            let padded = format!("{body}{}", " ".repeat(bytes - body.len()));
            let announced = Ask::new("POST", path).text(&padded);
            let answer = shop.twice(announced).await;
            assert_eq!(answer.status, if fits { 201 } else { 413 }, "{}", answer.text());
            let answer = shop.send(in_chunks(path, &padded)).await;
            assert_eq!(answer.status, if fits { 201 } else { 413 }, "{}", answer.text());
        }
    }
}

/// The body without a length announced, in chunks of 32 KiB.
fn in_chunks(path: &str, body: &str) -> Ask {
    let mut chunked = Vec::new();
    for chunk in body.as_bytes().chunks(32 * 1024) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let ask = Ask::new("POST", path).header("Content-Type", "application/json");
    ask.header("Transfer-Encoding", "chunked").key(&fresh_key()).bytes(&chunked)
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let body = floor.one("ann").to_string();
    let ask = || Ask::new("POST", "/bookings/reserve").bytes(body.as_bytes()).key(&fresh_key());
    for good in ["application/json", "Application/JSON; charset=utf-8", "application/json ;x=y"] {
        shop.send(ask().header("Content-Type", good)).await.is(201);
    }
    for bad in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json", ""]
    {
        let answer = shop.send(ask().header("Content-Type", bad)).await;
        answer.fails("UNSUPPORTED_MEDIA_TYPE");
    }
    shop.send(ask()).await.fails("UNSUPPORTED_MEDIA_TYPE");
    let json = || ask().header("Content-Type", "application/json");
    for coding in ["gzip", "br", "gzip, identity"] {
        let answer = shop.send(json().header("Content-Encoding", coding)).await;
        answer.fails("UNSUPPORTED_MEDIA_TYPE");
    }
    shop.send(json().header("Content-Encoding", "identity")).await.is(201);
}

#[tokio::test]
async fn the_head_may_have_16_kib() {
    let server = TestServer::start().await;
    let shop = server.shop();
    assert_eq!(HEADER_BYTES_MAX, 16_384);
    let padded = |bytes: usize| {
        let ask = shop.with_credential(Ask::get("/events")).header("X-Pad", "");
        let line = "GET/api/v1/events".len();
        let fixed = ["Host", "test", "Connection", "close"].map(str::len).iter().sum::<usize>();
        let own: usize = ask.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        ask.header("X-Pad", "x".repeat(bytes - line - fixed - own - "X-Pad".len()))
    };
    shop.send(padded(HEADER_BYTES_MAX)).await.is(200);
    shop.send(padded(HEADER_BYTES_MAX + 1)).await.is(431).fails("HEADERS_TOO_LARGE");
    // A long address counts as well.
    let long = format!("/bookings?user_id={}", "x".repeat(HEADER_BYTES_MAX));
    shop.get(&long).await.fails("HEADERS_TOO_LARGE");
}

#[tokio::test]
async fn nobody_gets_in_without_a_credential() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let secret = shop.credential.clone().unwrap();
    let nobody = server.nobody();
    let mut lines = String::new();
    for sent in [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(format!("Basic {secret}")),
        Some(secret.clone()),
        Some(format!("Bearer {secret}0")),
        Some(format!("Bearer {}", secret.to_uppercase())),
        Some(format!("Bearer {}", secret.replace("bo_live_", "bo_test_"))),
        Some("Bearer bo_live_".to_owned()),
        Some("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.".to_owned()),
        Some("Bearer a.b.c".to_owned()),
    ] {
        let ask = Ask::get("/events");
        let ask = sent.iter().fold(ask, |ask, sent| ask.header("Authorization", sent));
        let answer = nobody.send(ask).await.is(401);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let line = told(&answer);
        if !lines.contains(&line) {
            lines += &format!("{line}\n");
        }
    }
    expect![[r#"
        401 UNAUTHORIZED never: Send a credential: Authorization: Bearer bo_live_…
        401 UNAUTHORIZED never: The credential is invalid or has been revoked.
    "#]]
    .assert_eq(&lines);
    let lower = Ask::get("/events").header("authorization", format!("bearer {secret}"));
    nobody.send(lower).await.is(200);
}

#[tokio::test]
async fn every_call_of_the_api_wants_a_credential() {
    let server = TestServer::start().await;
    let nobody: Client = server.nobody();
    for path in [
        "/events",
        "/events/evt_x",
        "/events/evt_x/zones/zon_x/availability",
        "/events/evt_x/zones/zon_x/seats",
        "/events/evt_x/users/ann/summary",
        "/bookings",
        "/bookings/bkg_x",
        "/bookings/bkg_x/timeline",
        "/activity",
        "/activity/stream",
        "/idempotency_keys/k",
    ] {
        nobody.get(path).await.fails("UNAUTHORIZED");
    }
    for path in [
        "/events",
        "/bookings/reserve",
        "/bookings/bkg_x/confirm",
        "/bookings/bkg_x/release",
        "/bookings/bkg_x/cancel",
        "/idempotency_keys/k/retire",
        "/customer_tokens",
    ] {
        nobody.post(path, json!({})).await.fails("UNAUTHORIZED");
    }
    nobody.patch("/events/evt_x", json!({})).await.fails("UNAUTHORIZED");
    nobody.patch("/events/evt_x/zones/zon_x", json!({})).await.fails("UNAUTHORIZED");
}
