//! The files of the project, read once for all checks.

use std::path::Path;
use std::process::Command;

use super::rust::Rust;

#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(super) files: Vec<File>,
}

#[derive(Debug)]
pub(super) struct File {
    /// From the root of the project, with `/` between folders.
    pub(super) path: String,
    pub(super) bytes: u64,
    /// Absent where the file is not UTF-8 text.
    pub(super) text: Option<String>,
    /// Present for text that ends in `.rs`.
    pub(super) rust: Option<Rust>,
}

impl Tree {
    /// What is committed or would be: tracked files and new ones that are not ignored.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let paths = match git_files(root) {
            Some(paths) => paths,
            // A copy of the sources without git, or a machine without it.
            None => walk(root)?,
        };
        let mut files = Vec::new();
        for path in paths {
            let full = root.join(&path);
            // A file that is deleted but not yet committed is still listed by git; a link to
            // elsewhere is not ours to judge.
            if full.is_symlink() || !full.is_file() {
                continue;
            }
            let bytes = std::fs::read(&full).map_err(|error| format!("{path}: {error}"))?;
            files.push(File::new(path, bytes));
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    pub(super) fn text_files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|file| Some((file.path.as_str(), file.text.as_deref()?)))
    }

    pub(crate) fn rust_files(&self) -> impl Iterator<Item = (&str, &Rust)> {
        self.files.iter().filter_map(|file| Some((file.path.as_str(), file.rust.as_ref()?)))
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path)?.text.as_deref()
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File::new(path.to_owned(), text.into());
        Self { files: files.iter().map(file).collect() }
    }
}

impl File {
    pub(super) fn new(path: String, bytes: Vec<u8>) -> Self {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let text = String::from_utf8(bytes).ok();
        let rust = text.as_deref().filter(|_| path.ends_with(".rs")).map(Rust::parse);
        Self { path, bytes: size, text, rust }
    }
}

fn git_files(root: &Path) -> Option<Vec<String>> {
    let mut command = Command::new("git");
    // A checkout that another user owns, as in a container, is read all the same.
    command.args(["-c", "safe.directory=*", "ls-files", "-z"]);
    command.args(["--cached", "--others", "--exclude-standard"]);
    let output = command.current_dir(root).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let listing = String::from_utf8_lossy(&output.stdout);
    Some(listing.split_terminator('\0').map(str::to_owned).collect())
}

fn walk(root: &Path) -> Result<Vec<String>, String> {
    let mut paths = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let complain = |error| format!("{}: {error}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(complain)? {
            let path = entry.map_err(complain)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !path.is_symlink() {
                if !["target", ".git", "node_modules"].contains(&name) {
                    folders.push(path);
                }
            } else if let Ok(inside) = path.strip_prefix(root) {
                paths.push(inside.to_string_lossy().into_owned());
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::{File, Tree, walk};
    use crate::root;

    #[test]
    fn this_project_reads_itself() {
        let tree = Tree::read(&root()).unwrap();
        assert!(tree.text("Cargo.toml").is_some());
        assert!(tree.rust_files().any(|(path, _)| path == "xtask/src/tidy/tree.rs"));
    }

    #[test]
    fn without_git_the_folders_are_walked() {
        let paths = walk(&root().join("xtask")).unwrap();
        assert!(paths.contains(&"src/tidy/tree.rs".to_owned()), "{paths:?}");
        assert!(paths.contains(&"Cargo.toml".to_owned()), "{paths:?}");
    }

    #[test]
    fn bytes_that_are_not_text_are_kept_apart() {
        let file = File::new("logo.rs".to_owned(), vec![0xff, 0xfe]);
        assert_eq!(file.bytes, 2);
        assert!(file.text.is_none() && file.rust.is_none());
    }
}
