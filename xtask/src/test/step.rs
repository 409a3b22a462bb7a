//! The steps of `cargo xtask test`, decided from the tools that are installed.

/// What is installed, and what there is to run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tools {
    pub(crate) fmt: bool,
    pub(crate) clippy: bool,
    pub(crate) nextest: bool,
    pub(crate) doc_tests: bool,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) action: Action,
    /// Why the step is left out, or why it runs the way it does; may be empty.
    pub(crate) why: &'static str,
    pub(crate) tests: Tests,
}

/// Whether a step runs tests, which share a database, and who tells what they took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tests {
    None,
    /// A report of nextest's.
    Nextest,
    /// What `cargo test` prints.
    CargoTest,
    /// Nobody.
    Untimed,
}

#[derive(Debug)]
pub(crate) enum Action {
    Skip,
    Tidy,
    Cargo { args: Vec<String>, env: Option<(&'static str, &'static str)> },
}

impl Step {
    fn cargo(name: &'static str, line: &str) -> Self {
        let args = line.split(' ').map(str::to_owned).collect();
        Self { name, action: Action::Cargo { args, env: None }, why: "", tests: Tests::None }
    }

    fn skip(name: &'static str, why: &'static str) -> Self {
        Self { name, action: Action::Skip, why, tests: Tests::None }
    }

    /// What follows the step's name above its output.
    pub(crate) fn heading(&self) -> String {
        match (&self.action, self.why) {
            (Action::Skip, why) => format!("skipped, {why}"),
            (Action::Tidy | Action::Cargo { .. }, "") => self.command_line(),
            (Action::Tidy | Action::Cargo { .. }, why) => {
                format!("{} ({why})", self.command_line())
            }
        }
    }

    /// The command that runs this step alone, ready for a shell.
    pub(crate) fn command_line(&self) -> String {
        match &self.action {
            Action::Skip => String::new(),
            Action::Tidy => "cargo xtask tidy".to_owned(),
            Action::Cargo { args, env } => {
                let mut words = Vec::new();
                words.extend(env.map(|(name, value)| format!("{name}={}", quoted(value))));
                words.push("cargo".to_owned());
                words.extend(args.iter().map(|arg| quoted(arg)));
                words.join(" ")
            }
        }
    }
}

/// With runner arguments only the tests run.
pub(crate) fn plan(tools: &Tools, runner_args: Option<&[String]>) -> Vec<Step> {
    match runner_args {
        Some(args) => vec![test_step(tools, args)],
        None => vec![
            fmt_step(tools),
            Step { name: "tidy", action: Action::Tidy, why: "", tests: Tests::None },
            clippy_step(tools),
            test_step(tools, &[]),
            front_door_step(tools),
            doc_test_step(tools),
            doc_step(),
        ],
    }
}

fn fmt_step(tools: &Tools) -> Step {
    if tools.fmt {
        Step::cargo("fmt", "fmt --all --check")
    } else {
        Step::skip("fmt", "rustfmt is not installed: rustup component add rustfmt")
    }
}

fn clippy_step(tools: &Tools) -> Step {
    if tools.clippy {
        Step::cargo("clippy", "clippy --workspace --all-targets --locked -- -D warnings")
    } else {
        Step::skip("clippy", "clippy is not installed: rustup component add clippy")
    }
}

fn test_step(tools: &Tools, runner_args: &[String]) -> Step {
    let (line, why) = if tools.nextest {
        ("nextest run --profile ci --workspace --locked", "cargo-nextest is installed")
    } else {
        ("test --workspace --locked", "cargo-nextest is not installed")
    };
    let mut args: Vec<String> = line.split(' ').map(str::to_owned).collect();
    args.extend_from_slice(runner_args);
    Step { name: "tests", action: Action::Cargo { args, env: None }, why, tests: runner(tools) }
}

const fn runner(tools: &Tools) -> Tests {
    if tools.nextest { Tests::Nextest } else { Tests::CargoTest }
}

/// The tests of the front door again, on the other store. Unit tests do not ask for a store, and run once.
fn front_door_step(tools: &Tools) -> Step {
    // nextest is given the whole workspace: with fewer packages cargo would build some of their
    // dependencies again, with other features.
    let (line, filter) = if tools.nextest {
        let filter = ["-E", "kind(test) & (package(server) | package(bookonce))"].as_slice();
        ("nextest run --profile ci --workspace --locked", filter)
    } else {
        ("test -p server -p bookonce --test it --locked", [].as_slice())
    };
    let words = line.split(' ').chain(filter.iter().copied());
    let args = words.map(str::to_owned).collect();
    let env = Some(("BOOKONCE_TEST_STORE", "postgres"));
    let why = "the tests of the front door again, on PostgreSQL";
    Step {
        name: "tests on PostgreSQL",
        action: Action::Cargo { args, env },
        why,
        tests: runner(tools),
    }
}

/// nextest runs no doc tests; building for them is slow, so that it is done only if there are any.
fn doc_test_step(tools: &Tools) -> Step {
    if !tools.doc_tests {
        Step::skip("doc tests", "there are none")
    } else if !tools.nextest {
        Step::skip("doc tests", "cargo test has run them")
    } else {
        Step {
            tests: Tests::Untimed,
            ..Step::cargo("doc tests", "test --doc --workspace --locked")
        }
    }
}

fn doc_step() -> Step {
    let line = "doc --workspace --no-deps --document-private-items --locked";
    let args = line.split(' ').map(str::to_owned).collect();
    let env = Some(("RUSTDOCFLAGS", "-D warnings"));
    Step { name: "doc", action: Action::Cargo { args, env }, why: "", tests: Tests::None }
}

/// Quoted for a shell where it has to be.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Tools, plan};

    const ALL: Tools = Tools { fmt: true, clippy: true, nextest: true, doc_tests: true };
    const NONE: Tools = Tools { fmt: false, clippy: false, nextest: false, doc_tests: false };

    #[track_caller]
    fn check(tools: Tools, runner_args: Option<&[&str]>, expected: Expect) {
        let args: Option<Vec<String>> =
            runner_args.map(|args| args.iter().map(|&arg| arg.to_owned()).collect());
        let lines: Vec<String> = plan(&tools, args.as_deref())
            .iter()
            .map(|step| format!("{}: {}\n", step.name, step.heading()))
            .collect();
        expected.assert_eq(&lines.concat());
    }

    #[test]
    fn everything_in_order_of_cost() {
        check(
            ALL,
            None,
            expect![[r#"
                fmt: cargo fmt --all --check
                tidy: cargo xtask tidy
                clippy: cargo clippy --workspace --all-targets --locked -- -D warnings
                tests: cargo nextest run --profile ci --workspace --locked (cargo-nextest is installed)
                tests on PostgreSQL: BOOKONCE_TEST_STORE=postgres cargo nextest run --profile ci --workspace --locked -E 'kind(test) & (package(server) | package(bookonce))' (the tests of the front door again, on PostgreSQL)
                doc tests: cargo test --doc --workspace --locked
                doc: RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked
            "#]],
        );
    }

    #[test]
    fn what_is_not_installed_is_said() {
        check(
            NONE,
            None,
            expect![[r#"
                fmt: skipped, rustfmt is not installed: rustup component add rustfmt
                tidy: cargo xtask tidy
                clippy: skipped, clippy is not installed: rustup component add clippy
                tests: cargo test --workspace --locked (cargo-nextest is not installed)
                tests on PostgreSQL: BOOKONCE_TEST_STORE=postgres cargo test -p server -p bookonce --test it --locked (the tests of the front door again, on PostgreSQL)
                doc tests: skipped, there are none
                doc: RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked
            "#]],
        );
        check(
            Tools { doc_tests: true, ..NONE },
            None,
            expect![[r#"
                fmt: skipped, rustfmt is not installed: rustup component add rustfmt
                tidy: cargo xtask tidy
                clippy: skipped, clippy is not installed: rustup component add clippy
                tests: cargo test --workspace --locked (cargo-nextest is not installed)
                tests on PostgreSQL: BOOKONCE_TEST_STORE=postgres cargo test -p server -p bookonce --test it --locked (the tests of the front door again, on PostgreSQL)
                doc tests: skipped, cargo test has run them
                doc: RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked
            "#]],
        );
    }

    #[test]
    fn runner_arguments_run_only_the_tests() {
        check(
            ALL,
            Some(&["-E", "package(domain)"]),
            expect![[r#"
                tests: cargo nextest run --profile ci --workspace --locked -E 'package(domain)' (cargo-nextest is installed)
            "#]],
        );
        check(
            NONE,
            Some(&["-p", "it's"]),
            expect![[r#"
                tests: cargo test --workspace --locked -p 'it'\''s' (cargo-nextest is not installed)
            "#]],
        );
    }
}
