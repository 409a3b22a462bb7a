//! `serve --demo`: a stranger pastes what it prints, and it works.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::place::{Place, Server};
use crate::settings::tell;

const LAST_LINE: &str = "The API to read and try: ";

/// A server of the demo.
struct Demo {
    server: Server,
    printed: String,
}

fn demo(place: &Place) -> Demo {
    let mut server = place.serve(&["--demo"]);
    let printed = server.process.out_until(LAST_LINE);
    Demo { server, printed }
}

/// The lines to paste, from the first command to the last.
fn lines(printed: &str) -> String {
    let from = printed.find("export API=").expect("it begins with the address");
    let to = printed.find(LAST_LINE).expect("it ends with the documents");
    printed.get(from..to).expect("in this order").to_owned()
}

/// What the shell says to pasted lines; `None` without a shell and curl.
fn paste(lines: &str) -> Option<String> {
    match Command::new("curl").arg("--version").output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            tell("demo: skipped, there is no curl");
            return None;
        }
        other => other.expect("curl runs"),
    };
    let mut shell = Command::new("bash");
    let shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = shell.spawn().expect("bash runs");
    let mut stdin = shell.stdin.take().expect("its input is piped");
    stdin.write_all(lines.as_bytes()).expect("it takes the lines");
    drop(stdin);
    let ran = shell.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "{lines}");
    assert!(ran.status.success(), "{ran:?}");
    Some(String::from_utf8(ran.stdout).expect("text"))
}

fn json_lines(said: &str) -> Vec<Value> {
    let json = said.lines().filter(|line| line.starts_with('{'));
    json.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

#[test]
fn what_it_prints_works_when_it_is_pasted() {
    let place = Place::new();
    let Demo { server, printed } = demo(&place);
    let lines = lines(&printed);
    let Some(said) = paste(&lines) else { return };
    let [left, held, sold, timeline]: [Value; 4] = json_lines(&said).try_into().expect("4 answers");
    assert_eq!(left["available"], 5_000);
    assert!(said.contains("HTTP/1.1 201 Created"), "{said}");
    assert!(!said.to_lowercase().contains("idempotent-replayed"), "{said}");
    assert_eq!((&held["status"], &held["quantity"]), (&"reserved".into(), &2.into()));
    assert_eq!((&sold["status"], &sold["seats"][0]), (&"confirmed".into(), &"A-1".into()));
    assert!(sold["confirmation_code"].is_string(), "{sold}");
    let entries = timeline["data"].as_array().expect("entries");
    assert!(entries.iter().any(|entry| entry["kind"] == "payment"), "{timeline}");

    // "Run it again: the same answer, no second booking."
    let again = paste(&lines).expect("as before");
    assert!(again.to_lowercase().contains("idempotent-replayed: true"), "{again}");
    let [_, held_again, refused, _]: [Value; 4] = json_lines(&again).try_into().expect("4 answers");
    assert_eq!(held_again, held);
    assert_eq!(
        (&refused["code"], &refused["booking_id"]),
        (&"ALREADY_CONFIRMED".into(), &sold["id"])
    );

    let docs = server.http().send("GET", "/docs", &[], "").expect("an answer");
    assert_eq!(docs.status, 200);
    assert!(printed.contains(&format!("{LAST_LINE}http://{}/docs", server.address)));
    place.verify();
}

#[test]
fn a_second_demo_uses_the_same_event() {
    let word = |printed: &str, prefix: &str| {
        let from = printed.find(prefix).expect("it is printed");
        let length = prefix.len() + 26;
        printed.get(from..from + length).expect("an id").to_owned()
    };
    let place = Place::new();
    let Demo { server, printed: first } = demo(&place);
    server.stop();
    let Demo { server, printed: second } = demo(&place);
    assert_eq!(word(&first, "evt_"), word(&second, "evt_"));
    assert_eq!(word(&first, "KEY=bo_test_"), word(&second, "KEY=bo_test_"), "no key is left over");
    let from = first.find("bo_test_").expect("a key");
    let secret: String =
        first.get(from..).unwrap_or("").chars().take_while(|c| *c != '\n').collect();
    let mut client = crate::http::Client::new(server.address, &secret);
    let events = client.get(crate::workload::EVENTS).expect(200);
    assert_eq!(events["data"].as_array().map(Vec::len), Some(1), "the first key still works");

    // One that was revoked is never valid again: the next start has another.
    let listed = place.run(&["keys", "list", "--json"]).json();
    let keys = listed["data"].as_array().expect("a list");
    assert_eq!(keys.len(), 1, "{listed}");
    let id = keys[0]["id"].as_str().expect("an id");
    assert_eq!(place.run(&["keys", "revoke", id]).code(), Some(0));
    server.stop();
    let Demo { server, printed: third } = demo(&place);
    assert_ne!(word(&first, "KEY=bo_test_"), word(&third, "KEY=bo_test_"));
    assert_eq!(word(&first, "evt_"), word(&third, "evt_"));
    server.stop();
    let Demo { server: _server, printed: fourth } = demo(&place);
    assert_eq!(word(&third, "KEY=bo_test_"), word(&fourth, "KEY=bo_test_"));
}
