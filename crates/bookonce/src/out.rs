//! What the program prints: what was asked for on standard output, everything else on standard error.
//! Nothing here panics where nobody reads.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::mpsc::channel;
use std::time::Duration;

use domain::invariants::LookedAt;
use indicatif::HumanCount;

use crate::flags::Failure;

/// The end of the process waits so long for a reader of its last lines.
const LAST_LINES: Duration = Duration::from_secs(5);

/// Prints a line, in colours on a terminal. A pipe that was closed or a disk that is full is told like
/// any other failure.
pub(crate) fn say(line: impl Display) -> Result<(), Failure> {
    Ok(writeln!(anstream::stdout(), "{line}")?)
}

/// Prints a line beside what was asked for. Where it cannot be printed the command has done its work all
/// the same.
pub(crate) fn note(line: impl Display) {
    // Whole lines: another process may write there as well.
    let _unread = anstream::stderr().write_all(format!("{line}\n").as_bytes()).is_err();
}

/// What a store has, in words.
pub(crate) fn counted(LookedAt { bookings, events }: LookedAt) -> String {
    let of = |count, thing| {
        format!("{} {thing}{}", HumanCount(count), if count == 1 { "" } else { "s" })
    };
    format!("{} in {}", of(bookings, "booking"), of(events, "event"))
}

/// Prints the last lines of a process. One whose reader has stopped reading ends as well.
pub(crate) fn note_last(lines: String) {
    let (done, is_done) = channel();
    let print = move || {
        note(lines.trim_end());
        let _late = done.send(()).is_err();
    };
    if std::thread::Builder::new().spawn(print).is_ok() {
        let _given_up = is_done.recv_timeout(LAST_LINES).is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_store_has() {
        let of = |bookings, events| counted(LookedAt { bookings, events });
        assert_eq!(of(700_012, 1), "700,012 bookings in 1 event");
        assert_eq!(of(1, 0), "1 booking in 0 events");
    }
}
