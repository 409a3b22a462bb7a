//! From the event to the cancelled ticket, with every answer as the contract has it.

use expect_test::expect;
use serde_json::{Value, json};

use super::server::TestServer;
use super::shop::{concert, hall, paid, with, zone};
use super::snapshot::shown;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "most are the answers that are expected")]
async fn an_event_is_put_on_sale_and_changed() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let body = concert(json!([zone(100, "49.9"), hall(&["A1", "A2"])]));
    let created = shop.post("/events", body).await;
    expect![[r#"
        201 | content-type: application/json | location: /api/v1/events/evt_1
        {
          "id": "evt_1",
          "name": "Night of the Proms",
          "starts_at": "2026-06-01T19:00:00.000Z",
          "currency": "USD",
          "max_per_user": 4,
          "hold_seconds": 600,
          "sales_open_at": null,
          "sales_close_at": null,
          "cancellation_policy": [],
          "zones": [
            {
              "id": "zon_1",
              "event_id": "evt_1",
              "name": "Floor",
              "capacity": 100,
              "price": "49.90",
              "currency": "USD",
              "numbered": false
            },
            {
              "id": "zon_2",
              "event_id": "evt_1",
              "name": "Box",
              "capacity": 2,
              "price": "129.00",
              "currency": "USD",
              "numbered": true
            }
          ],
          "created_at": "2026-02-15T09:00:00.000Z"
        }
    "#]]
    .assert_eq(&shown(&created));

    let path = format!("/events/{}", created.str("id"));
    assert_eq!(shop.get(&path).await.is(200).text(), created.text());

    let changes = json!({
        "name": "Last Night", "starts_at": "2026-06-02T21:00:00+02:00", "max_per_user": 2,
        "hold_seconds": 60, "sales_open_at": "2026-03-01T00:00:00Z",
        "sales_close_at": "2026-06-02T18:00:00.000Z",
        "cancellation_policy": [{"days_before": 7, "refund_percent": 50}],
    });
    let changed = shop.patch(&path, changes).await;
    expect![[r#"
        200 | content-type: application/json
        {
          "id": "evt_1",
          "name": "Last Night",
          "starts_at": "2026-06-02T19:00:00.000Z",
          "currency": "USD",
          "max_per_user": 2,
          "hold_seconds": 60,
          "sales_open_at": "2026-03-01T00:00:00.000Z",
          "sales_close_at": "2026-06-02T18:00:00.000Z",
          "cancellation_policy": [
            {
              "days_before": 7,
              "refund_percent": 50
            }
          ],
          "zones": [
            {
              "id": "zon_1",
              "event_id": "evt_1",
              "name": "Floor",
              "capacity": 100,
              "price": "49.90",
              "currency": "USD",
              "numbered": false
            },
            {
              "id": "zon_2",
              "event_id": "evt_1",
              "name": "Box",
              "capacity": 2,
              "price": "129.00",
              "currency": "USD",
              "numbered": true
            }
          ],
          "created_at": "2026-02-15T09:00:00.000Z"
        }
    "#]]
    .assert_eq(&shown(&changed));
    assert_eq!(shop.get(&path).await.text(), changed.text());

    // Null takes away what may be absent; what is left out stays.
    let opened = shop.patch(&path, json!({"sales_open_at": null})).await.is(200);
    assert_eq!(opened.at("sales_open_at"), Value::Null);
    assert_eq!(opened.at("sales_close_at"), changed.at("sales_close_at"));

    let zone_path = format!("{path}/zones/{}", created.str("zones/0/id"));
    let resized = json!({"name": "Pit", "capacity": 90, "price": "60"});
    expect![[r#"
        200 | content-type: application/json
        {
          "id": "zon_1",
          "event_id": "evt_1",
          "name": "Pit",
          "capacity": 90,
          "price": "60.00",
          "currency": "USD",
          "numbered": false
        }
    "#]]
    .assert_eq(&shown(&shop.patch(&zone_path, resized).await));
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "most are the answers that are expected")]
async fn a_ticket_is_reserved_paid_and_cancelled() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let reserved =
        shop.reserve(with(floor.units(0, "ann", 2), &json!({"expected_amount": "99.8"}))).await;
    expect![[r#"
        201 | content-type: application/json | location: /api/v1/bookings/bkg_1
        {
          "id": "bkg_1",
          "booking_id": "bkg_1",
          "status": "reserved",
          "event_id": "evt_1",
          "zone_id": "zon_1",
          "user_id": "ann",
          "quantity": 2,
          "seats": null,
          "total_amount": "99.80",
          "total_currency": "USD",
          "confirmation_code": null,
          "payment_id": null,
          "payment_status": null,
          "refunded_amount": null,
          "refund_pending_amount": null,
          "cancel_reason": null,
          "expires_at": "2026-02-15T09:10:00.000Z",
          "created_at": "2026-02-15T09:00:00.000Z",
          "confirmed_at": null,
          "ended_at": null
        }
    "#]]
    .assert_eq(&shown(&reserved));
    assert_eq!(shop.stock(&floor, 0).await, [8, 2, 0]);

    let id = reserved.str("id");
    server.advance(60);
    let confirmed = shop.act(&id, "confirm", paid("pi_1")).await;
    expect![[r#"
        200 | content-type: application/json
        {
          "id": "bkg_1",
          "booking_id": "bkg_1",
          "status": "confirmed",
          "event_id": "evt_1",
          "zone_id": "zon_1",
          "user_id": "ann",
          "quantity": 2,
          "seats": null,
          "total_amount": "99.80",
          "total_currency": "USD",
          "confirmation_code": "[code]",
          "payment_id": "pay_1",
          "payment_status": "captured",
          "refunded_amount": "0.00",
          "refund_pending_amount": "0.00",
          "cancel_reason": null,
          "expires_at": null,
          "created_at": "2026-02-15T09:00:00.000Z",
          "confirmed_at": "2026-02-15T09:01:00.000Z",
          "ended_at": null
        }
    "#]]
    .assert_eq(&shown(&confirmed));
    assert_eq!(shop.stock(&floor, 0).await, [8, 0, 2]);
    assert_eq!(shop.get(&format!("/bookings/{id}")).await.text(), confirmed.text());

    server.advance(60);
    let cancelled = shop.act(&id, "cancel", json!({"reason": "ill"})).await;
    expect![[r#"
        200 | content-type: application/json
        {
          "id": "bkg_1",
          "booking_id": "bkg_1",
          "status": "cancelled",
          "event_id": "evt_1",
          "zone_id": "zon_1",
          "user_id": "ann",
          "quantity": 2,
          "seats": null,
          "total_amount": "99.80",
          "total_currency": "USD",
          "confirmation_code": "[code]",
          "payment_id": "pay_1",
          "payment_status": "refund_pending",
          "refunded_amount": "0.00",
          "refund_pending_amount": "99.80",
          "cancel_reason": "ill",
          "expires_at": null,
          "created_at": "2026-02-15T09:00:00.000Z",
          "confirmed_at": "2026-02-15T09:01:00.000Z",
          "ended_at": "2026-02-15T09:02:00.000Z"
        }
    "#]]
    .assert_eq(&shown(&cancelled));
    assert_eq!(shop.stock(&floor, 0).await, [10, 0, 0]);
}

#[tokio::test]
async fn a_hold_is_released_or_ends_by_itself() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let released = shop.hold(floor.units(0, "ann", 4)).await;
    let expired = shop.hold(floor.units(0, "bob", 3)).await;
    let answer = shop.act(&released, "release", json!({})).await.is(200);
    assert_eq!(answer.str("status"), "released");
    assert_eq!(answer.str("ended_at"), "2026-02-15T09:00:00.000Z");

    server.advance(599);
    assert_eq!(shop.stock(&floor, 0).await, [7, 3, 0]);
    server.advance(1);
    let answer = shop.get(&format!("/bookings/{expired}")).await.is(200);
    assert_eq!(answer.str("status"), "expired");
    assert_eq!(answer.str("ended_at"), "2026-02-15T09:10:00.000Z");
    assert_eq!(shop.stock(&floor, 0).await, [10, 0, 0]);
    // The allowance came back with the stock.
    shop.reserve(floor.units(0, "bob", 4)).await.is(201);
}

#[tokio::test]
async fn numbered_seats_are_chosen_by_label_or_by_the_server() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let labels = ["A1", "A2", "A3", "A4", "A5"];
    let hall = shop.concert(json!([hall(&labels)])).await;
    let named = shop.reserve(hall.seats(0, "ann", &["A3", "A1"])).await.is(201);
    assert_eq!(named.at("seats"), json!(["A1", "A3"]), "in the zone's order");
    assert_eq!(named.at("quantity"), json!(2));
    assert_eq!(named.str("total_amount"), "258.00");
    let best = with(hall.units(0, "bob", 2), &json!({"best_available": true}));
    let best = shop.reserve(best).await.is(201);
    assert_eq!(best.at("seats"), json!(["A4", "A5"]), "next to each other");
    shop.act(&named.str("id"), "confirm", paid("pi_1")).await.is(200);
    let seats = shop.get(&hall.zone_path(0, "/seats")).await;
    expect![[r#"
        200 | content-type: application/json
        {
          "data": [
            {
              "label": "A1",
              "status": "sold"
            },
            {
              "label": "A2",
              "status": "available"
            },
            {
              "label": "A3",
              "status": "sold"
            },
            {
              "label": "A4",
              "status": "held"
            },
            {
              "label": "A5",
              "status": "held"
            }
          ],
          "next": null
        }
    "#]]
    .assert_eq(&shown(&seats));
}
