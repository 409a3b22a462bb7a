//! Checks over the tree that no compiler makes. Each check is a pure function over what was read,
//! with its own tests, and each finding says where and what to do about it.

mod cold;
mod contract;
mod dependencies;
mod documents;
mod files;
mod layers;
mod leftovers;
mod length;
mod limits;
mod places;
mod rust;
mod sql;
mod tree;
mod tuples;
mod words;

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) use self::tree::Tree;
use crate::test::{cargo_path, has_cargo_tool};

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    file: String,
    /// Counted from one; zero speaks of the whole file.
    line: usize,
    problem: String,
    fix: String,
}

impl Finding {
    fn new(file: &str, line: usize, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, problem: problem.into(), fix: fix.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}: {}", self.file, self.problem, self.fix),
            line => write!(f, "{}:{line}: {}: {}", self.file, self.problem, self.fix),
        }
    }
}

/// The checks that need nothing but the files.
const CHECKS: [fn(&Tree) -> Vec<Finding>; 16] = [
    cold::few_files,
    leftovers::headers,
    leftovers::forbidden,
    leftovers::sleeps,
    length::files,
    sql::included,
    sql::same_in_both_stores,
    files::size,
    files::absolute_paths,
    documents::titles,
    documents::changelog,
    limits::tested,
    places::there,
    contract::cited,
    tuples::named,
    words::refused,
];

pub(crate) fn run(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root)?;
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    findings.extend(dependencies::explained(&tree));
    findings.extend(layers::allowed(&layers::read(root)?));
    findings.sort();

    println!("tidy: {} files read", tree.files.len());
    for finding in &findings {
        println!("{finding}");
    }
    let tools_passed = [deny(root), typos(root)];
    match findings.len() {
        0 if tools_passed.iter().all(|&passed| passed) => Ok(()),
        0 => Err("tidy: see above".to_owned()),
        1 => Err("tidy: 1 finding".to_owned()),
        count => Err(format!("tidy: {count} findings")),
    }
}

/// Licences, sources and bans. Advisories need a database from the network and are left out.
fn deny(root: &Path) -> bool {
    if !has_cargo_tool("deny") {
        println!("tidy: cargo-deny is not installed, skipped");
        return true;
    }
    let mut command = Command::new(cargo_path());
    command.args(["deny", "--log-level", "error", "check", "bans", "licenses", "sources"]);
    passes(root, command)
}

fn typos(root: &Path) -> bool {
    let mut version = Command::new("typos");
    version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    if !passes(root, version) {
        println!("tidy: typos is not installed, skipped");
        return true;
    }
    passes(root, Command::new("typos"))
}

fn passes(root: &Path, mut command: Command) -> bool {
    command.current_dir(root).status().is_ok_and(|status| status.success())
}

/// The findings as a test compares them, one a line.
#[cfg(test)]
fn transcript(mut findings: Vec<Finding>) -> String {
    findings.sort();
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}
