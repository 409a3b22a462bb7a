//! Files stay short enough to be read in one go; functions are clippy's to count.
//!
//! Code lines are counted: no blank lines, no comments, nothing inside a literal.

use super::rust::Rust;
use super::{Finding, Tree};

const FILE_LINES_MAX: usize = 800;

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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{Tree, files};
    use crate::tidy::transcript;

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
