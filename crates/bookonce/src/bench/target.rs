//! What is measured: a server of its own on a scratch store, or on the store that is named.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use engine::credentials::{Mode, Scope, Scopes};
use server::stores::Address;
use tempfile::TempDir;
use tokio::time::Instant;

use super::earlier::Earlier;
use crate::flags::Failure;
use crate::keys::{Created, NewKey, create};
use crate::out::note;

const ACCOUNT: &str = "bench";

/// A server in a process of its own, so that its time is its own. It ends with this value.
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) credential: String,
    /// From the start of its process until it listened.
    pub(super) ready: Duration,
    store: String,
    child: Child,
    _scratch: TempDir,
}

impl Target {
    /// Starts a server, with `more` flags: on `store`, or on a scratch one, which has the earlier bookings by then.
    pub(super) fn start(
        store: Option<&str>,
        secrets: Option<&Path>,
        earlier: Earlier,
        more: &[&str],
    ) -> Result<Self, Failure> {
        let scratch = tempfile::tempdir()?;
        let is_own = store.is_none();
        let own = format!("sqlite:{}", scratch.path().join("bench.db").display());
        let store = store.map_or(own, str::to_owned);
        let address: Address = store.parse()?;
        let Created { key, secret: credential } = key_of(&address, ACCOUNT)?;
        let secrets = secrets.filter(|_| !is_own);
        earlier.make(&address, secrets, &key)?;
        let mut command = Command::new(std::env::current_exe()?);
        if is_own {
            // Whatever settings lie here are not about it.
            command.current_dir(scratch.path()).env_remove("BOOKONCE_CONFIG");
        }
        command
            .args(["serve", "--bench-routes", "--listen", "127.0.0.1:0", "--log.format", "json"])
            .args(["--store", &store])
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        match secrets {
            Some(file) => drop(command.arg("--secrets.file").arg(file)),
            None => drop(command.env_remove("BOOKONCE_SECRETS_FILE")),
        }
        let started = Instant::now();
        let mut child = command.spawn()?;
        match listens(&mut child) {
            Ok(address) => {
                let ready = started.elapsed();
                Ok(Self { address, credential, ready, store, child, _scratch: scratch })
            }
            Err(error) => {
                let _gone = child.kill().and_then(|()| child.wait()).is_err();
                Err(error)
            }
        }
    }

    /// A key of another account, which is made.
    pub(super) fn credential_of(&self, account: &str) -> Result<String, Failure> {
        Ok(key_of(&self.store.parse()?, account)?.secret)
    }

    /// Which store it is.
    pub(super) fn in_full(&self) -> String {
        let address = self.store.parse::<Address>();
        address.map_or_else(|_| self.store.clone(), |address| address.in_full())
    }

    /// Bytes of memory that the server has now, and the most that it had; `None` where the system does
    /// not tell.
    pub(super) fn memory(&self) -> Option<[u64; 2]> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        Some([kib_of(&status, "VmRSS:")? * 1024, kib_of(&status, "VmHWM:")? * 1024])
    }

    /// What `bookonce verify` says of the store while the server runs.
    pub(super) fn verify(&self) -> Result<serde_json::Value, Failure> {
        let output = Command::new(std::env::current_exe()?)
            .args(["verify", "--json", "--store", &self.store])
            .output()?;
        Ok(serde_json::from_slice(&output.stdout)
            .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?)
    }
}

fn key_of(address: &Address, account: &str) -> Result<Created, Failure> {
    let scopes = Scopes::of(&Scope::ALL);
    let new = NewKey { account, mode: Mode::Live, scopes, rate: Some(0) };
    create(address.credentials_or_new()?.as_ref(), address.now()?, &new)
}

/// Waits until the server says where it listens. What else it says goes where ours goes.
fn listens(child: &mut Child) -> Result<SocketAddr, Failure> {
    let log = child.stderr.take().ok_or("the server has no log")?;
    let mut lines = BufReader::new(log).lines();
    let mut last = String::new();
    while let Some(line) = lines.next().transpose()? {
        let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(address) = entry.get("address").and_then(|it| it.as_str()) {
            let address = address.parse()?;
            std::thread::spawn(move || {
                lines.map_while(Result::ok).for_each(note);
            });
            return Ok(address);
        }
        last = line;
    }
    Err(format!("the server did not start: {last}").into())
}

/// The number of a line such as `VmRSS:     5040 kB`.
fn kib_of(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

impl Drop for Target {
    fn drop(&mut self) {
        // Nothing of it is needed any more; what it committed is on disk.
        let _gone = self.child.kill().and_then(|()| self.child.wait()).is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_system_tells_it() {
        let status = "Name:\tbookonce\nVmHWM:\t    9120 kB\nVmRSS:\t    5040 kB\nThreads:\t7\n";
        assert_eq!(kib_of(status, "VmRSS:"), Some(5_040));
        assert_eq!(kib_of(status, "VmHWM:"), Some(9_120));
        assert_eq!(kib_of(status, "Threads:"), None, "that is not memory");
        assert_eq!(kib_of("", "VmRSS:"), None);
    }
}
