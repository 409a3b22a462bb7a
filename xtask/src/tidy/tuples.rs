//! What a function takes and gives has names: no tuple stands for arguments, and none is a result.
//!
//! Lists of pairs and entries of maps are no such tuples, nor is what has a name in `domain`, like `Of<…>`.

use super::rust::Rust;
use super::{Finding, Tree};

/// Functions that may take or give tuples all the same.
struct Allowed {
    /// Where they are: a file, or all whose paths begin like this.
    path: &'static str,
    /// Empty means all.
    function: &'static str,
}

/// Short, and each for a reason.
const ALLOWED: [Allowed; 8] = [
    // An entry of a map: a row under its key.
    Allowed { path: "crates/domain/src/tables/change.rs", function: "after" },
    Allowed { path: "crates/rows/src/activity.rs", function: "low_water_mark_of" },
    Allowed { path: "crates/rows/src/credentials.rs", function: "key_and_account" },
    Allowed { path: "crates/rows/src/stored.rs", function: "keyed" },
    Allowed { path: "crates/rows/src/tickets/catalogue.rs", function: "seat" },
    Allowed { path: "crates/store-sqlite/src/file.rs", function: "watched" },
    // What is asked for goes with where its answers are put.
    Allowed { path: "crates/store-postgres/src/load", function: "" },
    Allowed { path: "crates/store-sqlite/src/load.rs", function: "" },
];

/// Functions in `src`, besides tests, whose parameters or results are tuples.
pub(super) fn named(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, rust) in tree.rust_files().filter(|(path, _)| path.contains("src/")) {
        let tests_from = rust.tests_from(path).unwrap_or(usize::MAX);
        let is_allowed = |name: &str| {
            let is_meant = |of: &str| of.is_empty() || of == name;
            ALLOWED.iter().any(|it| path.starts_with(it.path) && is_meant(it.function))
        };
        for function in functions(rust) {
            if function.line >= tests_from || is_allowed(function.name) {
                continue;
            }
            let name = function.name;
            let mut found = |what: &str, fix: &str| {
                let problem = format!("`{name}` {what} a tuple");
                findings.push(Finding::new(path, function.line, problem, fix));
            };
            if function.parameters.iter().any(|it| is_tuple(it)) {
                found("takes", "take plain arguments or a small struct");
            }
            if is_tuple(unwrapped(function.result)) {
                found("gives", "give a small struct");
            }
        }
    }
    findings
}

/// A function's signature.
struct Function<'a> {
    line: usize,
    name: &'a str,
    /// The types of its parameters.
    parameters: Vec<&'a str>,
    /// Empty where it gives nothing.
    result: &'a str,
}

fn functions(rust: &Rust) -> Vec<Function<'_>> {
    let code = rust.code.as_str();
    let starts = code.match_indices("fn ").filter(|(at, _)| {
        let before = code.get(..*at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    });
    starts.filter_map(|(at, _)| function(code, at)).collect()
}

/// The function whose `fn` stands there; `None` for what is none, like the type of a pointer to one.
fn function(code: &str, at: usize) -> Option<Function<'_>> {
    let line = code.get(..at)?.matches('\n').count().saturating_add(1);
    let rest = code.get(at..)?.strip_prefix("fn ")?.trim_start();
    let (name, rest) = rest.split_at(rest.find(|c: char| !c.is_alphanumeric() && c != '_')?);
    let generics = if rest.starts_with('<') { length(rest)? } else { 0 };
    let rest = rest.get(generics..)?.trim_start();
    if name.is_empty() || !rest.starts_with('(') {
        return None;
    }
    let (parameters, rest) = rest.split_at(length(rest)?);
    let inside = parameters.get(1..parameters.len().saturating_sub(1))?;
    let result = rest.trim_start().strip_prefix("->").unwrap_or_default();
    let end = result.find(['{', ';']).unwrap_or(result.len());
    let result = result.get(..end)?;
    let result = result.split(" where ").next()?.split("\nwhere").next()?.trim();
    let parameters = parts(inside).into_iter().filter_map(type_of).collect();
    Some(Function { line, name, parameters, result })
}

/// How long the bracketed text is that this begins with, brackets included.
fn length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' | '<' => depth = depth.saturating_add(1),
            // Not that of an arrow.
            '>' if before == '-' || before == '=' => {}
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(at.saturating_add(c.len_utf8()));
        }
        before = c;
    }
    None
}

/// What stands between commas that are in no brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().map_or(1, char::len_utf8);
        if rest.starts_with(',') {
            parts.extend(text.get(from..at));
            from = at.saturating_add(1);
        }
        let step = if rest.starts_with(['(', '[', '{', '<']) { length(rest) } else { None };
        at = at.saturating_add(step.unwrap_or(first));
    }
    parts.extend(text.get(from..).filter(|rest| !rest.trim().is_empty()));
    parts
}

/// The type of a parameter; `self` alone has none.
fn type_of(parameter: &str) -> Option<&str> {
    let parameter = parameter.trim_start();
    let pattern = if parameter.starts_with('(') { length(parameter)? } else { 0 };
    let (_, kind) = parameter.get(pattern..)?.split_once(':')?;
    Some(kind.trim_start_matches(':').trim())
}

/// What a function gives when all is well.
fn unwrapped(result: &str) -> &str {
    for outside in ["Result<", "Option<"] {
        let Some(at) = result.find(outside) else { continue };
        let is_path = |before: &str| before.chars().all(|c| c.is_alphanumeric() || c == ':');
        if result.get(..at).is_some_and(is_path) {
            let inside = result.get(at.saturating_add(outside.len())..).unwrap_or_default();
            return unwrapped(parts(inside).first().copied().unwrap_or_default().trim());
        }
    }
    result
}

/// A tuple of two or more, or a reference to one.
fn is_tuple(kind: &str) -> bool {
    let kind = kind.trim_start_matches('&');
    let kind =
        if kind.starts_with('\'') { kind.split_once(' ').map_or("", |it| it.1) } else { kind };
    let kind = kind.trim_start_matches("mut ").trim();
    let inside = || kind.get(1..length(kind)?.saturating_sub(1));
    kind.starts_with('(') && inside().is_some_and(|inside| parts(inside).len() > 1)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Tree, named};
    use crate::tidy::transcript;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let files = [("crates/a/src/b.rs", text), ("crates/a/tests/b.rs", text)];
        expected.assert_eq(&transcript(named(&Tree::of(&files))));
    }

    #[test]
    fn tuples_that_stand_for_arguments_are_found() {
        check(
            "fn a((b, c): (B, &str), d: u8) {}\nimpl D {\n    pub(crate) fn e<T: Fn(u8) -> u8>(\n        &self,\n        f: &mut (T, u8),\n    ) {}\n}",
            expect![[r#"
                crates/a/src/b.rs:1: `a` takes a tuple: take plain arguments or a small struct
                crates/a/src/b.rs:3: `e` takes a tuple: take plain arguments or a small struct
            "#]],
        );
    }

    #[test]
    fn results_that_are_tuples_are_found() {
        check(
            "fn a() -> (B, C) {}\nfn d(&self) -> io::Result<Option<(B, &'a C)>>;\nfn e<T>() -> Result<(T, u8), E>\nwhere\n    T: X {}",
            expect![[r#"
                crates/a/src/b.rs:1: `a` gives a tuple: give a small struct
                crates/a/src/b.rs:2: `d` gives a tuple: give a small struct
                crates/a/src/b.rs:3: `e` gives a tuple: give a small struct
            "#]],
        );
    }

    #[test]
    fn lists_and_maps_and_closures_and_what_has_a_name_are_not() {
        check(
            "fn a((b, c): Of<C>, d: &[(B, C)], e: impl Fn((B, C)) -> (B, C)) -> Vec<(B, C)> {}\n\
             fn f(g: fn(B, C) -> (B, C)) -> impl Iterator<Item = (B, C)> {}\n\
             fn h(i: ()) -> Result<(), E> { let (j, k): (u8, u8) = l; }\n\
             // fn m(n: (B, C))\n\
             #[cfg(test)]\nmod tests {\n    fn o(p: (B, C)) {}\n}",
            expect![""],
        );
    }
}
