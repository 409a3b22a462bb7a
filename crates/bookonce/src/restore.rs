//! `bookonce restore`

use std::process::ExitCode;

use serde_json::json;
use server::backups::{Outcome, Restore as Order, Restored, restore};

use crate::backup::bar;
use crate::failpoints;
use crate::flags::{Failure, Flags, Restore};
use crate::out::{counted, say};

pub(crate) fn run(flags: &Flags, given: &Restore) -> Result<ExitCode, Failure> {
    let settings = flags.settings(given.given())?;
    let store = flags.address(&settings)?;
    let order = Order {
        store: &store,
        file: given.file.as_deref(),
        secrets_file: settings.secrets.file.as_deref(),
        retention: settings.retention,
        accept_unverified: given.accept_unverified,
    };
    let mut bar = bar()?;
    let outcome = restore(order, &failpoints::from_environment()?, &mut bar)?;
    drop(bar);
    match outcome {
        Outcome::Restored(restored) => told(given, &store.in_full(), &restored),
        Outcome::Failed(report) => {
            if given.json {
                say(json!({"ok": false, "details": report.details}))?;
            } else {
                for detail in report.details {
                    say(format!("          {detail}"))?;
                }
                say("It contradicts itself; nothing was made or changed. Take an older backup.")?;
            }
            Ok(ExitCode::from(1))
        }
    }
}

fn told(given: &Restore, store: &str, restored: &Restored) -> Result<ExitCode, Failure> {
    let Restored { store_id, has, from, to, lacks_secrets } = restored;
    let lacks = lacks_secrets.as_ref().map(|path| path.display().to_string());
    if given.json {
        say(json!({
            "ok": true,
            "store": store,
            "store_id": store_id,
            "bookings": has.bookings,
            "events": has.events,
            "restored_incarnation": from,
            "incarnation": to,
            "missing_secrets": lacks,
            "details": [],
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let has = counted(*has);
    say(format!(
        "{store} was checked, {has}, and is incarnation {to} of {store_id}; it may be served."
    ))?;
    say("What was acknowledged after the backup was taken is not in it, bookings and keys alike.")?;
    if let Some(path) = lacks {
        say(format!("First put its secrets file there: {path}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
