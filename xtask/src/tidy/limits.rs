//! Limits with names are tested by name: at the limit, and one beyond.

use super::rust::{Rust, has_word};
use super::{Finding, Tree};

const LIMITS: &str = "crates/domain/src/limits.rs";

/// Every `pub const …_MAX` and `…_MIN` of the domain's limits is named in some test.
pub(super) fn tested(tree: &Tree) -> Vec<Finding> {
    let Some((_, limits)) = tree.rust_files().find(|(path, _)| *path == LIMITS) else {
        return Vec::new();
    };
    let crates = || tree.rust_files().filter(|(path, _)| path.starts_with("crates/"));
    names(&limits.code)
        .into_iter()
        .filter(|(_, name)| !crates().any(|(path, rust)| is_tested(path, rust, name)))
        .map(|(line, name)| {
            let fix = "test it by name, at the limit and one beyond";
            Finding::new(LIMITS, line, format!("no test names {name}"), fix)
        })
        .collect()
}

/// The names of the limits that the file declares, with their lines.
fn names(code: &str) -> Vec<(usize, &str)> {
    let declared = (1..).zip(code.lines()).filter_map(|(number, line)| {
        let (name, _) = line.trim_start().strip_prefix("pub const ")?.split_once(':')?;
        Some((number, name))
    });
    declared.filter(|(_, name)| name.ends_with("_MAX") || name.ends_with("_MIN")).collect()
}

fn is_tested(path: &str, rust: &Rust, name: &str) -> bool {
    rust.tests_from(path).is_some_and(|from| {
        let mut lines = rust.code.lines().skip(from.saturating_sub(1));
        lines.any(|line| has_word(line, name))
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{LIMITS, Tree, tested};
    use crate::tidy::transcript;

    const DECLARED: &str = "//! Limits.\n\npub const UNITS_MAX: u32 = 3;\n\
        pub const UNITS_MIN: u32 = 1; // pub const OLD_MAX: u32\n\
        const OWN_MAX: u32 = 1;\npub const UNITS: u32 = 2;\n";

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: Expect) {
        let mut all = vec![(LIMITS, DECLARED)];
        all.extend(files);
        expected.assert_eq(&transcript(tested(&Tree::of(&all))));
    }

    #[test]
    fn limits_without_a_test_are_found() {
        check(
            &[],
            expect![[r#"
                crates/domain/src/limits.rs:3: no test names UNITS_MAX: test it by name, at the limit and one beyond
                crates/domain/src/limits.rs:4: no test names UNITS_MIN: test it by name, at the limit and one beyond
            "#]],
        );
        let uses = ("crates/domain/src/a.rs", "f(UNITS_MAX)");
        let other = ("crates/domain/tests/a.rs", "// UNITS_MIN\nf(POOL_UNITS_MAX)");
        check(
            &[uses, other],
            expect![[r#"
                crates/domain/src/limits.rs:3: no test names UNITS_MAX: test it by name, at the limit and one beyond
                crates/domain/src/limits.rs:4: no test names UNITS_MIN: test it by name, at the limit and one beyond
            "#]],
        );
    }

    #[test]
    fn a_test_anywhere_will_do() {
        let files = [
            ("crates/server/tests/a.rs", "f(limits::UNITS_MAX + 1)"),
            ("crates/domain/src/b.rs", "#[cfg(test)]\nmod tests {\nf(UNITS_MIN)\n}"),
        ];
        check(&files, expect![""]);
    }

    #[test]
    fn without_limits_there_is_nothing_to_say() {
        assert_eq!(transcript(tested(&Tree::of(&[("a.rs", "")]))), "");
    }
}
