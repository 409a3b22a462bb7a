//! What entries of the feed tell: the thing as its GET shows it.

use engine::credentials::Mode;
use expect_test::expect;
use serde_json::json;

use super::server::{Holder, TestServer};
use super::shop::{concert, hall, paid, with, zone};
use super::snapshot::shown;
use super::stream::Feed;

#[tokio::test]
async fn an_entry_is_told_whole() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let sold = shop.sale(shop.floor(10).await.one("ann")).await;
    server.advance(600);
    shop.act(&sold, "cancel", json!({"reason": "ill"})).await.is(200);
    let cancelled = shop.get(&format!("/activity?resource_id={sold}&type=booking.cancelled")).await;
    expect![[r#"
        200 | content-type: application/json
        {
          "data": [
            {
              "id": "msg_1",
              "type": "booking.cancelled",
              "schema_version": 2,
              "livemode": true,
              "created_at": "2026-02-15T09:10:00.000Z",
              "position": 5,
              "resource_id": "bkg_1",
              "resource_seq": 3,
              "data": {
                "id": "bkg_1",
                "booking_id": "bkg_1",
                "status": "cancelled",
                "event_id": "evt_1",
                "zone_id": "zon_1",
                "user_id": "ann",
                "person_id": "per_1",
                "quantity": 1,
                "seats": null,
                "total_amount": "49.90",
                "total_currency": "USD",
                "confirmation_code": "[code]",
                "payment_id": "pay_1",
                "payment_status": "refund_pending",
                "refunded_amount": "0.00",
                "refund_pending_amount": "49.90",
                "expires_at": null,
                "created_at": "2026-02-15T09:00:00.000Z",
                "confirmed_at": "2026-02-15T09:00:00.000Z",
                "ended_at": "2026-02-15T09:10:00.000Z"
              }
            }
          ],
          "next": null,
          "removed_up_to": 0,
          "head": 6
        }
    "#]]
    .assert_eq(&shown(&cancelled));
}

/// But for what may name people.
#[tokio::test]
async fn an_entry_is_about_the_thing_as_its_get_shows_it() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let newest = async || {
        let all = shop.get("/activity").await.is(200).json();
        all["data"].as_array().expect("rows").clone()
    };
    let floor = shop.event(concert(json!([zone(10, "49.90"), hall(&["A1", "A2"])]))).await;
    assert_eq!(newest().await[0]["data"], shop.get(&floor.path("")).await.json());
    let policy = json!([{"days_before": 1, "refund_percent": 50}]);
    shop.patch(&floor.path(""), json!({"cancellation_policy": policy})).await.is(200);
    assert_eq!(newest().await[1]["data"], shop.get(&floor.path("")).await.json());
    let zone = shop.patch(&floor.zone_path(0, ""), json!({"price": "50"})).await.is(200).json();
    assert_eq!(newest().await[2]["data"], zone);

    let as_told = async |id: &str, position: usize| {
        let mut shown = shop.get(&format!("/bookings/{id}")).await.is(200).json();
        shown.as_object_mut().expect("a booking").shift_remove("cancel_reason");
        let mut told = newest().await[position].clone();
        assert_eq!((&told["resource_id"], &told["livemode"]), (&json!(id), &json!(true)));
        let person = told["data"].as_object_mut().expect("a booking").shift_remove("person_id");
        assert!(person.is_some_and(|person| person.as_str().unwrap().starts_with("per_")));
        assert_eq!(told["data"], shown, "{}", told["type"]);
        // And in the same order.
        assert_eq!(told["data"].to_string(), shown.to_string());
    };
    let sold = shop.hold(floor.one("ann")).await;
    as_told(&sold, 3).await;
    shop.act(&sold, "confirm", paid("pi_1")).await.is(200);
    as_told(&sold, 4).await;
    shop.act(&sold, "cancel", json!({"reason": "ill"})).await.is(200);
    as_told(&sold, 6).await;
    let seats = json!({"seats": ["A2"], "user_id": "bob", "event_id": floor.id});
    let seated = shop.hold(with(seats, &json!({"zone_id": floor.zones[1]}))).await;
    as_told(&seated, 8).await;
    shop.act(&seated, "release", json!({})).await.is(200);
    as_told(&seated, 9).await;
    let late = shop.hold(floor.one("cyd")).await;
    server.advance(600);
    as_told(&late, 11).await;

    let all = newest().await;
    let payment = |position: usize| {
        let data = &all[position]["data"];
        let sums = ["amount", "refunded_amount", "refund_pending_amount", "status"];
        let sums: Vec<_> = sums.iter().map(|name| data[name].as_str().unwrap()).collect();
        format!("{} {}", all[position]["type"].as_str().unwrap(), sums.join(" "))
    };
    assert_eq!(payment(5), "payment.captured 50.00 0.00 0.00 captured");
    assert_eq!(payment(7), "payment.refund_pending 50.00 0.00 25.00 refund_pending");
    assert_eq!(all[7]["data"]["booking_id"], json!(sold));
}

#[tokio::test]
async fn what_a_test_key_does_is_not_live() {
    let server = TestServer::start().await;
    let (shop, _) = server.holder(&Holder { mode: Mode::Test, ..Holder::default() });
    let mut feed = Feed::open(&shop, "/activity/stream", Some(0)).await;
    shop.floor(1).await;
    assert_eq!(shop.get("/activity").await.at("data/0/livemode"), false);
    assert_eq!(feed.next().await.expect("it goes on").data["livemode"], false);
}
