//! The document against the router and its handlers.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::call::call_of;
use super::{document, operations, source};

#[test]
fn every_route_is_documented_and_nothing_else() {
    let document = document();
    let routed: BTreeSet<_> = source::routes()
        .into_iter()
        .map(|route| format!("{} {} mounted={}", route.method, route.path, route.mounted))
        .collect();
    let documented: BTreeSet<_> = operations(&document)
        .into_iter()
        .map(|(path, method, operation)| {
            let mounted = operation["servers"] != json!([{"url": "/"}]);
            format!("{method} {path} mounted={mounted}")
        })
        .collect();
    assert_eq!(routed, documented);
}

#[test]
fn callers_are_let_in_as_documented() {
    let document = document();
    for route in source::routes() {
        let operation = &document["paths"][&route.path][route.method];
        let id = operation["operationId"].as_str().unwrap();
        let documented = call_of(id).unwrap().rule();
        let handler = route.handler;
        assert_eq!(source::rule(&handler), documented.map(source::in_words), "{id}, {handler}");
        let security = documented.map(|rule| json!([{"bearer": [rule.scope.as_str()]}]));
        if route.mounted {
            assert_eq!(Some(&operation["security"]), security.as_ref(), "{id}");
        }
    }
}

#[test]
fn paths_name_their_parameters() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        let named: BTreeSet<_> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().unwrap();
        let documented: BTreeSet<_> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(named, documented, "{method} {path}");
    }
}
