//! What is measured: a server of its own on a scratch store, or on the store that is named.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use engine::credentials::{Mode, Scope, Scopes};
use server::stores::Address;
use tempfile::TempDir;

use crate::flags::Failure;
use crate::keys::{NewKey, create};

const ACCOUNT: &str = "bench";

/// A server in a process of its own, so that its time is its own. It ends with this value.
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) credential: String,
    store: String,
    child: Child,
    _scratch: TempDir,
}

impl Target {
    /// Starts a server: on `store`, or on a scratch one.
    pub(super) fn start(store: Option<&str>, secrets: Option<&Path>) -> Result<Self, Failure> {
        let scratch = tempfile::tempdir()?;
        let is_own = store.is_none();
        let own = format!("sqlite:{}", scratch.path().join("bench.db").display());
        let store = store.map_or(own, str::to_owned);
        let address: Address = store.parse()?;
        let scopes = Scopes::of(&Scope::ALL);
        let new = NewKey { account: ACCOUNT, mode: Mode::Live, scopes, rate: Some(0) };
        let (_key, credential) = create(address.credentials()?.as_ref(), address.now()?, &new)?;
        let mut command = Command::new(std::env::current_exe()?);
        if is_own {
            // Whatever settings lie here are not about it.
            command.current_dir(scratch.path()).env_remove("BOOKONCE_CONFIG");
        }
        command
            .args(["serve", "--bench-routes", "--listen", "127.0.0.1:0", "--log.format", "json"])
            .args(["--store", &store])
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        match secrets.filter(|_| !is_own) {
            Some(file) => drop(command.arg("--secrets.file").arg(file)),
            None => drop(command.env_remove("BOOKONCE_SECRETS_FILE")),
        }
        let mut child = command.spawn()?;
        let log = child.stderr.take().ok_or("the server has no log")?;
        let mut lines = BufReader::new(log).lines();
        let mut last = String::new();
        while let Some(line) = lines.next().transpose()? {
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            let listening = entry.get("address").and_then(|it| it.as_str());
            if let Some(address) = listening {
                let address = address.parse()?;
                // What else it says goes where ours goes.
                std::thread::spawn(move || {
                    lines.map_while(Result::ok).for_each(|line| anstream::eprintln!("{line}"));
                });
                return Ok(Self { address, credential, store, child, _scratch: scratch });
            }
            last = line;
        }
        Err(format!("the server did not start: {last}").into())
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

impl Drop for Target {
    fn drop(&mut self) {
        // Nothing of it is needed any more; what it committed is on disk.
        let _gone = self.child.kill().and_then(|()| self.child.wait()).is_err();
    }
}
