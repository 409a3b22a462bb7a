//! Money: whole minor units and the currency they are in.

use core::fmt;

/// An ISO 4217 code such as `USD`. How many digits its minor unit has is known at the edge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency of three capital ASCII letters; `None` for any other text.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code))
    }

    /// Digits of the minor unit, by ISO 4217's table of exponents; the edge admits only currencies
    /// for which this agrees with its own copy of the standard.
    #[must_use]
    pub fn digits(&self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            "CLF" | "UYW" => 4,
            _ => 2,
        }
    }

    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        core::str::from_utf8(&self.0).expect("a currency is ASCII")
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

/// A decimal number as a client wrote it, before its currency is known: `units / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// All digits as one number.
    pub units: i64,
    /// How many of them stand after the point.
    pub scale: u32,
}

/// Why a number is no amount of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// Beyond the currency's digits it has others than zeros.
    Digits,
    /// It does not fit.
    TooLarge,
}

impl Decimal {
    /// The amount in minor units of `currency`. It is a number: zeros beyond the currency's digits
    /// do not change it.
    ///
    /// # Errors
    /// [`DecimalError`] when it is no whole number of minor units, or does not fit.
    pub fn minor(self, currency: Currency) -> Result<i64, DecimalError> {
        let digits = currency.digits();
        let shift = digits.abs_diff(self.scale);
        if self.scale <= digits {
            let minor = 10_i64.checked_pow(shift).and_then(|unit| self.units.checked_mul(unit));
            return minor.ok_or(DecimalError::TooLarge);
        }
        match 10_i64.checked_pow(shift) {
            Some(unit) if self.units.rem_euclid(unit) == 0 => Ok(self.units.div_euclid(unit)),
            // Zero is zero, however many of its digits stand after the point.
            None if self.units == 0 => Ok(0),
            Some(_) | None => Err(DecimalError::Digits),
        }
    }
}

/// An amount of one currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units (cents, or whole yen); negative for what is owed.
    pub minor: i64,
    /// The currency that `minor` counts.
    pub currency: Currency,
}

/// Two amounts could not be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// They are of different currencies.
    Currencies,
    /// The sum does not fit.
    Overflow,
}

impl Money {
    /// That many minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError`] when the currencies differ or the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Currencies);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// This amount `quantity` times.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when the product does not fit.
    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(quantity)).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// That many percent of this amount, rounded down: never more than was paid.
    #[must_use]
    pub fn percent(self, percent: u32) -> Self {
        let share = i128::from(self.minor).saturating_mul(i128::from(percent)).div_euclid(100);
        Self { minor: i64::try_from(share).expect("at most the amount itself"), ..self }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.minor, self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::new("USD").expect("a code"))
    }

    #[test]
    fn currencies_do_not_mix() {
        let yen = Money::new(1, Currency::new("JPY").expect("a code"));
        assert_eq!(usd(1).plus(yen), Err(MoneyError::Currencies));
        assert_eq!(usd(i64::MAX).plus(usd(1)), Err(MoneyError::Overflow));
        assert_eq!(usd(i64::MAX).times(2), Err(MoneyError::Overflow));
        for code in ["", "US", "USDD", "usd", "U$D", "ÜS"] {
            assert_eq!(Currency::new(code), None, "{code}");
        }
    }

    #[test]
    fn decimals_fit_the_digits_of_their_currency() {
        let minor = |units, scale, code| {
            Decimal { units, scale }.minor(Currency::new(code).expect("a code"))
        };
        assert_eq!(minor(5, 0, "USD"), Ok(500));
        assert_eq!(minor(19_990, 2, "USD"), Ok(19_990));
        assert_eq!(minor(1_999, 1, "USD"), Ok(19_990));
        assert_eq!(minor(7, 0, "JPY"), Ok(7));
        assert_eq!(minor(1, 3, "KWD"), Ok(1));
        assert_eq!(minor(1, 0, "CLF"), Ok(10_000));
        assert_eq!(minor(i64::MAX, 0, "USD"), Err(DecimalError::TooLarge));
        assert_eq!(minor(i64::MAX, 0, "JPY"), Ok(i64::MAX));
        // What stands beyond the currency's digits must be nothing.
        assert_eq!(minor(150_000, 2, "JPY"), Ok(1_500));
        assert_eq!(minor(15_000, 3, "USD"), Ok(1_500));
        assert_eq!(minor(0, u32::MAX, "USD"), Ok(0));
        for (units, scale, code) in [
            (1, 3, "USD"),
            (15_001, 3, "USD"),
            (71, 1, "JPY"),
            (1, 20, "KWD"),
            (i64::MAX, 21, "USD"),
            (1_000_000_000_000_000_000, u32::MAX, "USD"),
        ] {
            assert_eq!(minor(units, scale, code), Err(DecimalError::Digits), "{units} {scale}");
        }
    }

    #[test]
    fn small_amounts_agree_with_plain_arithmetic() {
        for a in 0..200_i64 {
            for b in 0..=100_u32 {
                assert_eq!(usd(a).plus(usd(i64::from(b))), Ok(usd(a + i64::from(b))));
                assert_eq!(usd(a).times(b), Ok(usd(a * i64::from(b))));
                assert_eq!(usd(a).percent(b), usd(a * i64::from(b) / 100));
            }
        }
    }
}
