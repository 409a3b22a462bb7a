//! What the sources of the server say, read as text.

use std::collections::BTreeSet;
use std::path::Path;

use wire::Code;

use crate::call::Rule;

/// Chapters and the files of their handlers.
const HANDLERS: [(&str, &str); 8] = [
    ("events", include_str!("../../tickets/events.rs")),
    ("bookings", include_str!("../../tickets/bookings.rs")),
    ("timeline", include_str!("../../tickets/timeline.rs")),
    ("activity", include_str!("../../activity.rs")),
    ("availability", include_str!("../../availability.rs")),
    ("keys", include_str!("../../keys.rs")),
    ("tokens", include_str!("../../tokens.rs")),
    ("ops", include_str!("../../ops.rs")),
];

/// A route of the router, one for each of its methods.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) path: String,
    pub(super) method: &'static str,
    /// `bookings::reserve`.
    pub(super) handler: String,
    /// Whether it stands below the API's mount.
    pub(super) mounted: bool,
}

/// All routes of `router.rs`.
pub(super) fn routes() -> Vec<Route> {
    let (root, api) = include_str!("../../router.rs").split_once("\nfn api()").unwrap();
    let mut routes = routes_in(root, false);
    routes.extend(routes_in(api, true));
    assert!(routes.len() > 20, "the router is written in another way than this test reads");
    routes
}

fn routes_in(text: &str, mounted: bool) -> Vec<Route> {
    let mut routes = Vec::new();
    for part in text.split(".route(").skip(1) {
        // The next call of the chain, or the end of the function.
        let end = ["\n        .", "\n}"].iter().filter_map(|end| part.find(end)).min();
        let part = &part[..end.unwrap_or(part.len())];
        let path = part.split('"').nth(1).unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            for handler in calls(part, method) {
                let (path, handler) = (path.to_owned(), handler.to_owned());
                routes.push(Route { path, method, handler, mounted });
            }
        }
    }
    routes
}

/// The arguments of the calls of `name`.
fn calls<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let call = format!("{name}(");
    let found = text.match_indices(&call).filter(|(at, _)| {
        !text[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
    });
    found.map(|(at, _)| text[at + call.len()..].split(')').next().unwrap().trim()).collect()
}

/// The rule by which a handler lets callers in: its scope, whether customers may, whether a key is
/// required. `None` where it lets everybody in.
pub(super) fn rule(handler: &str) -> Option<String> {
    let (chapter, name) = handler.split_once("::").unwrap();
    if chapter == "pages" {
        return None;
    }
    let found = HANDLERS.iter().find(|(known, _)| *known == chapter);
    let (_, text) = found.unwrap_or_else(|| panic!("name the file of {handler} in HANDLERS"));
    let (_, body) = text.split_once(&format!("pub(crate) async fn {name}(")).unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let (_, rule) = body.split_once("Rule::")?;
    let end = rule.find([',', ';', ' ']).unwrap();
    let (scope, rest) = rule[..end].split_once('.').unwrap_or((&rule[..end], ""));
    let (customers, key) = (rest.contains("customers()"), rest.contains("key_required()"));
    Some(format!("{} customers={customers} key={key}", scope.to_lowercase()))
}

/// A rule in the same words.
pub(super) fn in_words(rule: Rule) -> String {
    let Rule { scope, customers, key_required, body_bytes_max: _ } = rule;
    format!("{} customers={customers} key={key_required}", scope.as_str())
}

/// The codes that the sources name, but for the words about all codes and this document.
pub(super) fn codes() -> BTreeSet<Code> {
    let mut codes = BTreeSet::new();
    read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut codes);
    codes
}

fn read(folder: &Path, codes: &mut BTreeSet<Code>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        if path.is_dir() && !["openapi", "problem"].contains(&name) {
            read(&path, codes);
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            codes.extend(Code::ALL.iter().filter(|known| names(code, **known)));
        }
    }
}

fn names(text: &str, code: Code) -> bool {
    let name = format!("Code::{code:?}");
    text.match_indices(&name).any(|(at, _)| {
        let is_word = |next: char| next.is_alphanumeric() || next == '_';
        !text[..at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word)
    })
}
