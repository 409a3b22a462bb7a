//! The tables that are not hot: their statements are made from their descriptions, and each store loads
//! and writes all of them alike.

use std::collections::BTreeSet;

use domain::table::Table;
use domain::{Keys, World};

use crate::Stored;

/// Where a world has the rows of one table.
pub type TableOf<R> = for<'a> fn(&'a mut World) -> &'a mut Table<<R as Stored>::Key, R>;

/// Loads rows of tables that are not hot.
pub trait Load {
    /// What goes wrong.
    type Error;

    /// Answers each key of one table.
    ///
    /// # Errors
    /// Those of the store.
    fn load<R: Stored + 'static>(
        &mut self,
        keys: &BTreeSet<R::Key>,
        table: TableOf<R>,
    ) -> Result<(), Self::Error>;
}

/// Writes rows of tables that are not hot.
pub trait Write {
    /// What goes wrong.
    type Error;

    /// Writes the changes of one table.
    ///
    /// # Errors
    /// Those of the store.
    fn write<R: Stored>(&mut self, table: &Table<R::Key, R>) -> Result<(), Self::Error>;
}

/// Each has the name of its table in the world. Those that others name are written first.
macro_rules! cold {
    (named { $($named:ident)* } shared { $($shared:ident)* }) => {
        /// Answers the keys of those whose rows are named by others.
        ///
        /// # Errors
        /// Those of the store.
        pub fn load_named<L: Load>(loader: &mut L, keys: &Keys) -> Result<(), L::Error> {
            $(loader.load(&keys.$named, |world| &mut world.$named)?;)*
            Ok(())
        }

        /// Answers the keys of those whose rows rivals share: whoever locks rows locks these.
        ///
        /// # Errors
        /// Those of the store.
        pub fn load_shared<L: Load>(loader: &mut L, keys: &Keys) -> Result<(), L::Error> {
            $(loader.load(&keys.$shared, |world| &mut world.$shared)?;)*
            Ok(())
        }

        /// Writes the changes of each of them.
        ///
        /// # Errors
        /// Those of the store.
        pub fn write<W: Write>(writer: &mut W, world: &World) -> Result<(), W::Error> {
            $(writer.write(&world.$named)?;)*
            $(writer.write(&world.$shared)?;)*
            Ok(())
        }
    };
}

cold! {
    named { events zones }
    shared { refunds deadlines jobs }
}
