//! The numbers in the document against the limits that are checked.

use domain::limits::{
    Bounds, CAPACITY, HOLD_SECONDS, HOLD_SECONDS_DEFAULT, MAX_PER_USER, MAX_PER_USER_DEFAULT,
    NAME_CHARS_MAX, PAYMENT_REFERENCE_CHARS_MAX, POLICY_DAYS, POLICY_STEPS_MAX, QUANTITY,
    QUANTITY_MAX, REASON_CHARS_MAX, REFUND_PERCENT, SEATS_MAX, TOKEN_SECONDS,
    TOKEN_SECONDS_DEFAULT, USER_ID_CHARS_MAX, ZONES_MAX,
};
use serde_json::Value;

use super::document;
use crate::key_header::IDEMPOTENCY_KEY_CHARS_MAX;

#[track_caller]
fn check(document: &Value, field: &str, limits: &[(&str, u64)]) {
    let (schema, name) = field.split_once('.').unwrap();
    let field = &document["components"]["schemas"][schema]["properties"][name];
    assert!(field.is_object(), "{schema}.{name} is not there");
    for (keyword, limit) in limits {
        assert_eq!(field[keyword], *limit, "{schema}.{name}: {keyword}");
    }
}

#[test]
fn numbers_have_their_bounds() {
    let document = document();
    let fields: [(&str, Bounds); 10] = [
        ("CreateEventRequest.max_per_user", MAX_PER_USER),
        ("CreateEventRequest.hold_seconds", HOLD_SECONDS),
        ("UpdateEventRequest.max_per_user", MAX_PER_USER),
        ("UpdateEventRequest.hold_seconds", HOLD_SECONDS),
        ("CreateZoneRequest.capacity", CAPACITY),
        ("UpdateZoneRequest.capacity", CAPACITY),
        ("PolicyStep.days_before", POLICY_DAYS),
        ("PolicyStep.refund_percent", REFUND_PERCENT),
        ("ReserveRequest.quantity", QUANTITY),
        ("CreateCustomerTokenRequest.expires_in", TOKEN_SECONDS),
    ];
    for (field, Bounds { min, max }) in fields {
        check(&document, field, &[("minimum", min.into()), ("maximum", max.into())]);
    }
    let defaults: [(&str, String); 3] = [
        ("CreateEventRequest.max_per_user", MAX_PER_USER_DEFAULT.to_string()),
        ("CreateEventRequest.hold_seconds", HOLD_SECONDS_DEFAULT.to_string()),
        ("CreateCustomerTokenRequest.expires_in", TOKEN_SECONDS_DEFAULT.to_string()),
    ];
    // In words only: generators take the keyword `default` of a request for a field that is always there.
    for (field, default) in defaults {
        let (schema, name) = field.split_once('.').unwrap();
        let field = &document["components"]["schemas"][schema]["properties"][name];
        let about = field["description"].as_str().unwrap();
        assert!(about.contains(&format!("({default} unless given)")), "{schema}.{name}: {about}");
        assert!(field["default"].is_null(), "{schema}.{name}");
    }
}

#[test]
fn texts_have_their_lengths() {
    let document = document();
    let fields = [
        ("CreateEventRequest.name", NAME_CHARS_MAX),
        ("UpdateEventRequest.name", NAME_CHARS_MAX),
        ("CreateZoneRequest.name", NAME_CHARS_MAX),
        ("UpdateZoneRequest.name", NAME_CHARS_MAX),
        ("ReserveRequest.user_id", USER_ID_CHARS_MAX),
        ("CreateCustomerTokenRequest.user_id", USER_ID_CHARS_MAX),
        ("PaymentRequest.reference", PAYMENT_REFERENCE_CHARS_MAX),
        ("CancelRequest.reason", REASON_CHARS_MAX),
        ("KeyRecord.key", IDEMPOTENCY_KEY_CHARS_MAX),
    ];
    for (field, max) in fields {
        check(&document, field, &[("minLength", 1), ("maxLength", max as u64)]);
    }
}

#[test]
fn lists_have_their_lengths() {
    let document = document();
    check(
        &document,
        "CreateEventRequest.zones",
        &[("minItems", 1), ("maxItems", ZONES_MAX.into())],
    );
    check(&document, "CreateZoneRequest.seats", &[("minItems", 1), ("maxItems", SEATS_MAX.into())]);
    check(&document, "ReserveRequest.seats", &[("minItems", 1), ("maxItems", QUANTITY_MAX.into())]);
    for field in
        ["CreateEventRequest.cancellation_policy", "UpdateEventRequest.cancellation_policy"]
    {
        check(&document, field, &[("maxItems", POLICY_STEPS_MAX as u64)]);
    }
}
