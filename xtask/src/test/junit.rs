//! How long each test took, from the `JUnit` report that nextest writes.

use std::fs::{read_to_string, remove_file};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_metadata::MetadataCommand;
use roxmltree::{Document, Node};

use super::report::TestTime;

/// Where nextest puts it, in the target folder: the name stands in `.config/nextest.toml`.
const PATH: &str = "nextest/ci/junit.xml";

pub(super) fn path(root: &Path) -> Result<PathBuf, String> {
    let mut command = MetadataCommand::new();
    let metadata = command.current_dir(root).no_deps().exec();
    let metadata = metadata.map_err(|error| format!("cargo metadata: {error}"))?;
    Ok(metadata.target_directory.join(PATH).into_std_path_buf())
}

/// Before a run, so that nothing of an earlier one is taken for its report.
pub(super) fn remove(path: &Path) -> Result<(), String> {
    match remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(format!("{}: {error}", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Empty where there is no report: the runner's arguments may name another profile.
pub(super) fn read(path: &Path) -> Result<Vec<TestTime>, String> {
    match read_to_string(path) {
        Ok(text) => parse(&text).map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

fn parse(text: &str) -> Result<Vec<TestTime>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    document.descendants().filter(|node| node.has_tag_name("testcase")).map(test_time).collect()
}

/// The class is what nextest calls a binary's id: `server` (unit tests), `server::it`.
fn test_time(case: Node<'_, '_>) -> Result<TestTime, String> {
    let attribute = |name| case.attribute(name).ok_or_else(|| format!("a test without {name}"));
    let binary = attribute("classname")?;
    let package = binary.split_once("::").map_or(binary, |(package, _)| package);
    let seconds = attribute("time")?;
    let seconds: f64 = seconds.parse().map_err(|error| format!("{seconds}: {error}"))?;
    Ok(TestTime {
        package: package.to_owned(),
        name: format!("{binary} {}", attribute("name")?),
        took: Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::parse;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let lines = match parse(text) {
            Ok(times) => times
                .iter()
                .map(|t| format!("{} | {} | {:?}\n", t.package, t.name, t.took))
                .collect(),
            Err(error) => error,
        };
        expected.assert_eq(&lines);
    }

    #[test]
    fn each_case_is_a_test() {
        check(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="nextest-run" tests="3" time="243.335">
                <testsuite name="server" tests="1">
                    <testcase name="a::is_b" classname="server" time="0.010"/>
                </testsuite>
                <testsuite name="bookonce::it" tests="2">
                    <testcase name="&lt;c&gt;" classname="bookonce::it" time="1.295">
                        <failure type="test failure">why</failure>
                        <system-out>time="3"</system-out>
                    </testcase>
                    <testcase name="d" classname="bookonce::bin/bookonce" time="61.000"/>
                </testsuite>
            </testsuites>"#,
            expect![[r#"
                server | server a::is_b | 10ms
                bookonce | bookonce::it <c> | 1.295s
                bookonce | bookonce::bin/bookonce d | 61s
            "#]],
        );
    }

    #[test]
    fn what_is_no_report_is_said() {
        check("<testsuites>", expect!["the root node was opened but never closed"]);
        check(r#"<testcase classname="server" name="a"/>"#, expect!["a test without time"]);
        check(
            r#"<testcase classname="server" name="a" time="soon"/>"#,
            expect!["soon: invalid float literal"],
        );
        check(
            r#"<testcase classname="server" name="a" time="-1"/>"#,
            expect!["cannot convert float seconds to Duration: value is negative"],
        );
    }
}
