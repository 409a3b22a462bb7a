//! The log cannot be written: its disk is full, its reader is gone, or has stopped reading. Nobody else
//! notices, and an orderly stop is one.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use crate::http::{Client, Http};
use crate::place::{Key, Place};
use crate::process::TIMEOUT;
use crate::settings::poll;
use crate::workload::{RESERVE, Sale, plain_event};

/// Bytes of log that no pipe takes without a reader: Linux gives one 64 KiB.
const PIPE_BYTES: usize = 64 * 1024;
/// A line for a request has more bytes than this.
const LINE_BYTES: usize = 64;

/// A server whose log is not read. It is killed when this is dropped.
struct Silent {
    child: Child,
    address: SocketAddr,
    key: Key,
    place: Place,
}

impl Silent {
    /// Serves at debug, where every request has a line; `stderr` is where the log goes.
    fn serve(stderr: Stdio) -> Self {
        let place = Place::new();
        let key = place.key();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let mut command = place.command(&["serve", "--log.filter", "debug"]);
        let child = Self::spawn(command.args(["--listen", &address.to_string()]), stderr);
        Self { child, address, key, place }
    }

    fn spawn(command: &mut Command, stderr: Stdio) -> Child {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        command.spawn().expect("the program starts")
    }

    /// Waits until it says that it serves; the reader of its log from there on.
    fn log(&mut self) -> BufReader<ChildStderr> {
        let mut log = BufReader::new(self.child.stderr.take().expect("its log is piped"));
        let mut line = String::new();
        while !line.contains("serving address=") {
            line.clear();
            assert!(log.read_line(&mut line).expect("a line") > 0, "it serves");
        }
        log
    }

    fn dropped(&self) -> u64 {
        let answer = Http::new(self.address).send("GET", "/metrics", &[], "").expect("an answer");
        let line = answer.body.lines().find_map(|line| {
            line.strip_prefix("bookonce_log_lines_dropped_total ").map(str::to_owned)
        });
        line.expect("the metric is there").parse().expect("a number")
    }

    /// Books and asks, on one connection, until more was logged than a pipe takes; then holds expire.
    fn use_it(&self) {
        let mut client = Client::new(self.address, &self.key.secret);
        let sale = Sale::create(&mut client, "event", &plain_event(1_000, 1));
        for number in 0..20 {
            let key = format!("hold-{number}");
            client.post(RESERVE, &key, &sale.reserve(0, 1, &key)).expect(201);
        }
        let mut http = Http::new(self.address);
        for _ in 0..PIPE_BYTES / LINE_BYTES {
            let answer = http.send("GET", "/healthz", &[], "").expect("an answer");
            assert_eq!(answer.status, 200);
        }
        poll(TIMEOUT, "the holds end", || {
            let metrics = http.send("GET", "/metrics", &[], "").expect("an answer");
            metrics.body.contains("bookonce_bookings_total{status=\"expired\"} 20\n").then_some(())
        });
        assert_eq!(http.send("GET", "/readyz", &[], "").expect("an answer").status, 200);
        client.post(RESERVE, "last", &sale.reserve(0, 1, "last")).expect(201);
    }

    #[track_caller]
    fn stop(mut self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "TERM", &id]).status().expect("kill is there");
        assert!(sent.success());
        let status = poll(Duration::from_secs(10), "it stops", || {
            self.child.try_wait().expect("its state can be asked for")
        });
        assert_eq!(status.code(), Some(0));
        self.place.verify();
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait()).is_err();
    }
}

#[test]
fn the_readers_end_is_closed() {
    let mut server = Silent::serve(Stdio::piped());
    drop(server.log());
    server.use_it();
    assert!(server.dropped() > 0);
    server.stop();
}

#[test]
fn the_reader_has_stopped() {
    let mut server = Silent::serve(Stdio::piped());
    let log = server.log();
    server.use_it();
    // They wait for the reader, up to a limit.
    assert_eq!(server.dropped(), 0);
    server.stop();
    drop(log);
}

#[test]
fn the_disk_is_full() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let server = Silent::serve(full.into());
    poll(TIMEOUT, "it serves", || Http::new(server.address).send("GET", "/healthz", &[], "").ok());
    server.use_it();
    assert!(server.dropped() > 0);
    server.stop();
}

/// What a command prints nobody can read: it ends in order and says so by its code.
#[test]
fn a_command_whose_output_cannot_be_written_does_not_panic() {
    let place = Place::new();
    for (arguments, code) in [
        (vec!["openapi"], 2),
        (vec!["keys", "list"], 2),
        (vec!["keys", "create", "--account", "theatre"], 2),
        (vec!["secrets", "init", "secrets.new"], 0),
        (vec!["verify", "--nonsense"], 2),
        (vec!["--help"], 0),
    ] {
        let full = || OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let mut command = place.command(&arguments);
        place.key();
        let status = command.stdin(Stdio::null()).stdout(full()).stderr(full()).status();
        assert_eq!(status.expect("it runs").code(), Some(code), "{arguments:?}");
    }
}

/// No path is in the log: it may hold a user's id, a key, or a credential by mistake; and nothing moves
/// the cursor of whoever reads it.
#[test]
fn a_requests_line_names_its_route() {
    for format in ["text", "json"] {
        let place = Place::new();
        let key = place.key();
        let server = place.serve(&["--log.filter", "debug", "--log.format", format]);
        let mut client = server.client(&key);
        client.get("/v1/events/x/users/ann@example.com/summary").expect(404);
        client.get("/v1/idempotency_keys/order-77").expect(404);
        client.get(&format!("/v1/{}/x", key.secret)).expect(404);
        client.get("/v1/%C2%9Bhidden%E2%80%AEtxt").expect(404);
        let mut http = server.http();
        http.write("sk_oops /v1/ HTTP/1.1\r\nHost: x\r\n\r\n").expect("it goes out");
        http.answer().expect("an answer");
        server.process.signal("TERM");
        let log = server.process.ended(TIMEOUT).log;
        assert!(log.contains("/events/{id}/users/{user_id}/summary"), "{log}");
        for unseen in ["ann@", "order-77", &key.secret, "sk_oops", "hidden", "\u{9b}", "\u{202e}"] {
            assert!(!log.contains(unseen), "{unseen} is in: {log}");
        }
    }
}
