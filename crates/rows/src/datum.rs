//! What a column is given, the other way round from [`Cell`](crate::Cell).

use std::fmt::Display;

use domain::{Currency, Timestamp};

/// What a column is given. A text that has to be made is made where it is needed, and not before.
#[derive(Clone, Copy)]
pub enum Datum<'a> {
    /// Nothing.
    Null,
    /// A number.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// A text.
    Text(&'a str),
    /// The text of an id or another type with a text of its own.
    Shown(&'a dyn Display),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl std::fmt::Debug for Datum<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Integer(number) => write!(out, "{number}"),
            Self::Flag(flag) => write!(out, "{flag}"),
            Self::Text(text) => write!(out, "{text:?}"),
            Self::Shown(shown) => write!(out, "{shown}"),
            Self::Bytes(bytes) => write!(out, "{bytes:?}"),
        }
    }
}

/// What no column can hold, or what could not be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unstorable(pub String);

/// What can be given to a column.
pub trait AsDatum {
    /// As a column gets it.
    ///
    /// # Errors
    /// [`Unstorable`].
    fn datum(&self) -> Result<Datum<'_>, Unstorable>;
}

impl<T: AsDatum + ?Sized> AsDatum for &T {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        (**self).datum()
    }
}

impl<T: AsDatum> AsDatum for Option<T> {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        self.as_ref().map_or(Ok(Datum::Null), AsDatum::datum)
    }
}

impl AsDatum for i64 {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Integer(*self))
    }
}

macro_rules! small_numbers {
    ($($number:ty)+) => {$(
        impl AsDatum for $number {
            fn datum(&self) -> Result<Datum<'_>, Unstorable> {
                Ok(Datum::Integer(i64::from(*self)))
            }
        }
    )+};
}

small_numbers! { u16 u32 }

impl AsDatum for u64 {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        let too_large = |_| Unstorable(format!("{self} is too large to be stored"));
        i64::try_from(*self).map(Datum::Integer).map_err(too_large)
    }
}

impl AsDatum for Timestamp {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Integer(self.as_millis()))
    }
}

impl AsDatum for bool {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Flag(*self))
    }
}

impl AsDatum for str {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Text(self))
    }
}

impl AsDatum for String {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Text(self))
    }
}

impl AsDatum for Currency {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Text(self.code()))
    }
}

impl AsDatum for [u8] {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Bytes(self))
    }
}

impl<const LENGTH: usize> AsDatum for [u8; LENGTH] {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Bytes(self))
    }
}
