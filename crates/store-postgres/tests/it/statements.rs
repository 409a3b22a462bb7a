//! The text of the statements: portable, and with the clock in one place only.

use std::collections::BTreeSet;
use std::path::Path;

/// Words that one machine's PostgreSQL understands and a spread one does not, or that read a clock
/// which stands still while a transaction waits.
const FORBIDDEN: [&str; 16] = [
    "now(",
    "current_timestamp",
    "localtimestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "serial",
    "identity",
    "nextval",
    "sequence",
    "trigger",
    "advisory",
    "listen",
    "notify",
    "exclude using",
    "tstzrange",
    "lock table",
];

/// The files in a folder and in those of its chapters, each by its name.
pub(crate) fn files(folder: &str) -> Vec<(String, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            files.push((name, std::fs::read_to_string(&path).expect("text")));
        }
    }
    files
}

/// Those that are made from descriptions, each as if it had a file.
pub(crate) fn generated() -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated.sql");
    let file = std::fs::read_to_string(file).expect("text");
    let statements = file.split("-- ").filter_map(|part| part.split_once('\n'));
    let statement = |(name, sql): (&str, &str)| {
        (format!("{name}.sql"), sql.trim_end().trim_end_matches(';').to_owned())
    };
    statements.map(statement).collect()
}

/// Every statement there is.
pub(crate) fn all() -> Vec<(String, String)> {
    ["sql", "locks"].into_iter().flat_map(files).chain(generated()).collect()
}

pub(crate) fn without_comments(sql: &str) -> String {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n").to_lowercase()
}

#[test]
fn no_statement_says_what_cannot_be_said_everywhere() {
    for (name, text) in all().into_iter().chain(files("migrations")) {
        let sql = without_comments(&text);
        for word in FORBIDDEN {
            assert!(!sql.contains(word), "{name}: {word}");
        }
        assert_eq!(sql.contains("clock_timestamp"), name == "clock_now.sql", "{name}");
    }
}

#[test]
fn every_statement_says_what_it_is_for() {
    for (name, text) in ["sql", "locks"].into_iter().flat_map(files) {
        assert!(text.starts_with(&format!("-- {name}: ")), "{name}");
    }
}

#[test]
fn both_stores_have_the_same_statements() {
    let names = |folder| files(folder).into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>();
    assert_eq!(names("sql"), names("../store-sqlite/sql"));
}

/// Rows are locked in the order of their keys, by everybody.
#[test]
fn whoever_locks_says_in_which_order() {
    for (name, text) in all() {
        let sql = without_comments(&text);
        let one_row = [
            "account_lock.sql",
            "bootstrap_lock.sql",
            "endpoint_count_lock.sql",
            "feed_lock.sql",
            "writer_lock.sql",
        ]
        .contains(&name.as_str());
        assert!(!sql.contains("for update") || sql.contains("order by") || one_row, "{name}");
    }
}
