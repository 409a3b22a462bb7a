//! What the tests need from the machine beyond Rust itself, looked for before anything is built.
//!
//! Each need is one function here that finds it, installs it where that is possible without
//! asking, or says in one line how to get it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use ::peers::URL_VARIABLE;
use ::peers::server::programs;

/// Debian and Ubuntu packages that bring `cc` and the C headers.
const C_PACKAGES: [&str; 2] = ["gcc", "libc6-dev"];

/// The package that brings a PostgreSQL server. Tests start servers of their own from it.
const POSTGRES_PACKAGES: [&str; 1] = ["postgresql"];

/// The package that brings `promtool`, which reads what the server tells Prometheus.
const PROMETHEUS_PACKAGES: [&str; 1] = ["prometheus"];

/// The packages that bring what generators of clients run on.
const CLIENT_PACKAGES: [&str; 3] = ["nodejs", "npm", "python3-venv"];

/// The package that brings Go, for the receiver of webhooks that the documentation shows.
const GO_PACKAGES: [&str; 1] = ["golang-go"];

pub(crate) fn prepare() -> Result<(), String> {
    let machine = Machine::look();
    remedy("C compiler", &C_PACKAGES, missing_compiler(&machine))?;
    remedy("PostgreSQL", &POSTGRES_PACKAGES, missing_postgres(&machine))?;
    remedy("promtool", &PROMETHEUS_PACKAGES, missing_promtool(&machine))?;
    remedy("Node or Python", &CLIENT_PACKAGES, missing_clients(&machine))?;
    remedy("Go", &GO_PACKAGES, missing_go(&machine))
}

fn remedy(what: &str, packages: &[&str], remedy: Remedy) -> Result<(), String> {
    match remedy {
        Remedy::None => Ok(()),
        Remedy::Tell(message) => Err(message),
        Remedy::Install => {
            println!("no {what}: installing {} with apt-get", packages.join(" "));
            apt_get(&["update"])?;
            let mut args = vec!["install", "--yes", "--no-install-recommends"];
            args.extend(packages);
            apt_get(&args)
        }
    }
}

#[derive(Debug)]
struct Machine {
    compiler: bool,
    /// A server's programs, or the address of a server.
    postgres: bool,
    promtool: bool,
    /// Node with npm, and Python.
    clients: bool,
    go: bool,
    root: bool,
    apt_get: bool,
}

impl Machine {
    fn look() -> Self {
        Self {
            compiler: std::env::var_os("CC").is_some() || on_path("cc"),
            postgres: std::env::var_os(URL_VARIABLE).is_some() || programs().is_some(),
            promtool: on_path("promtool"),
            clients: ["node", "npm", "python3"].into_iter().all(on_path),
            go: on_path("go"),
            root: Path::new("/proc/self").metadata().is_ok_and(|process| process.uid() == 0),
            apt_get: on_path("apt-get"),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Remedy {
    None,
    Install,
    Tell(String),
}

/// SQLite is compiled from its C sources. Rust links with `cc` too, so that it is rarely missing
/// where this program runs at all; a differently configured linker is the exception.
fn missing_compiler(machine: &Machine) -> Remedy {
    let tell = "no C compiler, which SQLite needs: apt-get install gcc libc6-dev";
    missing(machine, machine.compiler, tell)
}

fn missing_postgres(machine: &Machine) -> Remedy {
    let tell = "no PostgreSQL for the tests of its store: apt-get install postgresql, or set \
                TEST_DATABASE_URL";
    missing(machine, machine.postgres, tell)
}

fn missing_promtool(machine: &Machine) -> Remedy {
    let tell = "no promtool for the tests of metrics: apt-get install prometheus";
    missing(machine, machine.promtool, tell)
}

fn missing_clients(machine: &Machine) -> Remedy {
    let tell = "no Node or Python for the tests of generated clients: apt-get install nodejs npm \
                python3-venv";
    missing(machine, machine.clients, tell)
}

fn missing_go(machine: &Machine) -> Remedy {
    let tell = "no Go for the tests of receivers of webhooks: apt-get install golang-go";
    missing(machine, machine.go, tell)
}

fn missing(machine: &Machine, is_there: bool, tell: &str) -> Remedy {
    if is_there {
        Remedy::None
    } else if machine.root && machine.apt_get {
        Remedy::Install
    } else {
        Remedy::Tell(tell.to_owned())
    }
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

fn apt_get(args: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("apt-get {}: {status}", args.join(" "))),
        Err(error) => Err(format!("apt-get {}: {error}", args.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Machine, Remedy, missing_clients, missing_compiler, missing_go, missing_postgres,
        missing_promtool,
    };

    const BARE: Machine = Machine {
        compiler: false,
        postgres: false,
        promtool: false,
        clients: false,
        go: false,
        root: true,
        apt_get: true,
    };

    #[test]
    fn what_is_there_is_left_alone() {
        assert_eq!(missing_compiler(&Machine { compiler: true, ..BARE }), Remedy::None);
        assert_eq!(missing_postgres(&Machine { postgres: true, ..BARE }), Remedy::None);
        assert_eq!(missing_promtool(&Machine { promtool: true, ..BARE }), Remedy::None);
        assert_eq!(missing_clients(&Machine { clients: true, ..BARE }), Remedy::None);
        assert_eq!(missing_go(&Machine { go: true, ..BARE }), Remedy::None);
    }

    #[test]
    fn only_root_with_apt_get_installs() {
        assert_eq!(missing_compiler(&BARE), Remedy::Install);
        assert_eq!(missing_postgres(&BARE), Remedy::Install);
        assert_eq!(missing_promtool(&BARE), Remedy::Install);
        assert_eq!(missing_clients(&BARE), Remedy::Install);
        assert_eq!(missing_go(&BARE), Remedy::Install);
        let compiler = "no C compiler, which SQLite needs: apt-get install gcc libc6-dev";
        let postgres = "no PostgreSQL for the tests of its store: apt-get install postgresql, or \
                        set TEST_DATABASE_URL";
        let others = [Machine { root: false, ..BARE }, Machine { apt_get: false, ..BARE }];
        for machine in others {
            assert_eq!(missing_compiler(&machine), Remedy::Tell(compiler.to_owned()));
            assert_eq!(missing_postgres(&machine), Remedy::Tell(postgres.to_owned()));
        }
    }
}
