//! Files and folders that the documents for contributors name are there, so that a recipe does not send anybody astray.

use super::{Finding, Tree};

/// What contributors read.
const DOCUMENTS: [&str; 2] = ["ARCHITECTURE.md", "CONTRIBUTING.md"];
/// How a name ends that is taken for a file's, though nothing stands before it.
const ENDINGS: [&str; 3] = [".rs", ".sql", ".html"];
/// Made by building, and not in the tree.
const MADE: &str = "target/";

/// Every `path/of/a/file` in the documents leads somewhere.
pub(super) fn there(tree: &Tree) -> Vec<Finding> {
    let documents = tree.text_files().filter(|(path, _)| DOCUMENTS.contains(path));
    let mut findings = Vec::new();
    for (path, text) in documents {
        for (number, line) in (1..).zip(text.lines()) {
            let gone = quoted(line).filter(|word| is_place(word) && !is_there(tree, word));
            findings.extend(gone.map(|word| {
                let fix = "name the file or folder that is meant";
                Finding::new(path, number, format!("`{word}` is not there"), fix)
            }));
        }
    }
    findings
}

/// What stands between back-quotes.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Names with a placeholder, code and commands are none.
fn is_place(word: &str) -> bool {
    let is_path = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let is_named = word.contains('/') || ENDINGS.iter().any(|end| word.ends_with(end));
    is_named
        && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.')
        && word.chars().all(is_path)
        && !word.starts_with(MADE)
}

/// A file or a folder by its path or the end of it; a module may be named without its ending.
fn is_there(tree: &Tree, word: &str) -> bool {
    let word = word.trim_end_matches('/');
    tree.files.iter().any(|file| {
        let path = file.path.as_str();
        ends_with_place(path, word)
            || path.strip_suffix(".rs").is_some_and(|module| ends_with_place(module, word))
            || folders(path).any(|folder| ends_with_place(folder, word))
    })
}

/// Only whole names count: `b.rs` is no end of `src/ab.rs`.
fn ends_with_place(path: &str, word: &str) -> bool {
    path.strip_suffix(word).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Tree, there};
    use crate::tidy::transcript;

    const FILES: [(&str, &str); 2] = [("crates/a/src/tickets/cancel.rs", ""), (".ci/run", "")];

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let mut files = FILES.to_vec();
        files.push(("ARCHITECTURE.md", text));
        files.push(("README.md", "`crates/gone.rs`"));
        expected.assert_eq(&transcript(there(&Tree::of(&files))));
    }

    #[test]
    fn places_that_are_gone_are_found() {
        check(
            "Look at `crates/a/src/bookings.rs`,\n`ancel.rs`, `tickets/` and `src/stays`.\n",
            expect![[r#"
                ARCHITECTURE.md:1: `crates/a/src/bookings.rs` is not there: name the file or folder that is meant
                ARCHITECTURE.md:2: `ancel.rs` is not there: name the file or folder that is meant
                ARCHITECTURE.md:2: `src/stays` is not there: name the file or folder that is meant
            "#]],
        );
    }

    #[test]
    fn places_that_are_there_are_not() {
        let text = "`crates/a/src/tickets/cancel.rs`, `a/src/tickets`, `tickets/cancel`, `cancel.rs`, `.ci/run`,\n\
            `sql/<chapter>/`, `/readyz`, `cargo run -- a/b`, `target/clients`, `bookonce.toml` and `and/or`";
        check(
            text,
            expect![[r#"
                ARCHITECTURE.md:2: `and/or` is not there: name the file or folder that is meant
            "#]],
        );
    }
}
