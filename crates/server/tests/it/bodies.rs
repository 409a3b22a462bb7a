//! Bodies that are no JSON document of ours, and fields that nobody knows.

use expect_test::expect;
use serde_json::json;
use server::canonical::JSON_DEPTH_MAX;

use super::client::fresh_key;
use super::http::Ask;
use super::server::TestServer;
use super::shop::{concert, with, zone};
use super::snapshot::told;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a list of cases and their answers")]
async fn what_is_no_json_document_is_refused_with_its_place() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let mut lines = String::new();
    let bodies: [&[u8]; 22] = [
        b"{",
        b"{\"quantity\": }",
        b"{\"quantity\": 1,}",
        b"{'quantity': 1}",
        b"{\"quantity\": 1} x",
        b"{\"quantity\": 01}",
        b"{\"quantity\": 1e999}",
        b"{\"quantity\": NaN}",
        b"{\"quantity\": +1}",
        b"{\"user_id\": \"a\nb\"}",
        b"{\"user_id\": \"\\x\"}",
        b"{\"user_id\": \"\\ud800\"}",
        b"{\"user_id\": \"a\\u0000b\"}",
        b"{\"user_id\": \"a\0b\"}",
        b"{\"user_id\": \"\xff\"}",
        b"\xef\xbb\xbf{}",
        b"{\"quantity\": 1, \"quantity\": 1}",
        b"{\"a\": {\"b\": 1, \"\\u0062\": 2}}",
        b"{\"a\\u0000\": 1}",
        b" ",
        b"\0",
        b"{} {}",
    ];
    for body in bodies {
        let ask = Ask::new("POST", "/bookings/reserve").text("").bytes(body).key(&fresh_key());
        let answer = shop.send(ask).await.is(400).fails("INVALID_REQUEST");
        lines += &format!("`{}`\n    {}\n", body.escape_ascii(), told(&answer));
    }
    expect![[r#"
        `{`
            400 INVALID_REQUEST never: The request cannot be read: the body ends before the JSON document does (byte 1).
        `{\"quantity\": }`
            400 INVALID_REQUEST never: The request cannot be read: expected a value (byte 13, in quantity). [quantity: expected a value]
        `{\"quantity\": 1,}`
            400 INVALID_REQUEST never: The request cannot be read: a comma must not stand before the closing bracket (byte 15).
        `{\'quantity\': 1}`
            400 INVALID_REQUEST never: The request cannot be read: expected a member's name in double quotes (byte 1).
        `{\"quantity\": 1} x`
            400 INVALID_REQUEST never: The request cannot be read: more text follows the JSON document (byte 16).
        `{\"quantity\": 01}`
            400 INVALID_REQUEST never: The request cannot be read: a number must not begin with a needless 0 (byte 13, in quantity). [quantity: a number must not begin with a needless 0]
        `{\"quantity\": 1e999}`
            400 INVALID_REQUEST never: The request cannot be read: the number is out of range (byte 13, in quantity). [quantity: the number is out of range]
        `{\"quantity\": NaN}`
            400 INVALID_REQUEST never: The request cannot be read: expected a value (byte 13, in quantity). [quantity: expected a value]
        `{\"quantity\": +1}`
            400 INVALID_REQUEST never: The request cannot be read: expected a value (byte 13, in quantity). [quantity: expected a value]
        `{\"user_id\": \"a\nb\"}`
            400 INVALID_REQUEST never: The request cannot be read: a control character in a string must be escaped (byte 14, in user_id). [user_id: a control character in a string must be escaped]
        `{\"user_id\": \"\\x\"}`
            400 INVALID_REQUEST never: The request cannot be read: no such escape (byte 13, in user_id). [user_id: no such escape]
        `{\"user_id\": \"\\ud800\"}`
            400 INVALID_REQUEST never: The request cannot be read: a surrogate must be half of a pair (byte 13, in user_id). [user_id: a surrogate must be half of a pair]
        `{\"user_id\": \"a\\u0000b\"}`
            400 INVALID_REQUEST never: The request cannot be read: U+0000 is not allowed (byte 14, in user_id). [user_id: U+0000 is not allowed]
        `{\"user_id\": \"a\x00b\"}`
            400 INVALID_REQUEST never: The request cannot be read: U+0000 is not allowed (byte 14, in user_id). [user_id: U+0000 is not allowed]
        `{\"user_id\": \"\xff\"}`
            400 INVALID_REQUEST never: The request cannot be read: the body is not UTF-8 (byte 13).
        `\xef\xbb\xbf{}`
            400 INVALID_REQUEST never: The request cannot be read: the body begins with a byte order mark (byte 0).
        `{\"quantity\": 1, \"quantity\": 1}`
            400 INVALID_REQUEST never: The request cannot be read: the member appears twice (byte 16, in quantity). [quantity: the member appears twice]
        `{\"a\": {\"b\": 1, \"\\u0062\": 2}}`
            400 INVALID_REQUEST never: The request cannot be read: the member appears twice (byte 15, in a.b). [a.b: the member appears twice]
        `{\"a\\u0000\": 1}`
            400 INVALID_REQUEST never: The request cannot be read: U+0000 is not allowed (byte 3).
        ` `
            400 INVALID_REQUEST never: The request cannot be read: the body ends before the JSON document does (byte 1).
        `\x00`
            400 INVALID_REQUEST never: The request cannot be read: expected a value (byte 0).
        `{} {}`
            400 INVALID_REQUEST never: The request cannot be read: more text follows the JSON document (byte 3).
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_document_may_be_32_deep() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        Ask::new("POST", "/bookings/reserve").text(&format!("{{\"deep\":{open}{close}}}"))
    };
    let answer = shop.twice(nested(JSON_DEPTH_MAX)).await.fails("INVALID_REQUEST");
    assert_eq!(answer.fields()[0], "deep", "it is only unknown: {}", answer.text());
    let answer = shop.twice(nested(JSON_DEPTH_MAX + 1)).await.fails("INVALID_REQUEST");
    assert!(answer.str("detail").contains("32 deep"), "{}", answer.text());
}

#[tokio::test]
async fn a_body_that_is_no_object_is_no_request() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let mut lines = String::new();
    for body in ["[]", "null", "\"x\"", "17", "true", "[\"evt\", \"zon\", 1]"] {
        for path in ["/bookings/reserve", "/bookings/bkg_01kh3v0h2efk9b6t4wq8m7x5ra/release"] {
            let answer = shop.twice(Ask::new("POST", path).text(body)).await;
            let line = told(&answer.fails("INVALID_REQUEST"));
            lines += &format!("{body}: {line}\n");
        }
    }
    expect![[r#"
        []: 400 INVALID_REQUEST never: `body` must be an object, not an array. [body: must be an object, not an array]
        []: 400 INVALID_REQUEST never: `body` must be an object, not an array. [body: must be an object, not an array]
        null: 400 INVALID_REQUEST never: `body` must be an object, not null. [body: must be an object, not null]
        null: 400 INVALID_REQUEST never: `body` must be an object, not null. [body: must be an object, not null]
        "x": 400 INVALID_REQUEST never: `body` must be an object, not a string. [body: must be an object, not a string]
        "x": 400 INVALID_REQUEST never: `body` must be an object, not a string. [body: must be an object, not a string]
        17: 400 INVALID_REQUEST never: `body` must be an object, not an integer. [body: must be an object, not an integer]
        17: 400 INVALID_REQUEST never: `body` must be an object, not an integer. [body: must be an object, not an integer]
        true: 400 INVALID_REQUEST never: `body` must be an object, not a boolean. [body: must be an object, not a boolean]
        true: 400 INVALID_REQUEST never: `body` must be an object, not a boolean. [body: must be an object, not a boolean]
        ["evt", "zon", 1]: 400 INVALID_REQUEST never: `body` must be an object, not an array. [body: must be an object, not an array]
        ["evt", "zon", 1]: 400 INVALID_REQUEST never: `body` must be an object, not an array. [body: must be an object, not an array]
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn an_empty_body_is_an_empty_object() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(3).await;
    for (ask, body) in [("release", ""), ("release", "{}"), ("release", " {\n} ")] {
        let id = shop.hold(floor.one("ann")).await;
        let ask = Ask::new("POST", &format!("/bookings/{id}/{ask}"));
        let ask = if body.is_empty() { ask } else { ask.text(body) };
        shop.twice(ask).await.is(200);
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a list of cases and their answers")]
async fn unknown_and_missing_fields_and_parameters_are_named() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(3).await;
    let unknown = json!({"colour": "red"});
    let event = concert(json!([zone(1, "1")]));
    let booking = shop.hold(floor.one("ann")).await;
    let mut lines = String::new();
    for (method, path, body) in [
        ("POST", "/events".to_owned(), with(event.clone(), &unknown)),
        ("POST", "/events".to_owned(), concert(json!([with(zone(1, "1"), &unknown)]))),
        ("POST", "/events".to_owned(), with(event.clone(), &json!({"currency": null}))),
        ("POST", "/events".to_owned(), with(event.clone(), &json!({"waiting_room": {}}))),
        ("POST", "/events?colour=red".to_owned(), event),
        ("PATCH", floor.path(""), unknown.clone()),
        ("PATCH", floor.path(""), json!({"name": null, "zones": []})),
        ("PATCH", floor.zone_path(0, ""), unknown.clone()),
        ("POST", "/bookings/reserve".to_owned(), with(floor.one("ann"), &unknown)),
        ("POST", "/bookings/reserve".to_owned(), with(floor.one("ann"), &json!({"user_id": null}))),
        ("POST", "/bookings/reserve".to_owned(), with(floor.one("ann"), &json!({"zone_id": null}))),
        ("POST", "/bookings/reserve".to_owned(), with(floor.one("ann"), &json!({"quantity": "1"}))),
        ("POST", "/bookings/reserve".to_owned(), with(floor.one("ann"), &json!({"quantity": 1.0}))),
        (
            "POST",
            "/bookings/reserve".to_owned(),
            with(floor.one("ann"), &json!({"event_id": "evt_1"})),
        ),
        ("POST", "/bookings/reserve".to_owned(), with(floor.one("ann"), &json!({"seats": ["A1"]}))),
        ("POST", "/bookings/reserve".to_owned(), with(floor.one("ann"), &json!({"price": "0.01"}))),
        ("POST", format!("/bookings/{booking}/confirm"), json!({"payment": unknown})),
        ("POST", format!("/bookings/{booking}/confirm?dry_run"), json!({})),
        ("POST", format!("/bookings/{booking}/release"), unknown.clone()),
        ("POST", format!("/bookings/{booking}/cancel"), unknown.clone()),
        ("POST", "/idempotency_keys/k/retire".to_owned(), unknown.clone()),
        ("POST", "/customer_tokens".to_owned(), json!({"user_id": "ann", "colour": "red"})),
    ] {
        let answer = shop.twice(Ask::new(method, &path).json(&body)).await.is(400);
        let path =
            path.replace(&floor.id, "E").replace(&floor.zones[0], "Z").replace(&booking, "B");
        lines += &format!("{method} {path}: {}\n", told(&answer));
    }
    for path in [
        "/events?colour=red".to_owned(),
        "/bookings?limit=5&colour=red".to_owned(),
        floor.path("?colour"),
        floor.zone_path(0, "/availability?colour"),
        floor.zone_path(0, "/seats?colour"),
        floor.path("/users/ann/summary?x=1"),
        "/activity?colour=red".to_owned(),
        "/activity/stream?limit=5".to_owned(),
        "/idempotency_keys/k?x=1".to_owned(),
        format!("/bookings/{booking}?x=1"),
        format!("/bookings/{booking}/timeline?x=1"),
        "/bookings?user_id=a&user_id=b".to_owned(),
        "/bookings?user_id=a%00b".to_owned(),
        floor.path("/users/a%00b/summary"),
    ] {
        let answer = shop.get(&path).await.is(400).fails("INVALID_REQUEST");
        let path =
            path.replace(&floor.id, "E").replace(&floor.zones[0], "Z").replace(&booking, "B");
        lines += &format!("GET {path}: {}\n", told(&answer));
    }
    expect![[r#"
        POST /events: 400 INVALID_REQUEST never: `colour` is not a known field; known are: name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, zones. [colour: is not a known field; known are: name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, zones]
        POST /events: 400 INVALID_REQUEST never: `zones[0].colour` is not a known field; known are: name, capacity, price, seats. [zones[0].colour: is not a known field; known are: name, capacity, price, seats]
        POST /events: 400 INVALID_REQUEST never: `currency` is required. [currency: is required]
        POST /events: 400 INVALID_REQUEST never: `waiting_room` is not a known field; known are: name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, zones. [waiting_room: is not a known field; known are: name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, zones]
        POST /events?colour=red: 400 INVALID_REQUEST never: `colour` is not a known parameter; there are none here. [colour: is not a known parameter; there are none here]
        PATCH /events/E: 400 INVALID_REQUEST never: `colour` is not a known field; known are: name, starts_at, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy. [colour: is not a known field; known are: name, starts_at, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy]
        PATCH /events/E: 400 INVALID_REQUEST never: `name` must be a string, not null. One more field is wrong. [name: must be a string, not null] [zones: is not a known field; known are: name, starts_at, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy]
        PATCH /events/E/zones/Z: 400 INVALID_REQUEST never: `colour` is not a known field; known are: name, capacity, price. [colour: is not a known field; known are: name, capacity, price]
        POST /bookings/reserve: 400 INVALID_REQUEST never: `colour` is not a known field; known are: event_id, zone_id, quantity, seats, user_id, expected_amount, best_available. [colour: is not a known field; known are: event_id, zone_id, quantity, seats, user_id, expected_amount, best_available]
        POST /bookings/reserve: 400 INVALID_REQUEST never: `user_id` is required with a secret key. [user_id: is required with a secret key]
        POST /bookings/reserve: 400 INVALID_REQUEST never: `zone_id` is required. [zone_id: is required]
        POST /bookings/reserve: 400 INVALID_REQUEST never: `quantity` must be an integer, not a string. [quantity: must be an integer, not a string]
        POST /bookings/reserve: 400 INVALID_REQUEST never: `quantity` must be an integer, not a decimal number. [quantity: must be an integer, not a decimal number]
        POST /bookings/reserve: 400 INVALID_REQUEST never: `event_id` must be `evt_` and 26 characters. [event_id: must be `evt_` and 26 characters]
        POST /bookings/reserve: 400 INVALID_REQUEST never: `quantity` must be left out where `seats` are named. [quantity: must be left out where `seats` are named]
        POST /bookings/reserve: 400 INVALID_REQUEST never: `price` is not a known field; known are: event_id, zone_id, quantity, seats, user_id, expected_amount, best_available. [price: is not a known field; known are: event_id, zone_id, quantity, seats, user_id, expected_amount, best_available]
        POST /bookings/B/confirm: 400 INVALID_REQUEST never: `payment.colour` is not a known field; known are: method, reference. One more field is wrong. [payment.colour: is not a known field; known are: method, reference] [payment.method: is required]
        POST /bookings/B/confirm?dry_run: 400 INVALID_REQUEST never: `dry_run` is not a known parameter; there are none here. [dry_run: is not a known parameter; there are none here]
        POST /bookings/B/release: 400 INVALID_REQUEST never: `colour` is not a known field; there are none here. [colour: is not a known field; there are none here]
        POST /bookings/B/cancel: 400 INVALID_REQUEST never: `colour` is not a known field; known are: reason, refund. [colour: is not a known field; known are: reason, refund]
        POST /idempotency_keys/k/retire: 400 INVALID_REQUEST never: `colour` is not a known field; there are none here. [colour: is not a known field; there are none here]
        POST /customer_tokens: 400 INVALID_REQUEST never: `colour` is not a known field; known are: user_id, expires_in. [colour: is not a known field; known are: user_id, expires_in]
        GET /events?colour=red: 400 INVALID_REQUEST never: `colour` is not a known parameter; known are: limit, after. [colour: is not a known parameter; known are: limit, after]
        GET /bookings?limit=5&colour=red: 400 INVALID_REQUEST never: `colour` is not a known parameter; known are: limit, after, user_id, event_id, status. [colour: is not a known parameter; known are: limit, after, user_id, event_id, status]
        GET /events/E?colour: 400 INVALID_REQUEST never: `colour` is not a known parameter; there are none here. [colour: is not a known parameter; there are none here]
        GET /events/E/zones/Z/availability?colour: 400 INVALID_REQUEST never: `colour` is not a known parameter; there are none here. [colour: is not a known parameter; there are none here]
        GET /events/E/zones/Z/seats?colour: 400 INVALID_REQUEST never: `colour` is not a known parameter; known are: limit, after. [colour: is not a known parameter; known are: limit, after]
        GET /events/E/users/ann/summary?x=1: 400 INVALID_REQUEST never: `x` is not a known parameter; there are none here. [x: is not a known parameter; there are none here]
        GET /activity?colour=red: 400 INVALID_REQUEST never: `colour` is not a known parameter; known are: limit, after, type, resource_id. [colour: is not a known parameter; known are: limit, after, type, resource_id]
        GET /activity/stream?limit=5: 400 INVALID_REQUEST never: `limit` is not a known parameter; known are: after, type, resource_id. [limit: is not a known parameter; known are: after, type, resource_id]
        GET /idempotency_keys/k?x=1: 400 INVALID_REQUEST never: `x` is not a known parameter; there are none here. [x: is not a known parameter; there are none here]
        GET /bookings/B?x=1: 400 INVALID_REQUEST never: `x` is not a known parameter; there are none here. [x: is not a known parameter; there are none here]
        GET /bookings/B/timeline?x=1: 400 INVALID_REQUEST never: `x` is not a known parameter; there are none here. [x: is not a known parameter; there are none here]
        GET /bookings?user_id=a&user_id=b: 400 INVALID_REQUEST never: `user_id` must appear only once. [user_id: must appear only once]
        GET /bookings?user_id=a%00b: 400 INVALID_REQUEST never: `user_id` must not contain U+0000. [user_id: must not contain U+0000]
        GET /events/E/users/a%00b/summary: 400 INVALID_REQUEST never: `user_id` must not contain U+0000. [user_id: must not contain U+0000]
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_name_in_another_style_is_told_the_right_one() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(3).await;
    let booking = shop.hold(floor.one("ann")).await;
    let zones = json!([with(zone(1, "1"), &json!({"Price": "1"}))]);
    let step = json!({"cancellation_policy": [{"daysBefore": 1, "refund_percent": 1}]});
    let event = concert(json!([zone(1, "1")]));
    for (method, path, body, field, meant) in [
        ("POST", "/events", with(event.clone(), &json!({"startsAt": 1})), "startsAt", "starts_at"),
        ("POST", "/events", concert(zones), "zones[0].Price", "price"),
        ("POST", "/events", with(event, &step), "cancellation_policy[0].daysBefore", "days_before"),
        ("PATCH", &floor.path(""), json!({"max-per-user": 1}), "max-per-user", "max_per_user"),
        (
            "POST",
            "/bookings/reserve",
            with(floor.one("ann"), &json!({"ExpectedAmount": "1"})),
            "ExpectedAmount",
            "expected_amount",
        ),
        (
            "POST",
            &format!("/bookings/{booking}/confirm"),
            json!({"payment": {"method": "external", "REFERENCE": "r"}}),
            "payment.REFERENCE",
            "reference",
        ),
        (
            "POST",
            "/customer_tokens",
            json!({"user_id": "a", "expiresIn": 60}),
            "expiresIn",
            "expires_in",
        ),
    ] {
        let answer = shop.twice(Ask::new(method, path).json(&body)).await.is(400);
        assert_eq!(answer.fields(), [field]);
        let told = format!("is not a known field; did you mean `{meant}`?");
        assert_eq!(answer.str("error/fields/0/message"), told);
        assert_eq!(answer.str("detail"), format!("`{field}` {told}"));
    }
    for (path, meant) in
        [("/bookings?userId=a", "user_id"), ("/activity/stream?resource-id=x", "resource_id")]
    {
        let told = format!("is not a known parameter; did you mean `{meant}`?");
        let answer = shop.get(path).await.is(400).fails("INVALID_REQUEST");
        assert_eq!(answer.str("error/fields/0/message"), told);
    }
}
