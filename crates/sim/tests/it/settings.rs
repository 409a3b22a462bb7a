//! What a run of the tests may be told from outside.

/// The environment variable, if it is set.
#[expect(clippy::disallowed_methods, reason = "how a test run is told which seeds to try")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The number in the environment variable, or `default`.
pub(crate) fn number(name: &str, default: u64) -> u64 {
    variable(name).map_or(default, |text| text.parse().expect("a number"))
}
