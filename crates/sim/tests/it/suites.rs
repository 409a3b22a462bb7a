//! The suite of behaviours, against every store there is.

use sim::memory::MemoryStore;

use crate::sqlite::SqliteBackend;

sim::store_suite!(memory, MemoryStore::new());
sim::store_suite!(sqlite, SqliteBackend::new());
