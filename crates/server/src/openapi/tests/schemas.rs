//! Schemas against what generators make of them.

use serde_json::Value;

use super::document;

/// Calls it for every object of the document, with the way there.
fn walk(value: &Value, path: &str, visit: &mut impl FnMut(&str, &serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(path, members);
            members
                .iter()
                .for_each(|(name, member)| walk(member, &format!("{path}/{name}"), visit));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn enumerations_are_open_except_in_requests() {
    let mut closed = Vec::new();
    let mut open = 0;
    walk(&document(), "", &mut |path, members| {
        // What an event of another type is not is no type of anything.
        let is_enum = members.contains_key("enum") && !path.contains("/not/");
        closed.extend(is_enum.then(|| path.to_owned()));
        let known = members.get("x-extensible-enum").and_then(Value::as_array);
        open += usize::from(known.is_some_and(|known| !known.is_empty()));
    });
    assert_eq!(closed, ["/components/schemas/PaymentMethod"]);
    assert!(open > 4, "there are enumerations");
}

#[test]
fn no_field_has_a_default() {
    walk(&document(), "", &mut |path, members| {
        // `default` may be the name of a field, whose schema is then an object.
        let is_schema = members.contains_key("type");
        assert!(!is_schema || !members.contains_key("default"), "{path}");
    });
}

#[test]
fn parameters_send_nothing_by_themselves() {
    let document = document();
    for (name, parameter) in document["components"]["parameters"].as_object().unwrap() {
        assert!(parameter["example"].is_null() && parameter["examples"].is_null(), "{name}");
    }
}

#[test]
fn names_say_what_they_are() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in schemas.keys() {
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        assert!(is_name && name.as_bytes()[0].is_ascii_uppercase(), "{name}");
    }
    let body = |operation: &Value| {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        schema.as_str().map(str::to_owned)
    };
    let mut bodies = 0;
    for (path, method, operation) in super::operations(&document) {
        let Some(body) = body(operation) else { continue };
        assert!(body.ends_with("Request"), "{method} {path} takes a {body}");
        bodies += 1;
    }
    assert!(bodies > 5, "there are bodies");
}

#[test]
fn only_the_api_is_described() {
    for (path, method, operation) in super::operations(&document()) {
        assert!(operation["servers"].is_null(), "{method} {path}");
        let scopes = &operation["security"][0]["bearer"];
        assert!(scopes.as_array().is_some_and(|scopes| scopes.len() == 1), "{method} {path}");
    }
}
