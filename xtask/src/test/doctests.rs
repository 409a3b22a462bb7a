//! Whether any library has a doc test: a fenced block of Rust in a doc comment.

use crate::tidy::Tree;

pub(crate) fn any(tree: &Tree) -> bool {
    tree.rust_files().any(|(_, rust)| has_doc_test(&rust.comments))
}

fn has_doc_test(comments: &str) -> bool {
    let mut inside = false;
    for line in comments.lines() {
        let Some(fence) = doc_text(line).and_then(|text| text.strip_prefix("```")) else {
            continue;
        };
        if !inside && is_tested(fence) {
            return true;
        }
        inside = !inside;
    }
    false
}

fn doc_text(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
    Some(text.trim_start())
}

/// rustdoc runs a block unless its info string names another language or `ignore`.
fn is_tested(info: &str) -> bool {
    let attributes = ["", "rust", "no_run", "should_panic", "compile_fail"];
    let is_known = |word: &str| attributes.contains(&word) || word.starts_with("edition");
    info.split([',', ' ']).all(|word| is_known(word.trim()))
}

#[cfg(test)]
mod tests {
    use super::has_doc_test;

    #[test]
    fn a_rust_block_is_a_doc_test() {
        assert!(has_doc_test("/// ```\n/// assert!(true);\n/// ```"));
        assert!(has_doc_test("    //! ```rust,no_run\n    //! ```"));
        assert!(has_doc_test("/// ```text\n/// a\n/// ```\n/// ```\n/// b\n/// ```"));
    }

    #[test]
    fn other_blocks_are_not() {
        assert!(!has_doc_test(""));
        assert!(!has_doc_test("// ```\n// a plain comment\n// ```"));
        assert!(!has_doc_test("/// ```text\n/// a\n/// ```"));
        assert!(!has_doc_test("/// ```ignore\n/// a\n/// ```"));
    }
}
