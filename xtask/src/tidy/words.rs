//! The field's own words: those that were once used in their place do not come back.

use super::rust::stands_apart;
use super::{Finding, Tree};

/// This file names them.
const HERE: &str = "xtask/src/tidy/words.rs";

/// A word that is not used here, and what is said for it.
struct Refused {
    word: &'static str,
    say: &'static str,
}

/// In small letters; CONTRIBUTING has the glossary.
const REFUSED: [Refused; 12] = [
    Refused { word: concat!("can", " not"), say: "cannot" },
    Refused { word: concat!("can", "_not"), say: "cannot" },
    Refused { word: concat!("an", "ew"), say: "again, from scratch" },
    Refused { word: concat!("car", "rier"), say: "checkpointer" },
    Refused { word: concat!("sight", "ing"), say: "key usage" },
    Refused { word: concat!("sight", "ings"), say: "key usage" },
    Refused { word: concat!("house", "keeping"), say: "maintenance" },
    Refused { word: concat!("own", " values"), say: "store metadata" },
    Refused { word: concat!("one state", " of the store"), say: "a consistent snapshot" },
    Refused { word: concat!("taken", " apart"), say: "bisected" },
    Refused { word: concat!("taking the batch", " apart"), say: "bisecting the batch" },
    Refused { word: concat!("carried", " over"), say: "checkpointed" },
];

/// Migrations stay as they were applied, and what was said of earlier versions stays said.
fn is_read(path: &str) -> bool {
    let is_text = [".rs", ".md", ".sql", ".toml", ".html"].iter().any(|end| path.ends_with(end));
    is_text && !path.contains("/migrations/") && path != "CHANGELOG.md" && path != HERE
}

/// No line has such a word.
pub(super) fn refused(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.text_files().filter(|(path, _)| is_read(path)) {
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.to_lowercase();
            for Refused { word, say } in REFUSED {
                // In code as well, where `_` stands between words.
                if stands_apart(&line, word, char::is_alphanumeric) {
                    let fix = format!("say {say} (glossary in CONTRIBUTING.md)");
                    findings.push(Finding::new(path, number, format!("the word `{word}`"), fix));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Tree, refused};
    use crate::tidy::transcript;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: Expect) {
        expected.assert_eq(&transcript(refused(&Tree::of(files))));
    }

    #[test]
    fn words_that_are_not_used_are_found() {
        let text = format!(
            "It {} be read.\nfn write_{}() {{}}",
            concat!("can", " not"),
            concat!("sight", "ings")
        );
        let files = [("a.rs", text.as_str()), ("b.md", text.as_str())];
        check(
            &files,
            expect![[r#"
            a.rs:1: the word `can not`: say cannot (glossary in CONTRIBUTING.md)
            a.rs:2: the word `sightings`: say key usage (glossary in CONTRIBUTING.md)
            b.md:1: the word `can not`: say cannot (glossary in CONTRIBUTING.md)
            b.md:2: the word `sightings`: say key usage (glossary in CONTRIBUTING.md)
        "#]],
        );
    }

    #[test]
    fn parts_of_words_and_what_must_stay_are_not() {
        let text = "Swans scan nothing; renewal; aircraft carriers.";
        let old = concat!("can", " not");
        let files = [
            ("a.rs", text),
            ("crates/x/migrations/V1__a.sql", old),
            ("CHANGELOG.md", old),
            ("a.png", old),
        ];
        check(&files, expect![""]);
    }
}
