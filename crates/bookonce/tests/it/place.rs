//! A folder with a store in it, and the program's commands in that folder.
//!
//! Where `BOOKONCE_TEST_STORE=postgres` the store is a database of its own, and what is in the folder is
//! the secrets file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use peers::cluster::Database;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Client, Http};
use crate::process::{Process, Ran, TIMEOUT};
use crate::settings::{is_postgres, poll};

/// SIGABRT's number, by which a failpoint ends the process.
pub(crate) const SIGABRT: i32 = 6;

/// Where a store on PostgreSQL has its secrets.
const SECRETS: &str = "secrets";

/// A folder of its own. The program finds its store and its settings there, and nothing else.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
    database: Option<Database>,
    /// The store's address, if the program has to be told.
    store: Option<String>,
}

impl Place {
    /// A place for the store that the tests run on.
    pub(crate) fn new() -> Self {
        if is_postgres() { Self::on(Database::new()) } else { Self::plain() }
    }

    /// A place where nothing is said about a store: it is SQLite.
    pub(crate) fn plain() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), database: None, store: None }
    }

    /// A place whose store is that database, however many nodes serve it.
    pub(crate) fn on(database: Database) -> Self {
        let store = Some(database.url());
        let place = Self { database: Some(database), store, ..Self::plain() };
        let ran = place.run(&["secrets", "init", SECRETS]);
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        place
    }

    /// Another way to the same database.
    pub(crate) fn by_way_of(self, url: &str) -> Self {
        Self { store: Some(url.to_owned()), ..self }
    }

    pub(crate) const fn is_on_postgres(&self) -> bool {
        self.database.is_some()
    }

    /// The database that the store is.
    #[track_caller]
    pub(crate) fn database(&self) -> &Database {
        self.database.as_ref().expect("the store is on PostgreSQL")
    }

    /// The secrets of a store on PostgreSQL.
    pub(crate) fn secrets(&self) -> PathBuf {
        self.path(SECRETS)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names of all that is there, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("a folder");
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.expect("a name").file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<_> = entries.map(name).collect();
        names.sort();
        names
    }

    /// Whether a file of that name is being made, or was left by somebody who was killed.
    pub(crate) fn has_partial(&self, name: &str) -> bool {
        let is_partial = |it: &String| it.starts_with(name) && it.ends_with(".partial");
        self.names().iter().any(is_partial)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file can be written");
    }

    /// The program, with nothing in its environment but the store that it has to be told of.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bookonce"));
        self.settle_in(command.env_clear().args(arguments));
        command
    }

    /// Runs something else in this place, beside the environment that it has.
    pub(crate) fn settle_in(&self, command: &mut Command) {
        command.current_dir(self.folder.path());
        if let Some(store) = &self.store {
            command.env("BOOKONCE_STORE", store);
            command.env("BOOKONCE_SECRETS_FILE", self.path(SECRETS));
        }
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Process::spawn(&mut self.command(arguments)).ended(TIMEOUT)
    }

    /// Serves the store on a port that is free.
    #[track_caller]
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        self.serve_with(arguments, &[]).unwrap_or_else(|ran| panic!("it does not serve: {ran:?}"))
    }

    /// Serves the store, or tells why it does not.
    pub(crate) fn serve_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Server, Ran> {
        let mut command = self.command(&["serve"]);
        self.serve_by(command.args(arguments).envs(environment.iter().copied()))
    }

    /// Serves the store by a command that serves.
    pub(crate) fn serve_by(&self, command: &mut Command) -> Result<Server, Ran> {
        let command = command.env("BOOKONCE_LISTEN", "127.0.0.1:0");
        let mut process = Process::spawn(command);
        match process.log_until(address) {
            Some(address) => Ok(Server { process, address }),
            None => Err(process.ended(TIMEOUT)),
        }
    }

    /// What is printed of a new key that may do everything, as often as it likes.
    pub(crate) fn key(&self) -> Key {
        self.key_with(&["--account", "theatre", "--rate", "0"])
    }

    #[track_caller]
    pub(crate) fn key_with(&self, arguments: &[&str]) -> Key {
        let ran = self.run(&[&["keys", "create", "--json"], arguments].concat());
        let printed = ran.json();
        let member = |name: &str| printed[name].as_str().expect("a string").to_owned();
        Key { id: member("id"), account: member("account_id"), secret: member("key") }
    }

    /// The whole store holds every invariant.
    #[track_caller]
    pub(crate) fn verify(&self) {
        let mut found = self.run(&["verify", "--json"]).json();
        for looked_at in ["store", "bookings", "events"] {
            found.as_object_mut().and_then(|found| found.remove(looked_at)).expect(looked_at);
        }
        let nothing = json!({"ok": true, "oversold": 0, "duplicated": 0, "leaked": 0,
            "unbalanced": 0, "orphaned": 0, "details": []});
        assert_eq!(found, nothing);
    }
}

/// A secret key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) secret: String,
}

/// Where it serves, if the line of the log says so.
fn address(line: &str) -> Option<SocketAddr> {
    let text = line.split_once("serving address=").map(|(_, rest)| rest);
    let json = line.split_once("\"message\":\"serving\",\"address\":\"").map(|(_, rest)| rest);
    text.or(json)?.split([' ', '"']).next()?.parse().ok()
}

/// A server that serves.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn http(&self) -> Http {
        Http::new(self.address)
    }

    pub(crate) fn client(&self, key: &Key) -> Client {
        Client::new(self.address, &key.secret)
    }

    /// Waits until it says that it is ready; the time since the process was started.
    #[track_caller]
    pub(crate) fn ready(&self) -> Duration {
        let mut http = self.http();
        poll(TIMEOUT, "/readyz is 200", || {
            let answer = http.send("GET", "/readyz", &[], "").ok()?;
            (answer.status == 200).then(|| self.process.age())
        })
    }

    pub(crate) fn kill(self) -> Ran {
        self.process.kill()
    }

    /// Stops it as a supervisor does.
    #[track_caller]
    pub(crate) fn stop(self) {
        self.stopped();
    }

    /// Stops it as a supervisor does, and says how it ended.
    #[track_caller]
    pub(crate) fn stopped(self) -> Ran {
        self.process.signal("TERM");
        let ran = self.process.ended(TIMEOUT);
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        ran
    }
}

/// The id of what an answer is about.
pub(crate) fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id in {value}")).to_owned()
}
