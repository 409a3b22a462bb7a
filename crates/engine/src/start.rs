//! Writers and workers, put together.

use std::fmt;
use std::sync::Arc;

use crate::clean_up::CleanUp;
use crate::jobs::{Spawned, Worker};
use crate::ports::Ports;
use crate::reads::due::DueReads;
use crate::store::Store;
use crate::webhooks::{Dispatcher, Limits, Outbound, Wake};
use crate::writer::Started;
use crate::{jobs, writer};

/// A store, and how much may wait for it.
pub struct Setup {
    /// For the writers; at least one.
    pub stores: Vec<Box<dyn Store>>,
    /// Where workers find what is due.
    pub due: Arc<dyn DueReads>,
    /// How webhooks are sent; `None` where this process sends none.
    pub outbound: Option<Box<dyn Outbound>>,
    /// Whether no other process writes to the store.
    pub is_alone: bool,
    /// Requests that may wait.
    pub queue_max: usize,
}

impl fmt::Debug for Setup {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Setup").field("queue_max", &self.queue_max).finish_non_exhaustive()
    }
}

/// Starts a thread for each of the store's writers, and one for each worker; `ports` gives each of them
/// what it needs. They end after [`Handle::stop`](crate::Handle::stop), when nobody has a handle any more, or when
/// the process must stop, as with [`writer::spawn`].
///
/// # Errors
/// When the system gives no thread.
pub fn spawn(
    Setup { stores, due, outbound, is_alone, queue_max }: Setup,
    mut ports: impl FnMut() -> Ports,
) -> std::io::Result<Started> {
    let wake = Wake::default();
    let mut ports = || Ports { wake: wake.clone(), ..ports() };
    let Started { handle, mut threads } = writer::spawn(stores, &mut ports, queue_max)?;
    let mut senders = Vec::new();
    let mut start = |worker: Box<dyn Worker>| {
        let ports = jobs::ThreadPorts::new(handle.clone(), Arc::clone(&due), ports());
        let Spawned { sender, thread } = jobs::spawn(worker, ports)?;
        threads.push(thread);
        senders.push(sender.clone());
        std::io::Result::Ok(sender)
    };
    start(Box::<CleanUp>::default())?;
    if let Some(outbound) = outbound {
        let dispatcher = Dispatcher::new(outbound, wake.clone(), Limits::default());
        let dispatcher = if is_alone { dispatcher.alone() } else { dispatcher };
        wake.sleeper(start(Box::new(dispatcher))?);
    }
    Ok(Started { handle: handle.with_workers(senders), threads })
}
