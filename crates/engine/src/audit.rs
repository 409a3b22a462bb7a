//! Auditing a store, in as many passes as bounded memory takes.

use domain::Timestamp;
use domain::invariants::{Audit, Report};
use domain::retention::Retention;

use crate::error::StoreError;
use crate::reads::Reads;

/// What an audit has to know of how a store is served.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long records are kept.
    pub retention: Retention,
    /// Before this instant every hold must have ended; `None` where nothing serves the store, or that is
    /// not known.
    pub overdue_before: Option<Timestamp>,
}

/// Checks every invariant. `look` shows the audit every row, each time that it is called, and says
/// an instant after the last commit; what it tells of rows comes to `progress` counted over all passes.
///
/// # Errors
/// Those of `look`.
pub fn audit<E>(
    terms: Terms,
    mut look: impl FnMut(&mut Audit, &mut dyn FnMut(u64)) -> Result<Timestamp, E>,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, E> {
    let mut audit = Audit::default();
    let (mut before, mut seen) = (0, 0);
    loop {
        let now = look(&mut audit, &mut |rows| {
            seen = rows.saturating_add(before);
            progress(seen);
        })?;
        before = seen;
        if !audit.pass(now, terms.retention, terms.overdue_before) {
            return Ok(audit.into_report());
        }
    }
}

/// Checks every invariant of a store that can be read; `now` is what the clock says.
///
/// # Errors
/// [`StoreError`].
pub fn audit_reads(
    reads: &dyn Reads,
    now: Timestamp,
    terms: Terms,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, StoreError> {
    let look = |audit: &mut Audit, seen: &mut dyn FnMut(u64)| {
        reads.audit(audit, seen)?;
        Ok(reads.last_instant()?.map_or(now, |last| last.max(now)))
    };
    audit(terms, look, progress)
}
