//! What is wrong with the settings: the file, the line or the name, and what is expected there. Never what
//! stands there: it may be a password that lacks its quotes, or a token in the wrong place.

use std::path::Path;

use figment::Figment;
use figment::error::{Actual, Kind};
use figment::providers::Serialized;
use figment::value::{Dict, Value};
use server::Settings;

/// Names of settings are not longer.
const NAME_BYTES_MAX: usize = 32;

/// The file is TOML.
pub(super) fn check_syntax(file: &Path) -> Result<(), String> {
    let place = file.display();
    let bytes = std::fs::read(file).map_err(|error| format!("the settings: {place}: {error}"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("the settings: {place}: not a text in UTF-8"))?;
    let Err(error) = text.parse::<toml::Table>() else { return Ok(()) };
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count();
    let name = text.lines().nth(line).and_then(|line| line.split_once('=')).map(|(name, _)| name);
    let name = name.map(str::trim).filter(|name| is_known(name));
    let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
    let line = line.saturating_add(1);
    Err(format!(
        "the settings: {place}, line {line}: {name}not TOML; expected NAME = VALUE, each name once, where a \
         text is in quotes and a number is not"
    ))
}

/// Whether a setting has this name, in any table.
fn is_known(name: &str) -> bool {
    fn names(dict: &Dict, name: &str) -> bool {
        let below = |value: &Value| value.as_dict().is_some_and(|dict| names(dict, name));
        dict.iter().any(|(key, value)| key == name || below(value))
    }
    let all = Figment::from(Serialized::defaults(Settings::default())).extract::<Dict>();
    all.is_ok_and(|all| name.split('.').all(|part| names(&all, part)))
}

/// Which setting is wrong, and where it stands.
pub(super) fn explain(error: &figment::Error) -> String {
    let source = error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref());
    let file = source.map(|source| format!("{source}: ")).unwrap_or_default();
    let path = error.path.iter().map(String::as_str).filter(|name| is_name(name));
    let path = path.collect::<Vec<_>>().join(".");
    let path = if path.is_empty() { path } else { format!("{path}: ") };
    format!("the settings: {file}{path}{}", expected(&error.kind))
}

fn expected(kind: &Kind) -> String {
    match kind {
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
            format!("found {}, expected {expected}", type_of(found))
        }
        Kind::InvalidLength(found, expected) => {
            format!("found {found} values, expected {expected}")
        }
        Kind::UnknownVariant(_, known) => format!("expected one of {}", list(known)),
        Kind::UnknownField(name, known) => {
            let name = if is_name(name) { format!("`{name}`") } else { "another".to_owned() };
            format!("unknown field: found {name}, expected one of {}", list(known))
        }
        Kind::MissingField(name) => format!("`{name}` is missing"),
        Kind::DuplicateField(name) => format!("`{name}` appears twice"),
        Kind::ISizeOutOfRange(_) | Kind::USizeOutOfRange(_) => "the number is too large".to_owned(),
        Kind::Unsupported(found) => format!("found {}, which no setting is", type_of(found)),
        Kind::UnsupportedKey(_, expected) => format!("a name must be {expected}"),
        Kind::Message(_) => "not a value that this setting may have".to_owned(),
    }
}

/// A name is what has to be told; what looks like something else is not repeated.
fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

const fn type_of(found: &Actual) -> &'static str {
    match found {
        Actual::Bool(_) => "true or false",
        Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_) => "a number",
        Actual::Char(_) | Actual::Str(_) => "a text",
        Actual::Bytes(_) => "bytes",
        Actual::Seq => "a list",
        Actual::Map => "a table",
        Actual::Unit
        | Actual::Option
        | Actual::NewtypeStruct
        | Actual::Enum
        | Actual::UnitVariant
        | Actual::NewtypeVariant
        | Actual::TupleVariant
        | Actual::StructVariant
        | Actual::Other(_) => "something else",
    }
}
