//! The tables that are not hot: their statements are made from their descriptions, and each store loads
//! and writes all of them alike.

use std::collections::BTreeSet;

use domain::table::Table;
use domain::tables::{Held, Order};
use domain::{Keys, World};

use crate::Stored;
pub use crate::tables::{load, write};

/// A row of a table that is not hot, which a world holds.
pub trait Cold: Stored + 'static {
    /// When it is loaded.
    const ORDER: Order;

    /// Its table.
    fn table(world: &World) -> &Table<Self::Key, Self>;

    /// Its table, to load rows into.
    fn table_mut(world: &mut World) -> &mut Table<Self::Key, Self>;

    /// Which rows are to be loaded.
    fn keys(keys: &Keys) -> &BTreeSet<Self::Key>;
}

impl<R: Stored<Key = <R as Held>::Key> + Held + 'static> Cold for R {
    const ORDER: Order = <R as Held>::ORDER;

    fn table(world: &World) -> &Table<<R as Held>::Key, R> {
        Held::table(world)
    }

    fn table_mut(world: &mut World) -> &mut Table<<R as Held>::Key, R> {
        Held::table_mut(world)
    }

    fn keys(keys: &Keys) -> &BTreeSet<<R as Held>::Key> {
        <R as Held>::keys(keys)
    }
}

/// Loads rows of tables that are not hot.
pub trait Load {
    /// What goes wrong.
    type Error;

    /// Answers each key of one table.
    ///
    /// # Errors
    /// Those of the store.
    fn load<R: Cold>(&mut self, keys: &BTreeSet<R::Key>) -> Result<(), Self::Error>;
}

/// Writes rows of tables that are not hot.
pub trait Write {
    /// What goes wrong.
    type Error;

    /// Writes the changes of one table.
    ///
    /// # Errors
    /// Those of the store.
    fn write<R: Cold>(&mut self, table: &Table<R::Key, R>) -> Result<(), Self::Error>;
}
