//! The database that the tests of one run share: a throw-away server, so that not every test has to
//! make one, or the server that whoever runs the tests has named. Nothing is left behind in either.

use std::io::Write as _;
use std::process::{Command, Stdio, id};
use std::time::{SystemTime, UNIX_EPOCH};

use ::peers::server::{Server, programs};
use ::peers::{DATABASE_PREFIX, RUN_VARIABLE, URL_VARIABLE};

#[derive(Debug)]
pub(super) struct Database {
    run: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// It ends with this value, and all databases with it.
    ThrowAway(Server),
    /// Its address.
    Named(String),
}

impl Database {
    pub(super) fn start() -> Result<Self, String> {
        let place = match std::env::var_os(URL_VARIABLE) {
            Some(url) => {
                let url = url.into_string().map_err(|_| format!("{URL_VARIABLE} is no text"))?;
                println!("tests use the PostgreSQL that {URL_VARIABLE} names");
                Place::Named(url)
            }
            None => {
                let server = Server::start_new(&[])?;
                println!("tests use a throw-away PostgreSQL on port {}", server.port());
                Place::ThrowAway(server)
            }
        };
        Ok(Self { run: run_name(), place })
    }

    /// What tests are told.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let url = match &self.place {
            Place::ThrowAway(server) => {
                format!("postgres://postgres@127.0.0.1:{}/postgres", server.port())
            }
            Place::Named(url) => url.clone(),
        };
        vec![(URL_VARIABLE, url), (RUN_VARIABLE, self.run.clone())]
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Named(url) = &self.place
            && let Err(why) = psql(url, &leftovers(&self.run))
        {
            println!("databases {DATABASE_PREFIX}{}_… may be left: {why}", self.run);
        }
    }
}

/// What psql does to take out what tests that were killed have left.
fn leftovers(run: &str) -> String {
    let ours = format!("'{DATABASE_PREFIX}{run}_'");
    format!(
        "select format('drop database %I with (force)', datname) from pg_database
         where starts_with(datname, {ours}) \\gexec
         select format('drop role %I', rolname) from pg_roles
         where starts_with(rolname, {ours}) \\gexec\n"
    )
}

fn psql(url: &str, script: &str) -> Result<(), String> {
    let installed = programs().map(|folder| folder.join("psql")).filter(|psql| psql.is_file());
    let mut command = Command::new(installed.unwrap_or_else(|| "psql".into()));
    command.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", url]);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let failed = |error: std::io::Error| format!("psql: {error}");
    let mut child = command.spawn().map_err(failed)?;
    child.stdin.take().expect("it is a pipe").write_all(script.as_bytes()).map_err(failed)?;
    match child.wait().map_err(failed)? {
        status if status.success() => Ok(()),
        status => Err(format!("psql: {status}")),
    }
}

/// Nobody else's run on the same server has the same name.
#[expect(clippy::disallowed_methods, reason = "only tells runs apart")]
fn run_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}_{}", id(), now.as_millis())
}

#[cfg(test)]
mod tests {
    use super::{Database, Place, Server, leftovers, psql};

    #[test]
    fn what_a_killed_test_leaves_is_taken_out() {
        let server = Server::start_new(&[]).unwrap();
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port());
        psql(
            &url,
            "create database bookonce_test_7_1_2; create role bookonce_test_7_1_2;
             create database bookonce_test_70_1_2;",
        )
        .unwrap();
        drop(Database { run: "7".to_owned(), place: Place::Named(url.clone()) });
        psql(&url, "create database bookonce_test_7_1_2; create role bookonce_test_7_1_2;")
            .unwrap();
        assert!(psql(&url, "create database bookonce_test_70_1_2;").is_err(), "another run's");
        assert!(psql(&url, "nonsense;").is_err());
        assert!(leftovers("7").contains("'bookonce_test_7_'"));
    }
}
