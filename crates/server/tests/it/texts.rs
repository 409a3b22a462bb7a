//! Instants and names as clients write them: nothing is silently made into something else.

use serde_json::json;

use super::http::Ask;
use super::server::TestServer;
use super::shop::{concert, hall, paid, with, zone};

#[tokio::test]
async fn an_instant_that_rfc_3339_does_not_know_is_refused() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    for text in ["2026-06-01T19:00:00+24:00", "2026-06-01T19:00:00-23:60", "2026-06-01T19:00:60Z"] {
        for field in ["starts_at", "sales_open_at", "sales_close_at"] {
            let patch = json!({ field: text });
            let body = with(concert(json!([zone(1, "1")])), &patch);
            let answers =
                [shop.post("/events", body).await, shop.patch(&floor.path(""), patch).await];
            for answer in answers {
                assert_eq!(answer.fails("INVALID_REQUEST").fields(), [field], "{text}");
            }
        }
    }
    for (text, shown) in [
        ("2026-06-02T18:59:00+23:59", "2026-06-01T19:00:00.000Z"),
        // The leap second is the first second of the day after.
        ("2026-06-30T23:59:60Z", "2026-07-01T00:00:00.000Z"),
    ] {
        let changed = shop.patch(&floor.path(""), json!({"starts_at": text})).await.is(200);
        assert_eq!(changed.str("starts_at"), shown);
    }
}

/// A name, and others that look the same.
const LOOK_ALIKES: [&str; 8] = [
    " r-1",
    "r-1 ",
    "r-1\u{a0}",
    "r-1\n",
    "r\u{200b}-1",
    "\u{feff}r-1",
    "r-1\u{202e}",
    "r-1\u{fe0f}",
];

#[tokio::test]
async fn names_that_look_alike_are_one_name_or_none() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let (first, second) = (shop.hold(floor.one("ann")).await, shop.hold(floor.one("bob")).await);
    shop.act(&first, "confirm", paid("r-1")).await.is(200);
    for text in LOOK_ALIKES {
        let paid = shop.act(&second, "confirm", paid(text)).await.fails("INVALID_REQUEST");
        assert_eq!(paid.fields(), ["payment.reference"], "{text:?}");
        let held = shop.reserve(floor.one(text)).await.fails("INVALID_REQUEST");
        assert_eq!(held.fields(), ["user_id"], "{text:?}");
        let minted = shop.post("/customer_tokens", json!({"user_id": text})).await;
        assert_eq!(minted.fails("INVALID_REQUEST").fields(), ["user_id"], "{text:?}");
        let seats = shop.post("/events", concert(json!([hall(&["A1", text])]))).await;
        assert_eq!(seats.fails("INVALID_REQUEST").fields(), ["zones[0].seats[1]"], "{text:?}");
    }
    shop.act(&second, "confirm", paid("r-1")).await.fails("PAYMENT_REFERENCE_USED");
    // Names for people may have joiners, as some scripts and emoji need them.
    let family = json!({"name": "👨\u{200d}👩\u{200d}👧 می\u{200c}خواهم"});
    shop.patch(&floor.path(""), family).await.is(200);
}

#[tokio::test]
async fn names_of_earlier_releases_can_be_asked_for() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let event = shop.concert(json!([hall(&["A1"])])).await;
    assert_eq!(shop.get("/bookings?user_id=bob%20").await.is(200).at("data"), json!([]));
    let summary = shop.get(&event.path("/users/bob%E2%80%8B/summary")).await.is(200);
    assert_eq!(summary.at("booked_count"), 0);
    // A seat is looked for as it is named.
    let ask = Ask::post("/bookings/reserve", &event.seats(0, "ann", &["A1 "]));
    let answer = shop.twice(ask).await.fails("NOT_FOUND");
    assert_eq!(answer.fields(), ["seats[0]"]);
}
