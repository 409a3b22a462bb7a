//! What a column may be read as.

use crate::{Corrupt, Source};

/// What a column holds, or `Option` of it where it may hold nothing.
pub trait Cell: Sized {
    /// The column.
    ///
    /// # Errors
    /// Where it holds something else.
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Self, S::Error>;
}

/// What a column holds, unless that is nothing.
pub trait Value: Sized {
    /// The column.
    ///
    /// # Errors
    /// Where it holds something else.
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error>;
}

impl<T: Value> Cell for T {
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Self, S::Error> {
        T::of(row, column)?.ok_or_else(|| Corrupt::nothing(column).into())
    }
}

impl<T: Value> Cell for Option<T> {
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Self, S::Error> {
        T::of(row, column)
    }
}

/// Numbers, all of which are stored as signed ones of 64 bits.
macro_rules! numbers {
    ($($number:ty)+) => {$(
        impl Value for $number {
            fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
                let Some(number) = row.integer(column)? else { return Ok(None) };
                let strange = |_| Corrupt::strange(column, number);
                Ok(Some(Self::try_from(number).map_err(strange)?))
            }
        }
    )+};
}

numbers! { u16 u32 u64 }

impl Value for i64 {
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        row.integer(column)
    }
}

impl Value for bool {
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        row.flag(column)
    }
}

impl Value for String {
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        Ok(row.text(column)?.map(str::to_owned))
    }
}

impl Value for Vec<u8> {
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        Ok(row.bytes(column)?.map(<[u8]>::to_vec))
    }
}

/// Exactly so many bytes.
impl<const LENGTH: usize> Value for [u8; LENGTH] {
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        let Some(bytes) = row.bytes(column)? else { return Ok(None) };
        let strange = |_| Corrupt::Broken(format!("column {column} has {} bytes", bytes.len()));
        Ok(Some(bytes.try_into().map_err(strange)?))
    }
}
