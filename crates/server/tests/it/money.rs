//! Amounts, payments and refunds.

use serde_json::{Value, json};

use super::server::TestServer;
use super::shop::{concert, paid, with, zone};

#[tokio::test]
async fn what_costs_nothing_needs_no_payment() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let free = shop.concert(json!([zone(5, "0")])).await;
    let id = shop.hold(free.one("ann")).await;
    let confirmed = shop.act(&id, "confirm", json!({})).await.is(200);
    assert_eq!(confirmed.str("total_amount"), "0.00");
    assert_eq!(confirmed.at("payment_id"), Value::Null);
    let cancelled = shop.act(&id, "cancel", json!({})).await.is(200);
    assert_eq!(cancelled.at("refunded_amount"), Value::Null);
}

#[tokio::test]
async fn amounts_have_the_digits_of_their_currency() {
    let server = TestServer::start().await;
    let shop = server.shop();
    for (currency, price, total) in
        [("JPY", "4990", "9980"), ("KWD", "1.005", "2.010"), ("USD", "0.1", "0.20")]
    {
        let body = with(concert(json!([zone(5, price)])), &json!({"currency": currency}));
        let event = shop.event(body).await;
        let held = shop.reserve(event.units(0, "ann", 2)).await.is(201);
        assert_eq!(held.str("total_amount"), total);
        assert_eq!(held.str("total_currency"), currency);
    }
}

#[tokio::test]
async fn a_cancellation_refunds_what_the_policy_allows() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let policy = json!([
        {"days_before": 30, "refund_percent": 100}, {"days_before": 7, "refund_percent": 50},
    ]);
    let body = concert(json!([zone(10, "49.90")]));
    let body =
        with(body, &json!({"cancellation_policy": policy, "starts_at": "2026-03-20T09:00:00Z"}));
    let event = shop.event(body).await;
    let mut ids = Vec::new();
    for user in ["a", "b", "c", "d"] {
        ids.push(shop.sale(event.one(user)).await);
    }
    let day = 24 * 60 * 60;
    let unwanted = shop.act(&ids[3], "cancel", json!({"refund": false})).await.is(200);
    assert_eq!(unwanted.at("refunded_amount"), "0.00");
    // 33 days are left, then 23, then 3.
    for (id, days, refunded) in
        [(&ids[0], 0, "49.90"), (&ids[1], 10, "24.95"), (&ids[2], 20, "0.00")]
    {
        server.advance(days * day);
        let cancelled = shop.act(id, "cancel", json!({})).await.is(200);
        assert_eq!(cancelled.at("refunded_amount"), refunded);
        let status = if refunded == "0.00" { "captured" } else { "refund_pending" };
        assert_eq!(cancelled.at("payment_status"), status);
    }
}

#[tokio::test]
async fn a_reference_pays_once_for_each_account() {
    let server = TestServer::start().await;
    let (shop, other) = (server.shop(), server.other());
    let floor = shop.floor(10).await;
    let first = shop.hold(floor.one("ann")).await;
    let second = shop.hold(floor.one("bob")).await;
    shop.act(&first, "confirm", paid("pi_1")).await.is(200);
    shop.act(&second, "confirm", paid("pi_1")).await.fails("PAYMENT_REFERENCE_USED");
    // Still so after what it paid for was cancelled: the money was taken for that.
    shop.act(&first, "cancel", json!({})).await.is(200);
    shop.act(&second, "confirm", paid("pi_1")).await.fails("PAYMENT_REFERENCE_USED");
    // Another account may have a payment of the same name.
    let theirs = other.floor(1).await;
    let theirs = other.hold(theirs.one("ann")).await;
    other.act(&theirs, "confirm", paid("pi_1")).await.is(200);
}
