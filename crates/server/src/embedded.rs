//! Requests that are decided without a server, on a store that nobody serves: for what has to be in it
//! before anybody does.

use std::sync::Arc;

use domain::id::RequestId;
use domain::intent::Request;
use domain::record::{IntentKey, KeyScope};
use domain::retention::Retention;
use domain::{Actor, Command, Intent};
use engine::batch::{BATCH_MAX, Chores};
use engine::credentials::Key;
use engine::{Clock, ExecuteError, Outcome, Ports, Store, execute};

use crate::canonical::{self, SyntaxError};
use crate::metrics::Metrics;
use crate::secrets::Secrets;
use crate::start::ports;

/// Requests that are decided together at most.
pub const EMBEDDED_BATCH_MAX: usize = BATCH_MAX;

/// The engine on a store, as a server has it, and nothing around it.
pub struct Embedded {
    store: Box<dyn Store>,
    ports: Ports,
    secrets: Secrets,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Embedded")
    }
}

/// A request that a server would have been sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Path.
    pub path: &'a str,
    /// `Idempotency-Key`; `None` sends none.
    pub key: Option<&'a str>,
    /// JSON text.
    pub body: &'a str,
}

impl Embedded {
    /// With the secrets of the store, which a server will use as well. What is decided has the instants
    /// of `clock`, and never one before the store's last.
    #[must_use]
    pub fn new(
        store: Box<dyn Store>,
        secrets: Secrets,
        clock: Arc<dyn Clock>,
        retention: Retention,
    ) -> Self {
        Self { store, ports: ports(clock, Arc::new(Metrics::default()), retention), secrets }
    }

    /// The intent of a POST that the holder of a key sent, and what it means.
    ///
    /// # Errors
    /// [`SyntaxError`] when the body is not JSON.
    pub fn intent(
        &mut self,
        holder: &Key,
        Sent { path, key, body }: Sent<'_>,
        command: Command,
    ) -> Result<Intent, SyntaxError> {
        const METHOD: &str = "POST";
        let canonical = canonical::parse(body.as_bytes())?;
        let (account, ports) = (holder.account, &mut self.ports);
        let id = RequestId::from_raw(ports.mint.next(ports.clock.now(), (ports.random)()));
        let key = key
            .map(|key| IntentKey { account, scope: KeyScope::SHARED, key: key.to_owned() }.into());
        Ok(Intent {
            account,
            actor: Actor::Key(holder.id),
            key,
            fingerprint: canonical::fingerprints(&self.secrets, METHOD, path, "", &canonical),
            request: Request {
                id: id.to_string(),
                correlation_id: None,
                method: METHOD.to_owned(),
                path: path.to_owned(),
            },
            command,
        })
    }

    /// Decides all of them in one commit, and ends holds that are due with it. At most
    /// [`EMBEDDED_BATCH_MAX`].
    ///
    /// # Errors
    /// [`ExecuteError`] when nothing is known to be written.
    pub fn decide(&mut self, intents: &[Intent]) -> Result<Vec<Outcome>, ExecuteError> {
        debug_assert!(intents.len() <= EMBEDDED_BATCH_MAX, "{} are too many", intents.len());
        let chores = Chores { due: true, ..Chores::default() };
        Ok(execute(self.store.as_mut(), &mut self.ports, intents, chores)?.outcomes)
    }

    /// Ends all holds that are due.
    ///
    /// # Errors
    /// [`ExecuteError`].
    pub fn end_holds(&mut self) -> Result<(), ExecuteError> {
        let chores = Chores { due: true, ..Chores::default() };
        while execute(self.store.as_mut(), &mut self.ports, &[], chores)?.kept > 0 {}
        Ok(())
    }
}
