//! `bookonce migrate-store`

use std::process::ExitCode;

use engine::transfer::{Outcome, Progress, Rows};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use server::moving::Moving;

use crate::failpoints;
use crate::flags::{Failure, Flags, MigrateStore};
use crate::out::say;

pub(crate) fn run(flags: &Flags, migrate: &MigrateStore) -> Result<ExitCode, Failure> {
    let settings = flags.settings(migrate.given())?;
    let failpoints = failpoints::from_environment()?;
    let mut moving = Moving::open(&migrate.from, &migrate.to, &failpoints)?;
    if migrate.abandon {
        moving.abandon()?;
        let told =
            "The move was given up: the target is empty, and the source may be served again.";
        return shown(migrate, &json!({"ok": true, "abandoned": true}), &[told.to_owned()]);
    }
    let outcome = moving.carry_out(settings.retention, &mut bar()?)?;
    match &outcome {
        Outcome::AlreadyMoved => {
            let told = "This store was moved there before; nothing was changed.";
            shown(migrate, &document(true, &[], &[]), &[told.to_owned()])
        }
        Outcome::Moved(rows) => {
            let mut lines = table(rows);
            lines
                .push("Everything was moved and checked. Serve the target from now on.".to_owned());
            shown(migrate, &document(false, rows, &[]), &lines)
        }
        Outcome::Failed(rows, report) => {
            let mut lines = table(rows);
            lines.extend(report.details.iter().map(|detail| format!("          {detail}")));
            let told = "The target is not what it should be; neither of the two may be served. Give \
                it up with --abandon, and verify the source.";
            lines.push(told.to_owned());
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
