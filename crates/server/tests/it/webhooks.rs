//! Chapter 9 of the contract, outbound: endpoints, deliveries, and receivers of every kind.

use std::collections::{BTreeMap, BTreeSet};

use domain::limits::{
    ATTEMPT_BODY_BYTES_MAX, WEBHOOK_DESCRIPTION_CHARS_MAX, WEBHOOK_ENDPOINTS_MAX,
};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::answer::Answer;
use super::client::{Client, fresh_key};
use super::http::{Ask, TIMEOUT};
use super::receiver::{Mode, Received, Receiver, a_moment};
use super::server::TestServer;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

async fn private() -> TestServer {
    TestServer::with(|settings| settings.webhooks.allow_private = true).await
}

/// An endpoint, with its secret: that is shown once.
pub(super) async fn endpoint(shop: &Client, url: &str, types: Value) -> Answer {
    let body = json!({"url": url, "event_types": types, "description": "Ledger"});
    let key = fresh_key();
    let first = shop.post_once(&key, "/webhook_endpoints", body.clone()).await.is(201);
    let again = shop.post_once(&key, "/webhook_endpoints", body).await.is(201);
    assert!(again.is_replay());
    assert_eq!(again.at("secret"), Value::Null, "it is stored nowhere");
    assert!(again.str("note").contains("rotate"));
    assert_eq!(again.str("id"), first.str("id"));
    assert_eq!(first.header("location").unwrap(), format!("/api/v1{}", path(&first)));
    assert_eq!(first.header("cache-control"), Some("no-store"));
    first
}

pub(super) fn path(endpoint: &Answer) -> String {
    format!("/webhook_endpoints/{}", endpoint.str("id"))
}

/// Something happens.
pub(super) async fn rename(shop: &Client, event: &str, name: &str) {
    shop.patch(event, json!({"name": name})).await.is(200);
}

pub(super) async fn event(shop: &Client) -> String {
    shop.floor(10).await.path("")
}

#[track_caller]
fn is_signed(received: &Received, secret: &str) {
    let timestamp = received.header("webhook-timestamp").parse().expect("seconds");
    let id = received.header("webhook-id");
    let signed = Webhook::new(secret).unwrap().sign(id, timestamp, &received.body).unwrap();
    let signatures: Vec<_> = received.header("webhook-signature").split(' ').collect();
    assert!(signatures.contains(&signed.as_str()), "{signatures:?} has no {signed}");
}

/// Waits until there are so many deliveries with a status.
pub(super) async fn until(shop: &Client, status: &str, count: usize) -> Vec<Value> {
    let path = format!("/webhook_deliveries?limit=200&status={status}");
    let enough = async {
        loop {
            let found = shop.get(&path).await.is(200).json()["data"].as_array().unwrap().clone();
            if found.len() >= count {
                return found;
            }
            a_moment().await;
        }
    };
    let found = tokio::time::timeout(TIMEOUT, enough).await;
    found.unwrap_or_else(|_| panic!("there are fewer than {count} that are {status}"))
}

#[tokio::test]
async fn what_happens_is_sent_signed_and_in_order() {
    let server = private().await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    let made = endpoint(&shop, &receiver.url(), json!(["event.*"])).await;
    let concert = event(&shop).await;
    for name in ["one", "two", "three"] {
        rename(&shop, &concert, name).await;
    }
    let received = receiver.until(4).await;
    let feed = shop.get("/activity?type=event.*").await.is(200).json();
    for (received, told) in received.iter().zip(feed["data"].as_array().unwrap()) {
        assert_eq!(received.json(), *told, "the envelope of the feed");
        assert_eq!(received.header("webhook-id"), told["id"].as_str().unwrap());
        assert_eq!(received.header("content-type"), "application/json");
        assert!(received.header("user-agent").starts_with("Bookonce/"));
        is_signed(received, &made.str("secret"));
    }
    let seqs: Vec<_> = received.iter().map(|it| it.json()["resource_seq"].clone()).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
    let deliveries = until(&shop, "delivered", 4).await;
    assert_eq!(deliveries[0]["event_type"], "event.updated", "the newest first");
    let id = deliveries[0]["id"].as_str().unwrap();
    let shown = shop.get(&format!("/webhook_deliveries/{id}")).await.is(200).json();
    assert_eq!(shown["attempts"][0]["response_status"], 200);
    assert_eq!(shown["attempts"][0]["response_body"], "ok");
    assert!(deliveries[0]["attempts"].is_null());
}

/// Each is tried again after five seconds, and what comes after it waits.
#[tokio::test]
async fn receivers_of_every_kind_get_it_in_the_end() {
    let kinds = [
        (Mode::status(500), Some(500), None),
        (Mode::status(301), Some(301), None),
        (Mode::Answers(302, "Location: http://127.0.0.1:1/\r\n", Vec::new()), Some(302), None),
        (Mode::status(404), Some(404), None),
        (Mode::Closes, None, Some("broken")),
        (Mode::BreaksOff, None, Some("broken")),
        (Mode::Babbles, None, Some("broken")),
    ];
    let server = private().await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    endpoint(&shop, &receiver.url(), json!(["event.*"])).await;
    let concert = event(&shop).await;
    let mut came = receiver.until(1).await.len();
    for (mode, status, fault) in kinds {
        receiver.set(mode.clone());
        rename(&shop, &concert, &format!("first {came}")).await;
        rename(&shop, &concert, &format!("second {came}")).await;
        let pending = until(&shop, "pending", 2).await;
        let tried = pending.iter().find(|it| it["attempt_count"] == 1).expect("one was tried");
        let waits = pending.iter().find(|it| it["attempt_count"] == 0).expect("one waits");
        assert!(tried["next_attempt_at"].is_string() && waits["next_attempt_at"].is_null());
        let id = tried["id"].as_str().unwrap();
        let shown = shop.get(&format!("/webhook_deliveries/{id}")).await.is(200).json();
        assert_eq!(shown["attempts"][0]["response_status"], json!(status), "{mode:?}");
        assert_eq!(shown["attempts"][0]["fault"], json!(fault), "{mode:?}");
        receiver.set(Mode::status(299));
        server.advance(7);
        let received = receiver.until(came + 3).await;
        let [failed, again, next] = &received[came..] else { panic!("{mode:?}: {received:?}") };
        assert_eq!(failed.body, again.body, "byte for byte");
        assert_eq!(failed.header("webhook-id"), again.header("webhook-id"));
        assert_eq!(
            next.json()["resource_seq"].as_i64(),
            again.json()["resource_seq"].as_i64().map(|it| it + 1)
        );
        let (first, second) =
            (failed.header("webhook-timestamp"), again.header("webhook-timestamp"));
        assert_ne!(first, second, "each attempt has its own");
        came = received.len();
        until(&shop, "delivered", came / 3).await;
    }
}

#[tokio::test]
async fn bodies_are_read_up_to_a_limit_and_kept_up_to_another() {
    let server = private().await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    endpoint(&shop, &receiver.url(), json!(["event.created"])).await;
    receiver.set(Mode::Answers(200, "", vec![b'y'; 1 << 20]));
    event(&shop).await;
    let found = until(&shop, "delivered", 1).await;
    receiver.set(Mode::Endless);
    event(&shop).await;
    let more = until(&shop, "delivered", 2).await;
    for delivery in found.iter().chain(&more) {
        let id = delivery["id"].as_str().unwrap();
        let shown = shop.get(&format!("/webhook_deliveries/{id}")).await.is(200).json();
        assert_eq!(
            shown["attempts"][0]["response_body"].as_str().unwrap().len(),
            ATTEMPT_BODY_BYTES_MAX
        );
    }
}

#[tokio::test]
async fn a_receiver_may_ask_for_time() {
    let server = private().await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    endpoint(&shop, &receiver.url(), json!(["event.created"])).await;
    receiver.set(Mode::Answers(429, "Retry-After: 600\r\n", Vec::new()));
    event(&shop).await;
    until(&shop, "pending", 1).await;
    receiver.set(Mode::status(200));
    server.advance(9 * MINUTE);
    assert_eq!(receiver.received().len(), 1, "it is not time yet");
    server.advance(2 * MINUTE);
    receiver.until(2).await;
}

#[tokio::test]
async fn a_receiver_that_is_down_for_an_hour_gets_everything_in_order() {
    let server = private().await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    let made = endpoint(&shop, &receiver.url(), json!(["event.*"])).await;
    receiver.set(Mode::status(503));
    let mut events = Vec::new();
    for minute in 0..60 {
        match minute % 20 {
            0 => events.push(event(&shop).await),
            _ => rename(&shop, &events[minute % events.len()], &format!("at {minute}")).await,
        }
        server.advance(MINUTE);
    }
    let pending = until(&shop, "pending", 60).await;
    assert_eq!(pending.len(), 60, "nothing is given up, and nothing was taken");
    receiver.set(Mode::status(200));
    // What failed last waits for two hours, and for up to a fifth more.
    server.advance(3 * HOUR);
    until(&shop, "delivered", 60).await;

    let received = receiver.received();
    let mut taken: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for received in &received {
        is_signed(received, &made.str("secret"));
        let told = received.json();
        if received.answered == Some(200) {
            let of = taken.entry(told["resource_id"].as_str().unwrap().to_owned()).or_default();
            of.push(told["resource_seq"].as_i64().unwrap());
        }
    }
    assert_eq!(taken.len(), 3);
    for (resource, seqs) in taken {
        let in_order: Vec<_> = (1..).take(seqs.len()).collect();
        assert_eq!(seqs, in_order, "{resource}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_not_called_again() {
    let server = private().await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    let made = endpoint(&shop, &receiver.url(), json!(["*"])).await;
    receiver.set(Mode::status(410));
    let pending = event(&shop).await;
    let disabled = async {
        while shop.get(&path(&made)).await.is(200).str("status") != "disabled" {
            a_moment().await;
        }
    };
    tokio::time::timeout(TIMEOUT, disabled).await.expect("it is disabled");
    let shown = shop.get(&path(&made)).await.is(200);
    assert_eq!(shown.str("disabled_reason"), "gone");
    let told = shop.get("/activity?type=webhook_endpoint.disabled").await.is(200).json();
    assert_eq!(told["data"][0]["data"]["disabled_reason"], "gone");
    let replay = format!("{}/replay", path(&made));
    shop.post(&replay, json!({"after": 0})).await.is(409).fails("ENDPOINT_DISABLED");
    let came = receiver.received().len();
    receiver.set(Mode::status(200));
    event(&shop).await;
    server.advance(HOUR);
    assert_eq!(receiver.received().len(), came);
    // Once it is enabled, what was pending is sent, and what happens from then on.
    let enabled = shop.patch(&path(&made), json!({"enabled": true})).await.is(200);
    assert_eq!(
        (enabled.str("status"), enabled.at("disabled_reason")),
        ("enabled".to_owned(), Value::Null)
    );
    let newest = event(&shop).await;
    let received = receiver.until(came + 2).await;
    // They are of two resources: neither waits for the other.
    let resources: BTreeSet<_> = received
        .iter()
        .skip(came)
        .map(|it| format!("/events/{}", it.json()["resource_id"].as_str().unwrap()))
        .collect();
    assert_eq!(resources, BTreeSet::from([pending, newest]));
}

#[tokio::test]
async fn both_secrets_sign_for_a_day() {
    let server = private().await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    let made = endpoint(&shop, &receiver.url(), json!(["event.created"])).await;
    let rotate = Ask::new("POST", &format!("{}/rotate_secret", path(&made)));
    let rotated = shop.send(rotate.key("r")).await.is(200);
    assert_ne!(rotated.str("secret"), made.str("secret"));
    assert!(rotated.str("secret").starts_with("whsec_"));
    event(&shop).await;
    let received = receiver.until(1).await;
    is_signed(&received[0], &rotated.str("secret"));
    is_signed(&received[0], &made.str("secret"));
    server.advance(24 * HOUR);
    event(&shop).await;
    // The dispatcher rests between two looks, and the clock stands.
    server.settle();
    let received = receiver.until(2).await;
    is_signed(&received[1], &rotated.str("secret"));
    assert_eq!(received[1].header("webhook-signature").split(' ').count(), 1);
}

#[tokio::test]
async fn a_test_sends_a_ping_once_for_each_key() {
    let server = private().await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    let made = endpoint(&shop, &receiver.url(), json!(["payment.*"])).await;
    receiver.set(Mode::Answers(201, "", b"welcome".to_vec()));
    let test = Ask::new("POST", &format!("{}/test", path(&made))).key("t");
    let first = shop.send(test.clone()).await.is(200).json();
    assert_eq!(
        (first["delivered"].clone(), first["attempt"]["response_body"].clone()),
        (json!(true), json!("welcome"))
    );
    let again = shop.send(test).await.is(200).json();
    assert_eq!((again["delivered"].clone(), again["attempt"].clone()), (Value::Null, Value::Null));
    let received = receiver.received();
    assert_eq!(received.len(), 1, "once");
    let ping = received[0].json();
    assert_eq!(
        (ping["type"].clone(), ping["resource_id"].clone()),
        (json!("ping"), json!(made.str("id")))
    );
    is_signed(&received[0], &made.str("secret"));
    receiver.set(Mode::Closes);
    let failed = Ask::new("POST", &format!("{}/test", path(&made))).key("u");
    let failed = shop.send(failed).await.is(200).json();
    assert_eq!(
        (failed["delivered"].clone(), failed["attempt"]["fault"].clone()),
        (json!(false), json!("broken"))
    );
}

/// Whoever asks does not wait for ever, and nobody else waits for it.
#[tokio::test]
async fn a_receiver_that_hangs_keeps_only_itself_waiting() {
    let server = private().await;
    let (shop, hangs, well) = (server.shop(), Receiver::start().await, Receiver::start().await);
    let made = endpoint(&shop, &hangs.url(), json!(["event.created"])).await;
    endpoint(&shop, &well.url(), json!(["event.created"])).await;
    hangs.set(Mode::Hangs);
    let test = Ask::new("POST", &format!("{}/test", path(&made)));
    let waits = shop.start(test.key("h"));
    event(&shop).await;
    well.until(1).await;
    hangs.until(2).await;
    let tested = waits.answer().await.is(200).json();
    assert_eq!(tested["attempt"]["fault"], "timeout");
}

#[tokio::test]
async fn deliveries_are_sent_again_when_somebody_says_so() {
    let server = private().await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    let made = endpoint(&shop, &receiver.url(), json!(["event.created"])).await;
    event(&shop).await;
    event(&shop).await;
    receiver.until(2).await;
    let delivered = until(&shop, "delivered", 2).await;
    let one = format!("/webhook_deliveries/{}/redeliver", delivered[1]["id"].as_str().unwrap());
    let again = shop.send(Ask::new("POST", &one).key("d")).await.is(200);
    assert_eq!(again.str("status"), "pending");
    let received = receiver.until(3).await;
    assert_eq!(received[2].body, received[0].body);
    until(&shop, "delivered", 2).await;
    let replay = format!("{}/replay", path(&made));
    let told = shop.post(&replay, json!({"after": 0})).await.is(200).json();
    assert_eq!(told["after"], 0);
    let received = receiver.until(5).await;
    assert_eq!(received[3].body, received[0].body);
    assert_eq!(received[4].body, received[1].body);
    let delivered = until(&shop, "delivered", 4).await;
    assert_eq!(delivered[0]["replayed"], true);
    assert_eq!(delivered[3]["replayed"], false);
    let head = shop.get("/activity").await.is(200).json()["head"].as_i64().unwrap();
    let beyond = json!({"after": head + 1});
    shop.post(&replay, beyond).await.is(400).fails("INVALID_REQUEST").names("after");
    shop.post(&replay, json!({"after": -1})).await.is(400).names("after");
}

#[tokio::test]
async fn what_is_deleted_is_told_nothing() {
    let server = private().await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    let made = endpoint(&shop, &receiver.url(), json!(["event.created"])).await;
    receiver.set(Mode::status(500));
    event(&shop).await;
    until(&shop, "pending", 1).await;
    let deleted = shop.send(Ask::new("DELETE", &path(&made)).key("x")).await.is(200);
    assert_eq!(deleted.at("deleted"), true);
    assert!(shop.send(Ask::new("DELETE", &path(&made)).key("x")).await.is_replay());
    shop.send(Ask::new("DELETE", &path(&made))).await.is(404);
    shop.get(&path(&made)).await.is(404);
    until(&shop, "cancelled", 1).await;
    let list = shop.get("/webhook_endpoints").await.is(200).json();
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn endpoints_that_cannot_be_are_refused_by_field() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let create = |url: &str, types: Value| {
        let (shop, body) = (shop.clone(), json!({"url": url, "event_types": types}));
        async move { shop.post("/webhook_endpoints", body).await }
    };
    for url in [
        "shop.example",
        "http://shop.example/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "https://user:pass@shop.example/",
        "https://shop.example:25/",
        "https://shop.example/#x",
    ] {
        create(url, json!(["*"])).await.is(400).fails("INVALID_REQUEST").names("url");
    }
    let url = "https://shop.example/";
    create(url, json!([])).await.is(400).names("event_types");
    create(url, json!(["*", "bookings.*"])).await.is(400).names("event_types[1]");
    create(url, json!(["*", "*"])).await.is(400).names("event_types[1]");
    let described =
        |length| json!({"url": url, "event_types": ["*"], "description": "d".repeat(length)});
    let longest = described(WEBHOOK_DESCRIPTION_CHARS_MAX);
    shop.post_once(&fresh_key(), "/webhook_endpoints", longest).await.is(201);
    let longer = described(WEBHOOK_DESCRIPTION_CHARS_MAX + 1);
    shop.post("/webhook_endpoints", longer).await.is(400).names("description");
    let both = create("ftp://x", json!(["nothing"])).await.is(400);
    both.names("url").names("event_types[0]");
}

#[tokio::test]
async fn an_account_has_so_many_endpoints_and_no_more() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let body = json!({"url": "https://shop.example/", "event_types": ["*"]});
    let mut last = None;
    for _ in 0..WEBHOOK_ENDPOINTS_MAX {
        last = Some(shop.post_once(&fresh_key(), "/webhook_endpoints", body.clone()).await.is(201));
    }
    shop.post("/webhook_endpoints", body.clone()).await.is(409).fails("TOO_MANY_ENDPOINTS");
    let last = path(&last.unwrap());
    shop.send(Ask::new("DELETE", &last)).await.is(200);
    shop.post_once(&fresh_key(), "/webhook_endpoints", body.clone()).await.is(201);
    // Others have their own.
    server.other().post_once(&fresh_key(), "/webhook_endpoints", body).await.is(201);
    server.other().get(&last).await.is(404);
    let page = shop.get("/webhook_endpoints?limit=40").await.is(200).json();
    let next = page["next"].as_str().unwrap();
    let rest = shop.get(&format!("/webhook_endpoints?limit=200&after={next}")).await.is(200).json();
    assert_eq!(rest["data"].as_array().unwrap().len(), 60);
}
