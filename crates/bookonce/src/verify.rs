//! `bookonce verify`

use std::process::ExitCode;
use std::time::Duration;

use domain::invariants::Report;
use engine::Clock as _;
use engine::audit::{Audited, Terms, audit_reads};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde_json::json;
use server::clock::SystemClock;

use crate::flags::{Failure, Flags, Verify};
use crate::out::{counted, say};

/// A hold may outlive its deadline by a second; reading the store takes its time as well.
const OVERDUE_GRACE_MS: i64 = 5_000;

pub(crate) fn run(flags: &Flags, verify: &Verify) -> Result<ExitCode, Failure> {
    let settings = flags.settings(verify.given())?;
    let (address, watch) = (flags.address(&settings)?, SystemClock::start(None, true)?);
    let reads = address.reads()?;
    // Asked before reading: what is overdue then has had its time.
    let served = address.is_served()?;
    let now = address.now()?;
    // Drawn on a terminal only.
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(
        "{spinner} {human_pos} rows checked ({per_sec})",
    )?);
    // Of holds that nobody serves, and of those of whom that is not known, none is said to be late.
    let overdue_before = served.unwrap_or(false).then(|| now.plus_millis(-OVERDUE_GRACE_MS));
    let terms = Terms { retention: settings.retention.into(), overdue_before };
    let audited = audit_reads(reads.as_ref(), now, terms, &mut |rows| bar.set_position(rows))?;
    bar.finish_and_clear();
    let store = address.in_full();
    if verify.json {
        show_json(&store, &audited)?;
    } else {
        show(&audited.report)?;
        say(last_line(&store, &audited, watch.micros()))?;
    }
    Ok(if audited.report.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What was looked at, how long that took, and what came of it.
fn last_line(store: &str, audited: &Audited, micros: u64) -> String {
    let Audited { report, looked_at } = audited;
    let Report { oversold, duplicated, leaked, unbalanced, orphaned, details: _ } = report;
    let seconds = Duration::from_micros(micros).as_secs_f64();
    let found = match [oversold, duplicated, leaked, unbalanced, orphaned].into_iter().sum() {
        0_u64 => "every invariant holds".to_owned(),
        1 => "1 violation".to_owned(),
        violations => format!("{} violations", HumanCount(violations)),
    };
    format!("{store}: {}, {seconds:.1} s: {found}", counted(*looked_at))
}

fn show_json(store: &str, audited: &Audited) -> Result<(), Failure> {
    let Audited { report, looked_at } = audited;
    let Report { oversold, duplicated, leaked, unbalanced, orphaned, details } = report;
    say(json!({
        "ok": report.is_ok(),
        "store": store,
        "bookings": looked_at.bookings,
        "events": looked_at.events,
        "oversold": oversold,
        "duplicated": duplicated,
        "leaked": leaked,
        "unbalanced": unbalanced,
        "orphaned": orphaned,
        "details": details,
    }))
}

fn show(report: &Report) -> Result<(), Failure> {
    let Report { oversold, duplicated, leaked, unbalanced, orphaned, details } = report;
    for (count, what) in [
        (oversold, "oversold: more is taken than there is"),
        (duplicated, "duplicated: a key made more than one booking"),
        (leaked, "leaked: counters that are not the sum of what they count"),
        (unbalanced, "unbalanced: money that does not add up"),
        (orphaned, "orphaned: rows that name others which are not there"),
    ] {
        let colour = if *count == 0 { anstyle::AnsiColor::Green } else { anstyle::AnsiColor::Red };
        let style = colour.on_default().bold();
        say(format!("{style}{count:>8}{style:#}  {what}"))?;
    }
    for detail in details {
        say(format!("          {detail}"))?;
    }
    Ok(())
}
