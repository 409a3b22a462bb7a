//! Answers as text to compare. Ids differ from run to run and become `bkg_1`, `bkg_2`, …; instants
//! stand as they are, for the clock is the test's.

use std::collections::BTreeMap;

use super::answer::Answer;

const PREFIXES: [&str; 11] =
    ["acc", "key", "evt", "zon", "bkg", "pay", "rfd", "msg", "per", "req", "sto"];
const ID_CHARS: usize = 26;

/// Status, the headers that matter, and the body.
pub(crate) fn shown(answer: &Answer) -> String {
    let mut text = answer.status.to_string();
    for name in ["content-type", "location", "retry-after", "idempotent-replayed"] {
        if let Some(value) = answer.header(name) {
            text.push_str(&format!(" | {name}: {value}"));
        }
    }
    text.push_str(&format!("\n{:#}\n", answer.json()));
    redacted(&text)
}

/// A problem in one line: status, code, retry advice, what happened, fields at fault, extra members.
pub(crate) fn told(answer: &Answer) -> String {
    const EVERYWHERE: [&str; 13] = [
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "success",
        "code",
        "message",
        "action",
        "tip",
        "retryable",
        "request_id",
        "error",
    ];
    let problem = answer.json();
    let text =
        |pointer: &str| problem.pointer(pointer).and_then(|text| text.as_str()).unwrap_or("?");
    let mut line = format!(
        "{} {} {}: {}",
        answer.status,
        text("/code"),
        text("/error/retry"),
        text("/detail")
    );
    for field in problem["error"]["fields"].as_array().into_iter().flatten() {
        let word = |name: &str| field[name].as_str().unwrap_or("?").to_owned();
        line.push_str(&format!(" [{}: {}]", word("field"), word("message")));
    }
    let members = problem.as_object().into_iter().flatten();
    for (name, value) in members.filter(|(name, _)| !EVERYWHERE.contains(&name.as_str())) {
        let value = if value.is_object() { "{…}".to_owned() } else { value.to_string() };
        line.push_str(&format!(" {name}={value}"));
    }
    redacted(&line)
}

/// The text with every id named by its order of appearance, and without codes that are random.
pub(crate) fn redacted(text: &str) -> String {
    let mut names = Names::default();
    let mut shown = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match id_at(rest) {
            Some(id) => {
                shown.push_str(&names.of(id));
                rest = &rest[id.len()..];
            }
            None => {
                shown.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    without_codes(&shown)
}

#[derive(Default)]
struct Names {
    known: BTreeMap<String, String>,
    counts: BTreeMap<String, u32>,
}

impl Names {
    fn of(&mut self, id: &str) -> String {
        let prefix = &id[..3];
        let counts = &mut self.counts;
        let name = self.known.entry(id.to_owned()).or_insert_with(|| {
            let count = counts.entry(prefix.to_owned()).or_default();
            *count += 1;
            format!("{prefix}_{count}")
        });
        name.clone()
    }
}

/// The id that the text begins with.
fn id_at(text: &str) -> Option<&str> {
    let id = text.get(..4 + ID_CHARS)?;
    let (prefix, suffix) = id.split_once('_')?;
    let is_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (PREFIXES.contains(&prefix) && suffix.bytes().all(is_digit)).then_some(id)
}

fn without_codes(text: &str) -> String {
    // As it stands in text for people, and in text for programs.
    ["\"confirmation_code\": \"", "\"confirmation_code\":\""]
        .iter()
        .fold(text.to_owned(), |text, mark| without_codes_after(mark, &text))
}

fn without_codes_after(mark: &str, text: &str) -> String {
    match text.split_once(mark) {
        Some((before, after)) => {
            let (code, rest) = after.split_at(10);
            assert!(code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}");
            format!("{before}{mark}[code]{}", without_codes_after(mark, rest))
        }
        None => text.to_owned(),
    }
}
