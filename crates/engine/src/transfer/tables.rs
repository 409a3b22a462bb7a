//! Tables and their columns, which have the same names in all stores. The tests of each store compare them
//! with its own catalogue, so a migration that adds a table or a column is not forgotten.

use super::{Row, Value};

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Whether each store has statements of its own for it, and perhaps a layout.
    pub is_hot: bool,
    /// Whether its rows may be deleted. What others name never is.
    pub rows_go: bool,
    /// The columns of its primary key. They come first among the columns, in this order.
    pub key: &'static [&'static str],
    /// All its columns.
    pub columns: &'static [Column],
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What becomes of it when its row changes.
    pub rule: Rule,
}

/// What becomes of a column when its row changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It is as it was.
    Fixed,
    /// It is what it was, or more.
    Grows,
    /// It may be anything.
    Changes,
}

/// What a column holds. A store chooses its own type for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Integer,
    /// Yes or no; 1 or 0 where a store knows numbers only.
    Flag,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
}

impl Table {
    /// What one of its rows is called: statements are named after that.
    #[must_use]
    pub fn singular(&self) -> String {
        match self.name.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => self.name.strip_suffix('s').unwrap_or(self.name).to_owned(),
        }
    }

    /// The key of a row.
    #[must_use]
    pub fn key_of(&self, row: &Row) -> Row {
        row.iter().take(self.key.len()).cloned().collect()
    }

    /// A row, as people may look for it.
    #[must_use]
    pub fn describe(&self, row: &Row) -> String {
        let value = |(name, value): (&&str, &Value)| match value {
            Value::Null => format!("{name} null"),
            Value::Integer(number) => format!("{name} {number}"),
            Value::Text(text) => format!("{name} {text:?}"),
            Value::Bytes(bytes) => format!("{name} of {} bytes", bytes.len()),
        };
        let key: Vec<String> = self.key.iter().zip(row).map(value).collect();
        format!("the row of {} with {}", self.name, key.join(", "))
    }
}

/// The table of what a store knows of itself. It is not copied but taken over at the end.
pub const OWN_VALUES: &str = "store_meta";
/// What stays with a store: the version of its schema, the mark of a move, and which batch its one
/// writer committed last.
pub const VALUES_THAT_STAY: [&str; 3] = ["min_writer_version", super::Mark::NAME, "last_batch"];
