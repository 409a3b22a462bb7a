//! `bookonce migrate-store`

use std::process::ExitCode;

use engine::transfer::{Outcome, Progress, Rows};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use server::migrate::Migration;
use server::stores::Address;

use crate::failpoints;
use crate::flags::{Failure, Flags, MigrateStore};
use crate::out::say;

pub(crate) fn run(flags: &Flags, migrate: &MigrateStore) -> Result<ExitCode, Failure> {
    let settings = flags.settings(migrate.given())?;
    let failpoints = failpoints::from_environment()?;
    let mut migration = Migration::open(&migrate.from, &migrate.to, &failpoints)?;
    // Both are addresses, or nothing was opened.
    let in_full = |text: &str| text.parse::<Address>().map(|address| address.in_full());
    let (from, to) = (in_full(&migrate.from)?, in_full(&migrate.to)?);
    if migrate.abandon {
        migration.abandon()?;
        let told = format!("The move was given up: {to} is empty, and {from} may be served again.");
        return shown(migrate, &json!({"ok": true, "abandoned": true}), &[told]);
    }
    let outcome = migration.carry_out(settings.retention, &mut bar()?)?;
    match &outcome {
        Outcome::AlreadyMoved => {
            let told = format!("{from} was moved to {to} before; nothing was changed.");
            shown(migrate, &document(true, &[], &[]), &[told])
        }
        Outcome::Moved(rows) => {
            let mut lines = table(rows);
            lines.push(format!(
                "Everything of {from} was moved to {to} and checked. Serve that from now on."
            ));
            shown(migrate, &document(false, rows, &[]), &lines)
        }
        Outcome::Failed(rows, report) => {
            let mut lines = table(rows);
            lines.extend(report.details.iter().map(|detail| format!("          {detail}")));
            lines.push(format!(
                "{to} is not what it should be; neither that nor {from} may be served. Give it up with \
                 --abandon, and verify {from}."
            ));
            shown(migrate, &document(false, rows, &report.details), &lines)?;
            Ok(ExitCode::from(1))
        }
    }
}

/// Drawn on a terminal only.
fn bar() -> Result<impl FnMut(Progress), Failure> {
    let copying = "{bar:30} {human_pos} of {human_len} rows, {msg} ({per_sec}, {eta})";
    let checking = ProgressStyle::with_template("{spinner} {human_pos} rows checked ({per_sec})")?;
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(copying)?);
    let mut is_checking = false;
    Ok(move |progress| match progress {
        Progress::Copied { table, rows, of } => {
            if bar.length().is_none() {
                // What an earlier run has copied says nothing about the speed of this one.
                bar.reset_eta();
            }
            bar.set_length(of);
            bar.set_message(table);
            bar.set_position(rows);
        }
        Progress::Checked(rows) => {
            if !is_checking {
                is_checking = true;
                bar.reset();
                bar.unset_length();
                bar.set_style(checking.clone());
            }
            bar.set_position(rows);
        }
    })
}

/// A line for each table.
fn table(rows: &[Rows]) -> Vec<String> {
    let line = |Rows { table, source, target }: &Rows| {
        let lacks = if source == target { String::new() } else { format!(" of {source}") };
        format!("{target:>12}{lacks}  {table}")
    };
    rows.iter().map(line).collect()
}

fn document(already: bool, rows: &[Rows], details: &[String]) -> serde_json::Value {
    let same = rows.iter().all(|Rows { source, target, .. }| source == target);
    let table = |rows: &Rows| {
        let Rows { table, source, target } = rows;
        ((*table).to_owned(), json!({"source": source, "target": target}))
    };
    let tables: serde_json::Map<_, _> = rows.iter().map(table).collect();
    json!({
        "ok": same && details.is_empty(),
        "already_moved": already,
        "tables": tables,
        "details": details,
    })
}

fn shown(
    migrate: &MigrateStore,
    document: &serde_json::Value,
    lines: &[String],
) -> Result<ExitCode, Failure> {
    if migrate.json {
        say(document)?;
    } else {
        for line in lines {
            say(line)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
