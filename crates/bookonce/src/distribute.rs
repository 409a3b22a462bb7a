//! `bookonce distribute`

use std::process::ExitCode;

use figment::value::Dict;
use serde_json::json;
use server::stores::{Lies, Spread};

use crate::flags::{Distribute, Failure, Flags};
use crate::out::say;

pub(crate) fn run(flags: &Flags, distribute: &Distribute) -> Result<ExitCode, Failure> {
    let settings = flags.settings(Dict::new())?;
    let address = flags.address(&settings)?;
    let (store, tables) = (address.in_full(), address.distribute()?);
    if distribute.json {
        let table = |it: &Spread| json!({"name": it.table, "place": place(it), "new": it.is_new});
        let tables: Vec<_> = tables.iter().map(table).collect();
        say(json!({"ok": true, "store": store, "tables": tables}))?;
        return Ok(ExitCode::SUCCESS);
    }
    for table in &tables {
        let when = if table.is_new { "now" } else { "as before" };
        say(format!("{:<12}  {}, {when}", table.table, place(table)))?;
    }
    let told = if tables.iter().any(|table| table.is_new) {
        format!("{store} is distributed. Restart every node: they look for it when they start.")
    } else {
        format!("{store} was distributed before; nothing was changed.")
    };
    say(told)?;
    Ok(ExitCode::SUCCESS)
}

const fn place(table: &Spread) -> &'static str {
    match table.place {
        Lies::Everywhere => "the same everywhere",
        Lies::WithAccount => "by account",
    }
}
