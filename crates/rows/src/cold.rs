//! The tables that are not hot: their statements are made from their descriptions, and each store loads
//! and writes all of them alike.

use std::collections::BTreeSet;

use domain::table::Table;
use domain::tables::Held;

use crate::Stored;
pub use crate::tables::{absent, load, write};

/// A row of a table that is not hot, which a world holds.
pub trait Cold: Stored + Held<Key = <Self as Stored>::Key> + 'static {}

impl<R: Stored + Held<Key = <R as Stored>::Key> + 'static> Cold for R {}

/// Loads rows of tables that are not hot.
pub trait Load {
    /// What goes wrong.
    type Error;

    /// Answers each key of one table.
    ///
    /// # Errors
    /// Those of the store.
    fn load<R: Cold>(&mut self, keys: &BTreeSet<<R as Stored>::Key>) -> Result<(), Self::Error>;
}

/// Writes rows of tables that are not hot.
pub trait Write {
    /// What goes wrong.
    type Error;

    /// Writes the changes of one table.
    ///
    /// # Errors
    /// Those of the store.
    fn write<R: Cold>(&mut self, table: &Table<<R as Stored>::Key, R>) -> Result<(), Self::Error>;
}
