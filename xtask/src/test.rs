//! Everything that must be green before a change lands, cheapest first.
//!
//! `plan` decides which steps there are and why one is left out; `run` does them in order and stops
//! at the first that fails. What all of them took is told at the end, by test and by package.

mod closing;
mod database;
mod doctests;
mod junit;
mod report;
mod step;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use self::database::Database;
use self::report::{BUDGET, StepTime, TestTime, report, seconds};
use self::step::{Action, Step, Tests, Tools, plan};
use crate::{clients, peers, tidy};

pub(crate) fn run(root: &Path, runner_args: Option<&[String]>) -> Result<(), String> {
    peers::prepare()?;
    clients::prepare(root)?;
    let start = now();
    let steps = plan(&look_for_tools(root)?, runner_args);
    let mut database = None;
    let mut times = Vec::new();
    for step in &steps {
        times.extend(run_step(root, step, &mut database)?);
    }
    drop(database);
    println!("{}", report(&times, start.elapsed(), BUDGET));
    Ok(())
}

/// The database is started for the first step that tests, and kept. A step that is left out takes no time.
fn run_step(
    root: &Path,
    step: &Step,
    database: &mut Option<Database>,
) -> Result<Option<StepTime>, String> {
    println!("\n== {}: {}", step.name, step.heading());
    if step.tests != Tests::None && database.is_none() {
        *database = Some(Database::start()?);
    }
    let database = database.as_ref().filter(|_| step.tests != Tests::None);
    let start = now();
    let outcome = match &step.action {
        Action::Skip => return Ok(None),
        Action::Tidy => tidy::run(root).map(|()| Vec::new()),
        Action::Cargo { args, env } => {
            let mut command = Command::new(cargo_path());
            command.current_dir(root).args(args).envs(*env);
            command.envs(database.map(Database::variables).unwrap_or_default());
            run_cargo(root, step.tests, &mut command)
        }
    };
    let took = start.elapsed();
    match outcome {
        Ok(tests) => {
            println!("== {}: passed in {}", step.name, seconds(took));
            Ok(Some(StepTime { name: step.name, took, tests }))
        }
        Err(message) => Err(format!(
            "{message}\n== {}: FAILED after {}; to run it alone: {}",
            step.name,
            seconds(took),
            step.command_line()
        )),
    }
}

/// What its tests took, where there are any and they tell.
fn run_cargo(root: &Path, tests: Tests, command: &mut Command) -> Result<Vec<TestTime>, String> {
    match tests {
        Tests::None | Tests::Untimed => succeeds(command).map(|()| Vec::new()),
        Tests::Nextest => {
            let path = junit::path(root)?;
            junit::remove(&path)?;
            succeeds(command)?;
            junit::read(&path)
        }
        Tests::CargoTest => closing::run(command),
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
