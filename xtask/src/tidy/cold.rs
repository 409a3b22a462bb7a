//! A cold table is said in few files. A table with nothing special stands for all of them: what its rows cost,
//! the next table's rows cost as well.

use super::rust::{Rust, has_word};
use super::{Finding, Tree};

/// The row of that table.
const ROW: &str = "Refund";
/// Where its type is.
const ROW_FILE: &str = "crates/domain/src/payment.rs";
/// How many files may name it, besides a migration in each store.
const FILES_MAX: usize = 6;

/// What knows tables without having anything to say about their rows.
const PLUMBING: [&str; 9] = [
    "crates/domain/src/decide/rule.rs",
    "crates/domain/src/keys.rs",
    "crates/domain/src/tables.rs",
    "crates/domain/src/tables/",
    "crates/domain/src/world.rs",
    "crates/engine/src/",
    "crates/rows/src/",
    "crates/store-postgres/src/",
    "crates/store-sqlite/src/",
];

/// The row is named by its own file and at most five others.
pub(super) fn few_files(tree: &Tree) -> Vec<Finding> {
    let names = |(path, rust): &(&str, &Rust)| {
        let is_plumbing = PLUMBING.iter().any(|place| path.starts_with(place));
        *path == ROW_FILE || is_plumbing && names_row(path, rust)
    };
    let files: Vec<&str> = tree.rust_files().filter(names).map(|(path, _)| path).collect();
    if files.len() <= FILES_MAX {
        return Vec::new();
    }
    let problem = format!("{} files name {ROW}: {}", files.len(), files.join(", "));
    let fix = format!("let them follow from the lists of tables, so that at most {FILES_MAX} do");
    vec![Finding::new(ROW_FILE, 0, problem, fix)]
}

fn names_row(path: &str, rust: &Rust) -> bool {
    let lines = rust.tests_from(path).map_or(usize::MAX, |from| from.saturating_sub(1));
    rust.code.lines().take(lines).any(|line| has_word(line, ROW))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{ROW_FILE, Tree, few_files};
    use crate::tidy::transcript;

    const NAMES: &str = "use domain::payment::Refund;";

    #[track_caller]
    fn check(more: &[(&str, &str)], expected: Expect) {
        let mut files = vec![
            (ROW_FILE, "pub struct Refund;"),
            ("crates/domain/src/tables.rs", "counters refunds: Of<RefundId> => Refund {}"),
            ("crates/rows/src/audit.rs", NAMES),
            ("crates/rows/src/payments.rs", NAMES),
            ("crates/rows/src/tables.rs", "cold Refund"),
            ("crates/engine/src/a.rs", NAMES),
        ];
        files.extend(more);
        expected.assert_eq(&transcript(few_files(&Tree::of(&files))));
    }

    #[test]
    fn six_files_are_enough() {
        let others = [
            ("crates/domain/src/tickets/cancel.rs", NAMES),
            ("crates/store-sqlite/src/a.rs", "struct RefundId; // Refund"),
            ("crates/store-sqlite/src/b.rs", "#[cfg(test)]\nmod tests {\nuse domain::Refund;\n}"),
            ("crates/store-sqlite/tests/it/a.rs", NAMES),
        ];
        check(&others, expect![""]);
    }

    #[test]
    fn one_more_is_too_many() {
        check(
            &[("crates/store-sqlite/src/load.rs", NAMES)],
            expect![[r#"
            crates/domain/src/payment.rs: 7 files name Refund: crates/domain/src/payment.rs, crates/domain/src/tables.rs, crates/rows/src/audit.rs, crates/rows/src/payments.rs, crates/rows/src/tables.rs, crates/engine/src/a.rs, crates/store-sqlite/src/load.rs: let them follow from the lists of tables, so that at most 6 do
        "#]],
        );
    }
}
