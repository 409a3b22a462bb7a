//! The table of the contract against the entries; problems and pages as exact text.

use axum::http::{HeaderMap, HeaderValue, header};
use expect_test::{Expect, expect};
use wire::Retry;

use super::*;

/// The table of the contract.
const STATUSES: &[(u16, &str)] = &[
    (400, "INVALID_REQUEST INVALID_QUANTITY IDEMPOTENCY_KEY_REQUIRED IDEMPOTENCY_KEY_INVALID"),
    (401, "UNAUTHORIZED"),
    (402, "INSUFFICIENT_BALANCE PAYMENT_REQUIRED"),
    (403, "FORBIDDEN QUEUE_PASS_REQUIRED QUEUE_PASS_INVALID QUEUE_PASS_EXPIRED"),
    (404, "NOT_FOUND"),
    (405, "METHOD_NOT_ALLOWED"),
    (409, "INSUFFICIENT_SEATS SEAT_TAKEN ROOM_UNAVAILABLE MAX_TICKETS_EXCEEDED"),
    (409, "ALREADY_CONFIRMED ALREADY_RELEASED ALREADY_CANCELLED EXPIRED NOT_CONFIRMABLE"),
    (409, "PRICE_CHANGED DUPLICATE_RESERVATION ORDER_IN_PROGRESS REQUEST_IN_PROGRESS"),
    (409, "KEY_RETIRED SALES_CLOSED BELOW_TAKEN REFUND_EXCEEDS_PAYMENT"),
    (409, "PAYMENT_REFERENCE_USED CHECKOUT_EXPIRED ALREADY_RESOLVED TOO_MANY_ENDPOINTS"),
    (409, "ENDPOINT_DISABLED"),
    (413, "BODY_TOO_LARGE"),
    (415, "UNSUPPORTED_MEDIA_TYPE"),
    (422, "IDEMPOTENCY_KEY_REUSED OFFER_EXPIRED OFFER_UNAVAILABLE OFFER_ALREADY_BOOKED"),
    (422, "INVALID_PASSENGER INVALID_STAY"),
    (429, "TOO_MANY_REQUESTS"),
    (431, "HEADERS_TOO_LARGE"),
    (500, "INTERNAL_ERROR"),
    (501, "NOT_IMPLEMENTED"),
    (503, "SERVICE_UNAVAILABLE"),
];

/// What retryable means, and nothing else is.
const RETRYABLE: [Code; 4] =
    [Code::TooManyRequests, Code::InternalError, Code::ServiceUnavailable, Code::RequestInProgress];

#[test]
fn statuses_are_those_of_the_contract() {
    let table: Vec<_> = STATUSES
        .iter()
        .flat_map(|(status, names)| names.split(' ').map(|name| (name, *status)))
        .collect();
    let entries: Vec<_> =
        Code::ALL.iter().map(|code| (code.as_str(), entry(*code).status)).collect();
    assert_eq!(entries, table);
}

#[test]
fn retry_advice() {
    for &code in Code::ALL {
        let entry = entry(code);
        let retryable = RETRYABLE.contains(&code);
        assert_eq!(entry.retryable(), retryable, "{code}");
        assert_eq!(entry.retry == Retry::SameKey, retryable, "{code}");
        // A new key only after a decision: what was not decided leaves its key unused.
        if entry.retry == Retry::NewKey {
            assert!([402, 409, 422].contains(&entry.status), "{code}");
        }
    }
    let new_key: Vec<_> = Code::ALL
        .iter()
        .filter(|code| entry(**code).retry == Retry::NewKey)
        .map(|code| code.as_str())
        .collect();
    expect![[r#"
        INSUFFICIENT_BALANCE
        PAYMENT_REQUIRED
        INSUFFICIENT_SEATS
        SEAT_TAKEN
        ROOM_UNAVAILABLE
        MAX_TICKETS_EXCEEDED
        EXPIRED
        PRICE_CHANGED
        SALES_CLOSED
        BELOW_TAKEN
        REFUND_EXCEEDS_PAYMENT
        PAYMENT_REFERENCE_USED
        CHECKOUT_EXPIRED
        TOO_MANY_ENDPOINTS
        ENDPOINT_DISABLED
        OFFER_EXPIRED
        OFFER_UNAVAILABLE
        OFFER_ALREADY_BOOKED
        INVALID_PASSENGER
        INVALID_STAY"#]]
    .assert_eq(&new_key.join("\n"));
}

#[test]
fn every_entry_says_something() {
    for &code in Code::ALL {
        let Entry { title, action, tip, explanation, .. } = entry(code);
        let texts = [title, action, explanation, tip.unwrap_or("none")];
        for text in texts {
            assert!(!text.is_empty() && !text.contains("  ") && text.trim() == text, "{code}");
        }
        assert!(!title.ends_with('.'), "{code}");
        assert!(explanation.ends_with('.'), "{code}");
        let sentences = explanation.matches(". ").count() + 1;
        assert!((2..=4).contains(&sentences), "{code} has {sentences} sentences");
        assert_eq!(explanation.matches('`').count() % 2, 0, "{code}");
    }
}

/// The sample of the contract.
#[test]
fn a_problem() {
    let problem = ProblemBuilder::new(Code::InsufficientSeats)
        .detail("Zone A has 1 seat left, 2 were requested.")
        .field("quantity", "must be at most 1")
        .build("/api/v1/bookings/reserve", "req_01kh3v0h2efk9b6t4wq8m7x5ra");
    let text = String::from_utf8(to_bytes(&problem)).unwrap();
    expect![[r#"{"type":"/problems/insufficient-seats","title":"Insufficient seats","status":409,"detail":"Zone A has 1 seat left, 2 were requested.","instance":"/api/v1/bookings/reserve","success":false,"code":"INSUFFICIENT_SEATS","message":"Zone A has 1 seat left, 2 were requested.","action":"Show the zone as sold out and offer another one.","tip":null,"retryable":false,"request_id":"req_01kh3v0h2efk9b6t4wq8m7x5ra","error":{"code":"INSUFFICIENT_SEATS","message":"Zone A has 1 seat left, 2 were requested.","retryable":false,"retry":"new_key","retry_after":null,"action":"Show the zone as sold out and offer another one.","tip":null,"fields":[{"field":"quantity","message":"must be at most 1"}]}}"#]].assert_eq(&text);
}

#[test]
fn the_other_members() {
    #[track_caller]
    fn check(builder: ProblemBuilder, text: Expect) {
        let problem = builder.build("/v1/x", "req_1");
        text.assert_eq(&serde_json::to_string_pretty(&problem).unwrap());
        let bytes = to_bytes(&problem);
        assert_eq!(serde_json::from_slice::<Problem>(&bytes).unwrap(), problem);
        assert_eq!(bytes, serde_json::to_vec(&problem).unwrap(), "serde writes the same");
    }
    check(
        ProblemBuilder::rate_limited(2),
        expect![[r#"
        {
          "type": "/problems/too-many-requests",
          "title": "Too many requests",
          "status": 429,
          "detail": "Rate limit exceeded. Please retry after 2 second(s).",
          "instance": "/v1/x",
          "success": false,
          "code": "TOO_MANY_REQUESTS",
          "message": "Rate limit exceeded. Please retry after 2 second(s).",
          "action": "Wait for the seconds in Retry-After, then send the same request with the same key.",
          "tip": "X-RateLimit-Remaining shows how many requests are left before this happens.",
          "retryable": true,
          "request_id": "req_1",
          "error": {
            "code": "TOO_MANY_REQUESTS",
            "message": "Rate limit exceeded. Please retry after 2 second(s).",
            "retryable": true,
            "retry": "same_key",
            "retry_after": 2,
            "action": "Wait for the seconds in Retry-After, then send the same request with the same key.",
            "tip": "X-RateLimit-Remaining shows how many requests are left before this happens."
          }
        }"#]],
    );
    check(
        ProblemBuilder::new(Code::KeyRetired)
            .action("Read it.")
            .tip("It is old.")
            .extra("existing_id", "bkg_1")
            .extra("available", 3),
        expect![[r#"
            {
              "type": "/problems/key-retired",
              "title": "Idempotency key retired",
              "status": 409,
              "detail": "Idempotency key retired.",
              "instance": "/v1/x",
              "success": false,
              "code": "KEY_RETIRED",
              "message": "Idempotency key retired.",
              "action": "Read it.",
              "tip": "It is old.",
              "retryable": false,
              "request_id": "req_1",
              "error": {
                "code": "KEY_RETIRED",
                "message": "Idempotency key retired.",
                "retryable": false,
                "retry": "never",
                "retry_after": null,
                "action": "Read it.",
                "tip": "It is old."
              },
              "available": 3,
              "existing_id": "bkg_1"
            }"#]],
    );
}

#[test]
#[should_panic(expected = "status is a member of every problem")]
fn an_extra_member_takes_no_place() {
    drop(ProblemBuilder::new(Code::NotFound).extra("status", 200));
}

#[test]
fn no_member_is_missing_from_the_list() {
    let problem = ProblemBuilder::new(Code::NotFound).build("", "");
    let members = serde_json::to_value(&problem).unwrap();
    let names: Vec<_> = members.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, MEMBERS);
}

fn accept(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_str(value).unwrap())])
}

#[test]
fn browsers_get_html_and_programs_json() {
    let is_html = |headers: &HeaderMap| {
        page(Code::NotFound, headers, None).content_type == "text/html; charset=utf-8"
    };
    assert!(is_html(&accept("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")));
    assert!(is_html(&accept("application/json;q=0.5, Text/HTML;q=0.9")));
    for value in ["*/*", "application/json", "", "text/*", "text/html;q=0", "text/htmlx"] {
        assert!(!is_html(&accept(value)), "{value}");
    }
    assert!(!is_html(&HeaderMap::new()));
}

#[test]
fn every_page() {
    for &code in Code::ALL {
        let html = page(code, &accept("text/html"), None).body;
        assert!(html.contains(&format!("<h1>{}</h1>", entry(code).title)), "{code}");
        assert!(html.contains(&format!("<code>{code}</code>")), "{code}");
        assert!(!html.contains('`'), "{code}");
        let json = page(code, &HeaderMap::new(), None).body;
        let page: wire::ProblemPage = serde_json::from_str(&json).unwrap();
        assert_eq!((page.code, page.status), (code, entry(code).status));
    }
}

#[test]
fn a_page() {
    let json = page(Code::PaymentRequired, &HeaderMap::new(), None);
    assert_eq!(json.content_type, "application/json");
    expect![[r#"{"type":"/problems/payment-required","title":"Payment required","status":402,"code":"PAYMENT_REQUIRED","retryable":false,"retry":"new_key","action":"Send a payment with the confirmation.","tip":null,"explanation":"The booking has a price above zero and the confirmation names no payment; the hold stays as it is until its deadline. Send the method, and the reference of a payment that was taken elsewhere, with a new key. For example `{\"payment\": {\"method\": \"external\", \"reference\": \"pi_3Q9xyz\"}}`."}"#]].assert_eq(&json.body);

    let html = page(Code::PaymentRequired, &accept("text/html"), None).body;
    let (_, main) = html.split_once("<main>").unwrap();
    let (main, _) = main.split_once("</main>").unwrap();
    expect![[r#"


        <h1>Payment required</h1>
        <p><span class="status">402</span> <code>PAYMENT_REQUIRED</code></p>
        <h2>What it means</h2>
        <p>The booking has a price above zero and the confirmation names no payment; the hold stays as it is until its deadline. Send the method, and the reference of a payment that was taken elsewhere, with a new key. For example <code>{&#34;payment&#34;: {&#34;method&#34;: &#34;external&#34;, &#34;reference&#34;: &#34;pi_3Q9xyz&#34;}}</code>.</p>
        <h2>What to do</h2>
        <p>Send a payment with the confirmation.</p>
        <h2>Trying again</h2>
        <p>A new attempt is a new decision and needs a new idempotency key.</p>
        <p><a href="/problems">All problems</a></p>

        <footer>Bookonce · <a href="/">Home</a> · <a href="/docs">API reference</a></footer>
    "#]].assert_eq(main);
}
