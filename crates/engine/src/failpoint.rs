//! Named places at which a test can make things fail.

use std::fmt;
use std::sync::Arc;

/// Before a batch's transaction begins.
pub const BEGIN: &str = "begin";
/// After all rows were loaded.
pub const LOADED: &str = "loaded";
/// After everything was decided.
pub const DECIDED: &str = "decided";
/// Right before COMMIT.
pub const BEFORE_COMMIT: &str = "before_commit";
/// Right after COMMIT, before anybody knows.
pub const AFTER_COMMIT: &str = "after_commit";
/// After the commit was acknowledged, before the answers go out.
pub const BEFORE_ANSWERS: &str = "before_answers";

/// Decides whether to fail at a place. Stores ask it before each statement as well, by the
/// statement's name.
#[derive(Clone)]
pub struct Failpoints(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Failpoints {
    /// Fails where `fails` says so. It may also end the process instead of answering.
    pub fn new(fails: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(fails))
    }

    /// Whether to fail here.
    #[must_use]
    pub fn hit(&self, name: &str) -> bool {
        (self.0)(name)
    }
}

impl Default for Failpoints {
    fn default() -> Self {
        Self::new(|_| false)
    }
}

impl fmt::Debug for Failpoints {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Failpoints")
    }
}
