//! Files and functions stay short enough to be read in one go.
//!
//! Code lines are counted: no blank lines, no comments, nothing inside a literal. Functions that
//! were accepted as they are stand in a list that may only shrink.

use std::collections::BTreeMap;

use super::rust::Rust;
use super::{Finding, Tree};

const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
/// One function a line: file, name, the lines it may have. `#` begins a comment.
const ACCEPTED: &str = "xtask/long-functions.txt";

pub(super) fn files(tree: &Tree) -> Vec<Finding> {
    let long = |rust: &Rust| {
        let lines = rust.code_lines().count();
        (lines > FILE_LINES_MAX).then(|| format!("{lines} code lines, {FILE_LINES_MAX} at most"))
    };
    tree.rust_files()
        .filter_map(|(path, rust)| {
            Some(Finding::new(path, 0, long(rust)?, "split it by meaning into `name.rs` + `name/`"))
        })
        .collect()
}

pub(super) fn functions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut accepted = accepted(tree.text(ACCEPTED).unwrap_or_default(), &mut findings);
    for (path, rust) in tree.rust_files() {
        for function in find_functions(rust) {
            if function.lines <= FUNCTION_LINES_MAX {
                continue;
            }
            let key = (path.to_owned(), function.name.clone());
            let entry = accepted.get_mut(&key);
            let max = entry.as_ref().map_or(FUNCTION_LINES_MAX, |entry| entry.lines_max);
            if let Some(entry) = entry {
                entry.used = true;
            }
            if function.lines > max {
                let problem = format!(
                    "fn {} has {} code lines, {max} at most",
                    function.name, function.lines
                );
                let fix = "split it where it is nested";
                findings.push(Finding::new(path, function.line, problem, fix));
            }
        }
    }
    for ((path, name), entry) in accepted {
        if !entry.used {
            let problem = format!("fn {name} in {path} is no longer long");
            findings.push(Finding::new(ACCEPTED, entry.line, problem, "take this line out"));
        }
    }
    findings
}

#[derive(Debug)]
struct Accepted {
    line: usize,
    lines_max: usize,
    used: bool,
}

fn accepted(list: &str, findings: &mut Vec<Finding>) -> BTreeMap<(String, String), Accepted> {
    let mut entries = BTreeMap::new();
    for (line, text) in (1..).zip(list.lines()) {
        let text = text.split('#').next().unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        let parsed = match words.as_slice() {
            [] => continue,
            [path, name, lines] => lines.parse().ok().map(|lines_max| (*path, *name, lines_max)),
            _ => None,
        };
        if let Some((path, name, lines_max)) = parsed {
            let entry = Accepted { line, lines_max, used: false };
            entries.insert((path.to_owned(), name.to_owned()), entry);
        } else {
            let fix = "write `file function lines`";
            findings.push(Finding::new(ACCEPTED, line, "not an entry", fix));
        }
    }
    entries
}

#[derive(Debug)]
struct Function {
    name: String,
    line: usize,
    /// Code lines from `fn` to the closing brace.
    lines: usize,
}

/// Every `fn name … { … }`, found by counting brackets.
fn find_functions(rust: &Rust) -> Vec<Function> {
    let code_lines: Vec<usize> = rust.code_lines().collect();
    let mut found = Vec::new();
    // What the open braces belong to: a function, or something else.
    let mut open: Vec<Option<(String, usize)>> = Vec::new();
    // A signature whose body has not begun, and the round and square brackets open in it.
    let mut signature: Option<(String, usize)> = None;
    let mut nested = 0_usize;
    let mut previous = "";
    for (line, token) in tokens(&rust.code) {
        match token {
            name if previous == "fn" && is_identifier(name) => {
                signature = Some((name.to_owned(), line));
                nested = 0;
            }
            "(" | "[" => nested = nested.saturating_add(1),
            ")" | "]" => nested = nested.saturating_sub(1),
            ";" if nested == 0 => signature = None,
            "{" if nested == 0 => open.push(signature.take()),
            // A block among a signature's parameters, or a closure's body.
            "{" => open.push(None),
            "}" => {
                if let Some((name, start)) = open.pop().flatten() {
                    let within = |&&number: &&usize| (start..=line).contains(&number);
                    let lines = code_lines.iter().filter(within).count();
                    found.push(Function { name, line: start, lines });
                }
            }
            _ => {}
        }
        previous = token;
    }
    found
}

/// Identifiers and single characters, with their lines.
fn tokens(code: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(code.lines()).flat_map(|(line, text)| {
        let mut rest = text.trim_start();
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let word = rest.find(|c: char| !is_identifier_char(c)).unwrap_or(rest.len());
            let (token, tail) = rest.split_at(word.max(first.len_utf8()));
            rest = tail.trim_start();
            Some((line, token))
        })
    })
}

fn is_identifier(token: &str) -> bool {
    token.chars().all(is_identifier_char)
}

fn is_identifier_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{ACCEPTED, Rust, Tree, files, find_functions, functions};
    use crate::tidy::transcript;

    #[track_caller]
    fn check_found(text: &str, expected: Expect) {
        let found = find_functions(&Rust::parse(text));
        let line = |f: &super::Function| format!("{} at {}: {}\n", f.name, f.line, f.lines);
        expected.assert_eq(&found.iter().map(line).collect::<String>());
    }

    fn function(name: &str, lines: usize) -> String {
        format!("fn {name}() {{\n{}}}\n", "    x();\n".repeat(lines.saturating_sub(2)))
    }

    #[track_caller]
    fn check_list(list: &str, expected: Expect) {
        let text = format!("{}{}", function("short", 70), function("long", 71));
        let tree = Tree::of(&[("a.rs", &text), (ACCEPTED, list)]);
        expected.assert_eq(&transcript(functions(&tree)));
    }

    #[test]
    fn functions_are_found_by_their_braces() {
        check_found(
            "fn a() { if x { y() } }\nfn b()\n-> [u8; 2]\nwhere T: F<{ 1 }> {\n}\n",
            expect![[r#"
                a at 1: 1
                b at 2: 3
            "#]],
        );
        check_found(
            "trait T {\n  fn declared(&self, x: [u8; 2]);\n  fn default(&self) {\n\n    // why\n  }\n}",
            expect![[r#"
                default at 3: 2
            "#]],
        );
        check_found(
            "fn outer() {\n  let f: fn(u8) = |x| { g(x) };\n  fn inner() {}\n  m!({ fn $name() {} });\n}",
            expect![[r#"
                inner at 3: 1
                outer at 1: 5
            "#]],
        );
    }

    #[test]
    fn data_and_comments_do_not_count() {
        check_found(
            "fn a() {\n  // {\n  let s = \"{\n  more }\n  data\";\n  '{';\n}",
            expect![[r#"
                a at 1: 5
            "#]],
        );
    }

    #[test]
    fn broken_text_is_survived() {
        check_found(
            "}}} fn a( { ) fn b() { } } fn",
            expect![[r#"
                b at 1: 1
            "#]],
        );
    }

    #[test]
    fn long_functions_are_listed_or_found() {
        check_list(
            "",
            expect![[r#"
                a.rs:71: fn long has 71 code lines, 70 at most: split it where it is nested
            "#]],
        );
        check_list("# path, name, lines\n\na.rs long 71 # a flat match\n", expect![""]);
    }

    #[test]
    fn the_list_only_shrinks() {
        check_list(
            "a.rs long 70",
            expect![[r#"
                a.rs:71: fn long has 71 code lines, 70 at most: split it where it is nested
            "#]],
        );
        check_list(
            "a.rs long 71\na.rs short 90\na.rs gone 90\nb.rs long\na.rs long x",
            expect![[r#"
                xtask/long-functions.txt:2: fn short in a.rs is no longer long: take this line out
                xtask/long-functions.txt:3: fn gone in a.rs is no longer long: take this line out
                xtask/long-functions.txt:4: not an entry: write `file function lines`
                xtask/long-functions.txt:5: not an entry: write `file function lines`
            "#]],
        );
    }

    #[test]
    fn long_files_are_found() {
        let (most, more) = ("f();\n".repeat(800), "f();\n".repeat(801));
        let tree = Tree::of(&[("a.rs", &most), ("b.rs", &more), ("c.md", &more)]);
        expect![[r#"
            b.rs: 801 code lines, 800 at most: split it by meaning into `name.rs` + `name/`
        "#]]
        .assert_eq(&transcript(files(&tree)));
    }
}
