//! Tables of instants and amounts.

use super::*;

#[test]
fn instants_there_and_back() {
    let check = |text: &str, millis: i64, normal: &str| {
        assert_eq!(parse_instant(text), Ok(millis), "{text}");
        assert_eq!(format_instant(millis), normal, "{text}");
    };
    check("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z");
    check("1970-01-01T00:00:00.001Z", 1, "1970-01-01T00:00:00.001Z");
    check("1970-01-01T01:00:00+01:00", 0, "1970-01-01T00:00:00.000Z");
    check("1969-12-31T23:00:00-01:00", 0, "1970-01-01T00:00:00.000Z");
    check("2026-02-15T09:00:00.000Z", 1_771_146_000_000, "2026-02-15T09:00:00.000Z");
    check("2026-02-15t09:00:00z", 1_771_146_000_000, "2026-02-15T09:00:00.000Z");
    check("2026-02-15T09:00:00.5Z", 1_771_146_000_500, "2026-02-15T09:00:00.500Z");
    check("2026-02-15T09:00:00.123999Z", 1_771_146_000_123, "2026-02-15T09:00:00.123Z");
    check("2026-02-15T09:00:00.123999999Z", 1_771_146_000_123, "2026-02-15T09:00:00.123Z");
    check("2026-02-15T14:30:00+05:30", 1_771_146_000_000, "2026-02-15T09:00:00.000Z");
    check("2026-02-14T21:00:00-12:00", 1_771_146_000_000, "2026-02-15T09:00:00.000Z");
    check("2026-02-15T09:00:00-00:00", 1_771_146_000_000, "2026-02-15T09:00:00.000Z");
    check("2024-02-29T00:00:00Z", 1_709_164_800_000, "2024-02-29T00:00:00.000Z");
    // The largest offsets.
    check("2026-02-16T08:59:00+23:59", 1_771_146_000_000, "2026-02-15T09:00:00.000Z");
    check("2026-02-14T09:01:00-23:59", 1_771_146_000_000, "2026-02-15T09:00:00.000Z");
    // Leap seconds, the two of RFC 3339's own examples among them: the next day's first second.
    check("1990-12-31T23:59:60Z", 662_688_000_000, "1991-01-01T00:00:00.000Z");
    check("1990-12-31T15:59:60-08:00", 662_688_000_000, "1991-01-01T00:00:00.000Z");
    check("2016-12-31T23:59:60.999Z", 1_483_228_800_999, "2017-01-01T00:00:00.999Z");
    check("2015-07-01T05:29:60+05:30", 1_435_708_800_000, "2015-07-01T00:00:00.000Z");
    check("9999-12-30T22:00:00.999Z", INSTANT_MS_MAX, "9999-12-30T22:00:00.999Z");
}

#[test]
fn instants_that_are_none() {
    for text in [
        "",
        "now",
        "1771146000",
        "2026-02-15",
        "2026-02-15T09:00Z",
        "2026-02-15T09:00:00",
        "2026-02-15 09:00:00Z",
        "2026-02-15T09:00:00.Z",
        "2026-02-15T09:00:00.1234567890Z",
        "2026-02-15T09:00:00,5Z",
        "2026-02-15T09:00:00+01",
        "2026-02-15T09:00:00+0100",
        "2026-02-15T09:00:00+01:00:00",
        "2026-02-15T09:00:00+01:00[Europe/Vienna]",
        "2026-02-15T09:00:00Z[UTC]",
        "2026-02-15T09:00:00Z ",
        " 2026-02-15T09:00:00Z",
        "20260215T090000Z",
        "2026-W07-7T09:00:00Z",
        "2026-13-15T09:00:00Z",
        "2026-02-30T09:00:00Z",
        "9999-11-31T09:00:00Z",
        "2025-02-29T09:00:00Z",
        "2026-02-15T24:00:00Z",
        "2026-02-15T09:60:00Z",
        "2026-02-15T09:00:61Z",
        "2026-02-15T09:00:00+99:00",
        "2026-02-15T09:00:00+24:00",
        "2026-02-15T09:00:00-24:00",
        "2026-02-15T09:00:00+25:59",
        "2026-02-15T09:00:00+23:60",
        "2026-02-15T09:00:00-00:99",
        "2026-02-15T09:00:00+0:000",
        "2026-06-30T23:60:60Z",
        "2026-06-31T23:59:60Z",
        "+002026-02-15T09:00:00Z",
        "10000-01-01T00:00:00Z",
        "２026-02-15T09:00:00Z",
    ] {
        assert_eq!(parse_instant(text), Err(InstantError::Form), "{text}");
    }
    for text in [
        "2026-02-15T09:00:60Z",
        "2026-06-30T22:59:60Z",
        "2026-06-30T23:58:60Z",
        "2026-06-29T23:59:60Z",
        "2026-03-31T23:59:60Z",
        "2026-02-28T23:59:60Z",
        "2026-12-31T23:59:60+01:00",
        "2027-01-01T00:59:60+01:01",
    ] {
        assert_eq!(parse_instant(text), Err(InstantError::LeapSecond), "{text}");
    }
    for text in [
        "1969-12-31T23:59:60Z",
        "9999-12-31T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999Z",
        "1969-12-31T23:59:59.9999Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-30T22:00:01Z",
        "9999-12-31T23:59:59.999Z",
        "9999-12-29T23:30:00-23:30",
    ] {
        assert_eq!(parse_instant(text), Err(InstantError::Range), "{text}");
    }
}

#[test]
fn an_instant_out_of_range_is_shown_as_the_end() {
    assert_eq!(format_instant(i64::MIN), "1970-01-01T00:00:00.000Z");
    assert_eq!(format_instant(-1), "1970-01-01T00:00:00.000Z");
    assert_eq!(format_instant(INSTANT_MS_MAX + 1), "9999-12-30T22:00:00.999Z");
    assert_eq!(format_instant(i64::MAX), "9999-12-30T22:00:00.999Z");
}

#[test]
fn amounts_there_and_back() {
    let check = |text: &str, currency: &str, minor: i64, normal: &str| {
        assert_eq!(parse_amount(text, currency), Ok(minor), "{text} {currency}");
        assert_eq!(format_amount(minor, currency).unwrap(), normal, "{text} {currency}");
    };
    check("199.90", "USD", 19_990, "199.90");
    check("5", "USD", 500, "5.00");
    check("5.1", "USD", 510, "5.10");
    check("0", "USD", 0, "0.00");
    check("0.00", "USD", 0, "0.00");
    check("0.01", "USD", 1, "0.01");
    check("0.10", "EUR", 10, "0.10");
    check("1500", "JPY", 1_500, "1500");
    check("0", "JPY", 0, "0");
    check("1.234", "KWD", 1_234, "1.234");
    check("1", "KWD", 1_000, "1.000");
    check("0.001", "BHD", 1, "0.001");
    check("1.2345", "CLF", 12_345, "1.2345");
    // Zeros beyond the currency's digits change nothing, however many.
    check("1500.00", "JPY", 1_500, "1500");
    check("15.000", "USD", 1_500, "15.00");
    check("1.2300000", "KWD", 1_230, "1.230");
    check("0.000", "JPY", 0, "0");
    check(&format!("15.{}", "0".repeat(100_000)), "USD", 1_500, "15.00");
    check(
        &format!("10000000000000.{}", "0".repeat(40)),
        "USD",
        AMOUNT_MINOR_MAX,
        "10000000000000.00",
    );
    check("10000000000000.00", "USD", AMOUNT_MINOR_MAX, "10000000000000.00");
    check("1000000000000000", "JPY", AMOUNT_MINOR_MAX, "1000000000000000");
}

#[test]
fn amounts_that_are_none() {
    for text in [
        "", ".", "5.", ".5", "-5", "+5", "5e2", "5E2", "0x5", " 5", "5 ", "5 0", "5,00", "5.0.0",
        "05", "00", "00.5", "1_000", "NaN", "inf", "٥", "５", "5.-1", "5.+1", "$5", "5\0",
    ] {
        assert_eq!(parse_amount(text, "USD"), Err(AmountError::Form), "{text:?}");
    }
    let digits = |digits| Err(AmountError::Digits { digits });
    assert_eq!(parse_amount("5.001", "USD"), digits(2));
    assert_eq!(parse_amount("5.0010", "USD"), digits(2));
    assert_eq!(parse_amount("5.1", "JPY"), digits(0));
    assert_eq!(parse_amount("5.00009", "KWD"), digits(3));
    assert_eq!(parse_amount(&format!("5.{}1", "0".repeat(100_000)), "USD"), digits(2));
    assert_eq!(parse_amount(&format!("0.{}1", "0".repeat(30)), "JPY"), digits(0));
    for (text, currency) in [
        ("10000000000000.01", "USD"),
        ("1000000000000001", "JPY"),
        ("92233720368547758.07", "USD"),
        ("92233720368547758.08", "USD"),
        ("9223372036854775807", "USD"),
        ("99999999999999999999999999999999", "JPY"),
    ] {
        assert_eq!(parse_amount(text, currency), Err(AmountError::TooLarge), "{text}");
    }
}

#[test]
fn currencies() {
    for (code, digits) in
        [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("TND", 3), ("CLF", 4)]
    {
        assert_eq!(currency_digits(code), Ok(digits), "{code}");
    }
    // No such code, not in capitals, or nothing that is counted in a smallest unit.
    for code in ["", "US", "usd", "Usd", "USDD", "ZZZ", "XAU", "XAG", "XDR", "XXX", "XTS"] {
        assert_eq!(currency_digits(code), Err(CurrencyError), "{code}");
        assert_eq!(parse_amount("5", code), Err(AmountError::Currency(CurrencyError)), "{code}");
        assert_eq!(format_amount(5, code), Err(CurrencyError), "{code}");
    }
}

#[test]
fn what_is_owed_has_a_minus() {
    assert_eq!(format_amount(-1, "USD").unwrap(), "-0.01");
    assert_eq!(format_amount(-500, "JPY").unwrap(), "-500");
    assert_eq!(format_amount(i64::MIN, "USD").unwrap(), "-92233720368547758.08");
}
