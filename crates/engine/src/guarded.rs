//! What a thread does besides its work: it tells an observer whose own failures stay its own, and why it ended.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::batch::panic_text;
use crate::error::ExecuteError;
use crate::ports::{Aside, BatchReport, Observer};
use crate::webhooks::WebhookReport;

/// Tells an observer, and goes on when that panics: who only watches must not end a writer or a worker, nor a
/// batch after its commit.
pub(crate) struct Guarded(pub(crate) Arc<dyn Observer>);

impl Guarded {
    fn notify(&self, notify: impl FnOnce(&dyn Observer)) {
        // Nobody is left to notify: the panic hook has written what it could.
        let _panicked = catch_unwind(AssertUnwindSafe(|| notify(self.0.as_ref()))).is_err();
    }
}

impl Observer for Guarded {
    fn batch(&self, report: &BatchReport) {
        self.notify(|observer| observer.batch(report));
    }

    fn panicked(&self, what: &str) {
        self.notify(|observer| observer.panicked(what));
    }

    fn repeated(&self, why: &str) {
        self.notify(|observer| observer.repeated(why));
    }

    fn store_error(&self, what: &str) {
        self.notify(|observer| observer.store_error(what));
    }

    fn due_failed(&self, what: &str) {
        self.notify(|observer| observer.due_failed(what));
    }

    fn set_aside(&self, what: Aside, count: usize) {
        self.notify(|observer| observer.set_aside(what, count));
    }

    fn webhooks(&self, report: &WebhookReport) {
        self.notify(|observer| observer.webhooks(report));
    }

    fn fatal(&self, what: &str) {
        self.notify(|observer| observer.fatal(what));
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
