//! What the tests took, in words: a pure function of the figures.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// What all of it may take on a machine with two cores. A run that takes longer says so and fails nothing:
/// no test may depend on how fast a machine is.
pub(super) const BUDGET: Duration = Duration::from_mins(45);

/// How many of the slowest are named.
const SLOWEST: usize = 30;

/// A test, or a program of tests where nothing is known of a single one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TestTime {
    pub(super) package: String,
    pub(super) name: String,
    pub(super) took: Duration,
}

/// A step that ran, with its tests, if it has any.
#[derive(Debug)]
pub(super) struct StepTime {
    pub(super) name: &'static str,
    pub(super) took: Duration,
    pub(super) tests: Vec<TestTime>,
}

/// `took` is by the clock on the wall; tests run beside each other, so that their sum is more.
pub(super) fn report(steps: &[StepTime], took: Duration, budget: Duration) -> String {
    let mut text = String::new();
    section(&mut text, "the slowest tests", &slowest(steps));
    section(&mut text, "tests by package, all seconds of their tests", &packages(steps));
    let walls: Vec<_> = steps.iter().map(|step| (step.took, step.name.to_owned())).collect();
    section(&mut text, "steps, by the clock", &walls);
    text.push('\n');
    text.push_str(&verdict(took, budget));
    text
}

fn section(text: &mut String, title: &str, lines: &[(Duration, String)]) {
    if lines.is_empty() {
        return;
    }
    write!(text, "\n== {title}\n").expect("a string takes everything");
    for (took, what) in lines {
        let took = seconds(*took);
        writeln!(text, "{took:>10}  {what}").expect("a string takes everything");
    }
}

/// A test may run in more than one step, on another store.
fn slowest(steps: &[StepTime]) -> Vec<(Duration, String)> {
    let line =
        |step: &StepTime, test: &TestTime| (test.took, format!("{} ({})", test.name, step.name));
    let tests = steps.iter().flat_map(|step| step.tests.iter().map(move |test| line(step, test)));
    let mut lines: Vec<_> = tests.collect();
    slowest_first(&mut lines);
    lines.truncate(SLOWEST);
    lines
}

fn packages(steps: &[StepTime]) -> Vec<(Duration, String)> {
    let mut sums: BTreeMap<(&str, &str), (Duration, usize)> = BTreeMap::new();
    for step in steps {
        for test in &step.tests {
            let (sum, count) = sums.entry((&test.package, step.name)).or_default();
            *sum += test.took;
            *count += 1;
        }
    }
    let line = |((package, step), (sum, count))| (sum, format!("{package}, {count} in {step}"));
    let mut lines: Vec<_> = sums.into_iter().map(line).collect();
    slowest_first(&mut lines);
    lines
}

fn slowest_first(lines: &mut [(Duration, String)]) {
    lines.sort_by(|a, b| (Reverse(a.0), &a.1).cmp(&(Reverse(b.0), &b.1)));
}

fn verdict(took: Duration, budget: Duration) -> String {
    let took_and_budget = format!("{}; the budget is {} min", seconds(took), budget.as_secs() / 60);
    match took.checked_sub(budget) {
        Some(over) if over > Duration::ZERO => {
            let over = seconds(over);
            format!("!! OVER BUDGET by {over}: all of it took {took_and_budget} !!")
        }
        Some(_) | None => format!("all of it passed in {took_and_budget}"),
    }
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{}.{} s", duration.as_secs(), duration.subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;

    use super::{BUDGET, SLOWEST, StepTime, TestTime, report};

    fn test(package: &str, name: &str, millis: u64) -> TestTime {
        let took = Duration::from_millis(millis);
        TestTime { package: package.to_owned(), name: format!("{package}::it {name}"), took }
    }

    fn step(name: &'static str, seconds: u64, tests: Vec<TestTime>) -> StepTime {
        StepTime { name, took: Duration::from_secs(seconds), tests }
    }

    #[test]
    fn tests_packages_steps_and_the_budget() {
        let steps = [
            step("tidy", 2, Vec::new()),
            step(
                "tests",
                600,
                vec![
                    test("server", "is_fast", 40),
                    test("sim", "worlds", 61_250),
                    test("server", "is_slow", 4_000),
                    test("domain", "rule", 40),
                ],
            ),
            step("tests on PostgreSQL", 300, vec![test("server", "is_slow", 9_900)]),
        ];
        expect![[r#"

            == the slowest tests
                61.2 s  sim::it worlds (tests)
                 9.9 s  server::it is_slow (tests on PostgreSQL)
                 4.0 s  server::it is_slow (tests)
                 0.0 s  domain::it rule (tests)
                 0.0 s  server::it is_fast (tests)

            == tests by package, all seconds of their tests
                61.2 s  sim, 1 in tests
                 9.9 s  server, 1 in tests on PostgreSQL
                 4.0 s  server, 2 in tests
                 0.0 s  domain, 1 in tests

            == steps, by the clock
                 2.0 s  tidy
               600.0 s  tests
               300.0 s  tests on PostgreSQL

            all of it passed in 902.0 s; the budget is 45 min"#]]
        .assert_eq(&report(&steps, Duration::from_secs(902), BUDGET));
    }

    #[test]
    fn only_the_slowest_are_named() {
        let tests: Vec<_> = (0..100).map(|n| test("sim", &n.to_string(), n)).collect();
        let text = report(&[step("tests", 1, tests)], Duration::ZERO, BUDGET);
        assert_eq!(text.matches("sim::it").count(), SLOWEST);
        assert!(text.contains("sim::it 99 ") && !text.contains("sim::it 69 "));
    }

    #[test]
    fn more_than_the_budget_is_said_loudly() {
        expect![[r#"

            !! OVER BUDGET by 61.0 s: all of it took 2761.0 s; the budget is 45 min !!"#]]
        .assert_eq(&report(&[], BUDGET + Duration::from_secs(61), BUDGET));
        assert!(!report(&[], BUDGET, BUDGET).contains("!!"));
    }
}
