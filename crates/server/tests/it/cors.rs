//! Browsers whose pages come from elsewhere: what they ask beforehand, and what a page may read.

use expect_test::expect;
use serde_json::json;

use super::answer::Answer;
use super::client::Client;
use super::http::Ask;
use super::server::TestServer;

const SHOP: &str = "https://shop.example";
const OTHER: &str = "https://other.example";

/// A server whose customers come by pages of [`SHOP`].
async fn open() -> TestServer {
    TestServer::with(|settings| {
        settings.customers.rate = 0;
        settings.cors.allow_origins = vec!["http://localhost:5173".to_owned(), SHOP.to_owned()];
    })
    .await
}

/// What a browser is told, a line for each header.
fn told(answer: &Answer) -> String {
    let known = |name: &str| name.starts_with("access-control-") || name == "vary";
    let mut lines: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| known(name))
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    lines.sort();
    format!("{}\n{}", answer.status, lines.concat())
}

fn is_readable(answer: &Answer, origin: &str) -> bool {
    answer.header("access-control-allow-origin") == Some(origin)
}

fn preflight(path: &str, origin: &str) -> Ask {
    Ask::new("OPTIONS", path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
}

#[tokio::test]
async fn a_page_asks_and_reserves_and_reads_what_it_needs() {
    let server = open().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ann = shop.customer("ann").await;
    let asked = server.nobody().send(preflight("/bookings/reserve", SHOP)).await;
    expect![[r#"
        204
        access-control-allow-headers: authorization, content-type, idempotency-key, x-idempotency-key, if-none-match, prefer, x-correlation-id, x-request-id, bookonce-test
        access-control-allow-methods: GET, POST
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: etag, idempotent-replayed, location, ratelimit, ratelimit-policy, retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-request-id
        access-control-max-age: 7200
        vary: Origin
    "#]]
    .assert_eq(&told(&asked));
    let reserve = Ask::post("/bookings/reserve", &floor.one("ann")).key("k").header("Origin", SHOP);
    let first = ann.twice(reserve.clone()).await.is(201);
    let replay = ann.send(reserve.header("Origin", SHOP)).await.is(201);
    assert!(replay.is_replay());
    for answer in [&first, &replay] {
        expect![[r#"
            201
            access-control-allow-origin: https://shop.example
            access-control-expose-headers: etag, idempotent-replayed, location, ratelimit, ratelimit-policy, retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-request-id
            vary: Origin
        "#]]
        .assert_eq(&told(answer));
    }
}

#[tokio::test]
async fn what_customers_may_call_is_readable_and_nothing_else() {
    let server = open().await;
    let ann = server.shop().customer("ann").await;
    for (path, methods) in [
        ("/events", vec!["GET", "POST"]),
        ("/events/evt_x", vec!["GET", "PATCH"]),
        ("/events/evt_x/zones/zon_x", vec!["PATCH"]),
        ("/events/evt_x/zones/zon_x/availability", vec!["GET"]),
        ("/events/evt_x/zones/zon_x/seats", vec!["GET"]),
        ("/events/evt_x/users/ann/summary", vec!["GET"]),
        ("/bookings/reserve", vec!["POST"]),
        ("/bookings", vec!["GET"]),
        ("/bookings/bkg_x", vec!["GET"]),
        ("/bookings/bkg_x/timeline", vec!["GET"]),
        ("/bookings/bkg_x/confirm", vec!["POST"]),
        ("/bookings/bkg_x/release", vec!["POST"]),
        ("/bookings/bkg_x/cancel", vec!["POST"]),
        ("/activity", vec!["GET"]),
        ("/activity/stream", vec!["GET"]),
        ("/idempotency_keys/k", vec!["GET"]),
        ("/idempotency_keys/x/retire", vec!["POST"]),
        ("/customer_tokens", vec!["POST"]),
    ] {
        let mut answers = Vec::new();
        for method in methods {
            let ask = Ask::new(method, path).header("Origin", SHOP);
            answers.push(ann.send(ask).await);
        }
        let may = answers.iter().any(|answer| answer.status != 403);
        answers.push(ann.send(preflight(path, SHOP)).await);
        for answer in answers {
            assert_eq!(is_readable(&answer, SHOP), may, "{path}: {answer:?}");
            assert_eq!(answer.header("vary"), may.then_some("Origin"), "{path}: {answer:?}");
        }
    }
    for path in ["/healthz", "/metrics", "/openapi.json", "/docs", "/", "/v2/events"] {
        let answer = ann.send(Ask::get(path).header("Origin", SHOP)).await;
        assert!(!is_readable(&answer, SHOP), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_page_reads_why_it_is_refused() {
    let server = TestServer::with(|settings| {
        (settings.customers.rate, settings.customers.burst) = (1, 1);
        settings.cors.allow_origins = vec![SHOP.to_owned()];
    });
    let server = server.await;
    let (ann, nobody) = (server.shop().customer("ann").await, server.nobody());
    let ask = |method: &'static str, path: &str| Ask::new(method, path).header("Origin", SHOP);
    let far = "x".repeat(17_000);
    let check = |answer: Answer, status: u16| {
        let answer = answer.is(status);
        assert!(is_readable(&answer, SHOP), "{answer:?}");
        assert!(answer.header("x-request-id").is_some(), "{answer:?}");
    };
    check(nobody.send(ask("GET", "/events")).await, 401);
    check(ann.send(ask("GET", "/events")).await, 200);
    check(ann.send(ask("GET", "/events")).await, 429);
    check(ann.send(ask("DELETE", "/bookings")).await, 405);
    check(ann.send(ask("GET", "/v1/nothing")).await, 404);
    check(ann.send(ask("GET", "/bookings/%FF")).await, 400);
    check(ann.send(ask("GET", "/events").header("X", far)).await, 431);
    server.advance(1);
    server.outage.set(true);
    check(ann.send(ask("POST", "/bookings/reserve")).await, 503);
    server.outage.set(false);
    server.take_errors();
}

#[tokio::test]
async fn pages_of_others_are_told_nothing() {
    let server = open().await;
    let ann = server.shop().customer("ann").await;
    let close = [OTHER, "null", "https://shop.example.other.example", "http://shop.example"];
    for origin in close {
        let asked = ann.send(preflight("/bookings", origin)).await;
        assert_eq!(told(&asked), "405\nvary: Origin\n", "{origin}");
        let read = ann.send(Ask::get("/bookings").header("Origin", origin)).await;
        assert_eq!(told(&read), "200\nvary: Origin\n", "{origin}");
    }
    assert_eq!(told(&ann.get("/bookings").await), "200\nvary: Origin\n", "no browser");

    let closed = TestServer::start().await;
    let bob: Client = closed.shop().customer("bob").await;
    let asked = bob.send(preflight("/bookings", SHOP)).await;
    assert_eq!(told(&asked), "405\n", "without the setting there are no such pages");
    assert_eq!(told(&bob.send(Ask::get("/bookings").header("Origin", SHOP)).await), "200\n");
    let refused = bob.post("/bookings/reserve", json!({})).await;
    assert_eq!(told(&refused), "400\n");
}
