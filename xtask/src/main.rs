//! The project's chores: `cargo xtask tidy`, `cargo xtask clients` and `cargo xtask test`.
//!
//! `tidy` reads the tree and reports what no compiler checks; `test` runs everything that must be
//! green before a change lands, `tidy` included. Nothing here is shipped.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks on its terminal"
)]

mod clients;
mod peers;
mod test;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask tidy                    check the tree: headers, layers, limits, documents, …
       cargo xtask clients                 install what the tests of generated clients need
       cargo xtask test                    check and test everything, in order of cost
       cargo xtask test -- RUNNER-ARGS     only the tests, e.g. -- -E 'package(domain)'";

#[derive(Debug, PartialEq, Eq)]
enum Task {
    Help,
    Tidy,
    Clients,
    Test {
        /// What followed `--`; given at all, only the tests run.
        runner_args: Option<Vec<String>>,
    },
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let root = root();
    let outcome = match parse(&args) {
        Ok(Task::Help) => {
            println!("{USAGE}");
            Ok(())
        }
        Ok(Task::Tidy) => tidy::run(&root),
        Ok(Task::Clients) => peers::prepare().and_then(|()| clients::prepare(&root)),
        Ok(Task::Test { runner_args }) => test::run(&root, runner_args.as_deref()),
        Err(message) => Err(format!("{message}\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the project. Cargo tells where this package is when it runs it; the path that was
/// compiled in may be another checkout's, where two share one target folder.
fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    package.join("..")
}

fn parse(args: &[String]) -> Result<Task, String> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help" | "--help" | "-h", ..] => Ok(Task::Help),
        ["tidy"] => Ok(Task::Tidy),
        ["clients"] => Ok(Task::Clients),
        ["test"] => Ok(Task::Test { runner_args: None }),
        ["test", "--", rest @ ..] => {
            Ok(Task::Test { runner_args: Some(rest.iter().map(|&word| word.to_owned()).collect()) })
        }
        _ => Err(format!("unknown task: {}", words.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Task, parse};

    #[track_caller]
    fn check(line: &str, expected: Result<Task, &str>) {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        assert_eq!(parse(&args), expected.map_err(str::to_owned));
    }

    #[test]
    fn tasks() {
        check("", Ok(Task::Help));
        check("--help", Ok(Task::Help));
        check("tidy", Ok(Task::Tidy));
        check("clients", Ok(Task::Clients));
        check("test", Ok(Task::Test { runner_args: None }));
        check(
            "test -- -E package(domain)",
            Ok(Task::Test {
                runner_args: Some(vec!["-E".to_owned(), "package(domain)".to_owned()]),
            }),
        );
    }

    #[test]
    fn a_mistyped_task_is_named() {
        check("tdy", Err("unknown task: tdy"));
        check("test -E all()", Err("unknown task: test -E all()"));
    }
}
