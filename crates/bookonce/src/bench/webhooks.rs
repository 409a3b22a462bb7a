//! `bookonce bench webhooks`: how fast events come to receivers, and whether one that hangs is felt by others.
//!
//! Each part has endpoints of its own, which are deleted at its end. The receiver is a thread of this process, so that
//! its time is not the server's. What is measured is from when an event happened until it has arrived, by one clock.

mod figures;
mod parts;
mod receiver;

use std::process::ExitCode;

use crate::bench::earlier::Earlier;
use crate::bench::target::Target;
use crate::flags::{Bench, Failure, Flags};
use crate::out::{note, say};

/// Events per second of the part that is about time, if nothing else is asked for.
const RATE: u32 = 1_000;

/// How it is measured.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// Seconds of each part.
    seconds: u64,
    /// Connections that ask for bookings.
    connections: usize,
    /// Events per second of the part that is about time.
    rate: u32,
}

pub(super) fn run(flags: &Flags, bench: &Bench) -> Result<ExitCode, Failure> {
    if bench.earlier > 0 {
        return Err("--earlier: not with webhooks, of which all that happened is sent".into());
    }
    let named = flags.store_flag();
    let nothing = Earlier::new(0, false)?;
    let more = ["--webhooks.allow-private", "true"];
    let target = Target::start(named, bench.secrets_file.as_deref(), nothing, &more)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rate = bench.rate.unwrap_or(RATE);
    let plan = Plan { seconds: bench.seconds, connections: bench.connections, rate };
    let figures = runtime.block_on(parts::measure(&target, plan))?;
    let figures = figures.with_verified(&target.verify()?);
    if bench.json {
        say(figures.json())?;
    } else {
        say(figures.text())?;
        note(match named {
            Some(_) => format!("What was booked stays in {}.", target.in_full()),
            None => "It was a scratch store, which is gone.".to_owned(),
        });
    }
    Ok(if figures.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
