//! Statements and migrations: a `.sql` file that nothing includes is dead, and a statement that
//! only one store has is a gap in the other.

use std::collections::BTreeSet;

use super::rust::{Rust, has_word};
use super::{Finding, Tree};

/// Where statements are listed that every store has …
const SHARED: &str = "crates/rows/";
/// … and how a store asks for the list.
const SHARED_LIST: &str = "rows::statements!";

/// Every `.sql` file of a crate is included by one of its Rust files.
///
/// A statement counts as included where its file name stands in a Rust file, or, in a crate whose
/// macro builds the name (`concat!` with `.sql`), where its stem does; the list that it is given may stand in
/// crate `rows`. A migration counts where the crate embeds its whole folder.
pub(super) fn included(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in tree.text_files() {
        let Some(sql) = SqlFile::of(path) else { continue };
        let prefix = format!("crates/{}/", sql.package);
        let has = |prefix: &str, what: &dyn Fn(&Rust) -> bool| {
            tree.rust_files().any(|(path, rust)| path.starts_with(prefix) && what(rust))
        };
        let is_included = has(&prefix, &|rust| sql.is_included_by(&rust.text, &rust.code))
            || has(SHARED, &|rust| sql.is_listed_by(&rust.text))
                && has(&prefix, &|rust| rust.code.contains(SHARED_LIST));
        if !is_included {
            let fix = "include it by its file name, or take it out";
            findings.push(Finding::new(path, 0, "no Rust file includes it", fix));
        }
    }
    findings
}

/// `store-sqlite/sql` and `store-postgres/sql` have the same file names, once both are there.
pub(super) fn same_in_both_stores(tree: &Tree) -> Vec<Finding> {
    let stores = ["store-sqlite", "store-postgres"];
    let exists = |store: &str| {
        let manifest = format!("crates/{store}/Cargo.toml");
        tree.files.iter().any(|file| file.path == manifest)
    };
    if !stores.into_iter().all(exists) {
        return Vec::new();
    }
    let [sqlite, postgres] = stores.map(|store| {
        let folder = format!("crates/{store}/sql/");
        let names = tree.text_files().filter_map(|(path, _)| path.strip_prefix(&folder));
        names.collect::<BTreeSet<&str>>()
    });
    let missing = |has: &str, lacks: &str, names: Vec<&&str>| -> Vec<Finding> {
        let finding = |name: &&&str| {
            let problem = format!("crates/{lacks}/sql has no file of this name");
            let fix = "write the statement for both stores";
            Finding::new(&format!("crates/{has}/sql/{name}"), 0, problem, fix)
        };
        names.iter().map(finding).collect()
    };
    let mut findings =
        missing("store-sqlite", "store-postgres", sqlite.difference(&postgres).collect());
    findings.extend(missing(
        "store-postgres",
        "store-sqlite",
        postgres.difference(&sqlite).collect(),
    ));
    findings
}

#[derive(Debug)]
struct SqlFile<'a> {
    package: &'a str,
    /// The folder directly under the crate: `sql`, `migrations`, …
    folder: &'a str,
    name: &'a str,
    stem: &'a str,
}

impl<'a> SqlFile<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let (package, rest) = path.strip_prefix("crates/")?.split_once('/')?;
        let (folder, inside) = rest.split_once('/')?;
        let name = inside.rsplit('/').next()?;
        let stem = name.strip_suffix(".sql")?;
        (folder != "tests").then_some(Self { package, folder, name, stem })
    }

    fn is_listed_by(&self, text: &str) -> bool {
        text.contains(&format!("\"{}\";", self.stem))
    }

    fn is_included_by(&self, text: &str, code: &str) -> bool {
        let by_name = text.contains(&format!("/{}\"", self.name))
            || text.contains(&format!("\"{}\"", self.name));
        let by_macro = text.contains("\".sql\"")
            && code.contains("concat!")
            && (has_word(code, self.stem) || text.contains(&format!("\"{}\"", self.stem)));
        let by_folder = code.contains("embed_migrations!") && has_word(text, self.folder);
        by_name || by_macro || by_folder
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Finding, Tree, included, same_in_both_stores};
    use crate::tidy::transcript;

    #[track_caller]
    fn check(rule: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], expected: Expect) {
        expected.assert_eq(&transcript(rule(&Tree::of(files))));
    }

    #[test]
    fn statements_are_included_by_name() {
        let files = [
            ("crates/s/sql/hold_put.sql", ""),
            ("crates/s/sql/put.sql", ""),
            ("crates/s/sql/pool/get.sql", ""),
            ("crates/s/src/a.rs", r#"include_str!("../sql/hold_put.sql")"#),
            ("crates/s/src/b.rs", r#"include_str!("../sql/pool/get.sql")"#),
            ("crates/t/src/a.rs", r#"include_str!("../../s/sql/put.sql")"#),
        ];
        check(
            included,
            &files,
            expect![[r#"
                crates/s/sql/put.sql: no Rust file includes it: include it by its file name, or take it out
            "#]],
        );
    }

    #[test]
    fn statements_are_included_by_a_macro() {
        let text = r#"
            macro_rules! sql { ($n:ident) => { include_str!(concat!("../sql/", stringify!($n), ".sql")) } }
            sql!(hold_put); sql!("pool_get"); // hold_gone
        "#;
        let files = [
            ("crates/s/sql/hold_put.sql", ""),
            ("crates/s/sql/pool_get.sql", ""),
            ("crates/s/sql/hold_gone.sql", ""),
            ("crates/s/src/a.rs", text),
        ];
        check(
            included,
            &files,
            expect![[r#"
                crates/s/sql/hold_gone.sql: no Rust file includes it: include it by its file name, or take it out
            "#]],
        );
    }

    #[test]
    fn statements_are_listed_for_every_store() {
        let list = ("crates/rows/src/a.rs", r#"PUT "hold_put";"#);
        let lists = ("crates/s/src/a.rs", "rows::statements!(list);");
        let files = [("crates/s/sql/hold_put.sql", ""), ("crates/s/sql/hold_gone.sql", "")];
        let gone = expect![[r#"
            crates/s/sql/hold_gone.sql: no Rust file includes it: include it by its file name, or take it out
        "#]];
        check(included, &[files[0], files[1], list, lists], gone);
        let both = expect![[r#"
            crates/s/sql/hold_gone.sql: no Rust file includes it: include it by its file name, or take it out
            crates/s/sql/hold_put.sql: no Rust file includes it: include it by its file name, or take it out
        "#]];
        check(included, &[files[0], files[1], list], both);
    }

    #[test]
    fn migrations_are_embedded_as_a_folder() {
        let embeds = ("crates/s/src/a.rs", r#"refinery::embed_migrations!("migrations");"#);
        let files = [("crates/s/migrations/V1__base.sql", ""), embeds];
        check(included, &files, expect![""]);
        let files = [("crates/s/migrations/V1__base.sql", ""), ("crates/s/src/a.rs", "")];
        check(
            included,
            &files,
            expect![[r#"
                crates/s/migrations/V1__base.sql: no Rust file includes it: include it by its file name, or take it out
            "#]],
        );
    }

    #[test]
    fn both_stores_have_the_same_statements() {
        let one = [
            ("crates/store-sqlite/Cargo.toml", ""),
            ("crates/store-sqlite/sql/a.sql", ""),
            ("crates/store-sqlite/sql/b.sql", ""),
        ];
        check(same_in_both_stores, &one, expect![""]);
        let other = [
            ("crates/store-postgres/Cargo.toml", ""),
            ("crates/store-postgres/sql/b.sql", ""),
            ("crates/store-postgres/sql/c.sql", ""),
        ];
        check(
            same_in_both_stores,
            &[one, other].concat(),
            expect![[r#"
                crates/store-postgres/sql/c.sql: crates/store-sqlite/sql has no file of this name: write the statement for both stores
                crates/store-sqlite/sql/a.sql: crates/store-postgres/sql has no file of this name: write the statement for both stores
            "#]],
        );
    }
}
