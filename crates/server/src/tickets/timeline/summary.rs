//! What happened to a booking, in a line for people. It is made when it is read, out of what subscribers were told, so
//! that entries of earlier releases read the same. Instants are UTC: events have no time zone.

use domain::activity::ActivityKind;
use serde_json::Value;

/// Where the date of an instant ends, as in `2026-02-15T09:10:00.000Z`.
const DATE_CHARS: usize = 10;
/// Where its minute ends.
const MINUTE_CHARS: usize = 16;
/// Where its second ends.
const SECOND_CHARS: usize = 19;

/// What an entry with these `data` says; its type where it is about something else. What an entry of an earlier release does
/// not have is left out.
pub(super) fn summary(kind: ActivityKind, data: &Value) -> String {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "other things are not in a booking's timeline"
    )]
    match kind {
        ActivityKind::BookingReserved => format!("{} reserved{}", tickets(data), until(data)),
        ActivityKind::BookingConfirmed => {
            let price = money(data, &["total_amount"], "total_currency");
            let price = price.map(|price| format!(" for {price}")).unwrap_or_default();
            format!("Booking of {} confirmed{price}", tickets(data))
        }
        ActivityKind::BookingReleased => format!("Reservation of {} released", tickets(data)),
        ActivityKind::BookingExpired => format!("Reservation of {} expired", tickets(data)),
        ActivityKind::BookingCancelled => format!("Booking of {} cancelled", tickets(data)),
        ActivityKind::PaymentCaptured => sum("Payment", data, &["amount", "total_amount"], "taken"),
        // So releases before there was a type for it called a refund that was still to be carried out.
        ActivityKind::PaymentRefunded if text(data, "status") == Some("refund_pending") => {
            sum("Refund", data, &["refund_pending_amount", "refunded_amount"], "requested")
        }
        ActivityKind::PaymentRefundPending => {
            sum("Refund", data, &["refund_pending_amount"], "requested")
        }
        ActivityKind::PaymentRefunded => sum("Refund", data, &["refunded_amount"], "carried out"),
        other => other.as_str().to_owned(),
    }
}

/// What a request is said to have been, that came so often with one key.
pub(super) fn attempts(request: &str, times: u32) -> String {
    match times {
        0 | 1 => format!("{request} sent once"),
        2 => format!("{request} sent twice with the same idempotency key"),
        times => format!("{request} sent {times} times with the same idempotency key"),
    }
}

fn tickets(data: &Value) -> String {
    match data.get("quantity").and_then(Value::as_i64) {
        Some(1) => "1 ticket".to_owned(),
        Some(quantity) => format!("{quantity} tickets"),
        None => "tickets".to_owned(),
    }
}

/// Until when a hold lasts: the time of the day, and the day where that is another than the hold's own.
fn until(data: &Value) -> String {
    let Some(at) = text(data, "expires_at") else { return String::new() };
    let is_full_minute = at.get(MINUTE_CHARS..SECOND_CHARS) == Some(":00");
    let end = if is_full_minute { MINUTE_CHARS } else { SECOND_CHARS };
    let (Some(date), Some(time)) = (at.get(..DATE_CHARS), at.get(DATE_CHARS + 1..end)) else {
        return String::new();
    };
    let begun = text(data, "created_at").and_then(|begun| begun.get(..DATE_CHARS));
    if begun.is_none_or(|begun| begun == date) {
        format!(" until {time} UTC")
    } else {
        format!(" until {date} {time} UTC")
    }
}

fn sum(what: &str, data: &Value, amounts: &[&str], done: &str) -> String {
    let money = money(data, amounts, "currency").or_else(|| money(data, amounts, "total_currency"));
    let of = money.map(|money| format!(" of {money}")).unwrap_or_default();
    format!("{what}{of} {done}")
}

/// The first of the amounts that is there, with its currency.
fn money(data: &Value, amounts: &[&str], currency: &str) -> Option<String> {
    let amount = amounts.iter().find_map(|name| text(data, name))?;
    Some(format!("{amount} {}", text(data, currency)?))
}

fn text<'a>(data: &'a Value, name: &str) -> Option<&'a str> {
    data.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(entries: &[(ActivityKind, Value)], expected: Expect) {
        let lines = entries.iter().map(|(kind, data)| summary(*kind, data) + "\n");
        expected.assert_eq(&lines.collect::<String>());
    }

    fn booking(quantity: i64, expires_at: &str) -> Value {
        json!({
            "quantity": quantity, "total_amount": "99.80", "total_currency": "USD",
            "created_at": "2026-02-15T09:00:00.000Z", "expires_at": expires_at,
        })
    }

    fn payment(status: &str) -> Value {
        json!({
            "status": status, "amount": "99.80", "currency": "USD", "refunded_amount": "49.90",
            "refund_pending_amount": "20.00",
        })
    }

    #[test]
    fn a_booking_from_its_hold_to_its_end() {
        let at = "2026-02-15T09:10:00.000Z";
        check(
            &[
                (ActivityKind::BookingReserved, booking(2, at)),
                (ActivityKind::BookingReserved, booking(1, "2026-02-15T09:00:01.500Z")),
                (ActivityKind::BookingReserved, booking(1_000, "2026-02-16T00:05:00.000Z")),
                (ActivityKind::BookingConfirmed, booking(2, at)),
                (ActivityKind::BookingConfirmed, booking(1, at)),
                (ActivityKind::BookingReleased, booking(2, at)),
                (ActivityKind::BookingReleased, booking(1, at)),
                (ActivityKind::BookingExpired, booking(2, at)),
                (ActivityKind::BookingExpired, booking(1, at)),
                (ActivityKind::BookingCancelled, booking(2, at)),
                (ActivityKind::BookingCancelled, booking(1, at)),
            ],
            expect![[r#"
                2 tickets reserved until 09:10 UTC
                1 ticket reserved until 09:00:01 UTC
                1000 tickets reserved until 2026-02-16 00:05 UTC
                Booking of 2 tickets confirmed for 99.80 USD
                Booking of 1 ticket confirmed for 99.80 USD
                Reservation of 2 tickets released
                Reservation of 1 ticket released
                Reservation of 2 tickets expired
                Reservation of 1 ticket expired
                Booking of 2 tickets cancelled
                Booking of 1 ticket cancelled
            "#]],
        );
    }

    #[test]
    fn money_there_and_back() {
        check(
            &[
                (ActivityKind::PaymentCaptured, payment("captured")),
                (ActivityKind::PaymentRefundPending, payment("refund_pending")),
                (ActivityKind::PaymentRefunded, payment("refunded")),
            ],
            expect![[r#"
                Payment of 99.80 USD taken
                Refund of 20.00 USD requested
                Refund of 49.90 USD carried out
            "#]],
        );
    }

    #[test]
    fn what_an_earlier_release_did_not_tell_is_left_out() {
        let pending = json!({
            "status": "refund_pending", "refunded_amount": "49.90", "total_currency": "USD",
        });
        check(
            &[
                (ActivityKind::PaymentRefunded, pending),
                (ActivityKind::PaymentCaptured, json!({})),
                (ActivityKind::BookingReserved, json!({"expires_at": "soon", "quantity": null})),
                (ActivityKind::BookingConfirmed, json!({"total_amount": "1.00"})),
                (ActivityKind::BookingCancelled, Value::Null),
            ],
            expect![[r#"
                Refund of 49.90 USD requested
                Payment taken
                tickets reserved
                Booking of tickets confirmed
                Booking of tickets cancelled
            "#]],
        );
    }

    #[test]
    fn attempts_are_counted() {
        let told: Vec<_> = [1, 2, 3].map(|times| attempts("A request", times)).into();
        assert_eq!(
            told,
            [
                "A request sent once",
                "A request sent twice with the same idempotency key",
                "A request sent 3 times with the same idempotency key",
            ]
        );
    }
}
