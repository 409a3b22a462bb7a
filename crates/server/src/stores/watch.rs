//! Whether a store in a file is still where it was when it was opened.

use std::path::Path;
use std::time::Duration;

use engine::Superseded;
use store_sqlite::Watch;

/// It is looked at so often, besides each commit. A server that has nothing to commit stops within 2 s.
const PERIOD: Duration = Duration::from_millis(500);

/// Waits until a newer program has changed the store so that this one must not write it any more; what it
/// has done. Whoever writes is the first to see it.
pub async fn superseded(superseded: Superseded) -> String {
    let mut ticks = tokio::time::interval(PERIOD);
    loop {
        ticks.tick().await;
        if let Some(why) = superseded.why() {
            return why.to_owned();
        }
    }
}

/// A store that is watched. One in a database needs no watching: its connections tell.
#[derive(Clone, Debug)]
pub struct StoreWatch(Option<Watch>);

impl StoreWatch {
    pub(super) fn of(path: Option<&Path>) -> Self {
        Self(path.map(Watch::of))
    }

    /// Waits until the store is somewhere else; what has become of it.
    pub async fn moved(&self) -> String {
        let Some(watch) = &self.0 else { return std::future::pending().await };
        let mut ticks = tokio::time::interval(PERIOD);
        loop {
            ticks.tick().await;
            if let Err(why) = watch.check() {
                return why;
            }
        }
    }
}
