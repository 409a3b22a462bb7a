//! What a column may be read as.

use domain::activity::ActivityKind;
use domain::deadline::DeadlineKind;
use domain::id::{AccountId, ActivityId, KeyId, PaymentId, PersonId, RefundId};
use domain::job::JobKind;
use domain::owner::Owner;
use domain::payment::{Method, PaymentStatus, RefundStatus};
use domain::person::Handle;
use domain::resource::Resource;
use domain::{Currency, Timestamp};
use engine::credentials::Mode;
use engine::transfer::Kind;

use crate::{AsDatum, Corrupt, Datum, Source, Unstorable};

/// What a column holds, or `Option` of it where it may hold nothing.
pub trait Cell: Sized {
    /// What a column of these holds.
    const KIND: Kind;

    /// The column.
    ///
    /// # Errors
    /// Where it holds something else.
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Self, S::Error>;
}

/// What a column holds, unless that is nothing.
pub trait Value: Sized {
    /// What a column of these holds.
    const KIND: Kind;

    /// The column.
    ///
    /// # Errors
    /// Where it holds something else.
    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error>;
}

impl<T: Value> Cell for T {
    const KIND: Kind = T::KIND;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Self, S::Error> {
        T::of(row, column)?.ok_or_else(|| Corrupt::nothing(column).into())
    }
}

impl<T: Value> Cell for Option<T> {
    const KIND: Kind = T::KIND;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Self, S::Error> {
        T::of(row, column)
    }
}

/// Numbers, all of which are stored as signed ones of 64 bits.
macro_rules! numbers {
    ($($number:ty)+) => {$(
        impl Value for $number {
            const KIND: Kind = Kind::Integer;

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
    const KIND: Kind = Kind::Integer;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        row.integer(column)
    }
}

impl Value for bool {
    const KIND: Kind = Kind::Flag;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        row.flag(column)
    }
}

impl Value for String {
    const KIND: Kind = Kind::Text;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        Ok(row.text(column)?.map(str::to_owned))
    }
}

impl Value for Vec<u8> {
    const KIND: Kind = Kind::Bytes;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        Ok(row.bytes(column)?.map(<[u8]>::to_vec))
    }
}

/// Exactly so many bytes.
impl<const LENGTH: usize> Value for [u8; LENGTH] {
    const KIND: Kind = Kind::Bytes;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        let Some(bytes) = row.bytes(column)? else { return Ok(None) };
        let strange = |_| Corrupt::Broken(format!("column {column} has {} bytes", bytes.len()));
        Ok(Some(bytes.try_into().map_err(strange)?))
    }
}

impl Value for Timestamp {
    const KIND: Kind = Kind::Integer;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        Ok(row.integer(column)?.map(Self::from_millis))
    }
}

/// A newer program may have more words: then the row is [unreadable](Corrupt::Unreadable).
pub(crate) fn word<T, S: Source>(
    row: &S,
    column: &'static str,
    meaning: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, S::Error> {
    let Some(text) = row.text(column)? else { return Ok(None) };
    let newer = || Corrupt::Unreadable(format!("column {column} has {text:?}"));
    Ok(Some(meaning(text).ok_or_else(newer)?))
}

impl Value for Currency {
    const KIND: Kind = Kind::Text;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        word(row, column, Self::new)
    }
}

/// Ids, which are stored as the texts that clients see.
macro_rules! ids {
    ($($id:ident)+) => {$(
        impl $crate::Value for $id {
            const KIND: ::engine::transfer::Kind = ::engine::transfer::Kind::Text;

            fn of<S: $crate::Source>(
                row: &S,
                column: &'static str,
            ) -> Result<Option<Self>, S::Error> {
                $crate::optional(row, column)
            }
        }

        impl $crate::AsDatum for $id {
            fn datum(&self) -> Result<$crate::Datum<'_>, $crate::Unstorable> {
                Ok($crate::Datum::Shown(self))
            }
        }
    )+};
}

ids! {
    AccountId ActivityId Handle KeyId PaymentId PersonId RefundId
}

/// Ids of several kinds, which their texts tell apart. A newer program may have more kinds.
macro_rules! any_id {
    ($($kinds:ident)+) => {$(
        impl Value for $kinds {
            const KIND: Kind = Kind::Text;

            fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
                word(row, column, |text| text.parse().ok())
            }
        }

        impl AsDatum for $kinds {
            fn datum(&self) -> Result<Datum<'_>, Unstorable> {
                Ok(Datum::Shown(self))
            }
        }
    )+};
}

any_id! { Owner Resource }

/// What [`words!`](domain::words) declares.
macro_rules! worded {
    ($($kind:ident)+) => {$(
        impl $crate::Value for $kind {
            const KIND: ::engine::transfer::Kind = ::engine::transfer::Kind::Text;

            fn of<S: $crate::Source>(
                row: &S,
                column: &'static str,
            ) -> Result<Option<Self>, S::Error> {
                $crate::cell::word(row, column, Self::from_word)
            }
        }

        impl $crate::AsDatum for $kind {
            fn datum(&self) -> Result<$crate::Datum<'_>, $crate::Unstorable> {
                Ok($crate::Datum::Text(self.as_str()))
            }
        }
    )+};
}

worded! { ActivityKind DeadlineKind JobKind Method Mode PaymentStatus RefundStatus }
pub(crate) use {ids, worded};
