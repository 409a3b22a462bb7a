//! Which threads logged an ERROR: none may, unless a test asks for it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread::ThreadId;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

static ERRORS: Mutex<Vec<(ThreadId, String)>> = Mutex::new(Vec::new());

/// Listens to the whole process, from now on.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Listener).expect("nobody else does"));
}

/// The threads of one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Threads(Arc<Mutex<BTreeSet<String>>>);

impl Threads {
    /// The thread that calls this is one of them.
    pub(crate) fn join(&self) {
        lock(&self.0).insert(name(std::thread::current().id()));
    }

    /// Takes what these threads have logged as ERROR.
    pub(crate) fn take_errors(&self) -> Vec<String> {
        let ours = lock(&self.0);
        let mut errors = lock(&ERRORS);
        let (mine, others) =
            errors.drain(..).partition(|(thread, _)| ours.contains(&name(*thread)));
        *errors = others;
        let mine: Vec<(ThreadId, String)> = mine;
        mine.into_iter().map(|(_, text)| text).collect()
    }
}

fn name(thread: ThreadId) -> String {
    format!("{thread:?}")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Listener;

/// The fields of an event as one text.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        lock(&ERRORS).push((std::thread::current().id(), text.0));
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}
