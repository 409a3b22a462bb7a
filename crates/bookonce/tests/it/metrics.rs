//! What Prometheus makes of `/metrics`, and of what docs/operations.md says about it. Needs `promtool`, of Debian's
//! package `prometheus`.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::place::Place;
use crate::workload::{RESERVE, Sale, plain_event};

/// What promtool says to this input.
fn promtool(arguments: &[&str], input: &str) {
    let mut command = Command::new("promtool");
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = match command.stderr(Stdio::piped()).spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("no promtool: apt-get install prometheus")
        }
        child => child.expect("promtool starts"),
    };
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let ran = child.wait_with_output().expect("it ends");
    let told = [&ran.stdout, &ran.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(ran.status.success(), "promtool {arguments:?}: {told:?}\n{input}");
}

/// What is written about metrics.
fn section() -> &'static str {
    let document = include_str!("../../../../docs/operations.md");
    let (_, rest) = document.split_once("\n## Metrics\n").expect("it has the section");
    rest.split("\n## ").next().expect("it ends")
}

/// What is written there between back-ticks.
fn quoted() -> impl Iterator<Item = &'static str> {
    section().split('`').skip(1).step_by(2)
}

/// The metrics of a server that has sold something.
fn scraped(place: &Place) -> String {
    let key = place.key();
    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(10, 600));
    client.post(RESERVE, "hold", &sale.reserve(0, 2, "ann")).expect(201);
    let scraped = server.http().send("GET", "/metrics", &[], "").expect("an answer");
    assert_eq!(scraped.status, 200);
    scraped.body
}

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics() {
    let text = scraped(&Place::new());
    assert!(text.contains("bookonce_bookings_total{status=\"reserved\"} 1\n"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("bookonce_store_bytes ")), "{text}");
    promtool(&["check", "metrics"], &text);
}

#[test]
fn alerts_that_are_written_about_are_rules() {
    let rules: Vec<_> = section()
        .lines()
        .skip_while(|line| !line.starts_with("| alert when"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('`').nth(1).expect("an expression"))
        .enumerate()
        .map(|(number, rule)| json!({"alert": format!("Rule{number}"), "expr": rule}))
        .collect();
    assert!(rules.len() > 10, "{rules:?}");
    let place = Place::plain();
    // JSON is YAML.
    place
        .write("rules.yml", &json!({"groups": [{"name": "bookonce", "rules": rules}]}).to_string());
    let path = place.path("rules.yml");
    promtool(&["check", "rules", path.to_str().expect("text")], "");
}

#[test]
fn metrics_that_are_written_about_are_there() {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = quoted().flat_map(|quoted| quoted.split(|character| !is_name(character)));
    let is_metric = |word: &&str| {
        ["bookonce_", "process_", "idempotency_", "duplicate_", "same_"]
            .iter()
            .any(|prefix| word.starts_with(prefix))
    };
    let named: BTreeSet<_> = words.filter(is_metric).collect();
    assert!(named.len() > 30, "{named:?}");
    let text = scraped(&Place::plain());
    for name in named {
        let is_it = |line: &str| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{', '_']))
        };
        assert!(text.lines().any(is_it), "no {name} in:\n{text}");
    }
}
