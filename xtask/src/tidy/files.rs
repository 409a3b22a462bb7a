//! What no file of the repository may be or hold, whatever its language.

use super::{Finding, Tree};

const FILE_BYTES_MAX: u64 = 512 * 1024;

pub(super) fn size(tree: &Tree) -> Vec<Finding> {
    let large = tree.files.iter().filter(|file| file.bytes > FILE_BYTES_MAX);
    large
        .map(|file| {
            let problem = format!("{} bytes, {FILE_BYTES_MAX} at most", file.bytes);
            Finding::new(&file.path, 0, problem, "make it smaller, or generate it where it is used")
        })
        .collect()
}

/// Folders that exist on somebody's machine only, spelt so that this file does not hold them.
const MACHINE_FOLDERS: [&str; 3] =
    [concat!("/", "work/"), concat!("/", "root/"), concat!("/", "home/")];

pub(super) fn absolute_paths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.text_files() {
        for (line, words) in (1..).zip(text.lines()) {
            if MACHINE_FOLDERS.iter().any(|folder| begins_path(words, folder)) {
                let fix = "write it from the root of the project";
                findings.push(Finding::new(path, line, "a path of one machine", fix));
            }
        }
    }
    findings
}

/// Whether `folder` stands in the text as the beginning of a path rather than inside one.
fn begins_path(text: &str, folder: &str) -> bool {
    text.match_indices(folder).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~/{}$*".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{FILE_BYTES_MAX, MACHINE_FOLDERS, Tree, absolute_paths, size};
    use crate::tidy::transcript;
    use crate::tidy::tree::File;

    #[test]
    fn large_files_are_found() {
        let bytes = usize::try_from(FILE_BYTES_MAX).unwrap();
        let file = |name: &str, size: usize| File::new(name.to_owned(), vec![0xff; size]);
        let tree = Tree { files: vec![file("most.bin", bytes), file("more.bin", bytes + 1)] };
        expect![[r#"
            more.bin: 524289 bytes, 524288 at most: make it smaller, or generate it where it is used
        "#]]
        .assert_eq(&transcript(size(&tree)));
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        let [work, root, home] = MACHINE_FOLDERS;
        let paths = format!("a\ncd {work}main\nsee `{root}x`\n{home}me\n");
        let parts = format!("frame{work}x ..{work}y https://a.b{home} ${{HOME}}{root}");
        let tree = Tree::of(&[("a.md", &paths), ("b.toml", &parts)]);
        expect![[r#"
            a.md:2: a path of one machine: write it from the root of the project
            a.md:3: a path of one machine: write it from the root of the project
            a.md:4: a path of one machine: write it from the root of the project
        "#]]
        .assert_eq(&transcript(absolute_paths(&tree)));
    }
}
