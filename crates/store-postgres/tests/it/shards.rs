//! What a batch says can be carried out by one shard of a store that is spread over several by account:
//! each statement names one account, for each table that it is about.

use std::collections::BTreeSet;

use rows::TABLES;

use crate::statements::{all, without_comments};

/// Statements that are about more than one account, or about none, and why they may be.
const EXCEPTIONS: [(&str, &str); 27] = [
    ("account_get_by_name", "asked by name: accounts are the same everywhere"),
    ("account_insert", "accounts are the same everywhere"),
    ("activity_due", "clean-up goes through all feeds"),
    ("bootstrap_create", "migrations"),
    ("bootstrap_insert", "migrations"),
    ("bootstrap_lock", "migrations"),
    ("citus_is_there", "about the database"),
    ("citus_tables", "about the database"),
    ("clock_now", "about no table"),
    ("deadline_due", "due work of all accounts"),
    ("deadline_next", "due work of all accounts"),
    ("delivery_due", "due work of all accounts"),
    ("feed_list", "clean-up goes through all feeds"),
    ("job_next", "due work of all accounts"),
    ("key_get_by_hash", "asked by secret: keys are the same everywhere"),
    ("key_get_by_id", "keys are the same everywhere"),
    ("key_insert", "keys are the same everywhere"),
    ("key_list", "keys are the same everywhere"),
    ("key_revoke", "keys are the same everywhere"),
    ("record_due", "due work of all accounts"),
    ("schema_is_there", "migrations"),
    ("schema_version", "migrations"),
    ("session_others", "about the server"),
    ("store_bytes", "about the database"),
    ("webhook_due", "due work of all accounts"),
    ("writer_expire", "clean-up of writers"),
    ("writer_last_instant", "the latest of all writers, where they are not by account"),
];

/// The store's metadata is the same everywhere.
const EVERYWHERE: &str = "store_meta";

/// The words of a statement, one space between them.
fn words(sql: &str) -> String {
    let apart: String = sql
        .chars()
        .map(|it| if "(),".contains(it) { format!(" {it} ") } else { it.to_string() })
        .collect();
    apart.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a table is spread by account.
fn is_spread(table: &str) -> bool {
    TABLES.iter().any(|it| it.name == table) || table == "writers"
}

/// What is wrong with a statement, if something is.
fn fault(words: &str) -> Option<String> {
    if words.contains("$1::text[]") {
        return Some("more than one account".to_owned());
    }
    let mut rest = words.split(' ').peekable();
    let mut before = "";
    while let Some(word) = rest.next() {
        let is_source = ["from", "join", "update"].contains(&before);
        if is_source && is_spread(word) {
            let name = match rest.peek() {
                Some(&"as") => rest.clone().nth(1).unwrap_or(word),
                Some(alias) if alias.len() == 1 && alias.chars().all(char::is_alphabetic) => alias,
                Some(_) | None => word,
            };
            let named = format!("{name}.account_id = $1::text");
            let alone = name == word && words.contains("where account_id = $1::text");
            if !words.contains(&named) && !alone {
                return Some(format!("{word}: no {named}"));
            }
        }
        if before == "into" && is_spread(word) {
            let made = ["select f.account_id", "select t.account_id", "values ( $1::text ,"];
            let first = words.contains(&format!("into {word} ( account_id ,"));
            if !first || !made.iter().any(|it| words.contains(it)) {
                return Some(format!("{word}: rows of any account"));
            }
        }
        before = word;
    }
    None
}

#[test]
fn every_statement_of_a_batch_is_about_one_account() {
    let (mut looked_at, mut found, mut unexpected) = (0, BTreeSet::new(), Vec::new());
    let exceptions: BTreeSet<&str> = EXCEPTIONS.iter().map(|(name, _)| *name).collect();
    for (file, text) in all() {
        let name = file.strip_suffix(".sql").expect("a statement").to_owned();
        let words = words(&without_comments(&text));
        // The audit is about all accounts.
        let is_audit = name.ends_with("_all");
        if is_audit || (words.contains(EVERYWHERE) && !words.contains("account_id")) {
            continue;
        }
        looked_at += 1;
        if exceptions.contains(name.as_str()) {
            found.insert(name);
        } else if let Some(fault) = fault(&words) {
            unexpected.push(format!("{name}: {fault}"));
        } else {
            assert!(words.contains("account_id = $1::text") || words.contains("values ( $1::text"));
        }
    }
    assert!(looked_at > 60, "{looked_at}");
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, exceptions, "an exception that is none");
}

#[test]
fn a_statement_that_names_no_account_is_noticed() {
    let faulty = [
        "select x from bookings as t where t.id = any($2)",
        "select x from unnest($1::text[]) as k (account_id)
         join bookings as t on t.account_id = k.account_id",
        "select x from zones z left join pools p on p.owner_id = z.id where z.account_id = $1::text",
        "update pools as t set held = 1 where t.owner_id = $2",
        "delete from idempotency as t where t.key = $1::text",
        "insert into people (account_id, id)
         select k.account_id, k.id from unnest($2::text[]) as k (account_id, id)",
        "insert into people (id, account_id) values ($1::text, $2::text)",
    ];
    for sql in faulty {
        assert!(fault(&words(sql)).is_some(), "{sql}");
    }
    let fine = [
        "select x from bookings as t where t.account_id = $1::text and t.id = any($2)",
        "insert into people (account_id, id)
         select f.account_id, k.id
         from feeds as f, unnest($2::text[]) as k (id) where f.account_id = $1::text",
        "insert into feeds (account_id, position) values ($1::text, 0)",
    ];
    for sql in fine {
        assert_eq!(fault(&words(sql)), None, "{sql}");
    }
}
