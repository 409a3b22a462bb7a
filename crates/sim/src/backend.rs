//! A store that can be opened again and again: what the suite and the simulator run against.

use std::sync::Arc;

use engine::credentials::Credentials;
use engine::failpoint::Failpoints;
use engine::reads::Reads;
use engine::{Store, StoreError};

/// Somewhere data stays while its writers come and go.
pub trait Backend: Send + Sync {
    /// Opens the store for its one writer, after the one before was dropped. A store that asks
    /// failpoints asks these.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open(&self, failpoints: Failpoints) -> Result<Box<dyn Store>, StoreError>;

    /// Reads of the same data.
    fn reads(&self) -> Arc<dyn Reads>;

    /// Accounts and keys of the same data.
    fn credentials(&self) -> Arc<dyn Credentials>;
}
