//! Amounts, payments and refunds.

use serde_json::{Value, json};

use super::http::Ask;
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
        assert_eq!(cancelled.at("refund_pending_amount"), refunded);
        let status = if refunded == "0.00" { "captured" } else { "refund_pending" };
        assert_eq!(cancelled.at("payment_status"), status);
    }
}

#[tokio::test]
async fn days_before_the_start_count_back_from_where_it_is_now() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let steps = |steps: &[(u32, u32)]| {
        let step =
            |(days, percent): &(_, _)| json!({"days_before": days, "refund_percent": percent});
        steps.iter().map(step).collect::<Value>()
    };
    let policy = steps(&[(7, 50), (0, 10)]);
    let body = with(
        concert(json!([zone(10, "10.00")])),
        &json!({"cancellation_policy": policy, "starts_at": "2026-02-25T09:00:00Z"}),
    );
    let event = shop.event(body).await;
    let path = format!("/events/{}", event.id);
    assert_eq!(shop.get(&path).await.at("cancellation_policy"), policy);
    let mut ids = Vec::new();
    for user in ["a", "b", "c", "d", "e"] {
        ids.push(shop.sale(event.one(user)).await);
    }
    let mut refunds = async |refunded| {
        let id = ids.pop().expect("one for each");
        let cancelled = shop.act(&id, "cancel", json!({})).await.is(200);
        assert_eq!(cancelled.at("refund_pending_amount"), refunded);
    };
    // Ten days are left, and then a second less than seven.
    refunds("5.00").await;
    server.advance(3 * 24 * 60 * 60 + 1);
    refunds("1.00").await;
    let longer = steps(&[(40, 100), (26, 70), (0, 3)]);
    for (change, kept, refunded) in [
        (json!({"starts_at": "2026-02-26T09:00:00+00:00"}), &policy, "5.00"),
        (
            json!({"starts_at": "2026-03-15T09:00:00Z", "cancellation_policy": longer}),
            &longer,
            "0.30",
        ),
        (json!({"cancellation_policy": steps(&[(24, 70)])}), &steps(&[(24, 70)]), "7.00"),
    ] {
        let changed = shop.patch(&path, change).await.is(200);
        assert_eq!(&changed.at("cancellation_policy"), kept);
        assert_eq!(&shop.get(&path).await.at("cancellation_policy"), kept);
        refunds(refunded).await;
    }
}

#[tokio::test]
async fn steps_may_lie_before_the_first_instant() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let policy = json!([{"days_before": 3_650, "refund_percent": 100}]);
    for starts_at in ["1970-01-01T00:00:00.000Z", "9999-12-30T22:00:00.999Z"] {
        let fields = json!({"cancellation_policy": policy, "starts_at": starts_at});
        let event = shop.event(with(concert(json!([zone(1, "1")])), &fields)).await;
        let shown = shop.get(&format!("/events/{}", event.id)).await.is(200);
        assert_eq!(shown.at("starts_at"), starts_at);
        assert_eq!(shown.at("cancellation_policy"), policy);
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

#[tokio::test]
async fn amounts_compare_as_numbers() {
    let server = TestServer::start().await;
    let shop = server.shop();
    for (currency, price, same, other, cent) in [
        ("JPY", "1500.00", ["1500", "1500.00", "1500.0"], "1501.00", "1500.01"),
        ("USD", "15.000", ["15", "15.0", "15.00000"], "15.010", "15.001"),
        ("KWD", "1.2500", ["1.25", "1.250", "1.250000"], "1.251", "1.2501"),
    ] {
        let body = with(concert(json!([zone(50, price)])), &json!({"currency": currency}));
        let event = shop.event(body).await;
        let reserve = |amount: &str| {
            let expected = json!({"expected_amount": amount, "user_id": amount});
            with(event.one("ann"), &expected)
        };
        for amount in same {
            shop.reserve(reserve(amount)).await.is(201);
        }
        let changed = shop.reserve(reserve(other)).await.fails("PRICE_CHANGED");
        assert_eq!(changed.str("total_currency"), currency);
        // Nothing that could be the total: the key is still unused.
        let key = format!("k-{currency}");
        let ask = Ask::post("/bookings/reserve", &reserve(cent)).key(&key);
        let answer = shop.twice(ask).await.is(400).fails("INVALID_REQUEST");
        assert_eq!(answer.fields(), ["expected_amount"]);
        shop.post_once(&key, "/bookings/reserve", reserve(same[0])).await.is(201);
        // Prices, too.
        let path = event.zone_path(0, "");
        let refused = shop.patch(&path, json!({"price": cent})).await.fails("INVALID_REQUEST");
        assert_eq!(refused.fields(), ["price"]);
        shop.patch(&path, json!({"price": other})).await.is(200);
        let body = with(concert(json!([zone(5, cent)])), &json!({"currency": currency}));
        let refused = shop.post("/events", body).await.fails("INVALID_REQUEST");
        assert_eq!(refused.fields(), ["zones[0].price"]);
    }
    // Zeros change nothing, however many.
    let floor = shop.floor(5).await;
    let zeros = format!("49.90{}", "0".repeat(100_000));
    shop.reserve(with(floor.one("ann"), &json!({"expected_amount": zeros}))).await.is(201);
    for amount in [format!("49.9{}1", "0".repeat(100_000)), "9".repeat(100_000)] {
        let body = with(floor.one("ann"), &json!({"expected_amount": amount}));
        let answer = shop.reserve(body).await.fails("INVALID_REQUEST");
        assert_eq!(answer.fields(), ["expected_amount"]);
    }
}
