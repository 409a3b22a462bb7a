//! The suite of behaviours that every store has.

use crate::backend::PostgresBackend;

sim::store_suite!(postgres, PostgresBackend::new());
