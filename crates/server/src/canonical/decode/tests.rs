//! Documents that become requests, and what is wrong with those that do not.

use expect_test::{Expect, expect};
use serde::Deserialize;

use crate::canonical::parse;

#[test]
fn requests() {
    let body = br#"{"zone_id":"zon_1","event_id":"evt_\u0031","quantity":2,"seats":["A1","A2"],
        "best_available":false,"user_id":null}"#;
    let request: wire::ReserveRequest = parse(body).unwrap().decode().unwrap();
    let expected: wire::ReserveRequest = serde_json::from_slice(body).unwrap();
    assert_eq!(request, expected);

    let body = br#"{"sales_open_at":null,"name":"x"}"#;
    let request: wire::UpdateEventRequest = parse(body).unwrap().decode().unwrap();
    assert_eq!(request.sales_open_at, wire::Patch::Null);
    assert!(request.sales_close_at.is_absent());

    let request: wire::ConfirmRequest = parse(b"").unwrap().decode().unwrap();
    assert_eq!(request.payment, None);
    let request: wire::ConfirmRequest =
        parse(br#"{"payment":{"method":"wallet"}}"#).unwrap().decode().unwrap();
    assert_eq!(request.payment.unwrap().method, wire::PaymentMethod::Wallet);
}

#[track_caller]
fn check<T: for<'a> Deserialize<'a> + core::fmt::Debug>(body: &str, message: Expect) {
    let document = parse(body.as_bytes()).unwrap();
    message.assert_eq(&document.decode::<T>().unwrap_err().to_string());
}

/// A reservation with these members more.
fn reserve(members: &str) -> String {
    format!(r#"{{"event_id":"e","zone_id":"z",{members}}}"#)
}

#[test]
fn members_of_the_wrong_kind() {
    check::<wire::ReserveRequest>(
        &reserve(r#""quantity":"2""#),
        expect!["quantity must be an integer, not a string"],
    );
    check::<wire::ReserveRequest>(
        &reserve(r#""quantity":1.5"#),
        expect!["quantity must be an integer, not a decimal number"],
    );
    check::<wire::ReserveRequest>(
        &reserve(r#""quantity":1e2"#),
        expect!["quantity must be an integer, not a decimal number"],
    );
    check::<wire::ReserveRequest>(
        &reserve(r#""quantity":9223372036854775808"#),
        expect!["quantity is out of range"],
    );
    check::<wire::ReserveRequest>(
        &reserve(r#""quantity":[2]"#),
        expect!["quantity must be an integer, not an array"],
    );
    check::<wire::ReserveRequest>(
        &reserve(r#""quantity":true"#),
        expect!["quantity must be an integer, not a boolean"],
    );
    check::<wire::ReserveRequest>(
        &reserve(r#""seats":"A1""#),
        expect!["seats must be an array, not a string"],
    );
    check::<wire::ReserveRequest>(
        &reserve(r#""seats":["A1",2]"#),
        expect!["seats[1] must be a string, not an integer"],
    );
    check::<wire::ReserveRequest>(
        &reserve(r#""seats":{"0":"A1"}"#),
        expect!["seats must be an array, not an object"],
    );
}

#[test]
fn members_and_bodies_that_do_not_belong() {
    check::<wire::ReserveRequest>(
        &reserve(r#""qty":2"#),
        expect![
            "qty is not a known field; known are: event_id, zone_id, quantity, seats, user_id, expected_amount, best_available"
        ],
    );
    check::<wire::ReserveRequest>(
        &reserve(r#""best_available":1"#),
        expect!["best_available must be a boolean, not an integer"],
    );
    check::<wire::ReserveRequest>(r#"{"zone_id":"z"}"#, expect!["event_id is required"]);
    check::<wire::ReserveRequest>(
        r#"{"zone_id":"z","event_id":null}"#,
        expect!["event_id must be a string, not null"],
    );
    check::<wire::ReserveRequest>(
        r#"["e","z"]"#,
        expect!["the body must be an object, not an array"],
    );
    check::<wire::ReserveRequest>("null", expect!["the body must be an object, not null"]);
    check::<wire::ReserveRequest>("7", expect!["the body must be an object, not an integer"]);
}

#[test]
fn what_is_wrong_further_in() {
    check::<wire::ConfirmRequest>(
        r#"{"payment":["wallet"]}"#,
        expect!["payment must be an object, not an array"],
    );
    check::<wire::ConfirmRequest>(r#"{"payment":{}}"#, expect!["payment.method is required"]);
    check::<wire::ConfirmRequest>(
        r#"{"payment":{"method":"4111-1111"}}"#,
        expect!["payment.method must be one of: wallet, external"],
    );
    check::<wire::ConfirmRequest>(
        r#"{"payment":{"method":{"wallet":null}}}"#,
        expect!["payment.method must be a string, not an object"],
    );
    check::<wire::UpdateEventRequest>(
        r#"{"name":null}"#,
        expect!["name must be a string, not null"],
    );
    check::<wire::UpdateEventRequest>(
        r#"{"sales_open_at":7}"#,
        expect!["sales_open_at must be a string, not an integer"],
    );
    let create =
        |zones: &str| format!(r#"{{"name":"n","starts_at":"s","currency":"USD","zones":{zones}}}"#);
    check::<wire::CreateEventRequest>(
        &create(r#"[{"name":"a","capacity":1}]"#),
        expect!["zones[0].price is required"],
    );
    let zones = r#"[{"name":"a","capacity":1,"price":"1"},{"name":5}]"#;
    check::<wire::CreateEventRequest>(
        &create(zones),
        expect!["zones[1].name must be a string, not an integer"],
    );
    check::<wire::CreateEventRequest>(
        &create(r#"[["a",1,"1"]]"#),
        expect!["zones[0] must be an object, not an array"],
    );
}
