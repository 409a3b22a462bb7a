//! Around the API: health, metrics, pages, request ids.

use std::io::Read as _;
use std::time::Duration;

use expect_test::expect;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use wire::Code;

use super::backend::schema_version;
use super::client::Client;
use super::http::{Ask, TIMEOUT};
use super::server::TestServer;
use super::snapshot::{redacted, told};

/// What the store said of itself counts so long.
const READY_KEPT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn health_and_readiness() {
    let mut server = TestServer::start().await;
    let nobody = server.nobody();
    let alive = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    assert_eq!(nobody.get("/healthz").await.is(200).json(), alive);
    let ready = nobody.get("/readyz").await.is(200);
    let version = format!("\"schema_version\": {}", schema_version());
    let shown = format!("{:#}", ready.json()).replacen(&version, "<its version>", 1);
    expect![[r#"
        {
          "status": "ready",
          "reason": null,
          "queue": {
            "waiting": 0,
            "max": 4096
          },
          "store": {
            "id": "sto_1",
            "incarnation": 1,
            <its version>
          }
        }"#]]
    .assert_eq(&redacted(&shown));

    // The store is asked once in a while, however many ask.
    server.outage.set(true);
    nobody.get("/readyz").await.is(200);
    server.clock.advance(READY_KEPT - Duration::from_millis(1));
    nobody.get("/readyz").await.is(200);
    server.clock.advance(Duration::from_millis(1));
    let away = nobody.get("/readyz").await.is(503);
    assert_eq!(away.at("status"), "not_ready");
    assert_eq!(away.at("reason"), "the store cannot be reached");
    nobody.get("/healthz").await.is(200);
    server.outage.set(false);
    server.clock.advance(READY_KEPT);
    nobody.get("/readyz").await.is(200);
    server.stop().await;
}

#[tokio::test]
async fn readiness_is_asked_for_once_whoever_goes_away() {
    let server = TestServer::start().await;
    let nobody = server.nobody();
    let before = server.outage.times_asked();
    server.outage.hold_identity(true);
    let first = nobody.start(Ask::get("/readyz"));
    while server.outage.times_asked() == before {
        tokio::task::yield_now().await;
    }
    let others = [(); 3].map(|()| nobody.start(Ask::get("/readyz")));
    until_open(&server, 4).await;
    drop(first);
    until_open(&server, 3).await;
    server.outage.hold_identity(false);
    for other in others {
        other.answer().await.is(200);
    }
    assert_eq!(server.outage.times_asked(), before + 1);
}

/// Waits until so many connections are open.
async fn until_open(server: &TestServer, count: usize) {
    let line = format!("bookonce_connections {count}\n");
    let opens = async {
        while !server.metrics.text().contains(&line) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, opens).await.expect("as many connections as there should be");
}

#[tokio::test]
async fn every_metric_is_there_from_the_start() {
    let server = TestServer::start().await;
    let answer = server.nobody().get("/metrics").await.is(200);
    let text = answer.text();
    for name in [
        "duplicate_reservations_detected_total",
        "idempotency_key_collision_total",
        "idempotency_replays_total",
        "same_guest_same_dates_total",
        "bookonce_bookings_total{status=\"reserved\"}",
        "bookonce_bookings_total{status=\"confirmed\"}",
        "bookonce_bookings_total{status=\"released\"}",
        "bookonce_bookings_total{status=\"expired\"}",
        "bookonce_bookings_total{status=\"cancelled\"}",
        "bookonce_payments_total{status=\"captured\"}",
        "bookonce_batch_intents_count",
        "bookonce_batch_seconds_count",
        "bookonce_commit_seconds_count",
        "bookonce_batches_total",
        "bookonce_queue_depth",
        "bookonce_rate_limited_total",
        "bookonce_requests_attached_total",
        "bookonce_panics_total",
        "bookonce_log_lines_dropped_total",
        "bookonce_answers_removed_total",
        "bookonce_tombstones_removed_total",
        "bookonce_activity_removed_total",
        "bookonce_webhook_deliveries_removed_total",
        "bookonce_batch_repeats_total",
        "bookonce_store_errors_total",
        "bookonce_streams",
        "bookonce_stream_reads_total",
        "bookonce_http_request_duration_seconds_count{route=\"/api/v1/bookings/reserve\"}",
        "bookonce_http_requests_total{method=\"POST\",route=\"/api/v1/bookings/reserve\",status=\"503\"}",
        "bookonce_http_requests_total{method=\"GET\",route=\"/metrics\",status=\"500\"}",
    ] {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = value.unwrap_or_else(|| panic!("no {name} in:\n{text}"));
        let starts_at_zero = !name.starts_with("bookonce_batch") && !name.contains("commit");
        assert!(value == "0" || !starts_at_zero, "{name} is {value}");
    }
    // What is never 0, or not known on every machine and of every store.
    for name in [
        "bookonce_build_info{version=\"",
        "process_cpu_seconds_total ",
        "process_start_time_seconds ",
        "process_resident_memory_bytes ",
        "process_virtual_memory_bytes ",
        "process_open_fds ",
        "process_max_fds ",
    ] {
        assert!(text.lines().any(|line| line.starts_with(name)), "no {name} in:\n{text}");
    }
    // Prefix and alerts: nothing else stands alone.
    let alone = [
        "duplicate_reservations_detected_total",
        "idempotency_key_collision_total",
        "idempotency_replays_total",
        "same_guest_same_dates_total",
    ];
    for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
        let name = line.split(' ').nth(2).unwrap();
        let is_ours = name.starts_with("bookonce_") || name.starts_with("process_");
        assert!(is_ours || alone.contains(&name), "{name}");
    }
}

#[tokio::test]
async fn metrics_are_openmetrics_for_who_wants_that() {
    let server = TestServer::start().await;
    let nobody = server.nobody();
    let plain = nobody.get("/metrics").await.is(200);
    assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(!plain.text().contains("# EOF"), "{}", plain.text());
    assert!(plain.text().contains("# TYPE bookonce_batches_total counter\n"));
    let wanted = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
    let open = nobody.send(Ask::get("/metrics").header("Accept", wanted)).await.is(200);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(open.header("content-type"), Some(kind));
    assert!(open.text().contains("# TYPE bookonce_batches counter\n"));
    assert!(open.text().ends_with("# EOF\n"), "{}", open.text());
}

#[tokio::test]
async fn counters_move() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let replays = server.metric("idempotency_replays_total");
    for _ in 0..2 {
        shop.post_once("k", "/bookings/reserve", floor.one("ann")).await.is(201);
    }
    assert_eq!(server.metric("idempotency_replays_total"), replays + 1.0, "sent twice");
    assert_eq!(server.metric("bookonce_bookings_total{status=\"reserved\"}"), 1.0);
    server.advance(600);
    assert_eq!(server.metric("bookonce_bookings_total{status=\"expired\"}"), 1.0);
    // By method, route pattern and status; never by path.
    shop.get("/bookings/bkg_x").await.is(404);
    shop.get("/nothing/at/all").await.is(404);
    for labels in [
        "method=\"POST\",route=\"/api/v1/bookings/reserve\",status=\"201\"} 2",
        "method=\"GET\",route=\"/api/v1/bookings/{id}\",status=\"404\"} 1",
        "method=\"GET\",route=\"other\",status=\"404\"} 1",
    ] {
        let line = format!("bookonce_http_requests_total{{{labels}");
        let text = server.metrics.text();
        assert!(text.contains(&line), "no {line} in:\n{text}");
    }
    assert!(!server.metrics.text().contains("nothing"));
    // Nor by methods that somebody made up: each would be a line of its own, for ever.
    for method in ["BREW", "X1", "X2"] {
        shop.send(Ask::new(method, "/events")).await.is(405);
    }
    let text = server.metrics.text();
    let line = "method=\"other\",route=\"/api/v1/events\",status=\"405\"} 3";
    assert!(text.contains(line) && !text.contains("BREW"), "{text}");
}

#[tokio::test]
async fn metrics_may_ask_for_a_token() {
    let server =
        TestServer::with(|settings| settings.metrics.token = Some("s3cret".to_owned())).await;
    let nobody = server.nobody();
    let refused = nobody.get("/metrics").await.is(401).fails("UNAUTHORIZED");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    for (token, status) in [("s3cret", 200), ("s3cre", 401), ("s3cret2", 401)] {
        let client = Client { credential: Some(token.to_owned()), ..nobody.clone() };
        client.get("/metrics").await.is(status);
    }
    for (sent, status) in [("bearer s3cret", 200), ("BEARER s3cret", 200), ("Basic s3cret", 401)] {
        nobody.send(Ask::get("/metrics").header("Authorization", sent)).await.is(status);
    }
    server.shop().get("/metrics").await.is(401);
}

#[tokio::test]
async fn every_code_has_its_page() {
    let server = TestServer::start().await;
    let nobody = server.nobody();
    let list = nobody.get("/problems").await.is(200).json();
    let listed = list["data"].as_array().expect("a list");
    assert!(listed.contains(&json!("/problems/sales-closed")), "{list}");
    assert!(!listed.contains(&json!("/problems/room-unavailable")), "nothing has rooms yet");
    for path in listed.iter().filter_map(Value::as_str) {
        let slug = path.strip_prefix("/problems/").expect("an address of a problem");
        let code = Code::from_slug(slug).expect("a code");
        let page = nobody.get(path).await.is(200);
        assert_eq!(page.header("content-type"), Some("application/json"));
        assert_eq!(page.header("vary"), Some("Accept"));
        assert_eq!(page.at("code"), code.as_str());
        assert_eq!(page.at("type"), path);
        assert!(page.str("explanation").len() > 40);
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let page = nobody.send(Ask::get(path).header("Accept", browser)).await.is(200);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("vary"), Some("Accept"));
        assert!(page.text().contains(code.as_str()), "{}", page.text());
    }
    for accept in ["application/json", "*/*", "text/html;q=0"] {
        let page = nobody.send(Ask::get("/problems/expired").header("Accept", accept)).await;
        assert_eq!(page.header("content-type"), Some("application/json"), "{accept}");
    }
    expect!["404 NOT_FOUND never: There is no such problem."]
        .assert_eq(&told(&nobody.get("/problems/lost").await));
}

#[tokio::test]
async fn pages_are_for_everybody() {
    let server = TestServer::start().await;
    let nobody = server.nobody();
    for (path, kind, content) in [
        ("/", "text/html; charset=utf-8", "Bookonce"),
        ("/docs", "text/html; charset=utf-8", "/docs/scalar.js"),
        ("/docs/scalar.js", "text/javascript; charset=utf-8", "function"),
        ("/favicon.svg", "image/svg+xml", "<svg"),
    ] {
        let page = nobody.get(path).await.is(200);
        assert_eq!(page.header("content-type"), Some(kind));
        assert!(page.text().contains(content), "{path}");
        let head = nobody.send(Ask::new("HEAD", path)).await.is(200);
        assert_eq!(head.text(), "");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{path}");
        // Who has it already is not sent it again.
        let tag = page.header("etag").expect("a tag");
        let known = nobody.send(Ask::get(path).header("If-None-Match", tag)).await.is(304);
        assert_eq!(known.text(), "");
        let other = nobody.send(Ask::get(path).header("If-None-Match", "\"x\"")).await.is(200);
        assert_eq!(other.text(), page.text());
    }
    for path in ["/", "/docs", "/problems", "/problems/expired"] {
        let page = nobody.send(Ask::get(path).header("Accept", "text/html")).await.is(200);
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(policy.contains("'sha256-"), "{path}: {policy}");
        let scripts = policy.split("script-src").nth(1).and_then(|rest| rest.split(';').next());
        assert!(!scripts.expect("scripts are named").contains("unsafe"), "{path}: {policy}");
    }
    for path in ["/nope", "/problems/nope", "/api/v1/nope", "/api/v1/events/"] {
        let page =
            nobody.send(Ask::get(path).header("Accept", "text/html,*/*;q=0.8")).await.is(404);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert_eq!(page.header("vary"), Some("Accept"), "{path}");
        let problem = nobody.get(path).await.is(404);
        assert_eq!(problem.header("content-type"), Some("application/problem+json"), "{path}");
        assert!(problem.str("action").contains("/openapi.json"), "{}", problem.text());
    }
    // No page loads anything from elsewhere.
    let docs = nobody.get("/docs").await;
    assert!(!docs.text().contains("https://cdn"), "{}", docs.text());
    let document = nobody.get("/openapi.json").await.is(200);
    assert_eq!(document.header("content-type"), Some("application/json"));
    assert!(document.str("openapi").starts_with("3.1"), "{}", document.text());
}

#[tokio::test]
async fn large_documents_are_packed_for_those_who_unpack_them() {
    let server = TestServer::start().await;
    let nobody = server.nobody();
    let ask = |encoding| Ask::get("/openapi.json").header("Accept-Encoding", encoding);
    let plain = nobody.get("/openapi.json").await.is(200);
    assert_eq!(plain.header("vary"), Some("Accept-Encoding"));
    for encoding in ["br", "gzip;q=0", "identity"] {
        let same = nobody.send(ask(encoding)).await.is(200);
        assert_eq!((same.header("content-encoding"), same.text()), (None, plain.text()));
        assert_eq!(same.header("etag"), plain.header("etag"));
    }
    let packed = nobody.send(ask("br, gzip")).await.is(200);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    GzDecoder::new(packed.body.as_slice()).read_to_string(&mut text).expect("gzip");
    assert_eq!(text, plain.text());
    let tag = packed.header("etag").expect("a tag");
    assert_ne!(Some(tag), plain.header("etag"), "other bytes have another tag");
    let known = nobody.send(ask("gzip").header("If-None-Match", tag)).await.is(304);
    assert_eq!((known.header("content-encoding"), known.body.len()), (None, 0));
    nobody.send(Ask::get("/openapi.json").header("If-None-Match", tag)).await.is(200);
    // A page of a few lines is sent as it is.
    let small =
        nobody.send(Ask::get("/favicon.svg").header("Accept-Encoding", "gzip")).await.is(200);
    assert_eq!(small.header("content-encoding"), None);
}

#[tokio::test]
async fn a_request_keeps_its_clients_id() {
    let server = TestServer::start().await;
    let shop = server.shop();
    // What is checked for each answer: a sane id comes back, another is replaced.
    let longest = "x".repeat(128);
    for id in ["web-17", "a.b:c_d-e", &longest, "", "a b", "a\"b", "caf\u{e9}", &"x".repeat(129)] {
        let ask = Ask::get("/events").header("X-Request-Id", id);
        shop.send(ask).await.is(200);
        let ask = Ask::get("/nothing").header("X-Request-Id", id);
        shop.send(ask).await.is(404);
    }
    // A replayed body keeps its first id; the header is that of the request.
    let floor = shop.floor(1).await;
    shop.hold(floor.one("ann")).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("bob")).key("k");
    let first = shop.send(ask.clone().header("X-Request-Id", "first")).await.is(409);
    let second = shop.send(ask.header("X-Request-Id", "second")).await.is(409);
    assert_eq!(
        (first.header("x-request-id"), second.header("x-request-id")),
        (Some("first"), Some("second"))
    );
    assert_eq!(second.at("request_id"), "first");
}

#[tokio::test]
async fn both_mounts_are_one_api() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let short = Ask::post("/v1/bookings/reserve", &floor.one("ann"));
    let reserved = shop.twice(short).await.is(201);
    let id = reserved.str("id");
    assert_eq!(reserved.header("location"), Some(format!("/api/v1/bookings/{id}").as_str()));
    let one = shop.get(&format!("/v1/bookings/{id}")).await.is(200);
    let two = shop.get(&format!("/api/v1/bookings/{id}")).await.is(200);
    assert_eq!(one.text(), two.text());
}

#[tokio::test]
async fn the_constant_answer_is_there_for_measurements_only() {
    let ask = || Ask::post("/bench/constant", &json!({"user_id": "ann"}));
    let server = TestServer::start().await;
    server.shop().send(ask()).await.is(404);
    let server = TestServer::with(|settings| settings.bench_routes = true).await;
    server.nobody().send(ask()).await.is(401);
    let answer = server.shop().send(ask()).await.is(201);
    assert_eq!(answer.text().len(), server::CONSTANT_BYTES);
    assert!(answer.json().is_string());
}

#[tokio::test]
async fn what_an_error_repeats_is_cut() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let long = "x".repeat(4_000);
    let cut = format!("{}…", "x".repeat(64));
    let unknown = shop.get(&format!("/bookings?{long}=1")).await.fails("INVALID_REQUEST");
    assert_eq!(unknown.fields(), [cut.as_str()]);
    let method = shop.send(Ask::new(&long, "/events")).await.fails("METHOD_NOT_ALLOWED");
    assert_eq!(method.str("detail"), format!("This address does not take {cut}."));
    for answer in [unknown, method] {
        assert!(!answer.text().contains(&"x".repeat(65)), "{}", answer.text());
    }
}
