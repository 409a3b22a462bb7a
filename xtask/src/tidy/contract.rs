//! The contract has numbers, and what cites them names rules that are there.

use std::collections::BTreeMap;

use super::{Finding, Tree};

const CONTRACT: &str = "docs/contract.md";
/// Between a chapter's number and what follows it in a citation.
const CITED: &str = " of the contract";

/// How many items each chapter has, by its number.
type Chapters = BTreeMap<u32, u32>;

/// Chapters and items that code cites stand in the contract.
pub(super) fn cited(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(CONTRACT) else {
        return vec![Finding::new(CONTRACT, 0, "missing", "write down what clients may rely on")];
    };
    let mut findings = Vec::new();
    let chapters = read(text, &mut findings);
    for (path, rust) in tree.text_files().filter(|(path, _)| path.ends_with(".rs")) {
        for (number, line) in (1..).zip(rust.lines()) {
            let unknown =
                citations(line).into_iter().filter(|citation| !citation.stands(&chapters));
            findings.extend(unknown.map(|citation| {
                let fix = format!("cite a rule that stands in {CONTRACT}");
                Finding::new(path, number, citation.to_string(), fix)
            }));
        }
    }
    findings
}

/// The chapters, and what is wrong with how their items are numbered.
fn read(text: &str, findings: &mut Vec<Finding>) -> Chapters {
    let mut chapters = Chapters::new();
    let mut chapter = 0;
    for (line_number, line) in (1..).zip(text.lines()) {
        if let Some(number) = line.strip_prefix("## ").and_then(leading_number) {
            chapter = number;
            chapters.insert(chapter, 0);
        } else if let Some(number) = leading_number(line) {
            let items = chapters.entry(chapter).or_default();
            if number != *items + 1 {
                let problem = format!("item {number} follows item {items}");
                findings.push(Finding::new(CONTRACT, line_number, problem, "count from 1"));
            }
            *items = number;
        }
    }
    chapters
}

/// `12` of `12. Text`.
fn leading_number(line: &str) -> Option<u32> {
    let (number, _) = line.split_once(". ")?;
    number.parse().ok()
}

/// A chapter, or one of its items.
struct Citation {
    chapter: u32,
    item: Option<u32>,
}

impl Citation {
    fn stands(&self, chapters: &Chapters) -> bool {
        let items = chapters.get(&self.chapter);
        items.is_some_and(|&items| self.item.is_none_or(|item| (1..=items).contains(&item)))
    }
}

impl std::fmt::Display for Citation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.item {
            None => write!(f, "no chapter {} in the contract", self.chapter),
            Some(item) => write!(f, "no item {item} in chapter {} of the contract", self.chapter),
        }
    }
}

/// `Chapter 3 of the contract`, with `, item 4` or `, items 5, 6 and 13` behind it.
fn citations(line: &str) -> Vec<Citation> {
    let line = line.to_lowercase();
    let mut found = Vec::new();
    for (at, _) in line.match_indices("chapter ") {
        let rest = line.get(at + "chapter ".len()..).unwrap_or_default();
        let Some((number, rest)) = rest.split_once(CITED) else { continue };
        let Ok(chapter) = number.parse() else { continue };
        found.push(Citation { chapter, item: None });
        found.extend(items(rest).into_iter().map(|item| Citation { chapter, item: Some(item) }));
    }
    found
}

fn items(rest: &str) -> Vec<u32> {
    let Some(rest) = rest.strip_prefix(", items ").or_else(|| rest.strip_prefix(", item ")) else {
        return Vec::new();
    };
    // The list ends where the sentence goes on.
    let list = rest.split([':', '.', ';', ')']).next().unwrap_or_default();
    let words = list.split([' ', ',']).filter(|word| !word.is_empty() && *word != "and");
    words.map_while(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{CONTRACT, Tree, cited};
    use crate::tidy::transcript;

    const TEXT: &str = "# The contract\n\n## 1. Values\n\n1. One.\n   2 of its lines.\n2. Two.\n\n## 9. Feed\n\n1. One.\n";

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: Expect) {
        expected.assert_eq(&transcript(cited(&Tree::of(files))));
    }

    #[test]
    fn rules_that_are_not_there_are_found() {
        let code = concat!(
            "//! Chapter 1 of",
            " the contract, items 1, 2 and 3: what.\n// (chapter 5 of",
            " the contract)\n"
        );
        check(
            &[(CONTRACT, TEXT), ("a.rs", code)],
            expect![[r#"
                a.rs:1: no item 3 in chapter 1 of the contract: cite a rule that stands in docs/contract.md
                a.rs:2: no chapter 5 in the contract: cite a rule that stands in docs/contract.md
            "#]],
        );
    }

    #[test]
    fn rules_that_are_there_are_not() {
        let code = "//! Chapter 1 of the contract, items 1 and 2: 7 things.\n\
            // Chapter 9 of the contract, item 1; a chapter of the contract; chapter 5.\n";
        check(&[(CONTRACT, TEXT), ("a.rs", code)], expect![""]);
    }

    #[test]
    fn items_are_counted_from_one() {
        let text = "# The contract\n\n## 1. Values\n\n1. One.\n3. Three.\n";
        check(
            &[(CONTRACT, text)],
            expect![[r#"
                docs/contract.md:6: item 3 follows item 1: count from 1
            "#]],
        );
        check(
            &[],
            expect![[r#"
                docs/contract.md: missing: write down what clients may rely on
            "#]],
        );
    }
}
