//! Moving between two stores that are in memory: in many chunks, and cut short at any of them.

use std::collections::BTreeMap;

use super::*;

/// Tables by name; the rows of each in the order of keys.
type Stored = BTreeMap<&'static str, Vec<Row>>;

struct Old {
    rows: Stored,
    mark: Option<Mark>,
    /// Rows of a chunk.
    chunk: usize,
    /// Chunks that are given before it fails.
    chunks_left: u32,
}

#[derive(Default)]
struct New {
    rows: Stored,
    mark: Option<Mark>,
    values: Vec<(String, String)>,
}

fn unavailable() -> StoreError {
    StoreError::Unavailable("cut".to_owned())
}

fn count(rows: &Stored, table: &Table) -> u64 {
    rows.get(table.name).map_or(0, |rows| rows.len() as u64)
}

const COLUMNS: [Column; 2] = [
    Column { name: "id", kind: Kind::Integer, rule: Rule::Fixed },
    Column { name: "count", kind: Kind::Integer, rule: Rule::Changes },
];
static TABLES: [Table; 3] = [
    Table { name: "first", is_hot: false, rows_go: false, key: &["id"], columns: &COLUMNS },
    Table {
        name: "second",
        is_hot: false,
        rows_go: false,
        key: &["id", "count"],
        columns: &COLUMNS,
    },
    Table { name: "third", is_hot: false, rows_go: false, key: &["id"], columns: &COLUMNS },
];

impl Source for Old {
    fn place(&self) -> String {
        "old".to_owned()
    }

    fn tables(&self) -> &'static [Table] {
        &TABLES
    }

    fn mark(&mut self) -> Result<Option<Mark>, StoreError> {
        Ok(self.mark.clone())
    }

    fn set_mark(&mut self, mark: Option<&Mark>) -> Result<(), StoreError> {
        self.mark = mark.cloned();
        Ok(())
    }

    fn count(&mut self, table: &Table) -> Result<u64, StoreError> {
        Ok(count(&self.rows, table))
    }

    fn chunk(&mut self, table: &Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        self.chunks_left = self.chunks_left.checked_sub(1).ok_or_else(unavailable)?;
        let rows = self.rows.get(table.name).into_iter().flatten();
        let first = after.map_or(0, number);
        Ok(rows.filter(|row| number(row) > first).take(self.chunk).cloned().collect())
    }

    fn own_values(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(vec![("store_id".to_owned(), "old".to_owned())])
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }
}

impl Target for New {
    fn place(&self) -> String {
        "new".to_owned()
    }

    fn find(&mut self) -> Result<Found, StoreError> {
        let is_empty = self.rows.values().all(Vec::is_empty);
        Ok(Found { id: "t".to_owned(), mark: self.mark.clone(), is_empty, is_served: false })
    }

    fn set_mark(&mut self, mark: Option<&Mark>) -> Result<(), StoreError> {
        self.mark = mark.cloned();
        Ok(())
    }

    fn last_key(&mut self, table: &Table) -> Result<Option<Row>, StoreError> {
        Ok(self.rows.get(table.name).and_then(|rows| rows.last()).map(|row| table.key_of(row)))
    }

    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), Error> {
        self.rows.entry(table.name).or_default().extend_from_slice(rows);
        Ok(())
    }

    fn count(&mut self, table: &Table) -> Result<u64, StoreError> {
        Ok(count(&self.rows, table))
    }

    fn audit(&mut self, _: &mut Audit, _: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        Ok(())
    }

    fn finish(&mut self, values: &[(String, String)], mark: &Mark) -> Result<(), StoreError> {
        self.values = values.to_vec();
        self.mark = Some(mark.clone());
        Ok(())
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        *self = Self::default();
        Ok(())
    }
}

/// Every column of a row has the row's number, so that its key has it first.
fn number(row: &Row) -> i64 {
    match row.first() {
        Some(Value::Integer(number)) => *number,
        other => panic!("{other:?}"),
    }
}

/// Seven rows in each table.
fn old(chunk: usize) -> Old {
    let rows = |table: &Table| {
        let row = |number| vec![Value::Integer(number); table.columns.len()];
        (table.name, (1..=7).map(row).collect())
    };
    Old { rows: TABLES.iter().map(rows).collect(), mark: None, chunk, chunks_left: u32::MAX }
}

fn carry(
    from: &mut Old,
    to: &mut New,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, Error> {
    let retention = Retention::default();
    carry_out(from, to, Check { now: Timestamp::default(), retention }, progress)
}

fn assert_moved(from: &mut Old, to: &New) {
    assert_eq!(to.rows, from.rows);
    assert_eq!(to.values, from.own_values().unwrap());
    let states = [&from.mark, &to.mark].map(|mark| mark.as_ref().map(|mark| mark.state));
    assert_eq!(states, [Some(MarkState::Moved); 2]);
}

#[test]
fn every_chunk_of_every_table_is_copied() {
    for chunk in [1, 2, 3, 7, 8] {
        let (mut from, mut to) = (old(chunk), New::default());
        let mut reports = Vec::new();
        let moved = carry(&mut from, &mut to, &mut |progress| reports.push(progress)).unwrap();
        let rows = |table: &Table| Rows { table: table.name, source: 7, target: 7 };
        assert_eq!(moved, Outcome::Moved(TABLES.iter().map(rows).collect()));
        assert_moved(&mut from, &to);
        let of = 7 * TABLES.len() as u64;
        let copied = |rows| {
            matches!(reports.as_slice(), [.., Progress::Copied { rows: r, of: o, .. }]
            if (*r, *o) == (rows, of))
        };
        assert!(copied(of), "{:?}", reports.last());
    }
}

/// After any number of chunks, and once more after a few others.
#[test]
fn what_was_cut_short_goes_on_after_the_last_chunk() {
    // Four with rows and one without for each table.
    let chunks = 5 * u32::try_from(TABLES.len()).unwrap();
    for first in 0..chunks {
        let (mut from, mut to) = (old(2), New::default());
        for (number, chunks_left) in [(1, first), (2, first / 2), (3, 7)] {
            from.chunks_left = chunks_left;
            let before = to.rows.clone();
            if let Err(error) = carry(&mut from, &mut to, &mut |_| {}) {
                assert_eq!(error, Error::Store(unavailable()));
                assert!(to.values.is_empty(), "cut {number} of {first} chunks");
            }
            for (table, rows) in before {
                assert!(to.rows[table].starts_with(&rows), "what is copied stays");
            }
        }
        from.chunks_left = u32::MAX;
        let moved = carry(&mut from, &mut to, &mut |_| {}).unwrap();
        assert!(matches!(moved, Outcome::Moved(_) | Outcome::AlreadyMoved), "{moved:?}");
        assert_moved(&mut from, &to);
    }
}
