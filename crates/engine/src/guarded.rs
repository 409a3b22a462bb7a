//! What a thread does besides its work: it tells an observer whose own failures stay its own, and why it ended.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::batch::panic_text;
use crate::error::ExecuteError;
use crate::shell::{Aside, BatchReport, Observer};

/// Tells an observer, and goes on when that panics: who only watches must not end a writer or a worker, nor a
/// batch after its commit.
pub(crate) struct Guarded(pub(crate) Arc<dyn Observer>);

impl Guarded {
    fn tell(&self, tell: impl FnOnce(&dyn Observer)) {
        // Whom could one tell that nobody can be told? The panic hook has written what it could.
        let _panicked = catch_unwind(AssertUnwindSafe(|| tell(self.0.as_ref()))).is_err();
    }
}

impl Observer for Guarded {
    fn batch(&self, report: &BatchReport) {
        self.tell(|observer| observer.batch(report));
    }

    fn panicked(&self, what: &str) {
        self.tell(|observer| observer.panicked(what));
    }

    fn repeated(&self, why: &str) {
        self.tell(|observer| observer.repeated(why));
    }

    fn store_error(&self, what: &str) {
        self.tell(|observer| observer.store_error(what));
    }

    fn due_failed(&self, what: &str) {
        self.tell(|observer| observer.due_failed(what));
    }

    fn set_aside(&self, what: Aside, count: usize) {
        self.tell(|observer| observer.set_aside(what, count));
    }

    fn fatal(&self, what: &str) {
        self.tell(|observer| observer.fatal(what));
    }
}

/// Does all the work of `who`, until it ends in order or something is broken for good: then why.
pub(crate) fn why_lost(
    who: &str,
    work: impl FnOnce() -> Result<(), ExecuteError>,
) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(panic) => Some(format!("{who} panicked: {}", panic_text(panic.as_ref()))),
    }
}
