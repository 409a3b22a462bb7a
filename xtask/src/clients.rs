//! The generators of API clients that tests use, and what receivers of webhooks need. Their versions are pinned beside the tests; they are installed once
//! into `target/clients`, and again when a version changes.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Where the tests have what they need, and what is installed from there.
const SOURCES: &str = "crates/bookonce/tests/clients";
const PINS: [&str; 3] = ["package.json", "package-lock.json", "requirements.txt"];
/// Where it is installed, and the file in it that says what is.
const FOLDER: &str = "target/clients";
const READY: &str = "ready";

pub(crate) fn prepare(root: &Path) -> Result<(), String> {
    let (sources, folder) = (root.join(SOURCES), root.join(FOLDER));
    let pins = PINS.map(|name| fs::read_to_string(sources.join(name)));
    let pins: Result<Vec<_>, _> = pins.into_iter().collect();
    let wanted = pins.map_err(|error| format!("{SOURCES}: {error}"))?.concat();
    let ready = folder.join(READY);
    if fs::read_to_string(&ready).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    println!("installing generators of clients into {FOLDER}");
    let failed = |error| format!("{FOLDER}: {error}");
    fs::create_dir_all(&folder).map_err(failed)?;
    for name in PINS {
        fs::copy(sources.join(name), folder.join(name)).map_err(failed)?;
    }
    run(&folder, "npm", &["ci", "--no-audit", "--no-fund"])?;
    run(&folder, "python3", &["-m", "venv", "--clear", "python"])?;
    let pip = ["--quiet", "install", "--no-deps", "--requirement", "requirements.txt"];
    run(&folder, "python/bin/pip", &pip)?;
    fs::write(ready, wanted).map_err(failed)
}

fn run(folder: &Path, program: &str, args: &[&str]) -> Result<(), String> {
    // A program of the folder is found from there, others by the path.
    let name = if program.contains('/') { folder.join(program) } else { program.into() };
    let mut command = Command::new(name);
    let what = format!("{program} {}", args.join(" "));
    match command.current_dir(folder).args(args).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what}: {status}")),
        Err(error) => Err(format!("{what}: {error}")),
    }
}
