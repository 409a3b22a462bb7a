//! A database that PostgreSQL has restored: it is told that it is the next incarnation of its store.

use domain::invariants::Audit;
use engine::audit::{Audited, Terms, audit};
use store_postgres::{Options, PostgresRestored};

use super::restore::Restore;
use super::{BackupError, Outcome, Progress, Restored};
use crate::stores::fresh;

/// Checks what is there, then raises the incarnation. Nobody may serve it meanwhile.
pub(super) fn restore(
    order: &Restore<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, BackupError> {
    let url = order.store.url().unwrap_or_default();
    let options = Options { fresh: fresh(), ..Options::default() };
    let mut store = PostgresRestored::open(url, &options)?;
    let terms = Terms { retention: order.retention.into(), overdue_before: None };
    let look = |audit: &mut Audit, seen: &mut dyn FnMut(u64)| store.audit(audit, seen);
    let audited = audit(terms, look, &mut |rows| progress(Progress::Checked(rows)))?;
    let Audited { report, looked_at: has } = audited;
    if !report.is_ok() {
        return Ok(Outcome::Failed(report));
    }
    let renewed = store.renew()?;
    Ok(Outcome::Restored(Restored {
        store_id: renewed.store_id,
        has,
        from: renewed.from,
        to: renewed.to,
        lacks_secrets: None,
    }))
}
