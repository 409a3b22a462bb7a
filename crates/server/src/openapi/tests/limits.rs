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
        ("CreateEvent.max_per_user", MAX_PER_USER),
        ("CreateEvent.hold_seconds", HOLD_SECONDS),
        ("UpdateEvent.max_per_user", MAX_PER_USER),
        ("UpdateEvent.hold_seconds", HOLD_SECONDS),
        ("CreateZone.capacity", CAPACITY),
        ("UpdateZone.capacity", CAPACITY),
        ("PolicyStep.days_before", POLICY_DAYS),
        ("PolicyStep.refund_percent", REFUND_PERCENT),
        ("Reserve.quantity", QUANTITY),
        ("CreateCustomerToken.expires_in", TOKEN_SECONDS),
    ];
    for (field, Bounds { min, max }) in fields {
        check(&document, field, &[("minimum", min.into()), ("maximum", max.into())]);
    }
    check(&document, "CreateEvent.max_per_user", &[("default", MAX_PER_USER_DEFAULT.into())]);
    check(&document, "CreateEvent.hold_seconds", &[("default", HOLD_SECONDS_DEFAULT.into())]);
    let token_seconds = TOKEN_SECONDS_DEFAULT.into();
    check(&document, "CreateCustomerToken.expires_in", &[("default", token_seconds)]);
}

#[test]
fn texts_have_their_lengths() {
    let document = document();
    let fields = [
        ("CreateEvent.name", NAME_CHARS_MAX),
        ("UpdateEvent.name", NAME_CHARS_MAX),
        ("CreateZone.name", NAME_CHARS_MAX),
        ("UpdateZone.name", NAME_CHARS_MAX),
        ("Reserve.user_id", USER_ID_CHARS_MAX),
        ("CreateCustomerToken.user_id", USER_ID_CHARS_MAX),
        ("PaymentRequest.reference", PAYMENT_REFERENCE_CHARS_MAX),
        ("Cancel.reason", REASON_CHARS_MAX),
        ("KeyRecord.key", IDEMPOTENCY_KEY_CHARS_MAX),
    ];
    for (field, max) in fields {
        check(&document, field, &[("minLength", 1), ("maxLength", max as u64)]);
    }
}

#[test]
fn lists_have_their_lengths() {
    let document = document();
    check(&document, "CreateEvent.zones", &[("minItems", 1), ("maxItems", ZONES_MAX.into())]);
    check(&document, "CreateZone.seats", &[("minItems", 1), ("maxItems", SEATS_MAX.into())]);
    check(&document, "Reserve.seats", &[("minItems", 1), ("maxItems", QUANTITY_MAX.into())]);
    for field in ["CreateEvent.cancellation_policy", "UpdateEvent.cancellation_policy"] {
        check(&document, field, &[("maxItems", POLICY_STEPS_MAX as u64)]);
    }
}
