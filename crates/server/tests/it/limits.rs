//! Each limit, at its largest value and one beyond.

use domain::limits::{
    AMOUNT_MINOR_MAX, CAPACITY_MAX, HOLD_SECONDS_MAX, MAX_PER_USER_MAX, NAME_CHARS_MAX,
    PAYMENT_REFERENCE_CHARS_MAX, POLICY_DAYS_MAX, POLICY_STEPS_MAX, QUANTITY_MAX, REASON_CHARS_MAX,
    REFUND_PERCENT_MAX, SEAT_LABEL_CHARS_MAX, SEATS_MAX, TOKEN_SECONDS_MAX, USER_ID_CHARS_MAX,
    ZONES_MAX,
};
use serde_json::{Value, json};
use server::PAGE_ROWS_MAX;
use server::key_header::IDEMPOTENCY_KEY_CHARS_MAX;

use super::answer::Answer;
use super::client::Client;
use super::http::Ask;
use super::server::TestServer;
use super::shop::{Concert, concert, paid, with, zone};

/// That many characters, two bytes each.
fn chars(count: usize) -> String {
    "é".repeat(count)
}

/// An amount of dollars in cents.
fn dollars(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn steps(count: usize) -> Value {
    (0..count).map(|day| json!({"days_before": day, "refund_percent": 1})).collect()
}

/// An event with `name` set to each of the two: the first is taken, the second refused by its name.
async fn check_event(shop: &Client, name: &str, [at_limit, beyond]: [Value; 2]) {
    let set = |value: Value| with(concert(json!([zone(10, "1")])), &json!({ name: value }));
    shop.post("/events", set(at_limit)).await.is(201);
    let answer = shop.post("/events", set(beyond)).await.fails("INVALID_REQUEST");
    assert_eq!(answer.fields(), [name], "{}", answer.text());
}

#[tokio::test]
async fn limits_of_an_event() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let many = |count: u32| (0..count).map(|_| zone(1, "1")).collect::<Value>();
    let names = [NAME_CHARS_MAX, NAME_CHARS_MAX + 1].map(|count| json!(chars(count)));
    for (name, values) in [
        ("name", names),
        ("name", [json!("x"), json!(" ")]),
        ("name", [json!("x"), json!("a\tb")]),
        ("max_per_user", [json!(MAX_PER_USER_MAX), json!(MAX_PER_USER_MAX + 1)]),
        ("max_per_user", [json!(1), json!(0)]),
        ("hold_seconds", [json!(HOLD_SECONDS_MAX), json!(HOLD_SECONDS_MAX + 1)]),
        ("hold_seconds", [json!(1), json!(-1)]),
        ("zones", [many(ZONES_MAX), many(ZONES_MAX + 1)]),
        ("zones", [many(1), many(0)]),
        ("cancellation_policy", [steps(POLICY_STEPS_MAX), steps(POLICY_STEPS_MAX + 1)]),
        ("currency", [json!("JPY"), json!("XAU")]),
        ("starts_at", [json!("9999-12-30T22:00:00Z"), json!("9999-12-30T22:00:01Z")]),
    ] {
        check_event(&shop, name, values).await;
    }
}

#[tokio::test]
async fn limits_of_a_policy() {
    let server = TestServer::start().await;
    let shop = server.shop();
    for (name, max) in [("days_before", POLICY_DAYS_MAX), ("refund_percent", REFUND_PERCENT_MAX)] {
        let step = |value: u32| {
            let step =
                with(json!({"days_before": 0, "refund_percent": 0}), &json!({ name: value }));
            with(concert(json!([zone(1, "1")])), &json!({"cancellation_policy": [step]}))
        };
        shop.post("/events", step(max)).await.is(201);
        let answer = shop.post("/events", step(max + 1)).await.fails("INVALID_REQUEST");
        assert_eq!(answer.fields(), [format!("cancellation_policy[0].{name}")]);
    }
}

#[tokio::test]
async fn limits_of_a_zone() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let name = |count| json!({"name": chars(count)});
    let capacity = |capacity: u32| json!({"capacity": capacity});
    let price = |price: &str| json!({"price": price});
    let label = |count| json!({"seats": [chars(count)]});
    let seats = |seats: &[&str]| json!({"capacity": 2, "seats": seats});
    for (field, at_limit, beyond) in [
        ("name", name(NAME_CHARS_MAX), name(NAME_CHARS_MAX + 1)),
        ("capacity", capacity(CAPACITY_MAX), capacity(CAPACITY_MAX + 1)),
        ("capacity", capacity(1), capacity(0)),
        ("price", price(&dollars(AMOUNT_MINOR_MAX)), price(&dollars(AMOUNT_MINOR_MAX + 1))),
        ("price", price("0"), price("-1")),
        ("seats[0]", label(SEAT_LABEL_CHARS_MAX), label(SEAT_LABEL_CHARS_MAX + 1)),
        ("seats[1]", seats(&["A", "B"]), seats(&["A", "A"])),
        ("capacity", seats(&["A", "B"]), seats(&["A"])),
        ("seats", seats(&["A", "B"]), seats(&[])),
    ] {
        let event = |patch: &Value| concert(json!([with(zone(1, "1"), patch)]));
        shop.post("/events", event(&at_limit)).await.is(201);
        let answer = shop.post("/events", event(&beyond)).await.fails("INVALID_REQUEST");
        assert_eq!(answer.fields(), [format!("zones[0].{field}")], "{}", answer.text());
    }
}

#[tokio::test]
async fn limits_of_changes() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    for (path, field, at_limit, beyond) in [
        (floor.path(""), "name", json!(chars(NAME_CHARS_MAX)), json!(chars(NAME_CHARS_MAX + 1))),
        (floor.path(""), "max_per_user", json!(MAX_PER_USER_MAX), json!(MAX_PER_USER_MAX + 1)),
        (floor.path(""), "hold_seconds", json!(HOLD_SECONDS_MAX), json!(HOLD_SECONDS_MAX + 1)),
        (
            floor.path(""),
            "cancellation_policy",
            steps(POLICY_STEPS_MAX),
            steps(POLICY_STEPS_MAX + 1),
        ),
        (
            floor.zone_path(0, ""),
            "name",
            json!(chars(NAME_CHARS_MAX)),
            json!(chars(NAME_CHARS_MAX + 1)),
        ),
        (floor.zone_path(0, ""), "capacity", json!(CAPACITY_MAX), json!(CAPACITY_MAX + 1)),
        (
            floor.zone_path(0, ""),
            "price",
            json!(dollars(AMOUNT_MINOR_MAX)),
            json!(dollars(AMOUNT_MINOR_MAX + 1)),
        ),
    ] {
        shop.patch(&path, json!({ field: at_limit })).await.is(200);
        let answer = shop.patch(&path, json!({ field: beyond })).await.fails("INVALID_REQUEST");
        assert_eq!(answer.fields(), [field], "{}", answer.text());
    }
    // The largest price times the largest quantity is still an amount.
    shop.patch(&floor.path(""), json!({"max_per_user": QUANTITY_MAX})).await.is(200);
    let all = shop.reserve(floor.units(0, "ann", QUANTITY_MAX.into())).await.is(201);
    assert_eq!(all.str("total_amount"), dollars(AMOUNT_MINOR_MAX * i64::from(QUANTITY_MAX)));
}

#[tokio::test]
async fn limits_of_a_booking() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let labels: Vec<String> = (0..=QUANTITY_MAX).map(|seat| format!("S{seat}")).collect();
    let zones = json!([
        zone(5_000, "1"),
        {"name": "Hall", "capacity": labels.len(), "price": "1", "seats": labels},
    ]);
    let event = with(concert(zones), &json!({"max_per_user": MAX_PER_USER_MAX}));
    let event = shop.event(event).await;
    let max = QUANTITY_MAX as usize;
    let best = |quantity: u32| {
        let best = json!({"best_available": true});
        with(event.units(1, "ann", quantity.into()), &best)
    };
    let seats = |count: usize| {
        let named: Vec<_> = labels[..count].iter().map(String::as_str).collect();
        event.seats(1, "ann", &named)
    };
    for (at_limit, beyond) in [
        (
            event.units(0, "ann", QUANTITY_MAX.into()),
            event.units(0, "ann", (QUANTITY_MAX + 1).into()),
        ),
        (event.units(0, "ann", 1), event.units(0, "ann", 0)),
        (event.units(0, "ann", 1), event.units(0, "ann", -1)),
        (seats(max), seats(max + 1)),
        (best(1), best(QUANTITY_MAX + 1)),
    ] {
        shop.reserve(at_limit).await.is(201);
        shop.reserve(beyond).await.fails("INVALID_QUANTITY");
    }
    let user = chars(USER_ID_CHARS_MAX);
    let id = shop.hold(event.one(&user)).await;
    let answer = shop.reserve(event.one(&chars(USER_ID_CHARS_MAX + 1))).await;
    assert_eq!(answer.fails("INVALID_REQUEST").fields(), ["user_id"]);
    let answer = shop.act(&id, "confirm", paid(&chars(PAYMENT_REFERENCE_CHARS_MAX + 1))).await;
    assert_eq!(answer.fails("INVALID_REQUEST").fields(), ["payment.reference"]);
    shop.act(&id, "confirm", paid(&chars(PAYMENT_REFERENCE_CHARS_MAX))).await.is(200);
    let reason = |count| json!({"reason": chars(count)});
    let answer = shop.act(&id, "cancel", reason(REASON_CHARS_MAX + 1)).await;
    assert_eq!(answer.fails("INVALID_REQUEST").fields(), ["reason"]);
    shop.act(&id, "cancel", reason(REASON_CHARS_MAX)).await.is(200);
}

#[tokio::test]
async fn limits_of_tokens_pages_and_keys() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let token = |seconds: u32| json!({"user_id": "ann", "expires_in": seconds});
    for (at_limit, beyond) in [(TOKEN_SECONDS_MAX, TOKEN_SECONDS_MAX + 1), (60, 59)] {
        shop.post("/customer_tokens", token(at_limit)).await.is(201);
        let answer = shop.post("/customer_tokens", token(beyond)).await.fails("INVALID_REQUEST");
        assert_eq!(answer.fields(), ["expires_in"]);
    }
    let user = |count| json!({"user_id": chars(count)});
    shop.post("/customer_tokens", user(USER_ID_CHARS_MAX)).await.is(201);
    let answer = shop.post("/customer_tokens", user(USER_ID_CHARS_MAX + 1)).await;
    assert_eq!(answer.fails("INVALID_REQUEST").fields(), ["user_id"]);

    let hall = shop.concert(json!([super::shop::hall(&["A1", "A2"])])).await;
    let seats = hall.zone_path(0, "/seats");
    for path in ["/events", "/bookings", "/activity", &seats] {
        for (limit, fits) in
            [(1, true), (PAGE_ROWS_MAX, true), (PAGE_ROWS_MAX + 1, false), (0, false)]
        {
            let answer = shop.get(&format!("{path}?limit={limit}")).await;
            assert_eq!(answer.status, if fits { 200 } else { 400 }, "{}", answer.text());
        }
    }

    let floor = shop.floor(3).await;
    let keyed =
        |length: usize| Ask::post("/bookings/reserve", &floor.one("ann")).key(&"k".repeat(length));
    shop.twice(keyed(IDEMPOTENCY_KEY_CHARS_MAX)).await.is(201);
    shop.send(keyed(IDEMPOTENCY_KEY_CHARS_MAX + 1)).await.fails("IDEMPOTENCY_KEY_INVALID");
    let path = |length: usize| format!("/idempotency_keys/{}", "k".repeat(length));
    shop.get(&path(IDEMPOTENCY_KEY_CHARS_MAX)).await.is(200);
    shop.get(&path(IDEMPOTENCY_KEY_CHARS_MAX + 1)).await.fails("NOT_FOUND");
}

/// Sends the request with its key for as long as the answer says so: a busy machine may need more than
/// the ten seconds that a request has.
async fn until_decided(client: &Client, ask: Ask) -> Answer {
    loop {
        let answer = client.send(ask.clone()).await;
        if answer.status < 400 || answer.at("retryable") == false {
            return answer;
        }
    }
}

#[tokio::test]
async fn a_hall_may_have_100_000_named_seats() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let labels = |count: u32| (0..count).map(|seat| format!("{seat}")).collect::<Vec<_>>();
    let hall = |count: u32| {
        concert(json!([{"name": "Hall", "capacity": count, "price": "1", "seats": labels(count)}]))
    };
    let beyond = Ask::post("/events", &hall(SEATS_MAX + 1)).key("beyond");
    let answer = shop.send(beyond).await.fails("INVALID_REQUEST");
    assert_eq!(answer.fields(), ["zones[0].seats"]);
    let created = until_decided(&shop, Ask::post("/events", &hall(SEATS_MAX)).key("hall")).await;
    let created = created.is(201);
    let zone = created.str("zones/0/id");
    let event = Concert { id: created.str("id"), zones: vec![zone] };
    shop.reserve(event.seats(0, "ann", &["0", "99999"])).await.is(201);
    let best = with(event.units(0, "bob", 4), &json!({"best_available": true}));
    let best = shop.reserve(best).await.is(201);
    assert_eq!(best.at("seats"), json!(["1", "2", "3", "4"]));
    assert_eq!(shop.stock(&event, 0).await, [99_994, 6, 0]);
}
