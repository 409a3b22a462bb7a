//! What every Rust file must have, and what must not be left behind in one.

use super::rust::{has_word, is_test_file};
use super::{Finding, Tree};

/// Every file says in its first lines what it is for.
pub(super) fn headers(tree: &Tree) -> Vec<Finding> {
    let lacks = |path: &str, text: &str| !is_test_file(path) && !text.starts_with("//!");
    tree.rust_files()
        .filter(|(path, rust)| lacks(path, &rust.text))
        .map(|(path, _)| {
            Finding::new(path, 1, "no header", "begin with a `//!` line that says what it is for")
        })
        .collect()
}

/// The marker of a known fault, spelt so that this file does not hold it.
const FAULT_MARKER: &str = concat!("FIX", "ME");
const UNFINISHED_MACROS: [&str; 3] = ["dbg", "todo", "unimplemented"];

/// Nothing unfinished, no test that never runs.
pub(super) fn forbidden(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, rust) in tree.rust_files() {
        for (line, (code, comment)) in (1..).zip(rust.code.lines().zip(rust.comments.lines())) {
            let compact: String = code.split_whitespace().collect();
            for name in UNFINISHED_MACROS {
                if has_macro(&compact, name) {
                    let problem = format!("`{name}!` is unfinished work");
                    findings.push(Finding::new(path, line, problem, "finish it or take it out"));
                }
            }
            if has_word(comment, FAULT_MARKER) || has_word(code, FAULT_MARKER) {
                let fix = "mend it, or open an issue and name it in a TODO(…)";
                findings.push(Finding::new(path, line, "a fault that is known", fix));
            }
            if compact.contains(concat!("#[", "ignore")) {
                let fix = "make it run or take it out";
                findings.push(Finding::new(path, line, "a test that never runs", fix));
            }
        }
    }
    findings
}

/// Tests wait on the thing they wait for.
pub(super) fn sleeps(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, rust) in tree.rust_files() {
        let Some(from) = rust.tests_from(path) else { continue };
        for (line, code) in (1..).zip(rust.code.lines()).skip_while(|(line, _)| *line < from) {
            if has_word(code, "thread::sleep") {
                let fix = "wait on the thing, or move the test's clock";
                findings.push(Finding::new(path, line, "a test that sleeps", fix));
            }
        }
    }
    findings
}

/// `code` has no white space.
fn has_macro(code: &str, name: &str) -> bool {
    ["(", "[", "{"].iter().any(|bracket| has_call(code, &format!("{name}!{bracket}")))
}

fn has_call(code: &str, call: &str) -> bool {
    code.match_indices(call).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Finding, Tree, forbidden, headers, sleeps};
    use crate::tidy::transcript;

    #[track_caller]
    fn check(rule: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], expected: Expect) {
        expected.assert_eq(&transcript(rule(&Tree::of(files))));
    }

    #[test]
    fn a_file_needs_a_header() {
        let files = [
            ("a.rs", "//! What it is for.\nfn f() {}"),
            ("b.rs", "\n//! Late."),
            ("crates/x/tests/c.rs", "fn f() {}"),
            ("d.md", "no Rust"),
        ];
        check(
            headers,
            &files,
            expect![[r#"
                b.rs:1: no header: begin with a `//!` line that says what it is for
            "#]],
        );
    }

    #[test]
    fn unfinished_work_is_found() {
        let text = format!(
            "f();\ndbg !(x);\n// {}: later\nto{}\n#[ {}]",
            super::FAULT_MARKER,
            "do!()",
            "ignore"
        );
        check(
            forbidden,
            &[("a.rs", &text)],
            expect![[r#"
                a.rs:2: `dbg!` is unfinished work: finish it or take it out
                a.rs:3: a fault that is known: mend it, or open an issue and name it in a TODO(…)
                a.rs:4: `todo!` is unfinished work: finish it or take it out
                a.rs:5: a test that never runs: make it run or take it out
            "#]],
        );
    }

    #[test]
    fn words_in_strings_and_other_words_are_not() {
        let text =
            format!("f(\"{0}!(\"); my_{0}!(x); // {0}!(x), {1}S", "dbg", super::FAULT_MARKER);
        check(forbidden, &[("a.rs", &text)], expect![""]);
    }

    #[test]
    fn tests_do_not_sleep() {
        let call = "std::thread::sleep(d);";
        let module = format!("{call}\n#[cfg(test)]\nmod tests {{\n{call}\n}}");
        check(
            sleeps,
            &[("a.rs", &module), ("crates/x/tests/b.rs", call), ("c.rs", call)],
            expect![[r#"
                a.rs:4: a test that sleeps: wait on the thing, or move the test's clock
                crates/x/tests/b.rs:1: a test that sleeps: wait on the thing, or move the test's clock
            "#]],
        );
    }
}
