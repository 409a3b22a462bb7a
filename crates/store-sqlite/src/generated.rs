//! The statements of tables that are not hot, made from their descriptions. The file `generated.sql` has
//! them for people to read, and a test compares it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::transfer::{Rule, Table};
use rows::{Stored, TABLES};

use crate::statements::Statement;

/// The statements of one table.
#[derive(Debug)]
pub(crate) struct Generated {
    /// One row.
    pub(crate) get: Statement,
    /// Every row, for the audit.
    pub(crate) all: Statement,
    /// A new row.
    pub(crate) insert: Statement,
    /// A row as it now is; none where rows never change.
    pub(crate) update: Option<Statement>,
    /// A row that goes; none where rows never do.
    pub(crate) delete: Option<Statement>,
}

/// How many there are at most.
pub(crate) const COUNT_MAX: usize = TABLES.len() * 5;

/// Made once for the whole process.
static STATEMENTS: LazyLock<BTreeMap<&'static str, Generated>> = LazyLock::new(|| {
    let cold = TABLES.iter().filter(|table| !table.is_hot);
    cold.map(|table| (table.name, generate(table))).collect()
});

/// The statements of these rows.
///
/// # Panics
/// Where the table is hot, or not in the list of all.
pub(crate) fn of<R: Stored>() -> &'static Generated {
    STATEMENTS.get(R::TABLE.name).expect("cold tables are in the list")
}

/// The statement of this name that asks for every row of a table.
pub(crate) fn all(name: &str) -> Option<&'static Statement> {
    STATEMENTS.values().map(|table| &table.all).find(|statement| statement.name == name)
}

fn generate(table: &Table) -> Generated {
    let name = table.name;
    let columns = list(table.columns.iter().map(|column| column.name.to_owned()), ", ");
    let values = list(table.columns.iter().map(|column| format!(":{}", column.name)), ", ");
    let is_row = list(table.key.iter().map(|name| format!("{name} = :{name}")), " and ");
    let changed = table.columns.iter().filter(|column| column.rule != Rule::Fixed);
    let changed = list(changed.map(|column| format!("{0} = :{0}", column.name)), ", ");
    let kept = table.columns.iter().skip(table.key.len()).filter_map(|column| match column.rule {
        Rule::Fixed => Some(format!("\n  and {0} is :{0}", column.name)),
        Rule::Grows => Some(format!("\n  and {0} <= :{0}", column.name)),
        Rule::Changes => None,
    });
    let kept: String = kept.collect();
    let statement = |what: &str, sql: String| Statement {
        name: format!("{}_{what}", table.singular()).leak(),
        sql: sql.leak(),
    };
    Generated {
        get: statement("get", format!("select {columns}\nfrom {name}\nwhere {is_row}")),
        all: statement("all", format!("select {columns}\nfrom {name}")),
        insert: statement("insert", format!("insert into {name} ({columns})\nvalues ({values})")),
        update: (!changed.is_empty()).then(|| {
            statement("update", format!("update {name}\nset {changed}\nwhere {is_row}{kept}"))
        }),
        delete: table
            .rows_go
            .then(|| statement("delete", format!("delete from {name}\nwhere {is_row}"))),
    }
}

fn list(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_them() {
        let mut text = String::new();
        for Generated { get, all, insert, update, delete } in STATEMENTS.values() {
            let all = [Some(get), Some(all), Some(insert), update.as_ref(), delete.as_ref()];
            for Statement { name, sql } in all.into_iter().flatten() {
                text.push_str(&format!("-- {name}\n{sql};\n\n"));
            }
        }
        expect_test::expect_file!["../generated.sql"].assert_eq(&text);
    }
}
