//! Requests with several mistakes, and what is listed of them.

use expect_test::{Expect, expect};

use super::super::parse;
use super::*;
use crate::refusal::Invalid;

/// The fields that are listed, and whether the others could be looked at.
#[track_caller]
fn check(body: &str, listed: Expect) {
    let document = parse(body.as_bytes()).unwrap();
    let mut looked = false;
    let invalid = document.read(|_: wire::CreateEventRequest| {
        looked = true;
        Err::<(), _>(Invalid::field("zones[0].price", "must be something else"))
    });
    let mut lines = String::new();
    for field in invalid.unwrap_err().fields {
        lines += &format!("{} {}\n", field.field, field.message);
    }
    lines +=
        if looked { "and the others were looked at" } else { "and nothing else was looked at" };
    listed.assert_eq(&lines);
}

#[test]
fn every_field_that_is_wrong_is_listed_once() {
    check(
        r#"{"name":7,"startsAt":true,"colour":"red","max_per_user":"4","zones":[
            {"name":"a","capacity":1.5,"price":1,"seats":"A1"},
            {"name":"b","capacity":1,"price":"1","seats":["A1",2,null]}]}"#,
        expect![[r#"
            colour is not a known field; known are: name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, zones
            max_per_user must be an integer, not a string
            name must be a string, not an integer
            startsAt is not a known field; did you mean `starts_at`?
            zones[0].capacity must be an integer, not a decimal number
            zones[0].price must be a string, not an integer
            zones[0].seats must be an array, not a string
            zones[1].seats[1] must be a string, not an integer
            zones[1].seats[2] must be a string, not null
            starts_at must be a string, not a boolean
            currency is required
            and the others were looked at"#]],
    );
    check(
        r#"{"name":"a","zones":[{}]}"#,
        expect![[r#"
        zones[0].name is required
        zones[0].capacity is required
        zones[0].price is required
        starts_at is required
        currency is required
        and the others were looked at"#]],
    );
    check(
        r#"{"zones":{"name":1}}"#,
        expect![[r#"
        zones must be an array, not an object
        name is required
        starts_at is required
        currency is required
        and the others were looked at"#]],
    );
    check(
        "[]",
        expect![[r#"
        body must be an object, not an array
        and nothing else was looked at"#]],
    );
}

#[test]
fn a_word_stands_in_for_a_word() {
    for payment in [r#"{"method":"cash"}"#, r#"{"method":7}"#, "{}"] {
        let body = format!(r#"{{"payment":{payment},"colour":1}}"#);
        let document = parse(body.as_bytes()).unwrap();
        let read = document.read(|_: wire::ConfirmRequest| Ok(()));
        let fields: Vec<_> =
            read.unwrap_err().fields.into_iter().map(|field| field.field).collect();
        assert_eq!(fields, ["colour", "payment.method"], "{payment}");
    }
}

#[test]
fn wrong_fields_max() {
    for (count, listed) in [
        (WRONG_FIELDS_MAX - 1, WRONG_FIELDS_MAX - 1),
        (WRONG_FIELDS_MAX, WRONG_FIELDS_MAX),
        (WRONG_FIELDS_MAX + 1, WRONG_FIELDS_MAX),
    ] {
        let members: Vec<_> = (0..count).map(|index| format!(r#""x{index}":1"#)).collect();
        let body = format!("{{{}}}", members.join(","));
        let document = parse(body.as_bytes()).unwrap();
        let read = document.read(|_: wire::CancelRequest| Ok(()));
        assert_eq!(read.unwrap_err().fields.len(), listed);
    }
}

#[test]
fn mended_values_max() {
    // The document, its array and two members that are not known are values as well.
    for (values, listed) in [(MENDED_VALUES_MAX, 2), (MENDED_VALUES_MAX + 1, 1)] {
        let seats = vec![r#""a""#; values - 4].join(",");
        let body = format!(r#"{{"a":1,"b":1,"seats":[{seats}]}}"#);
        let document = parse(body.as_bytes()).unwrap();
        let first = document.decode::<wire::ReserveRequest>().unwrap_err();
        let found = mistakes::<wire::ReserveRequest>(&document.root, first);
        let unknown = found.errors.iter().filter(|error| error.message.contains("not a known"));
        assert_eq!(unknown.count(), listed);
    }
}
