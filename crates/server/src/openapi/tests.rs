//! The document against the codes and the limits.

mod limits;
mod routes;
mod schemas;

use std::collections::BTreeSet;

use serde_json::Value;
use wire::Code;

use super::{codes, document_text, refusals};
use crate::problem::entry;

/// Ends of operation ids, after what they are about.
const VERBS: [&str; 19] = [
    "expire",
    "delete",
    "test",
    "rotate",
    "replay",
    "redeliver",
    "create",
    "list",
    "show",
    "update",
    "availability",
    "summary",
    "reserve",
    "timeline",
    "confirm",
    "release",
    "cancel",
    "retire",
    "stream",
];

/// Codes of chapters that are not there yet: no operation answers them.
const LATER: [Code; 15] = [
    Code::InsufficientBalance,
    Code::QueuePassRequired,
    Code::QueuePassInvalid,
    Code::QueuePassExpired,
    Code::RoomUnavailable,
    Code::DuplicateReservation,
    Code::OrderInProgress,
    Code::RefundExceedsPayment,
    Code::CheckoutExpired,
    Code::AlreadyResolved,
    Code::OfferExpired,
    Code::OfferUnavailable,
    Code::OfferAlreadyBooked,
    Code::InvalidPassenger,
    Code::InvalidStay,
];

fn document() -> Value {
    serde_json::from_str(&document_text()).unwrap()
}

/// Path, method and operation.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap();
        item.iter().map(|(method, operation)| (path.clone(), method.clone(), operation))
    });
    operations.collect()
}

fn parameter_refs(operation: &Value) -> Vec<&str> {
    let parameters = operation["parameters"].as_array().unwrap();
    parameters.iter().filter_map(|parameter| parameter["$ref"].as_str()).collect()
}

#[test]
fn the_committed_document_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == document_text(),
        "openapi.json is not what this server says of itself; write it again: \
         cargo run -- openapi > openapi.json"
    );
}

#[test]
fn operations_have_names_words_tags_and_a_success() {
    let document = document();
    let tags = document["tags"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let (_, verb) = id.rsplit_once('_').unwrap();
        assert!(VERBS.contains(&verb), "{id} does not end in a known verb");
        assert!(id.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()), "{id}");
        assert!(ids.insert(id), "{id} is there twice");
        let summary = operation["summary"].as_str().unwrap();
        assert!(!summary.ends_with('.') && summary.len() < 60, "{method} {path}: {summary}");
        let named = operation["tags"].as_array().unwrap();
        assert!(!named.is_empty());
        for tag in named {
            assert!(tags.iter().any(|known| known["name"] == *tag), "{id}: {tag} is not declared");
        }
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id} has no success");
        for response in responses.values() {
            let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described || response["$ref"].is_string(), "{id}: {response}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn links_lead_to_operations() {
    let document = document();
    let all = operations(&document);
    let is_there = |id: &Value| all.iter().any(|(_, _, operation)| operation["operationId"] == *id);
    let mut found = 0;
    for (_, _, operation) in &all {
        let responses = operation["responses"].as_object().unwrap().values();
        let links = responses.filter_map(|response| response["links"].as_object()).flatten();
        for (name, link) in links {
            let id = &link["operationId"];
            assert!(is_there(id), "{name} leads to {id}");
            found += 1;
        }
    }
    assert!(found > 3, "there are links");
}

#[test]
fn what_takes_stock_requires_a_key() {
    let required = "#/components/parameters/IdempotencyKeyRequired";
    let optional = "#/components/parameters/IdempotencyKey";
    let document = document();
    assert_eq!(document.pointer(&format!("{}/required", &required[1..])), Some(&Value::Bool(true)));
    for (path, method, operation) in operations(&document) {
        let parameters = parameter_refs(operation);
        let has = |name| parameters.contains(&name);
        let expected = match (method.as_str(), path.as_str()) {
            ("get", _) => (false, false),
            ("post", "/bookings/reserve") => (true, false),
            _ => (false, true),
        };
        assert_eq!((has(required), has(optional)), expected, "{method} {path}");
    }
}

#[test]
fn every_code_is_documented_unless_it_comes_later() {
    let documented = codes::all();
    let is_answered = |code: &&Code| documented.contains(code) == LATER.contains(code);
    // No operation answers it: it is the answer where there is none.
    let elsewhere: Vec<_> = Code::ALL.iter().filter(is_answered).collect();
    assert_eq!(elsewhere, [&Code::MethodNotAllowed]);

    let document = document();
    let text = document["paths"].to_string() + &document["components"]["responses"].to_string();
    for code in &documented {
        assert!(text.contains(&format!("/problems/{})", code.slug())), "{code} has no response");
    }
    let about = document["info"]["description"].as_str().unwrap();
    for code in documented.iter().chain([&Code::MethodNotAllowed]) {
        assert!(about.contains(&format!("[`{code}`]")), "{code} is not in the table");
    }
}

#[test]
fn examples_of_problems_say_what_happened() {
    for code in codes::all() {
        let problem = refusals::example(code);
        assert_eq!(problem.known_code(), Some(code));
        let bare = format!("{}.", entry(code).title);
        assert!(problem.detail != bare, "{code} has no example");
        assert!(problem.instance.starts_with("/api/v1/"));
    }
}
