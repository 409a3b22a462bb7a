//! Every refusal of chapter 4, through the front door. Their form is checked for each answer; here
//! stands what they say.

use expect_test::expect;
use serde_json::{Value, json};

use super::answer::PUBLIC_URL;
use super::http::Ask;
use super::server::TestServer;
use super::shop::{concert, hall, paid, with, zone};
use super::snapshot::{shown, told};

#[tokio::test]
async fn a_problem_in_full() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(3).await;
    shop.hold(floor.units(0, "ann", 2)).await;
    let problem = shop.reserve(floor.units(0, "bob", 2)).await;
    expect![[r#"
        409 | content-type: application/problem+json
        {
          "type": "/problems/insufficient-seats",
          "title": "Insufficient seats",
          "status": 409,
          "detail": "Zone Floor has 1 seat left, 2 were requested.",
          "instance": "/api/v1/bookings/reserve",
          "success": false,
          "code": "INSUFFICIENT_SEATS",
          "message": "Zone Floor has 1 seat left, 2 were requested.",
          "action": "Show the zone as sold out and offer another one.",
          "tip": null,
          "retryable": false,
          "request_id": "req_1",
          "error": {
            "code": "INSUFFICIENT_SEATS",
            "message": "Zone Floor has 1 seat left, 2 were requested.",
            "retryable": false,
            "retry": "new_key",
            "retry_after": null,
            "action": "Show the zone as sold out and offer another one.",
            "tip": null,
            "fields": [
              {
                "field": "quantity",
                "message": "at most 1 can be reserved now"
              }
            ]
          },
          "available": 1
        }
    "#]]
    .assert_eq(&shown(&problem));
}

#[tokio::test]
async fn refusals_to_reserve() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let event = shop.concert(json!([zone(3, "49.90"), hall(&["A1", "A2"])])).await;
    let other = shop.floor(3).await;
    shop.hold(event.units(0, "ann", 2)).await;
    shop.hold(event.seats(1, "ann", &["A1"])).await;
    let one = event.one("bob");
    let nowhere = json!("evt_01kh3v0h2efk9b6t4wq8m7x5ra");
    let requests = [
        with(one.clone(), &json!({"quantity": 0})),
        with(one.clone(), &json!({"quantity": 1_001})),
        with(one.clone(), &json!({"event_id": nowhere})),
        with(one.clone(), &json!({"zone_id": other.zones[0]})),
        event.units(0, "bob", 2),
        event.units(0, "cyd", 5),
        event.units(0, "ann", 2),
        event.seats(1, "bob", &["A2", "A1"]),
        event.seats(1, "bob", &["A2", "Z9"]),
        event.units(1, "bob", 1),
        event.seats(0, "bob", &["A1"]),
        with(event.units(1, "bob", 2), &json!({"best_available": true})),
        with(one.clone(), &json!({"expected_amount": "49.91"})),
        with(one.clone(), &json!({"expected_amount": "49.9001"})),
        with(one, &json!({"quantity": null, "seats": []})),
    ];
    let mut lines = String::new();
    for request in requests {
        lines += &format!("{}\n", told(&shop.reserve(request).await));
    }
    expect![[r#"
        400 INVALID_QUANTITY never: `quantity` must be between 1 and 1000. [quantity: must be between 1 and 1000]
        400 INVALID_QUANTITY never: `quantity` must be between 1 and 1000. [quantity: must be between 1 and 1000]
        404 NOT_FOUND never: There is no evt_1 in this account. [event_id: was not found]
        404 NOT_FOUND never: There is no zon_1 in this account. [zone_id: was not found]
        409 INSUFFICIENT_SEATS new_key: Zone Floor has 1 seat left, 2 were requested. [quantity: at most 1 can be reserved now] available=1
        409 MAX_TICKETS_EXCEEDED new_key: Limit is 4 tickets per user: 0 booked, 5 requested. booked_count=0 max_allowed=4 remaining_slots=4
        409 MAX_TICKETS_EXCEEDED new_key: Limit is 4 tickets per user: 3 booked, 2 requested. booked_count=3 max_allowed=4 remaining_slots=1
        409 SEAT_TAKEN new_key: Already held or sold: A1. seats=["A1"]
        404 NOT_FOUND never: The zone has no seat Z9. [seats[1]: is not a seat of the zone]
        400 INVALID_REQUEST never: The zone has reserved seating. [seats: must name the seats, or `best_available` must be true]
        400 INVALID_REQUEST never: The zone is general admission. [quantity: must be given instead of `seats` or `best_available`]
        409 INSUFFICIENT_SEATS new_key: Zone Box has 1 seat left, 2 were requested. [quantity: at most 1 can be reserved now] available=1
        409 PRICE_CHANGED new_key: The total is 49.90 USD. total_amount="49.90" total_currency="USD"
        400 INVALID_REQUEST never: The expected amount does not fit the event's currency. [expected_amount: must have at most 2 digits after the point in this currency, zeros apart]
        400 INVALID_QUANTITY never: `seats` must name between 1 and 1000 seats. [seats: must name between 1 and 1000 seats]
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn refusals_outside_the_sale() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let window = json!({
        "sales_open_at": "2026-02-15T10:00:00Z", "sales_close_at": "2026-02-15T11:00:00Z",
    });
    let event = shop.event(with(concert(json!([zone(3, "49.90")])), &window)).await;
    let mut lines = String::new();
    for seconds in [3_599, 1, 3_599, 1] {
        server.advance(seconds);
        let answer = shop.reserve(event.one("ann")).await;
        let line = if answer.status == 201 { "reserved".to_owned() } else { told(&answer) };
        lines += &format!("{line}\n");
    }
    expect![[r#"
        409 SALES_CLOSED new_key: Sales run from 2026-02-15T10:00:00.000Z to 2026-02-15T11:00:00.000Z. sales_close_at="2026-02-15T11:00:00.000Z" sales_open_at="2026-02-15T10:00:00.000Z"
        reserved
        reserved
        409 SALES_CLOSED new_key: Sales run from 2026-02-15T10:00:00.000Z to 2026-02-15T11:00:00.000Z. sales_close_at="2026-02-15T11:00:00.000Z" sales_open_at="2026-02-15T10:00:00.000Z"
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn refusals_to_change_a_booking() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let event = shop.concert(json!([zone(20, "49.90")])).await;
    let mut lines = String::new();
    let mut ids = Vec::new();
    for user in ["reserved", "confirmed", "released", "expired", "cancelled"] {
        ids.push((user, shop.hold(event.one(user)).await));
    }
    for (state, id) in &ids {
        match *state {
            "confirmed" | "cancelled" => drop(shop.act(id, "confirm", paid(state)).await.is(200)),
            "released" => drop(shop.act(id, "release", json!({})).await.is(200)),
            _ => {}
        }
    }
    shop.act(&ids[4].1, "cancel", json!({})).await.is(200);
    server.advance(600);
    ids[0].1 = shop.hold(event.one("reserved")).await;
    for (state, id) in &ids {
        for (action, body) in
            [("confirm", paid("again")), ("release", json!({})), ("cancel", json!({}))]
        {
            if matches!((*state, action), ("reserved", _) | ("confirmed", "cancel")) {
                continue;
            }
            let answer = shop.act(id, action, body).await;
            lines += &format!("{action} {state}: {}\n", told(&answer));
            if answer.status == 409 {
                assert_eq!(answer.at("booking/id"), Value::from(id.as_str()));
                assert_eq!(answer.at("booking_id"), Value::from(id.as_str()));
            }
        }
    }
    expect![[r#"
        confirm confirmed: 409 ALREADY_CONFIRMED never: The booking is confirmed. booking={…} booking_id="bkg_1"
        release confirmed: 409 ALREADY_CONFIRMED never: The booking is confirmed. booking={…} booking_id="bkg_1"
        confirm released: 409 NOT_CONFIRMABLE never: The booking is released. booking={…} booking_id="bkg_1"
        release released: 409 ALREADY_RELEASED never: The booking is released. booking={…} booking_id="bkg_1"
        cancel released: 409 ALREADY_RELEASED never: The booking is released. booking={…} booking_id="bkg_1"
        confirm expired: 409 EXPIRED new_key: The hold ended at 2026-02-15T09:10:00.000Z. booking={…} booking_id="bkg_1"
        release expired: 409 EXPIRED new_key: The hold ended at 2026-02-15T09:10:00.000Z. booking={…} booking_id="bkg_1"
        cancel expired: 409 EXPIRED new_key: The hold ended at 2026-02-15T09:10:00.000Z. booking={…} booking_id="bkg_1"
        confirm cancelled: 409 NOT_CONFIRMABLE never: The booking is cancelled. booking={…} booking_id="bkg_1"
        release cancelled: 409 ALREADY_CANCELLED never: The booking is cancelled. booking={…} booking_id="bkg_1"
        cancel cancelled: 409 ALREADY_CANCELLED never: The booking is cancelled. booking={…} booking_id="bkg_1"
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn refusals_about_money_and_capacity() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let event = shop.concert(json!([zone(20, "49.90"), hall(&["A1", "A2"])])).await;
    let paid_for = shop.hold(event.units(0, "ann", 2)).await;
    shop.act(&paid_for, "confirm", paid("pi_1")).await.is(200);
    let open = shop.hold(event.units(0, "bob", 3)).await;
    let floor = event.zone_path(0, "");
    let hall = event.zone_path(1, "");
    let answers = [
        shop.act(&open, "confirm", json!({})).await,
        shop.act(&open, "confirm", paid("pi_1")).await,
        shop.act(&open, "confirm", json!({"payment": {"method": "wallet"}})).await,
        shop.act(&open, "confirm", json!({"payment": {"method": "external"}})).await,
        shop.act(&open, "confirm", json!({"payment": {"method": "cash"}})).await,
        shop.patch(&floor, json!({"capacity": 4})).await,
        shop.patch(&hall, json!({"capacity": 3})).await,
        shop.patch(&floor, json!({"price": "1.999"})).await,
        shop.patch(&event.path(""), json!({"sales_open_at": "2026-03-01T00:00:00Z", "sales_close_at": "2026-03-01T00:00:00Z"})).await,
    ];
    let lines: String = answers.iter().map(|answer| format!("{}\n", told(answer))).collect();
    expect![[r#"
        402 PAYMENT_REQUIRED new_key: The booking costs 149.70 USD. [payment: is required for a booking that costs something] total_amount="149.70" total_currency="USD"
        409 PAYMENT_REFERENCE_USED new_key: The reference pi_1 has paid for another booking. [payment.reference: was used before]
        400 INVALID_REQUEST never: `payment.method` must be `external`; there are no wallets yet. [payment.method: must be `external`; there are no wallets yet]
        400 INVALID_REQUEST never: `payment.reference` is required for `external`. [payment.reference: is required for `external`]
        400 INVALID_REQUEST never: `payment.method` must be one of: wallet, external. [payment.method: must be one of: wallet, external]
        409 BELOW_TAKEN new_key: 5 tickets are held or sold. [capacity: must be at least 5] taken=5
        400 INVALID_REQUEST never: The capacity of a zone with reserved seating is the number of its seats. [capacity: must be 2]
        400 INVALID_REQUEST never: The price does not fit the event's currency. [price: must have the digits of the event's currency and be at most 10^15 minor units]
        400 INVALID_REQUEST never: Sales would end before they begin. [sales_close_at: must be after `sales_open_at`]
    "#]].assert_eq(&lines);
    // The hold is untouched by all that, and the capacity can go down to what is taken.
    shop.act(&open, "confirm", paid("pi_2")).await.is(200);
    shop.patch(&floor, json!({"capacity": 5})).await.is(200);
}

/// Where clients reach the server is part of what problems are called, whoever tells of them.
#[tokio::test]
async fn types_are_absolute_where_it_is_known_where_clients_reach_the_server() {
    let at = Some(PUBLIC_URL.to_owned());
    let server = TestServer::with(|settings| settings.public_url = at).await;
    let shop = server.shop();
    let kind = |slug: &str| format!("{PUBLIC_URL}/problems/{slug}");
    let floor = shop.floor(1).await;
    shop.hold(floor.one("ann")).await;
    // Decided by the engine, and kept.
    let ask = Ask::post("/bookings/reserve", &floor.one("bob")).key("k");
    let refused = shop.send(ask.clone()).await.is(409);
    assert_eq!(refused.str("type"), kind("insufficient-seats"));
    assert_eq!(shop.send(ask).await.is(409).body, refused.body);
    // Refused by the edge, and by the router.
    let edge = shop.get("/bookings?limit=x").await.is(400);
    assert_eq!(edge.str("type"), kind("invalid-request"));
    assert_eq!(shop.get("/nothing").await.is(404).str("type"), kind("not-found"));
    assert_eq!(server.nobody().get("/events").await.is(401).str("type"), kind("unauthorized"));
    // What explains them.
    let page = server.nobody().get("/problems/not-found").await.is(200);
    assert_eq!(page.str("type"), kind("not-found"));
    let listed = server.nobody().get("/problems").await.is(200).json();
    let listed = listed["data"].as_array().expect("a list");
    assert!(listed.contains(&kind("not-found").into()), "{listed:?}");
    assert!(
        listed.iter().all(|it| it.as_str().is_some_and(|it| it.starts_with(PUBLIC_URL))),
        "{listed:?}"
    );
}
