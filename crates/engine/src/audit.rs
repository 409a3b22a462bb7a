//! Auditing a store, in as many passes as bounded memory takes.

use domain::Timestamp;
use domain::invariants::{Audit, LookedAt, Report};
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

/// What an audit has found, and in what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// What does not hold.
    pub report: Report,
    /// What was looked at.
    pub looked_at: LookedAt,
}

/// Checks every invariant. `look` shows the audit every row, each time that it is called, and says
/// an instant after the last commit; what it tells of rows comes to `progress` counted over all passes.
///
/// # Errors
/// Those of `look`.
pub fn audit<E>(
    terms: Terms,
    look: impl FnMut(&mut Audit, &mut dyn FnMut(u64)) -> Result<Timestamp, E>,
    progress: &mut dyn FnMut(u64),
) -> Result<Audited, E> {
    in_passes(Audit::default(), terms, look, progress)
}

fn in_passes<E>(
    mut audit: Audit,
    terms: Terms,
    mut look: impl FnMut(&mut Audit, &mut dyn FnMut(u64)) -> Result<Timestamp, E>,
    progress: &mut dyn FnMut(u64),
) -> Result<Audited, E> {
    let (mut before, mut seen) = (0, 0);
    loop {
        let now = look(&mut audit, &mut |rows| {
            seen = rows.saturating_add(before);
            progress(seen);
        })?;
        before = seen;
        if !audit.pass(now, terms.retention, terms.overdue_before) {
            let looked_at = audit.looked_at();
            return Ok(Audited { report: audit.into_report(), looked_at });
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
) -> Result<Audited, StoreError> {
    let look = |audit: &mut Audit, seen: &mut dyn FnMut(u64)| {
        reads.audit(audit, seen)?;
        Ok(reads.last_instant()?.map_or(now, |last| last.max(now)))
    };
    audit(terms, look, progress)
}

#[cfg(test)]
mod tests {
    use domain::allowance::{Allowance, AllowanceId};
    use domain::id::{AccountId, EventId, PersonId};

    use super::*;

    const TERMS: Terms = Terms {
        retention: Retention {
            answer_ms: 1,
            tombstone_ms: 1,
            activity_ms: None,
            delivery_ms: None,
        },
        overdue_before: None,
    };

    /// None of these allowances has a booking, so each of them is one finding, in whichever pass it is
    /// looked at.
    #[test]
    fn every_pass_is_made_and_counted() {
        const ROWS: u64 = 50;
        for room in [2, 4, 16] {
            let (mut passes, mut heard) = (0, Vec::new());
            let look = |audit: &mut Audit, seen: &mut dyn FnMut(u64)| {
                passes += 1;
                for person in 1..=ROWS {
                    let person = PersonId::from_raw(person.into());
                    let id = AllowanceId { event: EventId::from_raw(1), person };
                    audit.allowance((AccountId::from_raw(1), id), Allowance { taken: 1 });
                }
                seen(ROWS / 2);
                seen(ROWS);
                Ok::<_, StoreError>(Timestamp::from_millis(1))
            };
            let audit = Audit::with_room(room);
            let heard_of = &mut |rows| heard.push(rows);
            let report = in_passes(audit, TERMS, look, heard_of).unwrap().report;
            assert_eq!(report.leaked, ROWS, "room for {room}: {report:?}");
            assert!(passes > 2, "{passes} passes with room for {room}");
            let halves = (1..=2 * passes).map(|half| half * ROWS / 2);
            assert!(heard.iter().copied().eq(halves), "{heard:?}");
        }
    }

    #[test]
    fn a_pass_that_fails_is_the_last() {
        let mut passes = 0;
        let look = |audit: &mut Audit, _: &mut dyn FnMut(u64)| {
            passes += 1;
            for person in 1..=9 {
                let id =
                    AllowanceId { event: EventId::from_raw(1), person: PersonId::from_raw(person) };
                audit.allowance((AccountId::from_raw(1), id), Allowance { taken: 1 });
            }
            if passes < 3 { Ok(Timestamp::from_millis(1)) } else { Err("the disk is gone") }
        };
        let failed = in_passes(Audit::with_room(2), TERMS, look, &mut |_| {});
        assert_eq!((failed, passes), (Err("the disk is gone"), 3));
    }
}
