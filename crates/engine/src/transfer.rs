//! Moving everything of one store into another, of another kind: table by table, in chunks, so that it
//! can be cut short anywhere and taken up again.
//!
//! The order is what makes it safe. The source is marked before anything is copied, and from then on
//! nobody serves it; the target is marked as well, and nobody serves that before it is whole and was
//! checked. Then the target is finished, and at last the source's mark says where everything went. At
//! no moment may both be served, wherever it ends: between the last two steps only the target is, and
//! starting the move again takes the last step.

mod plan;
mod tables;

use std::fmt;

use domain::Timestamp;
use domain::invariants::{Audit, Report};
use domain::retention::Retention;

use crate::audit::{Terms, audit};
use crate::cleaning;
use crate::error::StoreError;
pub use plan::{Found, Mark, MarkState, Refusal};
use plan::{Plan, PlanAbandon, plan, plan_abandon};
pub use tables::{Column, Kind, OWN_VALUES, Rule, Table, VALUES_THAT_STAY};

/// Rows of one chunk at most.
pub const CHUNK_ROWS_MAX: usize = 10_000;
/// A chunk is full when its texts and bytes have reached this.
pub const CHUNK_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number, or a yes or no.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row: its values in the order of [`Table::columns`]. A key: in the order of [`Table::key`].
pub type Row = Vec<Value>;

/// Why a move could not go on. Nothing is lost: what was copied stays, and it can be started again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A store failed.
    Store(StoreError),
    /// It must not be done.
    Refused(Refusal),
    /// The target's kind of store cannot hold this row.
    Unstorable(String),
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(out),
            Self::Refused(refusal) => refusal.fmt(out),
            Self::Unstorable(why) => out.write_str(why),
        }
    }
}

impl std::error::Error for Error {}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The store that is left. Whoever has it has the only right to serve it.
#[expect(clippy::missing_errors_doc, reason = "every method fails with a StoreError only")]
pub trait Source {
    /// Where it is, for people to read; without secrets.
    fn place(&self) -> String;
    /// What is moved: its tables in the order in which they can be filled.
    fn tables(&self) -> &'static [Table];
    /// Its mark.
    fn mark(&mut self) -> Result<Option<Mark>, StoreError>;
    /// Puts its mark, or takes it away. It is on the disk when this returns.
    fn set_mark(&mut self, mark: Option<&Mark>) -> Result<(), StoreError>;
    /// Rows of a table.
    fn count(&mut self, table: &Table) -> Result<u64, StoreError>;
    /// Rows after that key in the order of keys, from the first if it is `None`: as many as a chunk
    /// has, none only where there are no more.
    fn chunk(&mut self, table: &Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError>;
    /// What the store knows of itself, but for [`VALUES_THAT_STAY`].
    fn own_values(&mut self) -> Result<Vec<(String, String)>, StoreError>;
    /// The latest committed instant.
    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError>;
}

/// The store that is filled. Each method that writes does so in one transaction.
#[expect(clippy::missing_errors_doc, reason = "most methods fail with a StoreError only")]
pub trait Target {
    /// Where it is, for people to read; without secrets.
    fn place(&self) -> String;
    /// What is there.
    fn find(&mut self) -> Result<Found, StoreError>;
    /// Puts the mark, or takes it away.
    fn set_mark(&mut self, mark: Option<&Mark>) -> Result<(), StoreError>;
    /// The highest key of a table. Chunks come in the order of keys and are written whole, so this is how
    /// far it was copied: a mark that is committed with each chunk and cannot disagree with it.
    fn last_key(&mut self, table: &Table) -> Result<Option<Row>, StoreError>;
    /// Writes a chunk.
    ///
    /// # Errors
    /// [`Error::Unstorable`] names a row that it cannot hold; then none is written.
    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), Error>;
    /// Rows of a table.
    fn count(&mut self, table: &Table) -> Result<u64, StoreError>;
    /// As [`Reads::audit`](crate::reads::Reads::audit).
    fn audit(&mut self, audit: &mut Audit, progress: &mut dyn FnMut(u64))
    -> Result<(), StoreError>;
    /// What the target knew of itself gives way to these values, and the mark is put.
    fn finish(&mut self, values: &[(String, String)], mark: &Mark) -> Result<(), StoreError>;
    /// Empties it and takes the mark away.
    fn clear(&mut self) -> Result<(), StoreError>;
}

/// How far a move is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Rows are copied.
    Copied {
        /// The table that is being copied.
        table: &'static str,
        /// Rows of all tables that are in the target.
        rows: u64,
        /// Rows of all tables that are in the source.
        of: u64,
    },
    /// The target is checked, and so many of its rows were.
    Checked(u64),
}

/// What the check needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// The instant of the check.
    pub now: Timestamp,
    /// How long answers are kept.
    pub retention: Retention,
}

/// What became of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is in the target, which may be served from now on.
    Moved(Vec<Rows>),
    /// It had been carried out before; nothing was copied.
    AlreadyMoved,
    /// Everything was copied, but the target does not hold what it should: neither may be served.
    Failed(Vec<Rows>, Report),
}

/// Rows of a table on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The table's name.
    pub table: &'static str,
    /// Rows in the source.
    pub source: u64,
    /// Rows in the target.
    pub target: u64,
}

/// Moves everything, or what is left of it. See the top of this file.
///
/// # Errors
/// [`Error`]; then it can be started again.
pub fn carry_out(
    source: &mut dyn Source,
    target: &mut dyn Target,
    check: Check,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, Error> {
    let found = target.find()?;
    let plan = plan(source.mark()?.as_ref(), &found, &target.place());
    let mark = match plan.map_err(Error::Refused)? {
        Plan::Nothing => return Ok(Outcome::AlreadyMoved),
        Plan::MarkSource(mark) => {
            source.set_mark(Some(&mark))?;
            return Ok(Outcome::AlreadyMoved);
        }
        Plan::Begin(mark) => {
            begin(source, target, &mark)?;
            mark
        }
        Plan::GoOn(mark) => mark,
    };
    let moved = Mark { state: MarkState::Moved, ..mark };
    copy(source, target, progress)?;
    let Verified { rows, report } = verify(source, target, check, progress)?;
    if !report.is_ok() || rows.iter().any(|rows| rows.source != rows.target) {
        return Ok(Outcome::Failed(rows, report));
    }
    let values = source.own_values()?;
    target.finish(&values, &Mark { place: source.place(), ..moved.clone() })?;
    source.set_mark(Some(&moved))?;
    Ok(Outcome::Moved(rows))
}

/// Gives up a move that is not finished: the target is emptied, and the source may be served again.
///
/// # Errors
/// [`Error`], also when there is nothing that may be given up.
pub fn abandon(source: &mut dyn Source, target: &mut dyn Target) -> Result<(), Error> {
    let found = target.find()?;
    let plan = plan_abandon(source.mark()?.as_ref(), &found, &target.place());
    // The target first: were it the other way round, a target that is half full could be left behind.
    match plan.map_err(Error::Refused)? {
        PlanAbandon::Clear => target.clear()?,
        PlanAbandon::TakeMark => target.set_mark(None)?,
        PlanAbandon::Nothing => {}
    }
    Ok(source.set_mark(None)?)
}

fn begin(source: &mut dyn Source, target: &mut dyn Target, mark: &Mark) -> Result<(), Error> {
    source.set_mark(Some(mark))?;
    target.set_mark(Some(&Mark { place: source.place(), ..mark.clone() }))?;
    // Whoever opens the target to serve it writes their name there and then looks for the mark; here it
    // is the other way round. So if both do it at once, one of them sees the other.
    let found = target.find()?;
    if found.is_empty && !found.is_served {
        return Ok(());
    }
    target.set_mark(None)?;
    source.set_mark(None)?;
    Err(Error::Refused(Refusal::Served))
}

fn copy(
    source: &mut dyn Source,
    target: &mut dyn Target,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Error> {
    let (mut of, mut rows) = (0_u64, 0_u64);
    for table in source.tables() {
        of = of.saturating_add(source.count(table)?);
        rows = rows.saturating_add(target.count(table)?);
    }
    for table in source.tables() {
        let mut after = target.last_key(table)?;
        loop {
            progress(Progress::Copied { table: table.name, rows, of });
            let chunk = source.chunk(table, after.as_ref())?;
            let Some(last) = chunk.last() else { break };
            target.write(table, &chunk)?;
            after = Some(table.key_of(last));
            rows = rows.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        }
    }
    Ok(())
}

/// What is in the target.
struct Verified {
    rows: Vec<Rows>,
    report: Report,
}

fn verify(
    source: &mut dyn Source,
    target: &mut dyn Target,
    check: Check,
    progress: &mut dyn FnMut(Progress),
) -> Result<Verified, Error> {
    let mut rows = Vec::new();
    for table in source.tables() {
        let (source, target) = (source.count(table)?, target.count(table)?);
        rows.push(Rows { table: table.name, source, target });
    }
    // Nobody serves it, so nobody could have ended the holds that are due.
    let terms = Terms { retention: check.retention, overdue_before: None };
    let look = |audit: &mut Audit, seen: &mut dyn FnMut(u64)| {
        target.audit(audit, seen)?;
        // The target takes the source's metadata over when it is done, and has none of them yet.
        for (name, value) in source.own_values()? {
            if let Some(account) = cleaning::account_of(&name) {
                let strange = || StoreError::Broken(format!("{name} has {value:?}"));
                audit.low_water_mark(account, cleaning::parse(&value).ok_or_else(strange)?);
            }
        }
        Ok::<_, Error>(source.last_instant()?.map_or(check.now, |last| last.max(check.now)))
    };
    let audited = audit(terms, look, &mut |rows| progress(Progress::Checked(rows)))?;
    Ok(Verified { rows, report: audited.report })
}

#[cfg(test)]
mod tests;
