//! Documents that become requests, and what is wrong with those that do not.

use expect_test::{Expect, expect};
use serde::Deserialize;

use crate::canonical::parse;

#[test]
fn requests() {
    let body = br#"{"zone_id":"zon_1","event_id":"evt_\u0031","quantity":2,"seats":["A1","A2"],
        "best_available":false,"user_id":null}"#;
    let request: wire::Reserve = parse(body).unwrap().decode().unwrap();
    let expected: wire::Reserve = serde_json::from_slice(body).unwrap();
    assert_eq!(request, expected);

    let body = br#"{"sales_open_at":null,"name":"x"}"#;
    let request: wire::UpdateEvent = parse(body).unwrap().decode().unwrap();
    assert_eq!(request.sales_open_at, wire::Patch::Null);
    assert!(request.sales_close_at.is_absent());

    let request: wire::Confirm = parse(b"").unwrap().decode().unwrap();
    assert_eq!(request.payment, None);
    let request: wire::Confirm =
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
    check::<wire::Reserve>(
        &reserve(r#""quantity":"2""#),
        expect!["quantity must be an integer, not a string"],
    );
    check::<wire::Reserve>(
        &reserve(r#""quantity":1.5"#),
        expect!["quantity must be an integer, not a decimal number"],
    );
    check::<wire::Reserve>(
        &reserve(r#""quantity":1e2"#),
        expect!["quantity must be an integer, not a decimal number"],
    );
    check::<wire::Reserve>(
        &reserve(r#""quantity":9223372036854775808"#),
        expect!["quantity is out of range"],
    );
    check::<wire::Reserve>(
        &reserve(r#""quantity":[2]"#),
        expect!["quantity must be an integer, not an array"],
    );
    check::<wire::Reserve>(
        &reserve(r#""quantity":true"#),
        expect!["quantity must be an integer, not a boolean"],
    );
    check::<wire::Reserve>(
        &reserve(r#""seats":"A1""#),
        expect!["seats must be an array, not a string"],
    );
    check::<wire::Reserve>(
        &reserve(r#""seats":["A1",2]"#),
        expect!["seats[1] must be a string, not an integer"],
    );
    check::<wire::Reserve>(
        &reserve(r#""seats":{"0":"A1"}"#),
        expect!["seats must be an array, not an object"],
    );
}

#[test]
fn members_and_bodies_that_do_not_belong() {
    check::<wire::Reserve>(
        &reserve(r#""qty":2"#),
        expect![
            "qty is not a known field; known are: event_id, zone_id, quantity, seats, user_id, expected_amount, best_available"
        ],
    );
    check::<wire::Reserve>(
        &reserve(r#""best_available":1"#),
        expect!["best_available must be a boolean, not an integer"],
    );
    check::<wire::Reserve>(r#"{"zone_id":"z"}"#, expect!["event_id is required"]);
    check::<wire::Reserve>(
        r#"{"zone_id":"z","event_id":null}"#,
        expect!["event_id must be a string, not null"],
    );
    check::<wire::Reserve>(r#"["e","z"]"#, expect!["the body must be an object, not an array"]);
    check::<wire::Reserve>("null", expect!["the body must be an object, not null"]);
    check::<wire::Reserve>("7", expect!["the body must be an object, not an integer"]);
}

#[test]
fn what_is_wrong_further_in() {
    check::<wire::Confirm>(
        r#"{"payment":["wallet"]}"#,
        expect!["payment must be an object, not an array"],
    );
    check::<wire::Confirm>(r#"{"payment":{}}"#, expect!["payment.method is required"]);
    check::<wire::Confirm>(
        r#"{"payment":{"method":"4111-1111"}}"#,
        expect!["payment.method must be one of: wallet, external"],
    );
    check::<wire::Confirm>(
        r#"{"payment":{"method":{"wallet":null}}}"#,
        expect!["payment.method must be a string, not an object"],
    );
    check::<wire::UpdateEvent>(r#"{"name":null}"#, expect!["name must be a string, not null"]);
    check::<wire::UpdateEvent>(
        r#"{"sales_open_at":7}"#,
        expect!["sales_open_at must be a string, not an integer"],
    );
    let create =
        |zones: &str| format!(r#"{{"name":"n","starts_at":"s","currency":"USD","zones":{zones}}}"#);
    check::<wire::CreateEvent>(
        &create(r#"[{"name":"a","capacity":1}]"#),
        expect!["zones[0].price is required"],
    );
    let zones = r#"[{"name":"a","capacity":1,"price":"1"},{"name":5}]"#;
    check::<wire::CreateEvent>(
        &create(zones),
        expect!["zones[1].name must be a string, not an integer"],
    );
    check::<wire::CreateEvent>(
        &create(r#"[["a",1,"1"]]"#),
        expect!["zones[0] must be an object, not an array"],
    );
}
