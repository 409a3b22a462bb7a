//! Chapter 3 of the contract, items 1 and 2: which header names the intent, and where one is needed.

use expect_test::expect;
use serde_json::json;

use super::client::fresh_key;
use super::http::Ask;
use super::server::TestServer;
use super::snapshot::told;

#[tokio::test]
async fn a_key_is_one_key_in_all_its_forms() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann"));
    let first = shop.send(ask.clone().key("Order-1041")).await.is(201);
    for (name, form) in [
        ("idempotency-key", "Order-1041"),
        ("Idempotency-Key", "\"Order-1041\""),
        ("Idempotency-Key", "  \"Order-1041\" "),
        ("Idempotency-Key", "\"Order-1041\";retry=2;x=\"y\""),
        ("X-Idempotency-Key", "Order-1041"),
        ("x-idempotency-key", "\"Order-1041\""),
    ] {
        let again = shop.send(ask.clone().header(name, form)).await;
        assert!(again.is_replay(), "{name}: {form}");
        assert_eq!(again.text(), first.text(), "{name}: {form}");
    }
    // Both headers, or one of them twice, with the same key.
    for names in [["Idempotency-Key", "X-Idempotency-Key"], ["Idempotency-Key", "Idempotency-Key"]]
    {
        let [one, two] = names;
        let ask = ask.clone().header(one, "Order-1041").header(two, "\"Order-1041\"");
        assert!(shop.send(ask).await.is_replay());
    }
    // Case matters, and so does every other character.
    for other in ["order-1041", "Order-1041;", "\"Order-1041,\"", "'Order-1041'"] {
        assert!(!shop.send(ask.clone().key(other)).await.is_replay(), "{other}");
    }
}

#[tokio::test]
async fn what_is_no_key_is_refused_and_says_why() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann"));
    let mut lines = String::new();
    let forms: [&[u8]; 15] = [
        b"",
        b"\"\"",
        b"a b",
        b"\"a b\"",
        b"a\tb",
        b"caf\xc3\xa9",
        b"\"caf\xc3\xa9\"",
        b"\xff",
        b"\"open",
        b"\"a\" b",
        b"K,K",
        b"K, K",
        b"\"K\", \"K\"",
        b",",
        &[b'k'; 256],
    ];
    for form in forms {
        let answer = shop.send(ask.clone().header("Idempotency-Key", form)).await.is(400);
        lines += &format!("{}\n", told(&answer.fails("IDEMPOTENCY_KEY_INVALID")));
    }
    let two = ask.clone().key("one").header("X-Idempotency-Key", "two");
    lines += &format!("{}\n", told(&shop.send(two).await.fails("IDEMPOTENCY_KEY_INVALID")));
    let two = ask.clone().key("one").key("two");
    lines += &format!("{}\n", told(&shop.send(two).await.fails("IDEMPOTENCY_KEY_INVALID")));
    expect![[r#"
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key is empty.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key is empty.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key contains a space; only visible ASCII characters are allowed.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key contains a space; only visible ASCII characters are allowed.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key contains a control character; only visible ASCII characters are allowed.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key contains a character outside ASCII; only visible ASCII characters are allowed.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key contains a character outside ASCII; only visible ASCII characters are allowed.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key contains a character outside ASCII; only visible ASCII characters are allowed.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key begins with a double quote but is not a quoted string as RFC 9651 defines it.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key begins with a double quote but is not a quoted string as RFC 9651 defines it.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key contains a comma, as when a proxy joins two header lines; put it in double quotes if the comma belongs to it.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key contains a comma, as when a proxy joins two header lines; put it in double quotes if the comma belongs to it.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key begins with a double quote but is not a quoted string as RFC 9651 defines it.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key contains a comma, as when a proxy joins two header lines; put it in double quotes if the comma belongs to it.
        400 IDEMPOTENCY_KEY_INVALID never: The idempotency key has 256 characters, at most 255 are allowed.
        400 IDEMPOTENCY_KEY_INVALID never: The request has several idempotency keys that differ.
        400 IDEMPOTENCY_KEY_INVALID never: The request has several idempotency keys that differ.
    "#]].assert_eq(&lines);
    // Nothing was decided under any of them.
    assert_eq!(shop.stock(&floor, 0).await, [10, 0, 0]);
}

#[tokio::test]
async fn what_takes_stock_needs_a_key_and_the_rest_may_have_one() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let without = |path: &str, body| Ask::post(path, &body);
    let answer = shop.send(without("/bookings/reserve", floor.one("ann"))).await.is(400);
    expect!["400 IDEMPOTENCY_KEY_REQUIRED never: Send the header Idempotency-Key: this request takes stock or money."].assert_eq(&told(&answer.fails("IDEMPOTENCY_KEY_REQUIRED")));

    // Idempotent by state: the second call finds it done.
    for (action, again, body) in [
        ("confirm", "ALREADY_CONFIRMED", super::shop::paid("pi_1")),
        ("release", "ALREADY_RELEASED", json!({})),
    ] {
        let id = shop.hold(floor.one("ann")).await;
        let path = format!("/bookings/{id}/{action}");
        shop.send(without(&path, body.clone())).await.is(200);
        let answer = shop.send(without(&path, body)).await.fails(again);
        assert_eq!(answer.str("booking/id"), id);
        if action == "confirm" {
            let path = format!("/bookings/{id}/cancel");
            shop.send(without(&path, json!({}))).await.is(200);
            shop.send(without(&path, json!({}))).await.fails("ALREADY_CANCELLED");
        }
    }
    // Without a key every request is an intent of its own.
    let event = super::shop::concert(json!([super::shop::zone(1, "1")]));
    let one = shop.send(without("/events", event.clone())).await.is(201).str("id");
    let two = shop.send(without("/events", event)).await.is(201).str("id");
    assert_ne!(one, two);
}

#[tokio::test]
async fn keys_are_honoured_on_every_change_and_ignored_on_reads() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    // PATCH: the second finds its answer, though the name was changed back in between.
    let key = fresh_key();
    let rename = |name: &str| Ask::new("PATCH", &floor.path("")).json(&json!({"name": name}));
    let first = shop.send(rename("One").key(&key)).await.is(200);
    shop.send(rename("Two")).await.is(200);
    let again = shop.send(rename("One").key(&key)).await;
    assert!(again.is_replay());
    assert_eq!(again.text(), first.text());
    assert_eq!(shop.get(&floor.path("")).await.str("name"), "Two");

    for method in ["GET", "HEAD"] {
        for header in [key.as_str(), "not a key", ""] {
            let ask = Ask::new(method, &floor.path("")).key(header);
            let answer = shop.send(ask).await.is(200);
            assert!(!answer.is_replay());
        }
    }
}

#[tokio::test]
async fn a_key_with_a_comma_must_be_quoted() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann"));
    let id = shop.twice(ask.key("\"cart,7\"")).await.is(201).str("id");
    // In a path there is no list: keys with commas are found there in both spellings.
    for path in ["/idempotency_keys/cart,7", "/idempotency_keys/cart%2C7"] {
        let record = shop.get(path).await.is(200);
        assert_eq!(
            (record.str("key"), record.str("resource_id")),
            ("cart,7".to_owned(), id.clone())
        );
    }
    let retire = Ask::post("/idempotency_keys/cart,8/retire", &json!({}));
    assert_eq!(shop.send(retire).await.is(200).str("key"), "cart,8");
}
