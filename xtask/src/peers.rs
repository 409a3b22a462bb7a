//! What the tests need from the machine beyond Rust itself, looked for before anything is built.
//!
//! Each need is one function here that finds it, installs it where that is possible without
//! asking, or says in one line how to get it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

/// Debian and Ubuntu packages that bring `cc` and the C headers.
const C_PACKAGES: [&str; 2] = ["gcc", "libc6-dev"];

pub(crate) fn prepare() -> Result<(), String> {
    c_compiler()
}

/// SQLite is compiled from its C sources. Rust links with `cc` too, so that it is rarely missing
/// where this program runs at all; a differently configured linker is the exception.
fn c_compiler() -> Result<(), String> {
    match missing_compiler(&Machine::look()) {
        Remedy::None => Ok(()),
        Remedy::Tell(message) => Err(message),
        Remedy::Install => {
            println!("no C compiler: installing {} with apt-get", C_PACKAGES.join(" "));
            apt_get(&["update"])?;
            let mut args = vec!["install", "--yes", "--no-install-recommends"];
            args.extend(C_PACKAGES);
            apt_get(&args)
        }
    }
}

#[derive(Debug)]
struct Machine {
    compiler: bool,
    root: bool,
    apt_get: bool,
}

impl Machine {
    fn look() -> Self {
        Self {
            compiler: std::env::var_os("CC").is_some() || on_path("cc"),
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

fn missing_compiler(machine: &Machine) -> Remedy {
    if machine.compiler {
        Remedy::None
    } else if machine.root && machine.apt_get {
        Remedy::Install
    } else {
        Remedy::Tell(format!(
            "no C compiler, which SQLite needs: apt-get install {}",
            C_PACKAGES.join(" ")
        ))
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
    use super::{Machine, Remedy, missing_compiler};

    #[test]
    fn a_compiler_that_is_there_is_left_alone() {
        let machine = Machine { compiler: true, root: true, apt_get: true };
        assert_eq!(missing_compiler(&machine), Remedy::None);
    }

    #[test]
    fn only_root_with_apt_get_installs() {
        let root = Machine { compiler: false, root: true, apt_get: true };
        assert_eq!(missing_compiler(&root), Remedy::Install);

        let tell = Remedy::Tell(
            "no C compiler, which SQLite needs: apt-get install gcc libc6-dev".to_owned(),
        );
        let user = Machine { compiler: false, root: false, apt_get: true };
        assert_eq!(missing_compiler(&user), tell);
        let elsewhere = Machine { compiler: false, root: true, apt_get: false };
        assert_eq!(missing_compiler(&elsewhere), tell);
    }
}
