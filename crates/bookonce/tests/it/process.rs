//! A process of the program: its lines as they come, its signals, its end.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::settings::{Watch, tell};

/// Nothing here takes longer, on a slow and busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// What was logged by a process that is killed is read within this.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The lines of a stream, as they come.
#[derive(Debug)]
struct Lines {
    coming: Receiver<String>,
    seen: Vec<String>,
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, coming) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { coming, seen: Vec::new() }
    }

    /// What `find` makes of the next line that it makes something of; `None` where the stream ends.
    fn until<T>(
        &mut self,
        within: Duration,
        mut find: impl FnMut(&str) -> Option<T>,
    ) -> Result<Option<T>, RecvTimeoutError> {
        let watch = Watch::start();
        loop {
            let line = match self.coming.recv_timeout(watch.left(within)) {
                Ok(line) => line,
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => return Err(RecvTimeoutError::Timeout),
            };
            let found = find(&line);
            self.seen.push(line);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn text(&self) -> String {
        self.seen.iter().flat_map(|line| [line, "\n"]).collect()
    }
}

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) log: String,
}

impl Ran {
    /// The exit code; `None` after a signal.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    pub(crate) fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Its output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.code(), Some(0), "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A process. It is killed when this is dropped, and nothing else ever is.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    out: Lines,
    log: Lines,
    watch: Watch,
}

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let watch = Watch::start();
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let out = Lines::of(child.stdout.take().expect("its output is piped"));
        let log = Lines::of(child.stderr.take().expect("its log is piped"));
        Self { child, out, log, watch }
    }

    /// Time since it was started.
    pub(crate) fn age(&self) -> Duration {
        self.watch.elapsed()
    }

    /// What `find` makes of the next line of its log that it makes something of; `None` at its end.
    #[track_caller]
    pub(crate) fn log_until<T>(&mut self, find: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let found = self.log.until(TIMEOUT, find);
        found.unwrap_or_else(|_| panic!("the line did not come: {}", self.log.text()))
    }

    /// The lines of its output up to one with this text.
    #[track_caller]
    pub(crate) fn out_until(&mut self, text: &str) -> String {
        let found = self.out.until(TIMEOUT, |line| line.contains(text).then_some(()));
        assert_eq!(found, Ok(Some(())), "`{text}` is not in: {}", self.out.text());
        self.out.text()
    }

    /// SIGKILL: it gets no chance to do anything.
    pub(crate) fn kill(mut self) -> Ran {
        self.child.kill().expect("it can be killed");
        self.ended(TIMEOUT)
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill is there");
        assert!(sent.success(), "{name} could not be sent");
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub(crate) fn ended(mut self, within: Duration) -> Ran {
        let watch = Watch::start();
        for lines in [&mut self.log, &mut self.out] {
            let ended = lines.until(watch.left(within), |_| None::<()>);
            assert_eq!(ended, Ok(None), "it still runs: {}", lines.text());
        }
        let status = self.child.wait().expect("it has ended");
        Ran { status, out: self.out.text(), log: self.log.text() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill().is_err();
        let _gone = self.child.wait().is_err();
        if std::thread::panicking() {
            let _all = self.log.until(LAST_WORDS, |_| None::<()>).is_ok();
            tell(&format!("the log of a process:\n{}", self.log.text()));
        }
    }
}
