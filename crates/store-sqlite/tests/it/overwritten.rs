//! What is taken out of a row is in none of the store's files any more.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use domain::record::{Answer, Record, RecordState};
use domain::world::Change;
use rusqlite::Connection;

use crate::fixture::{Scratch, answered, commit, key};

/// What is looked for.
const TEXT: &str = "anna.arendt@example.org";
/// Records with it.
const RECORDS: usize = 400;

/// The files of the folder in which the text is.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let found = |bytes: Vec<u8>| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let files = fs::read_dir(folder).expect("a folder").map(|it| it.expect("a file").path());
    let with = files.filter(|path| found(fs::read(path).expect("it can be read")));
    with.map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect()
}

/// The answer of a key with the text in it: short ones, and some that need pages of their own.
fn with_text(number: usize) -> Record {
    let before = ".".repeat(if number.is_multiple_of(9) { 30_000 } else { number });
    let body = format!("{before}{TEXT}").into_bytes();
    let answer = Answer { status: 201, content_type: "application/json", location: None, body };
    Record {
        key: key(&format!("k-{number}")),
        state: RecordState::Answered(Arc::new(answer)),
        ..answered("k")
    }
}

fn tombstone(record: Record) -> Change {
    Change::from(Record {
        method: String::new(),
        path: String::new(),
        state: RecordState::Retired,
        ..record
    })
}

fn filled() -> Scratch {
    let scratch = Scratch::new();
    let records = (0..RECORDS).map(with_text).map(Change::from).collect();
    commit(&mut scratch.open(), 1, records).expect("it commits");
    assert_eq!(files_with(&scratch.folder(), TEXT), ["store.db"]);
    scratch
}

#[test]
fn nothing_of_an_answer_is_left_once_it_is_a_tombstone() {
    let scratch = filled();
    let mut store = scratch.open();
    let numbers: Vec<_> = (0..RECORDS).collect();
    for (batch, numbers) in (2..).zip(numbers.chunks(7)) {
        let changes = numbers.iter().map(|number| tombstone(with_text(*number))).collect();
        commit(&mut store, batch, changes).expect("it commits");
    }
    drop(store);
    assert_eq!(files_with(&scratch.folder(), TEXT), [""; 0]);
}

/// The search finds what SQLite leaves behind where nobody tells it otherwise.
#[test]
fn otherwise_it_would_be_left() {
    let scratch = filled();
    let raw = Connection::open(scratch.path()).expect("a connection");
    raw.execute_batch("pragma secure_delete = off; delete from idempotency").expect("it deletes");
    drop(raw);
    assert_eq!(files_with(&scratch.folder(), TEXT), ["store.db"]);
}
