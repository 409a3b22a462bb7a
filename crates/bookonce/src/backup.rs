//! `bookonce backup`

use std::process::ExitCode;
use std::time::Duration;

use engine::Clock as _;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::json;
use server::backups::{Progress, Take, take};
use server::clock::SystemClock;

use crate::failpoints;
use crate::flags::{Backup, Failure, Flags};
use crate::out::{counted, say};

pub(crate) fn run(flags: &Flags, backup: &Backup) -> Result<ExitCode, Failure> {
    let settings = flags.settings(backup.given())?;
    let (store, watch) = (flags.address(&settings)?, SystemClock::start(None, true)?);
    let order = Take {
        store: &store,
        file: &backup.file,
        secrets_file: settings.secrets.file.as_deref(),
        with_secrets: !backup.without_secrets,
    };
    let mut bar = bar()?;
    let taken = take(order, &failpoints::from_environment()?, &mut bar)?;
    drop(bar);
    let (file, bytes) = (backup.file.display(), taken.bytes);
    let secrets = taken.secrets.map(|path| path.display().to_string());
    if backup.json {
        say(json!({
            "file": file.to_string(),
            "store": store.in_full(),
            "bookings": taken.has.bookings,
            "events": taken.has.events,
            "bytes": bytes,
            "store_id": taken.store_id,
            "incarnation": taken.incarnation,
            "secrets": secrets,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (store, has) = (store.in_full(), counted(taken.has));
    let (size, seconds) = (HumanBytes(bytes), Duration::from_micros(watch.micros()).as_secs_f64());
    say(format!(
        "{file} has everything of {store} that was acknowledged when it began: {has}, {size}, {seconds:.1} s."
    ))?;
    say(match secrets {
        Some(secrets) => format!("{secrets} is its secrets file; both are needed to restore."),
        None if backup.without_secrets => {
            "Its secrets file is not with it; without that nobody can serve what is restored."
                .to_owned()
        }
        None => "The store was never served: it has no secrets file yet.".to_owned(),
    })?;
    if !taken.is_vouched_for {
        say("It is sealed without a key, so only `restore --accept-unverified` takes it.")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Drawn on a terminal only.
pub(crate) fn bar() -> Result<impl FnMut(Progress), Failure> {
    let copying = "{bar:30} {bytes} of {total_bytes} ({bytes_per_sec}, {eta})";
    let checking = ProgressStyle::with_template("{spinner} {human_pos} rows checked ({per_sec})")?;
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(copying)?);
    let mut is_checking = false;
    Ok(move |progress| match progress {
        Progress::Copied { bytes, of } => {
            bar.set_length(of);
            bar.set_position(bytes);
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
