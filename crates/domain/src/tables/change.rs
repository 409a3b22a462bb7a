//! What a decision changes: rows, each as the decision leaves it, and what is told and cut of feeds.

use std::fmt::Debug;

use super::{Change, Held};
use crate::id::AccountId;
use crate::table::Table;

/// A row that decisions change.
pub trait Row: Held<Key: 'static> {
    /// What a change says of it: a row in a box, or perhaps none if such rows may go.
    type After: 'static;

    /// The change that leaves this row under that key.
    fn put(self, key: Self::Key) -> Change;

    /// What the change says, if it is about such a row.
    fn after(change: &Change) -> Option<(&Self::Key, &Self::After)>;
}

/// A row that knows all of its key but the account that it belongs to.
pub trait Named: Row {
    /// Its key.
    fn key(&self, account: AccountId) -> Self::Key;
}

impl Change {
    /// Leaves a row under a key that the row does not know.
    #[must_use]
    pub fn put<R: Row>(key: R::Key, row: R) -> Self {
        row.put(key)
    }

    /// Leaves a row of that account.
    #[must_use]
    pub fn of<R: Named>(account: AccountId, row: R) -> Self {
        let key = row.key(account);
        row.put(key)
    }

    /// What the changes say of one kind of row, in order.
    pub fn rows<R: Row>(changes: &[Self]) -> impl Iterator<Item = (&R::Key, &R::After)> {
        changes.iter().filter_map(R::after)
    }
}

/// Declares [`Change`] by the list of tables, and what is done with it.
macro_rules! changes {
    (
        stored {$(
            $(#[$doc:meta])*
            $order:ident $table:ident: $key:ty => $row:ident {
                $(key $known:expr;)? $(id $id:expr;)? $(with $with:expr;)? $(may $go:ident;)?
                $(unseen $unseen:expr;)?
            }
        )+}
        along {$(
            $(#[$along_doc:meta])*
            $along_order:ident $along:ident: $along_key:ty => $along_row:ident {}
        )+}
        derived {$($derived:tt)+}
    ) => {
        /// A row as a decision leaves it; none where it goes.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Change {
            $(#[doc = concat!("A row of [`World::", stringify!($table), "`].")]
            $row($key, change::after!($row $($go)?)),)+
            /// A new entry of the feed.
            Activity(Box<Activity>),
            /// The oldest entries of a feed go.
            FeedTruncated(AccountId, Truncation),
        }

        $(
            impl Row for $row {
                type After = change::after!($row $($go)?);

                fn put(self, key: $key) -> Change {
                    Change::$row(key, Box::new(self).into())
                }

                fn after(change: &Change) -> Option<(&$key, &Self::After)> {
                    if let Change::$row(key, after) = change { Some((key, after)) } else { None }
                }
            }

            $(impl From<$row> for Change {
                fn from(row: $row) -> Self {
                    let key = key_of(&row, $known);
                    row.put(key)
                }
            })?

            $(impl Named for $row {
                fn key(&self, account: AccountId) -> $key {
                    (account, key_of(self, $id))
                }
            })?
        )+

        impl World {
            /// Lays a change over the world, so that the next decision sees it.
            pub fn apply(&mut self, change: Change) {
                match change {
                    $(Change::$row(key, after) => {
                        $(($with)(self, &key, after.row());)?
                        lay(&mut self.$table, key, after.into());
                    })+
                    Change::Activity(entry) => self.activity.push(*entry),
                    Change::FeedTruncated(account, truncation) => self.truncate_feed(account, truncation),
                }
            }

            /// Whether there is anything to write.
            #[must_use]
            pub fn has_writes(&self) -> bool {
                !self.activity.is_empty()
                    || !self.truncations.is_empty()
                    $(|| self.$table.writes().next().is_some())+
                    $(|| self.$along.writes().next().is_some())+
            }

            /// Checks that it has the row that a change is about as the change leaves it. Entries of feeds
            /// are not loaded.
            ///
            /// # Errors
            /// What it has instead, in words.
            ///
            /// # Panics
            /// When the row was not loaded.
            pub fn check(&self, change: &Change) -> Result<(), String> {
                match change {
                    $(Change::$row(key, after) => {
                        change::same(change.table(), key, self.$table.get(key), after.row())
                    })+
                    Change::Activity(_) => Ok(()),
                    Change::FeedTruncated(account, Truncation { low_water_mark, .. }) => {
                        change::same("low_water_marks", account, self.low_water_marks.get(account), Some(low_water_mark))
                    }
                }
            }
        }

        impl Change {
            /// The name of the table of its row; that of an entry of a feed is `activity`.
            #[must_use]
            pub const fn table(&self) -> &'static str {
                match self {
                    $(Self::$row(..) => stringify!($table),)+
                    Self::Activity(_) | Self::FeedTruncated(..) => "activity",
                }
            }

            /// Checks that its row is the one that the key says, as far as the row knows.
            ///
            /// # Errors
            /// That it is another one, in words.
            pub(crate) fn check_key(&self) -> Result<(), String> {
                let is_so = match self {
                    $(Self::$row(_key, _after) => {
                        true $(&& _after.row().is_none_or(|row| key_of(row, $known) == *_key))?
                            $(&& _after.row().is_none_or(|row| key_of(row, $id) == _key.1))?
                    })+
                    Self::Activity(_) | Self::FeedTruncated(..) => true,
                };
                let is_another = || format!("a row of {} has another's key", self.table());
                if is_so { Ok(()) } else { Err(is_another()) }
            }
        }

        impl Keys {
            /// Adds the key of the row that a change is about.
            pub fn add(&mut self, change: &Change) {
                match change {
                    $(Change::$row(key, _) => drop(self.$table.insert(key.clone())),)+
                    Change::Activity(_) => {}
                    Change::FeedTruncated(account, _) => drop(self.low_water_marks.insert(*account)),
                }
            }
        }
    };
}
pub(super) use changes;

/// What a change says of a row, which may go or not.
macro_rules! after {
    ($row:ident) => { Box<$row> };
    ($row:ident go) => { Option<Box<$row>> };
}
pub(super) use after;

/// What a change says of a row.
pub(super) trait Laid<R> {
    /// The row, or `None` when it goes.
    fn row(&self) -> Option<&R>;
}

impl<R> Laid<R> for Box<R> {
    fn row(&self) -> Option<&R> {
        Some(self)
    }
}

impl<R> Laid<R> for Option<Box<R>> {
    fn row(&self) -> Option<&R> {
        self.as_deref()
    }
}

/// What the list says is a row's key, or its id.
pub(super) fn key_of<R, K>(row: &R, key: impl FnOnce(&R) -> K) -> K {
    key(row)
}

pub(super) fn lay<K: Ord + Debug, V>(table: &mut Table<K, V>, key: K, after: Option<Box<V>>) {
    match after {
        Some(row) => table.put(key, *row),
        None => table.remove(key),
    }
}

pub(super) fn same<V: PartialEq + Debug>(
    table: &str,
    key: &impl Debug,
    has: Option<&V>,
    wanted: Option<&V>,
) -> Result<(), String> {
    if has == wanted {
        Ok(())
    } else {
        Err(format!("{table} {key:?} is {has:?}, and not {wanted:?}"))
    }
}
