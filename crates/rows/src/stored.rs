//! Descriptions of rows: what a row's columns are called, what they hold, and which of them a change
//! leaves alone. Each is written once; from it come both ways between a row and its columns, the
//! statements of tables that are not hot, and what is moved between stores.

use std::fmt::Debug;

use domain::deadline::Deadline;
use domain::id::AccountId;
use domain::record::IntentKey;
use domain::world::Of;
use engine::transfer::Table;

use crate::{Datum, Source, Unstorable};

/// The column that says whose a row is; each table has it in its key.
pub const ACCOUNT: &str = "account_id";

/// A key, which says whose row it is.
pub trait OfAccount {
    /// Whose.
    fn account(&self) -> AccountId;
}

impl OfAccount for AccountId {
    fn account(&self) -> AccountId {
        *self
    }
}

impl<T> OfAccount for Of<T> {
    fn account(&self) -> AccountId {
        self.0
    }
}

impl<A, B> OfAccount for (AccountId, A, B) {
    fn account(&self) -> AccountId {
        self.0
    }
}

impl OfAccount for IntentKey {
    fn account(&self) -> AccountId {
        self.account
    }
}

impl OfAccount for Deadline {
    fn account(&self) -> AccountId {
        self.account
    }
}

/// A row that is stored, as it is described.
pub trait Stored: Sized {
    /// Its key among the rows of all accounts.
    type Key: Clone + Ord + Debug + OfAccount;
    /// What holds it.
    const TABLE: Table;

    /// The key of a row.
    ///
    /// # Errors
    /// Where the row is none of these.
    fn key<S: Source>(source: &S) -> Result<Self::Key, S::Error>;

    /// The rest of the row that has this key.
    ///
    /// # Errors
    /// Where the row is none of these.
    fn value<S: Source>(source: &S, key: &Self::Key) -> Result<Self, S::Error>;

    /// Gives `take` what the table's columns hold, in their order.
    ///
    /// # Errors
    /// Those of `take`, and [`Unstorable`].
    fn give<E: From<Unstorable>>(
        &self,
        key: &Self::Key,
        take: impl FnMut(Datum<'_>) -> Result<(), E>,
    ) -> Result<(), E>;

    /// Gives `take` what the columns of its key hold, in their order.
    ///
    /// # Errors
    /// Those of `take`, and [`Unstorable`].
    fn give_key<E: From<Unstorable>>(
        key: &Self::Key,
        take: impl FnMut(Datum<'_>) -> Result<(), E>,
    ) -> Result<(), E>;
}

/// A row with its key.
///
/// # Errors
/// Where the row is none of these.
pub fn keyed<R: Stored, S: Source>(source: &S) -> Result<(R::Key, R), S::Error> {
    let key = R::key(source)?;
    let row = R::value(source, &key)?;
    Ok((key, row))
}

/// A row.
///
/// # Errors
/// Where it is none of these.
pub fn row<R: Stored, S: Source>(source: &S) -> Result<R, S::Error> {
    keyed(source).map(|(_, row)| row)
}

/// Describes a row. A `cold` table has the same statements and the same layout in every store, made from
/// its description; those of a `hot` one, or of one that belongs to no account alone, are written by hand in
/// each store. Rows of a cold table are there
/// for ever, as others may name them, unless it says `#[goes]`.
///
/// Each column is said with its type and with what it is given; the types are
/// [values](crate::Value), or `Option` of one where the column may hold nothing. What is `made` of the
/// columns has them as variables. One column of a key is the [account](crate::ACCOUNT).
///
/// Of a row that is there, a `#[fixed]` column never changes, and one that `#[grows]` never gets less: a
/// statement that would change it finds no row.
macro_rules! stored {
    ($(
        $(#[$goes:ident])?
        $heat:ident $table:ident: $key_type:ty => $row_type:ty;
        key |$key:pat_param| {
            $($key_column:ident: $key_value:ty = $key_given:expr,)+
        } made $key_made:expr;
        row |$row:ident| {
            $($(#[$rule:ident])? $column:ident $(as $name:literal)?: $value:ty = $given:expr,)*
        } made |$source:pat_param, $made_key:pat_param| $made:expr;
    )+) => {$(
        impl $crate::Stored for $row_type {
            type Key = $key_type;

            const TABLE: ::engine::transfer::Table = ::engine::transfer::Table {
                name: stringify!($table),
                is_hot: $crate::stored::stored!(@is_hot $heat),
                rows_go: $crate::stored::stored!(@rows_go $($goes)?),
                key: &[$(stringify!($key_column)),+],
                columns: &[
                    $(::engine::transfer::Column {
                        name: stringify!($key_column),
                        kind: <$key_value as $crate::Cell>::KIND,
                        rule: ::engine::transfer::Rule::Fixed,
                    },)+
                    $(::engine::transfer::Column {
                        name: $crate::stored::stored!(@name $column $($name)?),
                        kind: <$value as $crate::Cell>::KIND,
                        rule: $crate::stored::stored!(@rule $($rule)?),
                    },)*
                ],
            };

            fn key<S: $crate::Source>(source: &S) -> Result<Self::Key, S::Error> {
                $(let $key_column: $key_value = $crate::get(source, stringify!($key_column))?;)+
                Ok($key_made)
            }

            fn value<S: $crate::Source>(source: &S, key: &Self::Key) -> Result<Self, S::Error> {
                $(let $column: $value =
                    $crate::get(source, $crate::stored::stored!(@name $column $($name)?))?;)*
                let ($source, $made_key) = (source, key);
                Ok($made)
            }

            fn give<E: From<$crate::Unstorable>>(
                &self,
                key: &Self::Key,
                mut take: impl FnMut($crate::Datum<'_>) -> Result<(), E>,
            ) -> Result<(), E> {
                Self::give_key(key, &mut take)?;
                let $row = self;
                $(take($crate::AsDatum::datum(&$given)?)?;)*
                Ok(())
            }

            fn give_key<E: From<$crate::Unstorable>>(
                key: &Self::Key,
                mut take: impl FnMut($crate::Datum<'_>) -> Result<(), E>,
            ) -> Result<(), E> {
                let $key = key;
                $(take($crate::AsDatum::datum(&$key_given)?)?;)+
                Ok(())
            }
        }
    )+};
    (@is_hot hot) => { true };
    (@is_hot cold) => { false };
    (@rows_go) => { false };
    (@rows_go goes) => { true };
    (@name $column:ident) => { stringify!($column) };
    (@name $column:ident $name:literal) => { $name };
    (@rule) => { ::engine::transfer::Rule::Changes };
    (@rule fixed) => { ::engine::transfer::Rule::Fixed };
    (@rule grows) => { ::engine::transfer::Rule::Grows };
}
pub(crate) use stored;
