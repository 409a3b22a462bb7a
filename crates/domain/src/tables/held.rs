//! Where a world holds rows, asked by the type of the rows.

use std::collections::BTreeSet;

use super::{Keys, World};
use crate::table::Table;

/// When rows are loaded, and locked by a store that locks rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// First those that name others.
    Names,
    /// Then the counters that rivals share.
    Counters,
}

/// A row of a table that is stored. Each type is that of one table's rows.
pub trait Held: Sized {
    /// What it is found by.
    type Key;
    /// When it is loaded.
    const ORDER: Order;

    /// Its table.
    fn table(world: &World) -> &Table<Self::Key, Self>;

    /// Its table, to load rows into.
    fn table_mut(world: &mut World) -> &mut Table<Self::Key, Self>;

    /// Which rows are to be loaded.
    fn keys(keys: &Keys) -> &BTreeSet<Self::Key>;

    /// Which rows are to be loaded, to add some.
    fn keys_mut(keys: &mut Keys) -> &mut BTreeSet<Self::Key>;
}

/// Says by the list of tables where rows are held.
macro_rules! held {
    (
        stored {$($(#[$doc:meta])* $order:ident $table:ident: $key:ty => $row:ident {$($s:tt)*})+}
        along {$(
            $(#[$along_doc:meta])*
            $along_order:ident $along:ident: $along_key:ty => $along_row:ident {}
        )+}
        derived {$($derived:tt)+}
    ) => {
        $(held::held!(@one $order $table: $key => $row);)+
        $(held::held!(@one $along_order $along: $along_key => $along_row);)+
    };
    (@names) => { Order::Names };
    (@counters) => { Order::Counters };
    (@one $order:ident $table:ident: $key:ty => $row:ident) => {
        impl Held for $row {
            type Key = $key;

            const ORDER: Order = held::held!(@$order);

            fn table(world: &World) -> &Table<$key, Self> {
                &world.$table
            }

            fn table_mut(world: &mut World) -> &mut Table<$key, Self> {
                &mut world.$table
            }

            fn keys(keys: &Keys) -> &BTreeSet<$key> {
                &keys.$table
            }

            fn keys_mut(keys: &mut Keys) -> &mut BTreeSet<$key> {
                &mut keys.$table
            }
        }
    };
}
pub(super) use held;
