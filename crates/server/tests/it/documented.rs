//! The document against what is answered: whatever a test meets on an operation's address stands there, and
//! what is answered is what its schema says.

use std::sync::LazyLock;

use serde_json::Value;

use super::answer::Answer;
use super::http::Ask;
use super::schema::Schemas;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../../openapi.json");
    serde_json::from_str(text).expect("the document is JSON")
});

/// Demands that the operation that was asked for may answer so, by its status, its code and its schema.
#[track_caller]
pub(crate) fn check(answer: &Answer, ask: &Ask) {
    let Some(operation) = operation(ask) else { return };
    let what = format!("{} {}: {answer:?}", ask.method, ask.target);
    let response = resolved(&operation["responses"][answer.status.to_string()]);
    assert!(response.is_object(), "the status is not documented: {what}");
    let schema = &response["content"]["application/json"]["schema"];
    if answer.header("content-type") == Some("application/json") && !answer.body.is_empty() {
        let wrong = Schemas(&DOCUMENT).check(schema, &answer.json());
        assert_eq!(wrong, Ok(()), "it is not as the schema says: {what}");
    }
    let problems = &response["content"]["application/problem+json"]["examples"];
    if answer.header("content-type") == Some("application/problem+json") && ask.method != "HEAD" {
        let code = answer.str("code");
        assert!(problems[&code].is_object(), "the code is not documented: {what}");
    }
}

/// What a reference leads to; anything else is itself.
fn resolved(value: &'static Value) -> &'static Value {
    value["$ref"].as_str().map_or(value, |reference| {
        let pointer = reference.trim_start_matches('#');
        DOCUMENT.pointer(pointer).expect("references lead somewhere")
    })
}

/// The operation at the address; the one with fewer names where several patterns fit.
fn operation(ask: &Ask) -> Option<&'static Value> {
    let path = ask.path();
    let below = ["/api/v1", "/v1"].iter().find_map(|mount| path.strip_prefix(mount))?;
    let method = ask.method.to_lowercase().replace("head", "get");
    let items = DOCUMENT["paths"].as_object().expect("there are paths").iter();
    let item = items
        .filter(|(pattern, _)| is_at(pattern, below))
        .min_by_key(|(pattern, _)| pattern.matches('{').count());
    item.and_then(|(_, item)| item.get(&method))
}

fn is_at(pattern: &str, path: &str) -> bool {
    let (patterns, parts): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    let fits = |(pattern, part): (&&str, &&str)| {
        pattern == part || pattern.starts_with('{') && !part.is_empty()
    };
    patterns.len() == parts.len() && patterns.iter().zip(&parts).all(fits)
}

#[test]
fn addresses_lead_to_their_operations() {
    let id = |method: &str, target: &str| {
        let operation = operation(&Ask::new(method, target))?;
        operation["operationId"].as_str()
    };
    assert_eq!(id("POST", "/api/v1/bookings/reserve"), Some("booking_reserve"));
    assert_eq!(id("GET", "/v1/bookings/reserve"), None);
    assert_eq!(id("HEAD", "/v1/bookings/bkg_1?x=/"), Some("booking_show"));
    assert_eq!(id("PATCH", "/v1/events/1/zones/2"), Some("zone_update"));
    assert_eq!(id("GET", "/problems/not-found"), None);
    assert_eq!(id("GET", "/bookings"), None);
    assert_eq!(id("GET", "/v1/healthz"), None);
}

/// Of requests and of answers, problems included.
#[test]
fn examples_are_what_their_schemas_say() {
    let mut count = 0;
    let mut check = |content: &'static Value, what: &str| {
        for (kind, content) in content.as_object().into_iter().flatten() {
            if kind == "text/event-stream" {
                continue;
            }
            let named = content["examples"].as_object().into_iter().flatten();
            let named = named.map(|(name, example)| (name.as_str(), &resolved(example)["value"]));
            let single = content.get("example").map(|example| ("", example));
            for (name, example) in named.chain(single) {
                let wrong = Schemas(&DOCUMENT).check(&content["schema"], example);
                // Problems have members that only some of them have.
                let is_open = kind == "application/problem+json";
                let is_known = |why: &String| is_open && why.ends_with("is not described");
                assert!(wrong.as_ref().err().is_none_or(is_known), "{what} {name}: {wrong:?}");
                count += 1;
            }
        }
    };
    let paths = DOCUMENT["paths"].as_object().expect("there are paths");
    for operation in paths.values().filter_map(Value::as_object).flat_map(|item| item.values()) {
        let id = operation["operationId"].as_str().expect("operations have ids");
        check(&operation["requestBody"]["content"], id);
        let responses = operation["responses"].as_object().expect("there are responses");
        responses.values().for_each(|response| check(&response["content"], id));
    }
    let shared = DOCUMENT["components"]["responses"].as_object().expect("there are problems");
    shared.iter().for_each(|(name, response)| check(&response["content"], name));
    assert!(count > 50, "there are examples");
}
