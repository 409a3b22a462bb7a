//! Instants and amounts as text, at the edge: RFC 3339 in UTC, and decimal strings in the
//! currency's own number of digits. And what a text must be that names something.

mod name;

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use iso_currency::Currency;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;

/// The latest instant, in milliseconds since 1970: `9999-12-30T22:00:00.999Z`. The last hours of the
/// year 9999 are left out, so that an instant has a year of four digits at every offset.
pub const INSTANT_MS_MAX: i64 = 253_402_207_200_999;

pub use self::name::{NameError, check_name};
pub use domain::limits::AMOUNT_MINOR_MAX;
use domain::money::Decimal;

/// Bytes of an instant up to its minute.
const MINUTE_BYTES: usize = "0000-00-00T00:00".len();

/// Writes instants with three digits of a second.
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// Why a text is not an instant. The message reads on after the field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstantError {
    /// Not RFC 3339, or no such day or time.
    #[error("must be an RFC 3339 date and time with offset, such as 2026-02-15T09:00:00.000Z")]
    Form,
    /// A second 60 where there can be no leap second.
    #[error(
        "must have a second under 60, except in a leap second: 23:59:60 UTC on June 30 or December 31"
    )]
    LeapSecond,
    /// Before 1970 or after [`INSTANT_MS_MAX`].
    #[error("must be between 1970-01-01T00:00:00.000Z and 9999-12-30T22:00:00.999Z")]
    Range,
}

/// The instant that a text names, in milliseconds since 1970. Any offset of RFC 3339 is taken; digits
/// after the third of a second are dropped.
///
/// A leap second has no number of its own in time that counts 86,400 seconds a day: `23:59:60` is the
/// first second of the day after, as POSIX has it.
///
/// # Errors
/// [`InstantError`] when the text is not RFC 3339 or the year is out of range.
pub fn parse_instant(text: &str) -> Result<i64, InstantError> {
    if !is_rfc3339(text.as_bytes()) {
        return Err(InstantError::Form);
    }
    let (minute, rest) = text.split_at_checked(MINUTE_BYTES).unwrap_or_default();
    let Some(rest) = rest.strip_prefix(":60") else { return parse_usual(text) };
    let second_before = format!("{minute}:59{rest}");
    let millis = parse_usual(&second_before)?;
    if !is_before_leap(millis) {
        return Err(InstantError::LeapSecond);
    }
    Ok(millis.saturating_add(1_000))
}

/// Whether a leap second can follow the second of that instant. RFC 3339, section 5.7, allows them at
/// the end of June and of December, in UTC.
fn is_before_leap(millis: i64) -> bool {
    let Ok(instant) = Timestamp::from_millisecond(millis) else { return false };
    let utc = TimeZone::UTC.to_datetime(instant);
    matches!((utc.month(), utc.day()), (6, 30) | (12, 31))
        && (utc.hour(), utc.minute(), utc.second()) == (23, 59, 59)
}

/// The instant of a text that has the form.
fn parse_usual(text: &str) -> Result<i64, InstantError> {
    // What has the form and still fails has a month 13 or the like, or lies after the last instant.
    let last_month = text.starts_with("9999-12-");
    let failed = if last_month { InstantError::Range } else { InstantError::Form };
    let instant = Timestamp::from_str(text).map_err(|_| failed)?;
    let millis = instant.as_millisecond();
    // The year 1969 ends in negative nanoseconds, which round to millisecond 0.
    if instant < Timestamp::UNIX_EPOCH || millis > INSTANT_MS_MAX {
        return Err(InstantError::Range);
    }
    Ok(millis)
}

/// Whether the text has the form `YYYY-MM-DDTHH:MM:SS[.f…](Z|±HH:MM)`. jiff reads many more.
fn is_rfc3339(text: &[u8]) -> bool {
    const SECONDS: &[u8] = b"0000-00-00T00:00:00";
    let Some((head, rest)) = text.split_at_checked(SECONDS.len()) else { return false };
    fits(head, SECONDS) && is_offset(without_fraction(rest))
}

/// The text after a fraction of a second, if it begins with one.
fn without_fraction(text: &[u8]) -> &[u8] {
    let Some(fraction) = text.strip_prefix(b".") else { return text };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // jiff knows nanoseconds.
    if (1..=9).contains(&digits) { fraction.get(digits..).unwrap_or_default() } else { text }
}

/// Whether the text is an offset: at most 23 hours and 59 minutes. jiff reads up to 25 hours.
fn is_offset(text: &[u8]) -> bool {
    match text {
        b"Z" | b"z" => true,
        [b'+' | b'-', hours @ .., b':', tens, ones] => {
            matches!(hours, [b'0' | b'1', b'0'..=b'9'] | [b'2', b'0'..=b'3'])
                && matches!((tens, ones), (b'0'..=b'5', b'0'..=b'9'))
        }
        _ => false,
    }
}

/// Whether the text has digits where the form has zeros, and otherwise the same characters.
fn fits(text: &[u8], form: &[u8]) -> bool {
    let same = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        form => byte.eq_ignore_ascii_case(form),
    };
    text.len() == form.len() && text.iter().zip(form).all(same)
}

/// The instant as answers have it: `2026-02-15T09:00:00.000Z`. What lies outside the range that
/// [`parse_instant`] takes is shown as its nearer end.
#[must_use]
pub fn format_instant(millis: i64) -> String {
    let shown = millis.clamp(0, INSTANT_MS_MAX);
    let instant = Timestamp::from_millisecond(shown).unwrap_or(Timestamp::MAX);
    PRINTER.timestamp_to_string(&instant)
}

/// Why a text is not an amount. The message reads on after the field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// No ISO 4217 code, or one of something that is not counted in units, such as gold.
    #[error(transparent)]
    Currency(#[from] CurrencyError),
    /// Not digits with at most one point between them.
    #[error("must be a decimal string such as \"199.90\", without sign, exponent or blanks")]
    Form,
    /// Beyond the currency's digits it has others than zeros.
    #[error("must have at most {digits} digits after the point in this currency, zeros apart")]
    Digits {
        /// How many the currency has.
        digits: u32,
    },
    /// Over [`AMOUNT_MINOR_MAX`].
    #[error("must be at most {AMOUNT_MINOR_MAX} in the currency's smallest unit")]
    TooLarge,
}

/// The code names no currency that something can be sold in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the ISO 4217 code of a currency with a smallest unit, such as USD")]
pub struct CurrencyError;

/// How many digits after the point the currency has: 2 for USD, 0 for JPY, 3 for KWD.
///
/// # Errors
/// [`CurrencyError`] for other texts than capital ISO 4217 codes of currencies with a smallest unit.
pub fn currency_digits(code: &str) -> Result<u32, CurrencyError> {
    let asked = <[u8; 3]>::try_from(code.as_bytes()).map_err(|_| CurrencyError)?;
    let [first, second, third] = asked;
    // The list is long and is read from its beginning; mostly the same currency is asked for again.
    let [known_first, known_second, known_third, digits] =
        LAST_DIGITS.load(Ordering::Relaxed).to_be_bytes();
    if asked == [known_first, known_second, known_third] {
        return Ok(u32::from(digits));
    }
    let digits = Currency::from_code(code).and_then(Currency::exponent).ok_or(CurrencyError)?;
    if let Ok(small) = u8::try_from(digits) {
        let known = u32::from_be_bytes([first, second, third, small]);
        LAST_DIGITS.store(known, Ordering::Relaxed);
    }
    Ok(u32::from(digits))
}

/// The currency that was asked for last, and its digits, in one word. It begins as what no text is.
static LAST_DIGITS: AtomicU32 = AtomicU32::new(u32::MAX);

/// The decimal number that a text names, before its currency is known. `1500` and `1500.00` are one
/// number: zeros at the end of a fraction, however many, are not counted.
///
/// # Errors
/// [`AmountError`] says what is wrong with the text.
pub fn parse_decimal(text: &str) -> Result<Decimal, AmountError> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(AmountError::Form),
        Some(parts) => parts,
        None => (text, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let needless_zero = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || needless_zero || !all_digits(whole) || !all_digits(fraction) {
        return Err(AmountError::Form);
    }
    let fraction = fraction.trim_end_matches('0');
    let scale = u32::try_from(fraction.len()).map_err(|_| AmountError::TooLarge)?;
    let units = format!("{whole}{fraction}").parse().map_err(|_| AmountError::TooLarge)?;
    Ok(Decimal { units, scale })
}

/// The amount that a text names, in the currency's smallest unit. Fewer digits than the currency
/// has are enough, and zeros beyond them change nothing: `"5"` and `"5.000"` are five dollars.
///
/// # Errors
/// [`AmountError`] says what is wrong with the text, or that it is no currency.
pub fn parse_amount(text: &str, currency: &str) -> Result<i64, AmountError> {
    let digits = currency_digits(currency)?;
    let places = || text.split_once('.').map_or("", |(_, fraction)| fraction).trim_end_matches('0');
    let decimal = match parse_decimal(text) {
        // Too many digits after the point say more than that there are too many in all.
        Err(AmountError::TooLarge) if places().len() > digits as usize => {
            Err(AmountError::Digits { digits })
        }
        parsed => parsed,
    }?;
    let missing = digits.checked_sub(decimal.scale).ok_or(AmountError::Digits { digits })?;
    let minor = 10_i64.checked_pow(missing).and_then(|unit| decimal.units.checked_mul(unit));
    minor.filter(|minor| *minor <= AMOUNT_MINOR_MAX).ok_or(AmountError::TooLarge)
}

/// The amount as answers have it: all digits of the currency, `"199.90"`, and a minus for what is
/// owed.
///
/// # Errors
/// [`CurrencyError`] for what is no currency.
pub fn format_amount(minor: i64, currency: &str) -> Result<String, CurrencyError> {
    let digits = currency_digits(currency)?;
    let fraction = usize::try_from(digits).map_err(|_| CurrencyError)?;
    let mut text = minor.unsigned_abs().to_string();
    if fraction > 0 {
        // A digit stands before the point, be it a zero.
        let missing = fraction.saturating_add(1).saturating_sub(text.len());
        text.insert_str(0, &"0".repeat(missing));
        text.insert(text.len().saturating_sub(fraction), '.');
    }
    if minor < 0 {
        text.insert(0, '-');
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
