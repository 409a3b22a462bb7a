//! The processes of a server: who they are, and signals to all of them.

use std::process::{Command, Stdio};

use crate::server::until;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    /// It ends at once and can do nothing about it.
    Kill,
    /// It stands still until [`Signal::Continue`].
    Stop,
    Continue,
    /// How PostgreSQL is told to end its sessions and stop.
    Interrupt,
    /// How PostgreSQL is told to stop at once.
    Quit,
    /// How PostgreSQL is told to read its settings again.
    HangUp,
}

impl Signal {
    const fn name(self) -> &'static str {
        match self {
            Self::Kill => "-KILL",
            Self::Stop => "-STOP",
            Self::Continue => "-CONT",
            Self::Interrupt => "-INT",
            Self::Quit => "-QUIT",
            Self::HangUp => "-HUP",
        }
    }
}

/// Sends a signal to those that are still there.
pub(crate) fn signal(signal: Signal, processes: &[u32]) {
    for process in processes {
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill \"$1\" \"$2\"", "sh", signal.name(), &process.to_string()]);
        // It may have ended by itself.
        let _gone = kill.stderr(Stdio::null()).status().is_ok();
    }
}

/// Processes that `parent` has started and that have not ended.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| status(*id).is_some_and(|status| status.parent == parent && status.runs))
        .collect()
}

/// Waits until none of them runs.
pub(crate) fn wait_for_end(processes: &[u32]) {
    let runs = |id: &u32| status(*id).is_some_and(|status| status.runs);
    assert!(until(|| !processes.iter().any(runs)), "{processes:?} do not end");
}

struct Status {
    parent: u32,
    /// What nobody has asked about yet is listed after its end as well.
    runs: bool,
}

fn status(process: u32) -> Option<Status> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program stands in brackets and may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    let mut words = rest.split_whitespace();
    let state = words.next()?;
    Some(Status { parent: words.next()?.parse().ok()?, runs: !["Z", "X"].contains(&state) })
}
