//! What happened: the feed as a list and as a live stream, and the story of one booking.

use expect_test::expect;
use serde_json::{Value, json};
use server::PAGE_ROWS_MAX;
use tokio::task::JoinSet;

use super::client::Client;
use super::http::{Ask, TIMEOUT};
use super::lists::rows;
use super::server::{Holder, TestServer};
use super::shop::{Concert, concert, paid, with, zone};
use super::snapshot::redacted;
use super::stream::{Entry, Feed};

/// A booking that is paid and cancelled, one that is released, one that expires. Returns the first.
async fn story(server: &TestServer, shop: &Client) -> (Concert, String) {
    let floor = shop.floor(10).await;
    let sold = shop.sale(floor.one("ann")).await;
    let released = shop.hold(floor.one("bob")).await;
    shop.act(&released, "release", json!({})).await.is(200);
    shop.hold(floor.one("cyd")).await;
    server.advance(600);
    shop.act(&sold, "cancel", json!({"reason": "ill"})).await.is(200);
    shop.patch(&floor.path(""), json!({"name": "Last Night"})).await.is(200);
    shop.patch(&floor.zone_path(0, ""), json!({"capacity": 9})).await.is(200);
    (floor, sold)
}

fn kinds(list: &Value) -> Vec<String> {
    let rows = list["data"].as_array().expect("rows");
    rows.iter().map(|row| row["type"].as_str().expect("a type").to_owned()).collect()
}

const STORY: [&str; 12] = [
    "event.created",
    "booking.reserved",
    "booking.confirmed",
    "payment.captured",
    "booking.reserved",
    "booking.released",
    "booking.reserved",
    "booking.expired",
    "booking.cancelled",
    "payment.refund_pending",
    "event.updated",
    "zone.updated",
];

#[tokio::test]
async fn everything_is_listed_oldest_first_without_gaps() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let (_, sold) = story(&server, &shop).await;
    let all = shop.get("/activity").await.is(200);
    assert_eq!(kinds(&all.json()), STORY);
    let (mut after, mut paged) = (0, Vec::new());
    loop {
        let page = shop.get(&format!("/activity?limit=5&after={after}")).await.is(200).json();
        paged.extend(page["data"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = next.parse().unwrap(),
            None => break,
        }
    }
    assert_eq!(Value::from(paged.clone()), all.at("data"));
    let positions: Vec<_> = paged.iter().map(|row| row["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, (1..=12).collect::<Vec<_>>());
    // By type, by thing, by both.
    for (query, wanted) in [
        ("type=booking.reserved".to_owned(), 3),
        ("type=booking.reserved,payment.captured".to_owned(), 4),
        ("type=booking.*".to_owned(), 7),
        ("type=*".to_owned(), 12),
        (format!("resource_id={sold}"), 3),
        (format!("resource_id={sold}&type=booking.confirmed"), 1),
        (format!("resource_id={sold}&after=3"), 1),
        ("resource_id=bkg_x".to_owned(), 0),
        ("after=11".to_owned(), 1),
        ("after=12".to_owned(), 0),
    ] {
        let found = shop.get(&format!("/activity?{query}")).await.is(200).json();
        assert_eq!(kinds(&found).len(), wanted, "{query}");
    }
}

#[tokio::test]
async fn a_booking_explains_itself() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("Ann"));
    let ask = ask.key("k").header("X-Request-Id", "web-17").header("X-Correlation-Id", "cart-9");
    let id = shop.send(ask.clone()).await.is(201).str("id");
    shop.send(ask).await.is(201);
    server.advance(60);
    let confirm = Ask::post(&format!("/bookings/{id}/confirm"), &paid("pi_1"));
    shop.send(confirm.key("c").header("X-Request-Id", "web-18")).await.is(200);
    server.advance(60);
    let cancel = Ask::post(&format!("/bookings/{id}/cancel"), &json!({}));
    shop.send(cancel.header("X-Request-Id", "web-19")).await.is(200);
    let story = shop.get(&format!("/bookings/{id}/timeline")).await.is(200).json();
    let mut lines = String::new();
    for entry in story["data"].as_array().unwrap() {
        let text = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
        let at = text("at").split_off(11);
        let (kind, summary, request) = (text("kind"), text("summary"), text("request_id"));
        lines +=
            &format!("{at} {kind} [{request}] {}: {summary} {}\n", text("actor"), entry["data"]);
    }
    expect![[r#"
        09:00:00.000Z attempt [-] -: POST /api/v1/bookings/reserve sent twice with the same idempotency key {"idempotency_key":"k","attempts":2,"response_status":201,"last_seen_at":"2026-02-15T09:00:00.000Z"}
        09:00:00.000Z decision [web-17] key_1: 1 ticket reserved until 09:10 UTC {"before":{},"after":{"status":"reserved"},"correlation_id":"cart-9"}
        09:00:00.000Z event [web-17] -: Event booking.reserved emitted {"id":"msg_1","position":2,"resource_seq":1,"data":{"id":"bkg_1","booking_id":"bkg_1","status":"reserved","event_id":"evt_1","zone_id":"zon_1","user_id":"Ann","person_id":"per_1","quantity":1,"seats":null,"total_amount":"49.90","total_currency":"USD","confirmation_code":null,"payment_id":null,"payment_status":null,"refunded_amount":null,"refund_pending_amount":null,"expires_at":"2026-02-15T09:10:00.000Z","created_at":"2026-02-15T09:00:00.000Z","confirmed_at":null,"ended_at":null}}
        09:01:00.000Z attempt [-] -: POST /api/v1/bookings/bkg_1/confirm sent once {"idempotency_key":"c","attempts":1,"response_status":200,"last_seen_at":"2026-02-15T09:01:00.000Z"}
        09:01:00.000Z decision [web-18] key_1: Booking of 1 ticket confirmed for 49.90 USD {"before":{"status":"reserved"},"after":{"status":"confirmed"},"correlation_id":null}
        09:01:00.000Z event [web-18] -: Event booking.confirmed emitted {"id":"msg_2","position":3,"resource_seq":2,"data":{"id":"bkg_1","booking_id":"bkg_1","status":"confirmed","event_id":"evt_1","zone_id":"zon_1","user_id":"Ann","person_id":"per_1","quantity":1,"seats":null,"total_amount":"49.90","total_currency":"USD","confirmation_code":"[code]","payment_id":"pay_1","payment_status":"captured","refunded_amount":"0.00","refund_pending_amount":"0.00","expires_at":null,"created_at":"2026-02-15T09:00:00.000Z","confirmed_at":"2026-02-15T09:01:00.000Z","ended_at":null}}
        09:01:00.000Z payment [web-18] key_1: Payment of 49.90 USD taken {"before":{},"after":{"status":"captured","refunded_amount":"0.00","refund_pending_amount":"0.00"},"correlation_id":null}
        09:01:00.000Z event [web-18] -: Event payment.captured emitted {"id":"msg_3","position":4,"resource_seq":1,"data":{"id":"pay_1","resource_id":"bkg_1","booking_id":"bkg_1","method":"external","reference":"pi_1","status":"captured","amount":"49.90","currency":"USD","refunded_amount":"0.00","refund_pending_amount":"0.00","created_at":"2026-02-15T09:01:00.000Z"}}
        09:02:00.000Z decision [web-19] key_1: Booking of 1 ticket cancelled {"before":{"status":"confirmed"},"after":{"status":"cancelled"},"correlation_id":null}
        09:02:00.000Z event [web-19] -: Event booking.cancelled emitted {"id":"msg_4","position":5,"resource_seq":3,"data":{"id":"bkg_1","booking_id":"bkg_1","status":"cancelled","event_id":"evt_1","zone_id":"zon_1","user_id":"Ann","person_id":"per_1","quantity":1,"seats":null,"total_amount":"49.90","total_currency":"USD","confirmation_code":"[code]","payment_id":"pay_1","payment_status":"refund_pending","refunded_amount":"0.00","refund_pending_amount":"49.90","expires_at":null,"created_at":"2026-02-15T09:00:00.000Z","confirmed_at":"2026-02-15T09:01:00.000Z","ended_at":"2026-02-15T09:02:00.000Z"}}
        09:02:00.000Z payment [web-19] key_1: Refund of 49.90 USD requested {"before":{"status":"captured","refunded_amount":"0.00","refund_pending_amount":"0.00"},"after":{"status":"refund_pending","refunded_amount":"0.00","refund_pending_amount":"49.90"},"correlation_id":null}
        09:02:00.000Z event [web-19] -: Event payment.refund_pending emitted {"id":"msg_5","position":6,"resource_seq":2,"data":{"id":"pay_1","resource_id":"bkg_1","booking_id":"bkg_1","method":"external","reference":"pi_1","status":"refund_pending","amount":"49.90","currency":"USD","refunded_amount":"0.00","refund_pending_amount":"49.90","created_at":"2026-02-15T09:01:00.000Z"}}
    "#]].assert_eq(&redacted(&lines));
}

#[tokio::test]
async fn a_stream_tells_what_happens_as_it_happens() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let mut feed = Feed::open(&shop, "/activity/stream", None).await;
    assert_eq!(server.metric("bookonce_streams"), 1.0);
    let id = shop.hold(floor.one("ann")).await;
    let entry = feed.next().await.expect("it goes on");
    assert_eq!((entry.id, entry.event.as_str()), (2, "booking.reserved"), "from now on");
    assert_eq!(entry.data["resource_id"], id);
    // The same envelope as in the list.
    assert_eq!(shop.get("/activity?after=1").await.at("data/0"), entry.data);
    shop.act(&id, "release", json!({})).await.is(200);
    assert_eq!(feed.next().await.expect("it goes on").event, "booking.released");
}

#[tokio::test]
async fn a_stream_resumes_without_gap_or_repeat() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let mut live = Feed::open(&shop, "/activity/stream?after=0", None).await;
    let (first, second) = tokio::join!(story(&server, &shop), live.take(5));
    let floor = first.0;
    assert_eq!(second.iter().map(|entry| entry.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    drop(live);
    shop.hold(floor.one("dan")).await;
    // The header wins over the address, as a browser reconnects to the address it was given.
    let mut resumed = Feed::open(&shop, "/activity/stream?after=0", Some(5)).await;
    let rest = resumed.take(8).await;
    assert_eq!(rest.iter().map(|entry| entry.id).collect::<Vec<_>>(), (6..=13).collect::<Vec<_>>());
    let kinds: Vec<_> = second.iter().chain(&rest).map(|entry| entry.event.as_str()).collect();
    assert_eq!(kinds[..12], STORY);

    let mut filtered = Feed::open(&shop, "/activity/stream?type=payment.*", Some(0)).await;
    let money = filtered.take(2).await;
    assert_eq!(money.iter().map(|entry| entry.id).collect::<Vec<_>>(), [4, 10]);
    let path = format!("/activity/stream?resource_id={}", floor.id);
    let mut of_event = Feed::open(&shop, &path, Some(0)).await;
    let of_event = of_event.take(2).await;
    assert_eq!(of_event.iter().map(|entry| entry.id).collect::<Vec<_>>(), [1, 11]);
}

/// More than twice what the stream reads at a time, and what a page of the list has.
#[tokio::test]
async fn a_long_feed_comes_whole() {
    const HOLDS: usize = 2 * PAGE_ROWS_MAX + 20;
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = concert(json!([zone(1_000, "1")]));
    let floor = shop.event(with(floor, &json!({"max_per_user": 1_000}))).await;
    let mut holds = JoinSet::new();
    for _ in 0..HOLDS {
        let (shop, body) = (shop.clone(), floor.one("ann"));
        holds.spawn(async move { shop.hold(body).await });
    }
    holds.join_all().await;
    let all: Vec<u64> = (1..).take(HOLDS + 1).collect();
    let mut feed = Feed::open(&shop, "/activity/stream", Some(0)).await;
    let told = feed.take(all.len()).await;
    assert_eq!(told.iter().map(|entry| entry.id).collect::<Vec<_>>(), all);
    for path in ["/activity", "/activity?type=event.*,booking.*"] {
        let rows = rows(&shop, path, PAGE_ROWS_MAX).await;
        assert!(rows.iter().eq(told.iter().map(|entry| &entry.data)), "{path}");
    }
}

#[tokio::test]
async fn a_stream_ends_when_the_server_stops() {
    let mut server = TestServer::start().await;
    let shop = server.shop();
    shop.floor(1).await;
    let mut feed = Feed::open(&shop, "/activity/stream", Some(0)).await;
    assert_eq!(feed.next().await.expect("one event").event, "event.created");
    let mut idle = Feed::open(&shop, "/activity/stream", None).await;
    let ((), rest, idle) = tokio::join!(server.stop(), feed.next(), idle.next());
    assert_eq!((rest, idle), (None, None));
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked() {
    let server = TestServer::start().await;
    let (shop, key) = server.holder(&Holder::default());
    let other = server.shop();
    let floor = shop.floor(10).await;
    let mut feed = Feed::open(&shop, "/activity/stream", None).await;
    server.revoke(key);
    server.advance(1);
    assert_eq!(feed.next().await, None);
    other.hold(floor.one("ann")).await;
}

#[tokio::test]
async fn a_stream_waits_while_the_store_is_away() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let mut feed = Feed::open(&shop, "/activity/stream", Some(0)).await;
    feed.take(1).await;
    server.outage.set(true);
    let started = shop.start(Ask::post("/bookings/reserve", &floor.one("ann")).key("k"));
    // Writing still works: only reads are away.
    started.answer().await.is(201);
    server.outage.set(false);
    assert_eq!(feed.next().await.expect("it goes on").id, 2);
}

/// A database may fail over to a standby that has not got the last entries. Its connections break then.
#[tokio::test]
async fn a_stream_whose_reads_failed_tells_that_the_feed_has_fallen_back() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    for user in ["ann", "bob", "cyd"] {
        shop.hold(floor.one(user)).await;
    }
    let mut feed = Feed::open(&shop, "/activity/stream", Some(0)).await;
    feed.take(4).await;
    server.outage.fail_pages(true);
    server.outage.lose(2);
    let told = told_soon(&mut feed).await;
    assert_eq!((told.id, told.event.as_str()), (2, "activity.ahead"));
    assert_eq!(told.data, json!({"head": 2}));
    // From there it goes on, and is not told again.
    server.outage.fail_pages(false);
    server.outage.lose(0);
    for position in 3..=4 {
        assert_eq!(feed.next().await.expect("an entry").id, position);
    }
}

/// And where no read of it failed, it looks every few seconds.
#[tokio::test]
async fn a_stream_that_noticed_nothing_tells_that_the_feed_has_fallen_back() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    shop.hold(floor.one("ann")).await;
    let mut ahead = Feed::open(&shop, "/activity/stream", Some(0)).await;
    // Who has seen no more than there is need not be told.
    let mut behind = Feed::open(&shop, "/activity/stream?type=event.*", Some(0)).await;
    ahead.take(2).await;
    behind.take(1).await;
    server.outage.lose(1);
    let told = told_soon(&mut ahead).await;
    assert_eq!((told.event.as_str(), told.data), ("activity.ahead", json!({"head": 1})));
    server.outage.lose(0);
    shop.patch(&floor.path(""), json!({"name": "Last Night"})).await.is(200);
    assert_eq!(ahead.next().await.expect("an entry").event, "booking.reserved");
    assert_eq!(behind.next().await.expect("an entry").event, "event.updated");
}

/// What comes next, for which nobody waits as long as there are signs of life.
async fn told_soon(feed: &mut Feed) -> Entry {
    let told = tokio::time::timeout(TIMEOUT, feed.next()).await;
    told.expect("something is told").expect("the stream goes on")
}

#[tokio::test]
async fn a_bad_position_is_refused() {
    let server = TestServer::start().await;
    let shop = server.shop();
    for last in ["x", "-1", "1.5", "99999999999999999999"] {
        let ask = Ask::get("/activity/stream").header("Last-Event-ID", last);
        let answer = shop.send(ask).await.fails("INVALID_REQUEST");
        assert_eq!(answer.fields(), ["Last-Event-ID"]);
    }
    shop.get("/activity/stream?after=x").await.fails("INVALID_REQUEST");
}

/// After a restore from a backup the feed is shorter than what a reader has seen.
#[tokio::test]
async fn a_position_beyond_the_end_is_told_once() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    for (path, last) in [
        ("/activity/stream?after=2", None),
        ("/activity/stream", Some(1_200)),
        ("/activity/stream?type=payment.*", Some(2)),
        ("/activity/stream", Some(i64::MAX.unsigned_abs())),
    ] {
        let mut feed = Feed::open(&shop, path, last).await;
        let told = feed.next().await.expect("it is told at once");
        assert_eq!((told.id, told.event.as_str()), (1, "activity.ahead"), "{path} {last:?}");
        assert_eq!(told.data, json!({"head": 1}));
    }
    let mut ahead = Feed::open(&shop, "/activity/stream", Some(1_200)).await;
    assert_eq!(ahead.next().await.expect("it is told").event, "activity.ahead");
    // The last entry of all is not beyond the end, nor is the place where the reader was told to go on.
    let mut at_end = Feed::open(&shop, "/activity/stream", Some(1)).await;
    let id = shop.hold(floor.one("ann")).await;
    for feed in [&mut ahead, &mut at_end] {
        let entry = feed.next().await.expect("it goes on from the end");
        assert_eq!((entry.id, entry.event.as_str()), (2, "booking.reserved"));
        assert_eq!(entry.data["resource_id"], id);
    }

    let list = |after: u64| {
        let shop = shop.clone();
        async move { shop.get(&format!("/activity?after={after}")).await.is(200) }
    };
    for after in [0, 1, 2, 3, 1_200] {
        assert_eq!(list(after).await.at("head"), 2, "{after}");
    }
    assert_eq!(list(1_200).await.at("data"), json!([]));
    // An account in which nothing has happened yet.
    let other = server.other();
    assert_eq!(other.get("/activity").await.at("head"), 0);
    let mut feed = Feed::open(&other, "/activity/stream", Some(7)).await;
    let told = feed.next().await.expect("it is told at once");
    assert_eq!((told.id, told.data), (0, json!({"head": 0})));
    other.floor(1).await;
    assert_eq!(feed.next().await.expect("it goes on").id, 1);
}
