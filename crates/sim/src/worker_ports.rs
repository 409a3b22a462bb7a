//! What a worker is given, without a thread: batches are carried out where they are asked for.

use std::fmt;
use std::sync::Arc;

use domain::retention::Retention;
use domain::{Intent, Timestamp};
use engine::batch::Chores;
use engine::jobs::{Carried, WorkerPorts};
use engine::reads::due::DueReads;
use engine::{ExecuteError, Observer, Ports, Store, execute};

/// A store and what is around it.
pub struct StorePorts {
    /// Where batches are carried out.
    pub store: Box<dyn Store>,
    /// What they need from around.
    pub ports: Ports,
    /// Where what is due is found.
    pub due: Arc<dyn DueReads>,
}

impl fmt::Debug for StorePorts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("StorePorts").field("ports", &self.ports).finish_non_exhaustive()
    }
}

impl WorkerPorts for StorePorts {
    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    fn due(&self) -> &dyn DueReads {
        self.due.as_ref()
    }

    fn observer(&self) -> &dyn Observer {
        self.ports.observer.as_ref()
    }

    fn retention(&self) -> Retention {
        self.ports.retention
    }

    fn carry_out(&mut self, batch: Vec<Intent>) -> Result<Carried, ExecuteError> {
        let executed = execute(self.store.as_mut(), &mut self.ports, &batch, Chores::default())?;
        Ok(Carried { outcomes: executed.outcomes, ..Carried::default() })
    }
}
