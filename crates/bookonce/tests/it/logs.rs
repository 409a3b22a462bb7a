//! The log cannot be written: its disk is full, its reader is gone, or has stopped reading. Nobody else
//! notices, and an orderly stop is one.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{Client, Http};
use crate::place::{Key, Place, Server};
use crate::process::TIMEOUT;
use crate::settings::{Watch, poll};
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

/// The lines of the log with this message, of a server that logs JSON, once it has stopped.
fn told(server: Server, message: &str) -> Vec<Value> {
    let log = server.stopped().log;
    let lines = log.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    lines.filter(|line: &Value| line["message"] == message).collect()
}

/// These fields of a line.
fn fields(line: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| line[name].clone()).collect()
}

#[test]
fn the_line_serving_says_what_serves() {
    let place = Place::new();
    place.write("settings.toml", "rate = 7\n");
    let json = ["--log.format", "json"];
    let served =
        told(place.serve(&[&json[..], &["--config", "settings.toml"]].concat()), "serving");
    let names = ["level", "version", "settings_file"];
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(fields(&served[0], &names), json!(["INFO", version, "settings.toml"]));
    assert!(served[0]["schema_version"].as_u64().is_some_and(|version| version > 0), "{served:?}");
    let served = told(place.serve(&json), "serving");
    assert_eq!(fields(&served[0], &names), json!(["INFO", version, null]));
}

#[test]
fn a_requests_line_says_whose_key_it_was_and_what_came_of_it() {
    let place = Place::new();
    let key = place.key();
    let server = place.serve(&["--log.format", "json", "--log.filter", "debug"]);
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(1, 60));
    client.post(RESERVE, "one", &sale.reserve(0, 1, "ann")).expect(201);
    for _replayed in 0..2 {
        client.post(RESERVE, "two", &sale.reserve(0, 1, "bob")).expect(409);
    }
    client.get("/v1/bookings/bkg_1").expect(404);
    let wanted = json!({"user_id": "ann", "expires_in": 600});
    let token = client.post("/api/v1/customer_tokens", "token", &wanted).expect(201);
    Client::new(server.address, token["token"].as_str().expect("a token"))
        .get("/v1/events")
        .expect(200);
    let lines = told(server, "request");
    let shown: Vec<_> = lines
        .iter()
        .map(|line| {
            assert_eq!(fields(line, &["account", "key"]), json!([key.account, key.id]), "{line}");
            assert!(line["micros"].is_u64() && line["request_id"].is_string(), "{line}");
            fields(line, &["method", "route", "status", "code", "credential"])
        })
        .collect();
    let expected = json!([
        ["POST", "/api/v1/events", 201, null, "key"],
        ["POST", "/api/v1/bookings/reserve", 201, null, "key"],
        ["POST", "/api/v1/bookings/reserve", 409, "INSUFFICIENT_SEATS", "key"],
        ["POST", "/api/v1/bookings/reserve", 409, "INSUFFICIENT_SEATS", "key"],
        ["GET", "/v1/bookings/{id}", 404, "NOT_FOUND", "key"],
        ["POST", "/api/v1/customer_tokens", 201, null, "key"],
        ["GET", "/v1/events", 200, null, "customer"],
    ]);
    assert_eq!(Value::from(shown), expected);
}

#[test]
fn whoever_is_turned_away_is_told_once_and_then_counted() {
    let place = Place::new();
    let (slow, revoked) = (place.key_with(&["--account", "a", "--rate", "1"]), place.key());
    let reader = place.key_with(&["--account", "a", "--scopes", "read"]);
    assert_eq!(place.run(&["keys", "revoke", &revoked.id]).code(), Some(0));
    let server = place.serve(&["--log.format", "json"]);
    let mut nobody = server.http();
    for _ in 0..3 {
        assert_eq!(nobody.send("GET", "/v1/events", &[], "").expect("an answer").status, 401);
    }
    for wrong in ["bo_live_x", "bo_test_y", "z"] {
        Client::new(server.address, wrong).get("/v1/events").expect(401);
    }
    server.client(&revoked).get("/v1/events").expect(401);
    server.client(&reader).post("/v1/events", "event", &plain_event(1, 60)).expect(403);
    let mut client = server.client(&slow);
    let limited = (0..30).filter(|_| client.get("/v1/events").status == 429).count();
    assert!(limited > 2, "{limited}");
    server.process.signal("TERM");
    let log = server.process.ended(TIMEOUT).log;
    assert!(!log.contains("bo_live_") && !log.contains("bo_test_"), "{log}");
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let names = ["message", "code", "credential", "account", "key", "route", "times"];
    let shown: Vec<_> = lines
        .iter()
        .filter(|line| line["code"].is_string())
        .map(|line| {
            assert_eq!(line["level"], "INFO");
            fields(line, &names)
        })
        .collect();
    let (account, route) = (&slow.account, "/v1/events");
    let expected = json!([
        ["refused", "UNAUTHORIZED", "none", null, null, route, null],
        ["refused", "UNAUTHORIZED", "unknown", null, null, route, null],
        ["refused", "UNAUTHORIZED", "revoked", revoked.account, revoked.id, route, null],
        ["refused", "FORBIDDEN", "key", account, reader.id, route, null],
        ["refused", "TOO_MANY_REQUESTS", "key", account, slow.id, route, null],
        ["refused again", "TOO_MANY_REQUESTS", "key", account, slow.id, null, limited - 1],
        ["refused again", "UNAUTHORIZED", "none", null, null, null, 2],
        ["refused again", "UNAUTHORIZED", "unknown", null, null, null, 2],
    ]);
    assert_eq!(Value::from(shown), expected);
}

/// Milliseconds from which on a request is slow in the test of that.
const SLOW_MS: u64 = 20;
/// A busy machine comes to a request so late.
const LATE_MAX: Duration = Duration::from_secs(3);

#[test]
fn a_slow_request_has_a_line_where_that_is_set() {
    let place = Place::new();
    let key = place.key();
    for (slow_ms, expected) in [
        ("0", json!([])),
        (&*SLOW_MS.to_string(), json!([["WARN", "/v1/bookings/reserve", 400, "INVALID_REQUEST"]])),
    ] {
        let server = place.serve(&["--log.format", "json", "--log.slow-ms", slow_ms]);
        let mut http = server.http();
        let head = format!(
            "POST /v1/bookings/reserve HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
             Idempotency-Key: slow\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n",
            key.secret
        );
        http.write(&head).expect("it goes out");
        // Its body takes longer than is slow by far: the server counts from when it has come to the head.
        let watch = Watch::start();
        poll(TIMEOUT, "time passes", || {
            (watch.elapsed() > Duration::from_millis(SLOW_MS) + LATE_MAX).then_some(())
        });
        http.write("{}").expect("it goes out");
        assert_eq!(http.answer().expect("an answer").status, 400);
        let lines = told(server, "a request was slow");
        for line in &lines {
            assert!(line["micros"].as_u64() >= Some(SLOW_MS * 1_000), "{line}");
        }
        let names = ["level", "route", "status", "code"];
        assert_eq!(lines.iter().map(|line| fields(line, &names)).collect::<Value>(), expected);
    }
}
