//! Everything that must be green before a change lands, cheapest first.
//!
//! `plan` decides which steps there are and why one is left out; `run` does them in order and stops
//! at the first that fails.

mod database;
mod doctests;
mod step;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use self::database::Database;
use self::step::{Action, Step, Tools, plan};
use crate::{peers, tidy};

pub(crate) fn run(root: &Path, runner_args: Option<&[String]>) -> Result<(), String> {
    peers::prepare()?;
    let start = now();
    let steps = plan(&look_for_tools(root)?, runner_args);
    let mut database = None;
    for step in &steps {
        run_step(root, step, &mut database)?;
    }
    drop(database);
    println!("\nall of it passed in {}", seconds(start.elapsed()));
    Ok(())
}

/// The database is started for the first step that tests, and kept.
fn run_step(root: &Path, step: &Step, database: &mut Option<Database>) -> Result<(), String> {
    println!("\n== {}: {}", step.name, step.heading());
    if step.tests && database.is_none() {
        *database = Some(Database::start()?);
    }
    let database = database.as_ref().filter(|_| step.tests);
    let start = now();
    let outcome = match &step.action {
        Action::Skip => return Ok(()),
        Action::Tidy => tidy::run(root),
        Action::Cargo { args, env } => {
            let mut command = Command::new(cargo_path());
            command.current_dir(root).args(args).envs(*env);
            command.envs(database.map(Database::variables).unwrap_or_default());
            succeeds(&mut command)
        }
    };
    let took = seconds(start.elapsed());
    match outcome {
        Ok(()) => {
            println!("== {}: passed in {took}", step.name);
            Ok(())
        }
        Err(message) => Err(format!(
            "{message}\n== {}: FAILED after {took}; to run it alone: {}",
            step.name,
            step.command_line()
        )),
    }
}

fn succeeds(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo: {status}")),
        Err(error) => Err(format!("cargo did not start: {error}")),
    }
}

fn look_for_tools(root: &Path) -> Result<Tools, String> {
    Ok(Tools {
        fmt: has_cargo_tool("fmt"),
        clippy: has_cargo_tool("clippy"),
        nextest: has_cargo_tool("nextest"),
        doc_tests: doctests::any(&tidy::Tree::read(root)?),
    })
}

/// Whether `cargo <tool>` is installed.
pub(crate) fn has_cargo_tool(tool: &str) -> bool {
    let mut command = Command::new(cargo_path());
    command.args([tool, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The cargo that runs this program, so that the toolchain stays the same.
pub(crate) fn cargo_path() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[expect(clippy::disallowed_methods, reason = "steps are timed for the reader only")]
fn now() -> Instant {
    Instant::now()
}

fn seconds(duration: Duration) -> String {
    format!("{}.{} s", duration.as_secs(), duration.subsec_millis() / 100)
}
