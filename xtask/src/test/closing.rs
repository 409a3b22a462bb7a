//! How long each test program took, from what `cargo test` prints, which goes through as it comes.
//!
//! On stable Rust `cargo test` tells no time of a single test. It names each program when it starts it,
//! on its error output, and the program ends with `finished in`, on its output. The two meet by their
//! order: programs run one after the other, and doc tests, which are not named that way, come last.

use std::io::{BufRead, BufReader, Read, Write, stderr, stdout};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::report::TestTime;

/// Runs it and gives back what it took, or what went wrong.
pub(super) fn run(command: &mut Command) -> Result<Vec<TestTime>, String> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("cargo did not start: {error}"))?;
    let errors = child.stderr.take().expect("it is a pipe");
    let started = thread::spawn(|| pass(errors, stderr(), program));
    let finished = pass(child.stdout.take().expect("it is a pipe"), stdout(), closing_time);
    let started = started.join().expect("nothing in it panics");
    match child.wait() {
        Ok(status) if status.success() => Ok(meet(started, finished)),
        Ok(status) => Err(format!("cargo: {status}")),
        Err(error) => Err(format!("cargo: {error}")),
    }
}

/// Passes lines on and keeps what is found in them. A terminal that is gone ends nothing.
fn pass<T>(from: impl Read, mut to: impl Write, find: fn(&str) -> Option<T>) -> Vec<T> {
    let mut from = BufReader::new(from);
    let mut found = Vec::new();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
        drop(to.write_all(&line).and_then(|()| to.flush()));
        found.extend(find(&String::from_utf8_lossy(&line)));
        line.clear();
    }
    found
}

/// `     Running tests/it.rs (target/debug/deps/it-0123456789abcdef)`: the file's name without its hash,
/// and what it was made from.
fn program(line: &str) -> Option<String> {
    let (source, path) =
        line.trim().strip_prefix("Running ")?.strip_suffix(')')?.split_once(" (")?;
    let file = path.rsplit(['/', '\\']).next()?;
    let name = file.rsplit_once('-').map_or(file, |(name, _)| name);
    Some(format!("{name} ({source})"))
}

/// `test result: ok. 3 passed; …; finished in 1.23s`
fn closing_time(line: &str) -> Option<Duration> {
    let (_, seconds) = line.trim().strip_prefix("test result: ")?.rsplit_once("finished in ")?;
    Duration::try_from_secs_f64(seconds.strip_suffix('s')?.parse().ok()?).ok()
}

fn meet(started: Vec<String>, finished: Vec<Duration>) -> Vec<TestTime> {
    let time = |(name, took): (String, _)| TestTime { package: name.clone(), name, took };
    started.into_iter().zip(finished).map(time).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{closing_time, meet, pass, program};

    const ERRORS: &str = "    Finished `test` profile in 12.3s
     Running unittests src/lib.rs (target/debug/deps/store_sqlite-0123456789abcdef)
     Running tests/it.rs (target/debug/deps/it-0123456789abcdef)
   Doc-tests domain
Running late, says a test\n";

    const OUTPUT: &[u8] = b"
running 2 tests
test a ... ok
test finished in 3s ... \xff

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.25s

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 61.00s

test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 7.00s";

    #[test]
    fn programs_meet_their_times() {
        let started = pass(ERRORS.as_bytes(), Vec::new(), program);
        let finished = pass(OUTPUT, Vec::new(), closing_time);
        let lines: Vec<String> = meet(started, finished)
            .iter()
            .map(|time| format!("{} | {:?}\n", time.package, time.took))
            .collect();
        expect![[r#"
            store_sqlite (unittests src/lib.rs) | 250ms
            it (tests/it.rs) | 61s
        "#]]
        .assert_eq(&lines.concat());
    }

    #[test]
    fn everything_goes_through_as_it_is() {
        let mut through = Vec::new();
        pass(OUTPUT, &mut through, closing_time);
        assert_eq!(through, OUTPUT);
    }
}
