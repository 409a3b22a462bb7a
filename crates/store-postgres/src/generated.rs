//! The statements of tables that are not hot, made from their descriptions. The file `generated.sql` has
//! them for people to read, and a test compares it.
//!
//! Each is about rows of one account, which is its first parameter; the others are columns of rows, in the
//! order of the description. What is inserted is anchored in the account's feed, so that it lies where that
//! lies, and rows are found by their keys whatever the planner knows of the table.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::transfer::{Column, Kind, Rule, Table};
use rows::{ACCOUNT, Stored, TABLES};

use crate::statements::Statement;

/// The statements of one table.
#[derive(Debug)]
pub(crate) struct Generated {
    /// Rows.
    pub(crate) get: Statement,
    /// Rows, which are locked until the batch ends.
    pub(crate) lock: Statement,
    /// Every row, for the audit.
    pub(crate) all: Statement,
    /// New rows.
    pub(crate) insert: Statement,
    /// Rows as they now are; none where rows never change.
    pub(crate) update: Option<Statement>,
    /// Rows that go; none where rows never do.
    pub(crate) delete: Option<Statement>,
}

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
    let statement = |what: &str, sql: String| Statement {
        name: format!("{}_{what}", table.singular()).leak(),
        sql: sql.leak(),
    };
    let columns = list(table.columns, |column| column.name.to_owned());
    Generated {
        get: statement("get", get(table, "offset 0")),
        lock: statement("lock", get(table, "for update")),
        all: statement("all", format!("select {columns}\nfrom {}", table.name)),
        insert: statement("insert", insert(table)),
        update: update(table).map(|sql| statement("update", sql)),
        delete: table.rows_go.then(|| statement("delete", delete(table))),
    }
}

/// The columns besides the account.
fn others(columns: &[Column]) -> Vec<Column> {
    columns.iter().filter(|column| column.name != ACCOUNT).copied().collect()
}

/// The columns of the key besides the account.
fn key(table: &Table) -> Vec<Column> {
    others(table.columns.get(..table.key.len()).unwrap_or_default())
}

fn list(columns: &[Column], text: impl Fn(&Column) -> String) -> String {
    columns.iter().map(text).collect::<Vec<_>>().join(", ")
}

const fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "bigint",
        Kind::Flag => "boolean",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
    }
}

/// `columns` of rows as a table `k`: parameters from the second on.
fn given(columns: &[Column]) -> String {
    let parameter =
        |(place, column): (usize, &Column)| format!("${place}::{}[]", type_of(column.kind));
    let parameters: Vec<_> = (2..).zip(columns).map(parameter).collect();
    let names = list(columns, |column| column.name.to_owned());
    format!("unnest({}) as k ({names})", parameters.join(", "))
}

/// That `t` is the row of `k`, and the account's.
fn is_row(table: &Table) -> String {
    let column = |column: &Column| format!(" and t.{0} = k.{0}", column.name);
    let key: String = key(table).iter().map(column).collect();
    format!("t.{ACCOUNT} = $1::text{key}")
}

/// `what` of the row of each `k`, found by its whole key first: joined with the keys alone, all rows of an account
/// might be read of a table that the planner believes to be small.
fn found(table: &Table, what: &str, each: &str) -> String {
    let (name, is_row) = (table.name, is_row(table));
    format!(
        "cross join lateral (\n    select {what}\n    from {name} as t\n    where {is_row}\n    {each}\n)"
    )
}

/// The columns of a row to put, and their values.
struct PutColumns {
    columns: String,
    values: String,
}

/// Those of `k`, and the account that `whose` has.
fn put(others: &[Column], whose: &str) -> PutColumns {
    let columns: String = others.iter().map(|column| format!(", {}", column.name)).collect();
    let values: String = others.iter().map(|column| format!(", k.{}", column.name)).collect();
    PutColumns {
        columns: format!("{ACCOUNT}{columns}"),
        values: format!("{whose}.{ACCOUNT}{values}"),
    }
}

/// Rows in the order of their keys, in which all writers lock them.
fn get(table: &Table, each: &str) -> String {
    let columns = list(table.columns, |column| format!("t.{}", column.name));
    let key = key(table);
    if key.is_empty() {
        // One account has one row.
        let lock = if each == "for update" { "\nfor update of t" } else { "" };
        return format!(
            "select {columns}\nfrom {} as t\nwhere {}{lock}",
            table.name,
            is_row(table)
        );
    }
    let order = list(&key, |column| format!("k.{}", column.name));
    format!(
        "select {columns}\nfrom (select * from {} order by {order}) as k\n{} as t",
        given(&key),
        found(table, "*", each),
    )
}

fn insert(table: &Table) -> String {
    let others = others(table.columns);
    let PutColumns { columns, values } = put(&others, "f");
    format!(
        "insert into {} ({columns})\nselect {values}\nfrom feeds as f, {}\nwhere f.{ACCOUNT} = $1::text",
        table.name,
        given(&others),
    )
}

/// Only rows that are there, each found by its whole key.
fn update(table: &Table) -> Option<String> {
    let changed: Vec<_> =
        table.columns.iter().filter(|column| column.rule != Rule::Fixed).copied().collect();
    if changed.is_empty() {
        return None;
    }
    let name = table.name;
    let others = others(table.columns);
    let PutColumns { columns, values } = put(&others, "t");
    let kept = table.columns.iter().skip(table.key.len()).filter_map(
        |Column { name: it, rule, .. }| match rule {
            Rule::Fixed => Some(format!("{name}.{it} is not distinct from excluded.{it}")),
            Rule::Grows => Some(format!("{name}.{it} <= excluded.{it}")),
            Rule::Changes => None,
        },
    );
    let kept: Vec<_> = kept.collect();
    let kept =
        if kept.is_empty() { String::new() } else { format!("\nwhere {}", kept.join("\n  and ")) };
    Some(format!(
        "insert into {name} ({columns})\nselect {values}\nfrom {}\n{} as t\non conflict ({}) do update\nset \
         {}{kept}",
        given(&others),
        found(table, &format!("t.{ACCOUNT}"), "offset 0"),
        table.key.join(", "),
        list(&changed, |column| format!("{0} = excluded.{0}", column.name)),
    ))
}

fn delete(table: &Table) -> String {
    format!(
        "delete from {} as t\nusing {}\n{} as found\nwhere t.{ACCOUNT} = $1::text and t.ctid = found.place",
        table.name,
        given(&key(table)),
        found(table, "t.ctid as place", "offset 0"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_them() {
        let mut text = String::new();
        for Generated { get, lock, all, insert, update, delete } in STATEMENTS.values() {
            let of_table = [Some(get), Some(lock), Some(all), Some(insert)];
            let of_table = of_table.into_iter().chain([update.as_ref(), delete.as_ref()]);
            for Statement { name, sql } in of_table.flatten() {
                text.push_str(&format!("-- {name}\n{sql};\n\n"));
            }
        }
        expect_test::expect_file!["../generated.sql"].assert_eq(&text);
    }
}
