//! Clients that public generators make of `openapi.json` compile, and carry out the calls of docs/api.md against
//! the real program. `cargo xtask clients` installs the generators, pinned, into `target/clients`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::place::{Place, Server};

pub(crate) const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// The generators, and what they and receivers of webhooks need.
pub(crate) fn tools() -> PathBuf {
    let tools = Path::new(PACKAGE).join("../../target/clients");
    assert!(
        tools.join("ready").is_file(),
        "no generators of clients: cargo xtask clients installs them"
    );
    tools.canonicalize().expect("it is there")
}

fn document() -> PathBuf {
    Path::new(PACKAGE).join("../../openapi.json")
}

/// What it prints, once it has succeeded.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> String {
    let ran = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [out, err] = [&ran.stdout, &ran.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(ran.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// A server, and the arguments that a client needs of it.
struct Served {
    _server: Server,
    arguments: [String; 2],
}

fn served(place: &Place) -> Served {
    let key = place.key().secret;
    let server = place.serve(&[]);
    Served { arguments: [format!("http://{}", server.address), key], _server: server }
}

/// Copies what is there for a client into its own folder.
fn copy(place: &Place, names: &[&str]) {
    for name in names {
        let from = Path::new(PACKAGE).join("tests/clients").join(name);
        fs::copy(from, place.path(name)).expect("it can be copied");
    }
}

#[test]
fn a_typescript_client_compiles_and_works() {
    let (tools, place) = (tools(), Place::new());
    let served = served(&place);
    copy(&place, &["package.json", "tsconfig.json", "calls.ts"]);
    let modules = tools.join("node_modules");
    std::os::unix::fs::symlink(&modules, place.path("node_modules")).expect("a link");
    let program = |name: &str| {
        let mut command = Command::new("node");
        place.settle_in(command.arg(modules.join(name)));
        command
    };
    run(program("openapi-typescript/bin/cli.js").arg(document()).args(["--output", "api.d.ts"]));
    // Strict, as tsconfig.json says.
    run(program("typescript/bin/tsc").args(["--project", "."]));
    let mut calls = Command::new("node");
    place.settle_in(calls.arg("calls.js").args(&served.arguments));
    let told = run(&mut calls);
    assert!(told.contains("booking.released 1 for user-43\n"), "{told}");
    place.verify();
}

#[test]
fn a_python_client_works() {
    let (tools, place) = (tools(), Place::new());
    let served = served(&place);
    copy(&place, &["calls.py", "generator.yml"]);
    let programs = tools.join("python/bin");
    let mut generate = Command::new(programs.join("openapi-python-client"));
    generate.args(["generate", "--meta", "none", "--config", "generator.yml", "--path"]);
    place.settle_in(generate.arg(document()).args(["--output-path", "bookonce"]));
    run(&mut generate);
    let mut calls = Command::new(programs.join("python"));
    place.settle_in(calls.arg("calls.py").args(&served.arguments));
    let told = run(&mut calls);
    assert!(told.ends_with("booking.released\n"), "{told}");
    place.verify();
}
