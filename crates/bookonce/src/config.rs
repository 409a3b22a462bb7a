//! `bookonce config`: all settings as they are, and where each comes from.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::flags::{Config, Failure, Flags, Source};
use crate::out::say;

/// Settings that nobody should read over a shoulder.
const SECRET: [&str; 1] = ["metrics.token"];
/// An address that may be written without its scheme.
const PROXY: &str = "webhooks.proxy";
/// What is shown of one.
const HIDDEN: &str = "(hidden)";
/// Where a setting comes from that nobody gave.
const DEFAULT: &str = "default";
/// What is shown stands in a column of its own from here on, where there is room.
const FROM_COLUMN: usize = 44;

/// A setting as it is.
struct Setting {
    /// As the file has it, with dots for tables.
    name: String,
    value: Value,
    from: String,
}

pub(crate) fn run(flags: &Flags, config: &Config) -> Result<ExitCode, Failure> {
    let given = config.serve.given();
    // Checked as they are for serve.
    let settings = flags.settings(given.clone())?;
    settings.webhooks.check()?;
    let address = flags.address(&settings)?;
    let figment = flags.figment(given)?;
    let from = |name: &str| {
        // Flags say their words with dashes.
        let source = flags.sources.get(&name.replace('_', "-"));
        if let Some(source) = source {
            return match source {
                Source::Flag => format!("--{}", name.replace('_', "-")),
                Source::Variable(name) | Source::File(name) => name.clone(),
            };
        }
        let file = figment.find_metadata(name).and_then(|it| it.source.as_ref()?.file_path());
        file.map_or_else(|| DEFAULT.to_owned(), |file| file.display().to_string())
    };
    let mut shown = Vec::new();
    leaves("", &serde_json::to_value(&settings)?, &mut |name, value| {
        let value = match name {
            "store" => address.to_string().into(),
            _ if value.is_null() => Value::Null,
            _ if SECRET.contains(&name) || has_credentials(name, value) => HIDDEN.into(),
            _ => value.clone(),
        };
        shown.push(Setting { name: name.to_owned(), value, from: from(name) });
    });
    if config.json {
        let settings: Vec<_> = shown
            .iter()
            .map(
                |Setting { name, value, from }| json!({"name": name, "value": value, "from": from}),
            )
            .collect();
        let file = flags.settings_file()?.map(|file| file.display().to_string());
        say(json!({"file": file, "settings": settings}))?;
    } else {
        shown.iter().try_for_each(|setting| say(line(setting)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A line as the settings file may have it.
fn line(Setting { name, value, from }: &Setting) -> String {
    let said =
        if value.is_null() { format!("# {name} is not set") } else { format!("{name} = {value}") };
    format!("{said:FROM_COLUMN$} # {from}")
}

/// Whether an address has a user or a password in it.
fn has_credentials(name: &str, value: &Value) -> bool {
    let is_address = |text: &str| name == PROXY || text.contains("://");
    value.as_str().is_some_and(|text| is_address(text) && text.contains('@'))
}

/// Each value with its name, in the order in which they are described.
fn leaves(above: &str, value: &Value, found: &mut impl FnMut(&str, &Value)) {
    let Value::Object(members) = value else { return found(above, value) };
    for (name, value) in members {
        let name = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        leaves(&name, value, found);
    }
}
