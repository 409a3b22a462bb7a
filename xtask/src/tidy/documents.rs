//! Documents: one title each, and a change log.

use super::{Finding, Tree};

const CHANGELOG: &str = "CHANGELOG.md";

/// A Markdown file has exactly one `# Title`.
pub(super) fn titles(tree: &Tree) -> Vec<Finding> {
    let documents = tree.text_files().filter(|(path, _)| path.ends_with(".md"));
    documents
        .filter_map(|(path, text)| match title_lines(text).as_slice() {
            [] => Some(Finding::new(path, 1, "no title", "begin with one `# Title`")),
            [_] => None,
            [_, second, ..] => {
                Some(Finding::new(path, *second, "a second title", "make it a `## Section`"))
            }
        })
        .collect()
}

fn title_lines(text: &str) -> Vec<usize> {
    outside_fences(text).filter(|(_, line)| line.starts_with("# ")).map(|(n, _)| n).collect()
}

/// The change log has a section that takes the next change, or the last version's.
pub(super) fn changelog(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(CHANGELOG) else {
        let fix = "write it, with a section `## Unreleased`";
        return vec![Finding::new(CHANGELOG, 0, "missing", fix)];
    };
    if outside_fences(text).any(|(_, line)| is_version(line)) {
        return Vec::new();
    }
    vec![Finding::new(CHANGELOG, 1, "no section of a version", "add `## Unreleased`")]
}

fn is_version(line: &str) -> bool {
    let Some(title) = line.strip_prefix("## ") else { return false };
    let title = title.trim_start_matches(['[', 'v']);
    title.to_ascii_lowercase().starts_with("unreleased")
        || title.starts_with(|c: char| c.is_ascii_digit())
}

/// The lines that are not fenced code, with their numbers.
fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let marker = fence_marker(line);
        match (fence, marker) {
            (None, None) => return true,
            (None, Some(_)) => fence = marker,
            // Only a fence of the same kind, at least as long and with nothing after it, closes.
            (Some(open), Some(close)) if close.starts_with(open) && ends(line, close) => {
                fence = None;
            }
            (Some(_), _) => {}
        }
        false
    })
}

fn fence_marker(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let first = line.chars().next().filter(|c| ['`', '~'].contains(c))?;
    let length = line.find(|c| c != first).unwrap_or(line.len());
    (length >= 3).then(|| line.get(..length)).flatten()
}

fn ends(line: &str, fence: &str) -> bool {
    line.trim() == fence
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Finding, Tree, changelog, titles};
    use crate::tidy::transcript;

    #[track_caller]
    fn check(rule: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], expected: Expect) {
        expected.assert_eq(&transcript(rule(&Tree::of(files))));
    }

    #[test]
    fn one_title() {
        let files = [
            ("one.md", "# One\n\n## Section\n#hashtag\n"),
            ("none.md", "text\n## Section\n"),
            ("two.md", "# One\n\n# Two\n"),
            ("two.txt", "# One\n# Two\n"),
        ];
        check(
            titles,
            &files,
            expect![[r#"
                none.md:1: no title: begin with one `# Title`
                two.md:3: a second title: make it a `## Section`
            "#]],
        );
    }

    #[test]
    fn fenced_code_has_no_titles() {
        let fenced = "# One\n```sh\n# a comment\n```\n";
        let nested = "# One\n````md\n# a\n```\n# b\n```\n# c\n````\n";
        let tildes = "# One\n  ~~~\n# a\n```\n# b\n  ~~~\n";
        let reopened = "# One\n```\n```rust\n# a\n```\n# Two\n";
        let files = [("a.md", fenced), ("b.md", nested), ("c.md", tildes), ("d.md", reopened)];
        check(
            titles,
            &files,
            expect![[r#"
                d.md:6: a second title: make it a `## Section`
            "#]],
        );
    }

    #[test]
    fn the_change_log_has_a_section() {
        for section in ["Unreleased", "[Unreleased]", "0.1.0", "[0.1.0] - 2026-01-01", "v1.0.0"] {
            let text = format!("# Changes\n\n## {section}\n");
            check(changelog, &[("CHANGELOG.md", &text)], expect![""]);
        }
        check(
            changelog,
            &[("CHANGELOG.md", "# Changes\n## Notes\n")],
            expect![[r#"
                CHANGELOG.md:1: no section of a version: add `## Unreleased`
            "#]],
        );
        check(
            changelog,
            &[],
            expect![[r#"
                CHANGELOG.md: missing: write it, with a section `## Unreleased`
            "#]],
        );
    }
}
