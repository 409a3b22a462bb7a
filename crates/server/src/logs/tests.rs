use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::{LOG_BYTES_MAX, LogLines};

/// Nothing here takes longer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Does with each write what it is told to, and shows what came.
struct ActivityRow {
    orders: Receiver<io::Result<usize>>,
    shown: Sender<String>,
}

impl Write for ActivityRow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Without an order it waits, as a pipe does whose reader has stopped.
        let order = self.orders.recv().unwrap_or_else(|_| Err(ErrorKind::BrokenPipe.into()));
        let written = order.map(|most| most.min(bytes.len()))?;
        let text = String::from_utf8_lossy(bytes.get(..written).unwrap_or_default()).into_owned();
        self.shown.send(text).map_err(|_| ErrorKind::BrokenPipe)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn told() -> (LogLines, Sender<io::Result<usize>>, Receiver<String>) {
    let (order, orders) = channel();
    let (shown, shows) = channel();
    (LogLines::to(ActivityRow { orders, shown }).expect("a thread"), order, shows)
}

fn log(lines: &LogLines, line: &str) {
    lines.clone().write_all(line.as_bytes()).expect("it never fails");
}

#[test]
fn a_line_that_cannot_be_written_is_dropped_and_counted() {
    let (lines, order, shows) = told();
    for _ in 0..2 {
        order.send(Err(ErrorKind::StorageFull.into())).expect("it listens");
    }
    for line in ["one\n", "two\n"] {
        log(&lines, line);
    }
    lines.flush(TIMEOUT);
    assert_eq!(lines.dropped().get(), 2);
    order.send(Ok(usize::MAX)).expect("it listens");
    log(&lines, "three\n");
    assert_eq!(shows.recv_timeout(TIMEOUT).as_deref(), Ok("three\n"));
    lines.flush(TIMEOUT);
    assert_eq!(lines.dropped().get(), 2);
}

#[test]
fn after_half_a_line_the_next_begins_on_its_own() {
    let (lines, order, shows) = told();
    for answer in [
        Ok(2),
        Err(ErrorKind::StorageFull.into()),
        Err(ErrorKind::Interrupted.into()),
        Err(ErrorKind::WouldBlock.into()),
        Ok(1),
        Ok(4),
    ] {
        order.send(answer).expect("it listens");
    }
    for line in ["one\n", "two\n"] {
        log(&lines, line);
    }
    lines.flush(TIMEOUT);
    let shown: String = shows.try_iter().collect();
    assert_eq!((shown.as_str(), lines.dropped().get()), ("on\ntwo\n", 1));
}

#[test]
fn who_logs_does_not_wait_and_memory_has_an_end() {
    let (lines, order, shows) = told();
    let line = "x".repeat(1 << 20);
    log(&lines, &line);
    // The first is being written, for ever; the others wait.
    let watch = || lines.shared.queue().is_writing;
    while !watch() {
        std::thread::yield_now();
    }
    for _ in 0..LOG_BYTES_MAX >> 20 {
        log(&lines, &line);
    }
    assert_eq!(lines.dropped().get(), 0);
    log(&lines, "x");
    assert_eq!(lines.dropped().get(), 1);
    // Nor does the end of the process.
    lines.flush(Duration::ZERO);
    drop(order);
    lines.flush(TIMEOUT);
    assert_eq!(lines.dropped().get(), 2 + (LOG_BYTES_MAX >> 20) as u64);
    assert_eq!(shows.try_iter().count(), 0);
}
