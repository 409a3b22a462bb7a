//! Every limit by its name: at the limit, and one beyond.

use domain::intent::is_text;
use domain::limits::*;
use domain::money::{Currency, Money};
use domain::policy::{Term, Terms};
use domain::tickets::intent::{NewZone, SeatsError};
use domain::time::DAY_MS;
use domain::{Keys, Timestamp, World};
use expect_test::expect;

use crate::runner::{Runner, check};

#[test]
fn numbers_stay_within_their_bounds() {
    let all = [
        ("CAPACITY", CAPACITY, 1, CAPACITY_MAX),
        ("MAX_PER_USER", MAX_PER_USER, 1, MAX_PER_USER_MAX),
        ("HOLD_SECONDS", HOLD_SECONDS, 1, HOLD_SECONDS_MAX),
        ("QUANTITY", QUANTITY, 1, QUANTITY_MAX),
        ("ZONES", ZONES, 1, ZONES_MAX),
        ("SEATS", SEATS, 1, SEATS_MAX),
        ("POLICY_DAYS", POLICY_DAYS, 0, POLICY_DAYS_MAX),
        ("REFUND_PERCENT", REFUND_PERCENT, 0, REFUND_PERCENT_MAX),
        ("TOKEN_SECONDS", TOKEN_SECONDS, 60, TOKEN_SECONDS_MAX),
    ];
    let mut text = String::new();
    for (name, bounds, min, max) in all {
        assert_eq!(bounds, Bounds { min, max });
        let (low, high) = (i64::from(min), i64::from(max));
        for outside in [i64::MIN, -1 - high, low - 1, high + 1, 1 << 32, i64::MAX] {
            assert_eq!(bounds.check(outside), Err(OutOfBounds(bounds)), "{name} {outside}");
        }
        assert_eq!(bounds.check(low), Ok(min), "{name}");
        assert_eq!(bounds.check(high), Ok(max), "{name}");
        text += &format!("{name} {}\n", OutOfBounds(bounds));
    }
    expect![[r#"
        CAPACITY must be between 1 and 1000000000
        MAX_PER_USER must be between 1 and 1000000000
        HOLD_SECONDS must be between 1 and 86400
        QUANTITY must be between 1 and 1000
        ZONES must be between 1 and 500
        SEATS must be between 1 and 100000
        POLICY_DAYS must be between 0 and 3650
        REFUND_PERCENT must be between 0 and 100
        TOKEN_SECONDS must be between 60 and 86400
    "#]]
    .assert_eq(&text);
}

#[test]
fn what_is_left_unsaid_is_within_the_bounds() {
    assert_eq!(MAX_PER_USER.check(MAX_PER_USER_DEFAULT.into()), Ok(4));
    assert_eq!(HOLD_SECONDS.check(HOLD_SECONDS_DEFAULT.into()), Ok(600));
    assert_eq!(TOKEN_SECONDS.check(TOKEN_SECONDS_DEFAULT.into()), Ok(3_600));
}

#[test]
fn the_largest_numbers_can_be_decided() {
    assert_eq!((CAPACITY_MAX, MAX_PER_USER_MAX), (1_000_000_000, 1_000_000_000));
    assert_eq!((QUANTITY_MAX, AMOUNT_MINOR_MAX), (1_000, 1_000_000_000_000_000));
    assert_eq!((HOLD_SECONDS_MAX, TOKEN_SECONDS_MAX), (86_400, 86_400));
    check(
        "
        event E1 max=1000000000 hold=86400s | A 1000000000 @ 10000000000000.00
        reserve A 1000 ann expect=10000000000000000.00
        confirm B1 ext:r1
        cancel B1
        token ann 86400s
        ",
        expect![[r#"
            event E1 max=1000000000 hold=86400s | A 1000000000 @ 10000000000000.00 created E1 | feed 1 event.created #1 | A 0h/0s/1000000000
            reserve A 1000 ann expect=10000000000000000.00 created B1 reserved until 1d, 1000 of A for ann, 10000000000000000.00 USD | new ann | A 1000h/0s/1000000000 | @ann has 1000 | feed 2 booking.reserved #1
            confirm B1 ext:r1                B1 confirmed at 0s, 1000 of A for ann, 10000000000000000.00 USD, P1 captured r1 10000000000000000.00 USD | A 0h/1000s/1000000000 | feed 3 booking.confirmed #2 | feed 4 payment.captured #1
            cancel B1                        B1 cancelled at 0s, 1000 of A for ann, 10000000000000000.00 USD, P1 refund_pending r1 10000000000000000.00 USD refunded 10000000000000000.00 USD | A 0h/0s/1000000000 | @ann has 0 | feed 5 booking.cancelled #3 | feed 6 payment.refund_pending #2 | refund 10000000000000000.00 USD of P1: cancelled
            token ann 86400s                 token of ann until 1d
        "#]],
    );
}

#[test]
fn one_booking_takes_no_more_than_its_quantity() {
    let mut runner = Runner::after("event E1 max=2000 | A 2000 @ 1");
    let mut decided = |quantity: u32| {
        let intent = runner.intent(&format!("reserve A {quantity} ann"));
        let (world, _) = runner.load(std::slice::from_ref(&intent));
        let decide = std::panic::AssertUnwindSafe(|| runner.decide_new(&world, &intent));
        std::panic::catch_unwind(decide).is_ok()
    };
    assert!(decided(QUANTITY_MAX));
    assert!(!decided(QUANTITY_MAX + 1), "the edge checks the quantity");
    assert!(!decided(0), "the edge checks the quantity");
}

#[test]
fn the_largest_amount_times_the_largest_quantity_fits() {
    let largest = Money::new(AMOUNT_MINOR_MAX, Currency::new("USD").expect("a code"));
    assert_eq!(largest.times(QUANTITY_MAX).map(|total| total.minor), Ok(10_i64.pow(18)));
    assert_eq!(
        largest.times(QUANTITY_MAX).map(|total| total.percent(100).minor),
        Ok(10_i64.pow(18))
    );
}

#[test]
fn a_price_is_at_most_the_largest_amount() {
    assert_eq!(AMOUNT_MINOR_MAX, 10_i64.pow(15));
    check(
        "
        event E1 | A 9 @ 1
        event E2 currency=JPY | Y 9 @ 1
        patch-zone A price=10000000000000.00
        patch-zone A price=10000000000000.01
        patch-zone A price=9223372036854775807
        patch-zone Y price=1000000000000000
        patch-zone Y price=1000000000000001
        ",
        expect![[r#"
            event E1 | A 9 @ 1               created E1 | feed 1 event.created #1 | A 0h/0s/9
            event E2 currency=JPY | Y 9 @ 1  created E2 | feed 2 event.created #1 | Y 0h/0s/9
            patch-zone A price=10000000000000.00 A "A" 0h/0s/9 @ 10000000000000.00 USD | feed 3 zone.updated #1 | A 0h/0s/9
            patch-zone A price=10000000000000.01 no (not kept): PriceInvalid
            patch-zone A price=9223372036854775807 no (not kept): PriceInvalid
            patch-zone Y price=1000000000000000 Y "Y" 0h/0s/9 @ 1000000000000000 JPY | feed 4 zone.updated #1 | Y 0h/0s/9
            patch-zone Y price=1000000000000001 no (not kept): PriceInvalid
        "#]],
    );
}

#[test]
fn texts_have_at_most_their_characters() {
    for max in [NAME_CHARS_MAX, USER_ID_CHARS_MAX, REASON_CHARS_MAX, PAYMENT_REFERENCE_CHARS_MAX] {
        for letter in ["a", "é", "語", "🎟"] {
            assert!(is_text(&letter.repeat(max), max), "{letter} {max}");
            assert!(!is_text(&letter.repeat(max + 1), max), "{letter} {max}");
        }
    }
    let lengths =
        [NAME_CHARS_MAX, USER_ID_CHARS_MAX, REASON_CHARS_MAX, PAYMENT_REFERENCE_CHARS_MAX];
    assert_eq!(lengths, [200, 128, 500, 255]);
}

#[test]
fn texts_are_neither_blank_nor_hold_control_characters() {
    for text in ["", " ", "\u{a0}", "a\nb", "a\u{0}", "\u{7f}a", "a\u{85}"] {
        assert!(!is_text(text, NAME_CHARS_MAX), "{text:?}");
    }
    for text in ["a", " a ", "a b", "é", "أ"] {
        assert!(is_text(text, NAME_CHARS_MAX), "{text:?}");
    }
}

fn zone(capacity: u32, seats: Vec<String>) -> NewZone {
    NewZone { name: "A".to_owned(), capacity, price: 1, seats }
}

#[test]
fn a_zone_has_at_most_that_many_seats() {
    let seats = |count: u32| zone(count, (1..=count).map(|seat| format!("A-{seat}")).collect());
    assert_eq!(seats(SEATS_MAX).check_seats(), Ok(()));
    assert_eq!(seats(SEATS_MAX + 1).check_seats(), Err(SeatsError::TooMany));
    assert_eq!(zone(CAPACITY_MAX, Vec::new()).check_seats(), Ok(()), "no seats are no fault");
}

#[test]
fn a_seats_label_is_a_short_text() {
    let labelled = |label: String| zone(2, vec!["A-1".to_owned(), label]);
    assert_eq!(labelled("é".repeat(SEAT_LABEL_CHARS_MAX)).check_seats(), Ok(()));
    let too_long = labelled("é".repeat(SEAT_LABEL_CHARS_MAX + 1));
    assert_eq!(too_long.check_seats(), Err(SeatsError::Label(1)));
    assert_eq!(labelled(String::new()).check_seats(), Err(SeatsError::Label(1)));
    assert_eq!(labelled("A\t2".to_owned()).check_seats(), Err(SeatsError::Label(1)));
    assert_eq!(labelled("A-1".to_owned()).check_seats(), Err(SeatsError::Twice(1)));
    assert_eq!(labelled("a-1".to_owned()).check_seats(), Ok(()));
}

#[test]
fn the_seats_are_as_many_as_the_capacity() {
    for (capacity, fits) in [(1, false), (2, true), (3, false)] {
        let checked = zone(capacity, vec!["A".to_owned(), "B".to_owned()]).check_seats();
        assert_eq!(checked == Ok(()), fits);
        assert!(fits || checked == Err(SeatsError::NotCapacity));
    }
}

#[test]
fn a_policy_of_the_most_steps_decides_by_each_of_them() {
    // The edge refuses more steps; a policy that has one more still goes by its days.
    for steps in [POLICY_STEPS_MAX, POLICY_STEPS_MAX + 1] {
        let numbers = 1..=u32::try_from(steps).expect("few");
        let term = |number| Term {
            before_start_ms: i64::from(10 * number) * DAY_MS,
            refund_percent: number,
        };
        let start = Timestamp::from_millis(i64::from(POLICY_DAYS_MAX) * DAY_MS);
        let policy = Terms(numbers.clone().map(term).collect()).policy(start);
        for number in numbers {
            let at = start.plus_millis(-i64::from(10 * number) * DAY_MS);
            assert_eq!(policy.refund_percent(start, at), number);
            assert_eq!(policy.refund_percent(start, at.plus_millis(1)), number - 1);
        }
    }
}

#[test]
fn the_longest_policy_reaches_back_ten_years() {
    let refund_percent = REFUND_PERCENT_MAX;
    let start = Timestamp::from_millis(0);
    let days = i64::from(POLICY_DAYS_MAX);
    let policy = Terms(vec![Term { before_start_ms: days * DAY_MS, refund_percent }]).policy(start);
    assert_eq!(policy.refund_percent(start, start.plus_millis(-days * DAY_MS)), 100);
    assert_eq!(policy.refund_percent(start, start.plus_millis(1 - days * DAY_MS)), 0);
    assert_eq!(policy.refund_percent(start, start.plus_millis(-(days + 1) * DAY_MS)), 100);
}

#[test]
fn an_event_may_have_the_most_zones() {
    let event = |zones: u32| {
        let zones: String = (0..zones).map(|zone| format!(" | Z{zone} 1 @ 1")).collect();
        Runner::after(&format!("event E1{zones}"))
    };
    let mut runner = event(ZONES_MAX);
    assert_eq!(runner.rows.zones.len(), 500);
    assert!(ZONES.check(i64::from(ZONES_MAX) + 1).is_err());
    let intent = runner.intent("patch-event E1 max=1");
    let missing = Keys::missing(&[intent], &World::default());
    assert_eq!((missing.events.len(), missing.event_zones.len(), missing.zones.len()), (1, 1, 0));
    runner.run("patch-event E1 max=1");
}
