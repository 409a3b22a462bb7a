//! Chapter 3 of the contract, item 4: what a key is bound to, and in which order things are looked at.

use expect_test::expect;
use serde_json::json;

use super::client::fresh_key;
use super::http::Ask;
use super::server::TestServer;
use super::shop::with;
use super::snapshot::shown;

#[tokio::test]
async fn the_same_document_in_other_words_is_the_same_request() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let (event, zone) = (&floor.id, &floor.zones[0]);
    let first = shop.post_once("k", "/bookings/reserve", floor.one("ann")).await.is(201);
    for same in [
        format!(r#"{{"user_id":"ann","quantity":1,"zone_id":"{zone}","event_id":"{event}"}}"#),
        format!(
            "\r\n{{ \"event_id\" : \"{event}\",\t\"zone_id\":\"{zone}\",\"quantity\":1 , \"user_id\":\"ann\" }} \n"
        ),
        format!(
            r#"{{"event_\u0069d":"{event}","zone_id":"{zone}","quantity":1,"user_id":"\u0061nn"}}"#
        ),
    ] {
        for path in ["/api/v1/bookings/reserve", "/v1/bookings/reserve"] {
            let again = shop.send(Ask::new("POST", path).text(&same).key("k")).await;
            assert!(again.is_replay(), "{path}: {same}");
            assert_eq!(again.text(), first.text());
        }
    }
}

#[tokio::test]
async fn anything_else_under_the_key_is_refused_and_nothing_leaks() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let body = floor.one("ann");
    let first = shop.post_once("k", "/bookings/reserve", body.clone()).await.is(201);
    let id = first.str("id");
    let reserve = |body: &serde_json::Value| Ask::post("/bookings/reserve", body);
    let raw = |text: &str| Ask::new("POST", "/bookings/reserve").text(text);
    let written = body.to_string();
    for other in [
        reserve(&with(body.clone(), &json!({"quantity": 2}))),
        reserve(&with(body.clone(), &json!({"user_id": "bob"}))),
        reserve(&with(body.clone(), &json!({"expected_amount": "49.90"}))),
        reserve(&with(body.clone(), &json!({"best_available": false}))),
        // Digits count as they were written.
        raw(&written.replace("\"quantity\":1", "\"quantity\":1.0")),
        raw(&written.replace("\"quantity\":1", "\"quantity\":1e0")),
        raw(&written.replace("\"quantity\":1", "\"quantity\":\"1\"")),
        // Whatever would be wrong with them otherwise.
        reserve(&json!({})),
        reserve(&with(body.clone(), &json!({"colour": "red"}))),
        Ask::new("POST", "/bookings/reserve"),
        Ask::post("/bookings/reserve?x=1", &body),
        Ask::post("/customer_tokens", &body),
        Ask::post("/bookings/no-id/confirm", &body),
        Ask::new("PATCH", &floor.path("")).json(&body),
    ] {
        let answer = shop.send(other.key("k")).await.is(422).fails("IDEMPOTENCY_KEY_REUSED");
        assert!(!answer.is_replay());
        assert!(!answer.text().contains(&id), "{}", answer.text());
    }
    let again = shop.post_once("k", "/bookings/reserve", body).await;
    assert_eq!(again.text(), first.text());
    assert!(again.is_replay());
    let reused = shop.post_once("k", "/bookings/reserve", json!({})).await;
    expect![[r#"
        422 | content-type: application/problem+json
        {
          "type": "/problems/idempotency-key-reused",
          "title": "Idempotency key reused",
          "status": 422,
          "detail": "This idempotency key was used with another request.",
          "instance": "/api/v1/bookings/reserve",
          "success": false,
          "code": "IDEMPOTENCY_KEY_REUSED",
          "message": "This idempotency key was used with another request.",
          "action": "For a retry send exactly the first request; for a new booking make a new key.",
          "tip": "Member order and white space may differ; values and the path may not.",
          "retryable": false,
          "request_id": "req_1",
          "error": {
            "code": "IDEMPOTENCY_KEY_REUSED",
            "message": "This idempotency key was used with another request.",
            "retryable": false,
            "retry": "never",
            "retry_after": null,
            "action": "For a retry send exactly the first request; for a new booking make a new key.",
            "tip": "Member order and white space may differ; values and the path may not."
          }
        }
    "#]].assert_eq(&shown(&reused));
}

#[tokio::test]
async fn the_query_is_bound_as_a_set_of_pairs() {
    let server = TestServer::start().await;
    let shop = server.shop();
    // No call takes a query, so nothing can be stored under one; but a key that is known is looked at
    // first, and a query makes another request of it.
    let key = fresh_key();
    let body = json!({"user_id": "ann"});
    shop.send(Ask::post("/customer_tokens", &body).key(&key)).await.is(201);
    for path in ["/customer_tokens?", "/customer_tokens?&"] {
        assert!(shop.send(Ask::post(path, &body).key(&key)).await.is_replay(), "{path}");
    }
    for path in ["/customer_tokens?a=1", "/customer_tokens?="] {
        shop.send(Ask::post(path, &body).key(&key)).await.fails("IDEMPOTENCY_KEY_REUSED");
    }
}

#[tokio::test]
async fn syntax_then_credential_then_key_then_record_then_fields() {
    let server = TestServer::start().await;
    let (shop, nobody) = (server.shop(), server.nobody());
    let floor = shop.floor(10).await;
    let path = "/bookings/reserve";
    let good = || Ask::post(path, &floor.one("ann"));
    let bad_json = || Ask::new("POST", path).text("{");
    let bad_fields = || Ask::post(path, &json!({"quantity": "many"}));

    // Syntax before the credential, the credential before the key.
    nobody.send(bad_json()).await.fails("INVALID_REQUEST");
    nobody.send(good().key("a b")).await.fails("UNAUTHORIZED");
    nobody.send(bad_fields()).await.fails("UNAUTHORIZED");
    // The key before the fields.
    shop.send(bad_fields().key("a b")).await.fails("IDEMPOTENCY_KEY_INVALID");
    shop.send(bad_fields()).await.fails("IDEMPOTENCY_KEY_REQUIRED");
    // A key that was never seen stays free when the fields are wrong …
    shop.send(bad_fields().key("k")).await.is(400).fails("INVALID_REQUEST");
    shop.get("/idempotency_keys/k").await.fails("NOT_FOUND");
    assert!(!shop.send(good().key("k")).await.is(201).is_replay());
    // … and one that was seen has its record looked at first.
    shop.send(bad_fields().key("k")).await.fails("IDEMPOTENCY_KEY_REUSED");
    assert!(shop.send(good().key("k")).await.is_replay());
    // Bad syntax is refused even so: there is nothing that could be compared.
    shop.send(bad_json().key("k")).await.fails("INVALID_REQUEST");
}
