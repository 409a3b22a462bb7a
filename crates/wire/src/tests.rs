//! One sample of every shape as the exact text that crosses the network, there and back; and
//! requests with a member that nobody knows.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::{
    ActivityEvent, Availability, Booking, BookingStatus, CancelRequest, Code, ConfirmRequest,
    CreateCustomerTokenRequest, CreateEventRequest, CreateZoneRequest, CustomerToken, Event,
    FieldProblem, KeyRecord, KeyStatus, List, Patch, PaymentMethod, PaymentRequest, PaymentStatus,
    PolicyStep, Problem, ProblemError, ProblemPage, ReserveRequest, Retry, Seat, SeatStatus,
    TimelineEntry, TimelineKind, UpdateEventRequest, UpdateZoneRequest, UserAllowance, Zone,
};
use expect_test::{Expect, expect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const NOON: &str = "2026-02-15T12:00:00.000Z";

/// The value is written as this text and read back from it as the same value.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, text: Expect) {
    let written = serde_json::to_string(value).unwrap();
    text.assert_eq(&written);
    assert_eq!(&serde_json::from_str::<T>(&written).unwrap(), value);
}

/// As [`check`]; and the same request with one member more is refused, at every depth.
#[track_caller]
fn check_request<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, text: Expect) {
    check(value, text);
    for surprised in with_surprises(&serde_json::to_value(value).unwrap()) {
        let refusal = serde_json::from_value::<T>(surprised.clone()).unwrap_err().to_string();
        assert!(refusal.contains("unknown field `surprise`"), "{surprised}: {refusal}");
    }
}

/// The document with a member added, once for every object in it.
fn with_surprises(document: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match document {
        Value::Object(members) => {
            let mut more = members.clone();
            more.insert("surprise".to_owned(), json!(1));
            all.push(Value::Object(more));
            for (name, value) in members {
                for inner in with_surprises(value) {
                    let mut outer = members.clone();
                    outer.insert(name.clone(), inner);
                    all.push(Value::Object(outer));
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                for inner in with_surprises(item) {
                    let mut outer = items.clone();
                    outer[index] = inner;
                    all.push(Value::Array(outer));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all
}

/// Why the text is not a `T`.
#[track_caller]
fn refused<T: DeserializeOwned + Debug>(text: &str, why: Expect) {
    why.assert_eq(&serde_json::from_str::<T>(text).unwrap_err().to_string());
}

fn create_event() -> CreateEventRequest {
    CreateEventRequest {
        name: "Proms".to_owned(),
        starts_at: NOON.to_owned(),
        currency: "USD".to_owned(),
        max_per_user: Some(4),
        hold_seconds: Some(600),
        sales_open_at: Some(NOON.to_owned()),
        sales_close_at: Some(NOON.to_owned()),
        cancellation_policy: Some(vec![PolicyStep { days_before: 7, refund_percent: 50 }]),
        zones: vec![CreateZoneRequest {
            name: "Stalls".to_owned(),
            capacity: 2,
            price: "49.90".to_owned(),
            seats: Some(vec!["A1".to_owned(), "A2".to_owned()]),
        }],
    }
}

fn zone() -> Zone {
    Zone {
        id: "zon_1".to_owned(),
        event_id: "evt_1".to_owned(),
        name: "Stalls".to_owned(),
        capacity: 2,
        price: "49.90".to_owned(),
        currency: "USD".to_owned(),
        numbered: true,
    }
}

fn booking() -> Booking {
    Booking {
        id: "bkg_1".to_owned(),
        booking_id: "bkg_1".to_owned(),
        status: BookingStatus::Reserved,
        event_id: "evt_1".to_owned(),
        zone_id: "zon_1".to_owned(),
        user_id: "user-42".to_owned(),
        quantity: 2,
        seats: None,
        total_amount: "99.80".to_owned(),
        total_currency: "USD".to_owned(),
        confirmation_code: None,
        payment_id: None,
        payment_status: None,
        refunded_amount: None,
        refund_pending_amount: None,
        cancel_reason: None,
        expires_at: Some(NOON.to_owned()),
        created_at: NOON.to_owned(),
        confirmed_at: None,
        ended_at: None,
    }
}

#[test]
fn requests_about_events() {
    check_request(
        &create_event(),
        expect![[
            r#"{"name":"Proms","starts_at":"2026-02-15T12:00:00.000Z","currency":"USD","max_per_user":4,"hold_seconds":600,"sales_open_at":"2026-02-15T12:00:00.000Z","sales_close_at":"2026-02-15T12:00:00.000Z","cancellation_policy":[{"days_before":7,"refund_percent":50}],"zones":[{"name":"Stalls","capacity":2,"price":"49.90","seats":["A1","A2"]}]}"#
        ]],
    );
    check_request(
        &CreateEventRequest {
            max_per_user: None,
            hold_seconds: None,
            sales_open_at: None,
            sales_close_at: None,
            cancellation_policy: None,
            zones: Vec::new(),
            ..create_event()
        },
        expect![[
            r#"{"name":"Proms","starts_at":"2026-02-15T12:00:00.000Z","currency":"USD","zones":[]}"#
        ]],
    );
    check_request(
        &UpdateEventRequest {
            name: Some("Proms".to_owned()),
            starts_at: Some(NOON.to_owned()),
            max_per_user: Some(4),
            hold_seconds: Some(600),
            sales_open_at: Patch::Null,
            sales_close_at: Patch::Value(NOON.to_owned()),
            cancellation_policy: Some(Vec::new()),
        },
        expect![[
            r#"{"name":"Proms","starts_at":"2026-02-15T12:00:00.000Z","max_per_user":4,"hold_seconds":600,"sales_open_at":null,"sales_close_at":"2026-02-15T12:00:00.000Z","cancellation_policy":[]}"#
        ]],
    );
    check_request(&UpdateEventRequest::default(), expect!["{}"]);
    check_request(
        &UpdateZoneRequest {
            name: Some("Stalls".to_owned()),
            capacity: Some(3),
            price: Some("0".to_owned()),
        },
        expect![[r#"{"name":"Stalls","capacity":3,"price":"0"}"#]],
    );
}

#[test]
fn requests_about_bookings() {
    check_request(
        &ReserveRequest {
            event_id: "evt_1".to_owned(),
            zone_id: "zon_1".to_owned(),
            quantity: Some(2),
            seats: Some(vec!["A1".to_owned()]),
            user_id: Some("user-42".to_owned()),
            expected_amount: Some("99.80".to_owned()),
            best_available: Some(true),
        },
        expect![[
            r#"{"event_id":"evt_1","zone_id":"zon_1","quantity":2,"seats":["A1"],"user_id":"user-42","expected_amount":"99.80","best_available":true}"#
        ]],
    );
    check_request(
        &ConfirmRequest {
            payment: Some(PaymentRequest {
                method: PaymentMethod::External,
                reference: Some("pi_1".to_owned()),
            }),
        },
        expect![[r#"{"payment":{"method":"external","reference":"pi_1"}}"#]],
    );
    check_request(&ConfirmRequest::default(), expect!["{}"]);
    check_request(
        &CancelRequest { reason: Some("ill".to_owned()), refund: Some(false) },
        expect![[r#"{"reason":"ill","refund":false}"#]],
    );
    check_request(
        &CreateCustomerTokenRequest { user_id: "user-42".to_owned(), expires_in: Some(3600) },
        expect![[r#"{"user_id":"user-42","expires_in":3600}"#]],
    );
}

#[test]
fn tickets() {
    let event = Event {
        id: "evt_1".to_owned(),
        name: "Proms".to_owned(),
        starts_at: NOON.to_owned(),
        currency: "USD".to_owned(),
        max_per_user: 4,
        hold_seconds: 600,
        sales_open_at: None,
        sales_close_at: None,
        cancellation_policy: vec![PolicyStep { days_before: 0, refund_percent: 100 }],
        zones: vec![zone()],
        created_at: NOON.to_owned(),
    };
    check(
        &event,
        expect![[
            r#"{"id":"evt_1","name":"Proms","starts_at":"2026-02-15T12:00:00.000Z","currency":"USD","max_per_user":4,"hold_seconds":600,"sales_open_at":null,"sales_close_at":null,"cancellation_policy":[{"days_before":0,"refund_percent":100}],"zones":[{"id":"zon_1","event_id":"evt_1","name":"Stalls","capacity":2,"price":"49.90","currency":"USD","numbered":true}],"created_at":"2026-02-15T12:00:00.000Z"}"#
        ]],
    );
    let as_of = NOON.to_owned();
    check(
        &Availability { available: 3, held: 2, sold: 1, capacity: 6, as_of },
        expect![[
            r#"{"available":3,"held":2,"sold":1,"capacity":6,"as_of":"2026-02-15T12:00:00.000Z"}"#
        ]],
    );
    check(
        &Seat { label: "A1".to_owned(), status: SeatStatus::Held },
        expect![[r#"{"label":"A1","status":"held"}"#]],
    );
    check(
        &UserAllowance { booked_count: 1, max_allowed: 4, remaining_slots: 3 },
        expect![[r#"{"booked_count":1,"max_allowed":4,"remaining_slots":3}"#]],
    );
}

#[test]
fn bookings() {
    check(
        &booking(),
        expect![[
            r#"{"id":"bkg_1","booking_id":"bkg_1","status":"reserved","event_id":"evt_1","zone_id":"zon_1","user_id":"user-42","quantity":2,"seats":null,"total_amount":"99.80","total_currency":"USD","confirmation_code":null,"payment_id":null,"payment_status":null,"refunded_amount":null,"refund_pending_amount":null,"cancel_reason":null,"expires_at":"2026-02-15T12:00:00.000Z","created_at":"2026-02-15T12:00:00.000Z","confirmed_at":null,"ended_at":null}"#
        ]],
    );
    let cancelled = Booking {
        status: BookingStatus::Cancelled,
        seats: Some(vec!["A1".to_owned(), "A2".to_owned()]),
        confirmation_code: Some("K7QF3M".to_owned()),
        payment_id: Some("pay_1".to_owned()),
        payment_status: Some(PaymentStatus::PartiallyRefunded),
        refunded_amount: Some("49.90".to_owned()),
        refund_pending_amount: Some("0.00".to_owned()),
        cancel_reason: Some("ill".to_owned()),
        expires_at: None,
        confirmed_at: Some(NOON.to_owned()),
        ended_at: Some(NOON.to_owned()),
        ..booking()
    };
    check(
        &cancelled,
        expect![[
            r#"{"id":"bkg_1","booking_id":"bkg_1","status":"cancelled","event_id":"evt_1","zone_id":"zon_1","user_id":"user-42","quantity":2,"seats":["A1","A2"],"total_amount":"99.80","total_currency":"USD","confirmation_code":"K7QF3M","payment_id":"pay_1","payment_status":"partially_refunded","refunded_amount":"49.90","refund_pending_amount":"0.00","cancel_reason":"ill","expires_at":null,"created_at":"2026-02-15T12:00:00.000Z","confirmed_at":"2026-02-15T12:00:00.000Z","ended_at":"2026-02-15T12:00:00.000Z"}"#
        ]],
    );
    check(
        &List { data: vec![booking()], next: None },
        expect![[
            r#"{"data":[{"id":"bkg_1","booking_id":"bkg_1","status":"reserved","event_id":"evt_1","zone_id":"zon_1","user_id":"user-42","quantity":2,"seats":null,"total_amount":"99.80","total_currency":"USD","confirmation_code":null,"payment_id":null,"payment_status":null,"refunded_amount":null,"refund_pending_amount":null,"cancel_reason":null,"expires_at":"2026-02-15T12:00:00.000Z","created_at":"2026-02-15T12:00:00.000Z","confirmed_at":null,"ended_at":null}],"next":null}"#
        ]],
    );
    check(
        &TimelineEntry {
            at: NOON.to_owned(),
            kind: TimelineKind::Decision,
            summary: "Reserved.".to_owned(),
            request_id: Some("req_1".to_owned()),
            actor: None,
            data: json!({"attempt": 2}),
        },
        expect![[
            r#"{"at":"2026-02-15T12:00:00.000Z","kind":"decision","summary":"Reserved.","request_id":"req_1","actor":null,"data":{"attempt":2}}"#
        ]],
    );
}

#[test]
fn around_bookings() {
    check(
        &ActivityEvent {
            id: "msg_1".to_owned(),
            kind: "booking.reserved".to_owned(),
            schema_version: 2,
            livemode: true,
            created_at: NOON.to_owned(),
            position: 7,
            resource_id: "bkg_1".to_owned(),
            resource_seq: 1,
            data: json!({"id": "bkg_1"}),
        },
        expect![[
            r#"{"id":"msg_1","type":"booking.reserved","schema_version":2,"livemode":true,"created_at":"2026-02-15T12:00:00.000Z","position":7,"resource_id":"bkg_1","resource_seq":1,"data":{"id":"bkg_1"}}"#
        ]],
    );
    check(
        &KeyRecord {
            key: "order-1041".to_owned(),
            status: KeyStatus::InProgress,
            method: Some("POST".to_owned()),
            path: Some("/v1/bookings/reserve".to_owned()),
            resource_id: None,
            response_status: None,
            attempts: 2,
            first_seen_at: NOON.to_owned(),
            last_seen_at: NOON.to_owned(),
        },
        expect![[
            r#"{"key":"order-1041","status":"in_progress","method":"POST","path":"/v1/bookings/reserve","resource_id":null,"response_status":null,"attempts":2,"first_seen_at":"2026-02-15T12:00:00.000Z","last_seen_at":"2026-02-15T12:00:00.000Z"}"#
        ]],
    );
    let token = CustomerToken {
        token: Some("eyJ".to_owned()),
        token_type: "Bearer".to_owned(),
        user_id: "user-42".to_owned(),
        expires_at: NOON.to_owned(),
        note: None,
    };
    check(
        &token,
        expect![[
            r#"{"token":"eyJ","token_type":"Bearer","user_id":"user-42","expires_at":"2026-02-15T12:00:00.000Z"}"#
        ]],
    );
    let note = Some("The token is shown once.".to_owned());
    check(
        &CustomerToken { token: None, note, ..token },
        expect![[
            r#"{"token":null,"token_type":"Bearer","user_id":"user-42","expires_at":"2026-02-15T12:00:00.000Z","note":"The token is shown once."}"#
        ]],
    );
}

#[test]
fn problems() {
    let error = ProblemError {
        code: "BELOW_TAKEN".into(),
        message: "7 are taken.".to_owned(),
        retryable: false,
        retry: Retry::NewKey,
        retry_after: None,
        action: "Ask for more.".into(),
        tip: None,
        fields: Vec::new(),
    };
    let problem = Problem {
        kind: "/problems/below-taken".into(),
        title: "Below what is taken".into(),
        status: 409,
        detail: "7 are taken.".to_owned(),
        instance: "/v1/events".to_owned(),
        success: false,
        code: "BELOW_TAKEN".into(),
        message: "7 are taken.".to_owned(),
        action: "Ask for more.".into(),
        tip: None,
        retryable: false,
        request_id: "req_1".to_owned(),
        error: error.clone(),
        extra: BTreeMap::new(),
    };
    check(
        &problem,
        expect![[
            r#"{"type":"/problems/below-taken","title":"Below what is taken","status":409,"detail":"7 are taken.","instance":"/v1/events","success":false,"code":"BELOW_TAKEN","message":"7 are taken.","action":"Ask for more.","tip":null,"retryable":false,"request_id":"req_1","error":{"code":"BELOW_TAKEN","message":"7 are taken.","retryable":false,"retry":"new_key","retry_after":null,"action":"Ask for more.","tip":null}}"#
        ]],
    );
    assert_eq!(problem.known_code(), Some(Code::BelowTaken));

    let field = FieldProblem { field: "capacity".to_owned(), message: "is too small".to_owned() };
    let rich = Problem {
        code: "SOMETHING_NEWER".into(),
        error: ProblemError { retry_after: Some(2), fields: vec![field], ..error },
        extra: BTreeMap::from([("taken".to_owned(), json!(7))]),
        ..problem
    };
    check(
        &rich,
        expect![[
            r#"{"type":"/problems/below-taken","title":"Below what is taken","status":409,"detail":"7 are taken.","instance":"/v1/events","success":false,"code":"SOMETHING_NEWER","message":"7 are taken.","action":"Ask for more.","tip":null,"retryable":false,"request_id":"req_1","error":{"code":"BELOW_TAKEN","message":"7 are taken.","retryable":false,"retry":"new_key","retry_after":2,"action":"Ask for more.","tip":null,"fields":[{"field":"capacity","message":"is too small"}]},"taken":7}"#
        ]],
    );
    assert_eq!(rich.known_code(), None);

    check(
        &ProblemPage {
            kind: "/problems/below-taken".to_owned(),
            title: "Below what is taken".to_owned(),
            status: 409,
            code: Code::BelowTaken,
            retryable: false,
            retry: Retry::NewKey,
            action: "Ask for more.".to_owned(),
            tip: None,
            explanation: "It happens.".to_owned(),
        },
        expect![[
            r#"{"type":"/problems/below-taken","title":"Below what is taken","status":409,"code":"BELOW_TAKEN","retryable":false,"retry":"new_key","action":"Ask for more.","tip":null,"explanation":"It happens."}"#
        ]],
    );
}

#[test]
fn words() {
    check(
        &[BookingStatus::Released, BookingStatus::Expired, BookingStatus::Confirmed],
        expect![[r#"["released","expired","confirmed"]"#]],
    );
    check(
        &[
            PaymentStatus::Authorized,
            PaymentStatus::Captured,
            PaymentStatus::Reversed,
            PaymentStatus::Refunded,
            PaymentStatus::RefundPending,
        ],
        expect![[r#"["authorized","captured","reversed","refunded","refund_pending"]"#]],
    );
    check(&[SeatStatus::Available, SeatStatus::Sold], expect![[r#"["available","sold"]"#]]);
    check(&[KeyStatus::Completed, KeyStatus::Retired], expect![[r#"["completed","retired"]"#]]);
    check(&[Retry::Never, Retry::SameKey], expect![[r#"["never","same_key"]"#]]);
    check(&PaymentMethod::Wallet, expect![[r#""wallet""#]]);
    check(
        &[
            TimelineKind::Attempt,
            TimelineKind::Payment,
            TimelineKind::Event,
            TimelineKind::Delivery,
            TimelineKind::Supplier,
            TimelineKind::Notice,
        ],
        expect![[r#"["attempt","payment","event","delivery","supplier","notice"]"#]],
    );
}

#[test]
fn a_patch_tells_absent_from_null() {
    let read = |text| serde_json::from_str::<UpdateEventRequest>(text).unwrap().sales_open_at;
    assert_eq!(read("{}").into_change(), None);
    assert_eq!(read(r#"{"sales_open_at":null}"#).into_change(), Some(None));
    assert_eq!(read(r#"{"sales_open_at":"x"}"#).into_change(), Some(Some("x".to_owned())));
    // What cannot be taken away cannot be null.
    refused::<UpdateEventRequest>(
        r#"{"name":null}"#,
        expect!["invalid type: null, expected a string at line 1 column 12"],
    );
    refused::<UpdateZoneRequest>(
        r#"{"capacity":null}"#,
        expect!["invalid type: null, expected i64 at line 1 column 16"],
    );
}

#[test]
fn numbers_are_whole_and_unlimited() {
    let read = |quantity: &str| {
        let text = format!(r#"{{"event_id":"e","zone_id":"z","quantity":{quantity}}}"#);
        serde_json::from_str::<ReserveRequest>(&text).map(|reserve| reserve.quantity)
    };
    assert_eq!(read("-5").unwrap(), Some(-5));
    assert_eq!(read("9223372036854775807").unwrap(), Some(i64::MAX));
    assert_eq!(read("null").unwrap(), None);
    for quantity in ["1.5", "1.0", "\"2\"", "true", "9223372036854775808", "1e2"] {
        read(quantity).unwrap_err();
    }
}
