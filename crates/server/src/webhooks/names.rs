//! From names to addresses that may be called: each connection is made to addresses that were looked at, and to no
//! others.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{Refused, UrlRules, is_public};

/// Whoever knows the addresses of names.
pub(crate) trait Directory: Send + Sync {
    /// All addresses that a name has now.
    fn look_up(&self, name: String) -> LookUp;
}

/// A look at a name that has begun.
pub(crate) type LookUp = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// The machine, as it is set up: its files, then its name servers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine;

impl Directory for Machine {
    fn look_up(&self, name: String) -> LookUp {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Resolves names for the HTTP client, once for each connection: the addresses that were looked at are those that it
/// connects to. A name of which any address must not be called is refused as a whole, as whoever has mixed them in
/// has something in mind.
#[derive(Clone)]
pub(crate) struct CheckedDns {
    directory: Arc<dyn Directory>,
    may_be_called: fn(IpAddr) -> bool,
}

impl CheckedDns {
    /// The machine's names by these rules.
    pub(crate) fn of(rules: UrlRules) -> Self {
        let may_be_called = if rules.allow_private { |_| true } else { is_public };
        Self::new(Arc::new(Machine), may_be_called)
    }

    pub(crate) fn new(directory: Arc<dyn Directory>, may_be_called: fn(IpAddr) -> bool) -> Self {
        Self { directory, may_be_called }
    }
}

impl Resolve for CheckedDns {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.directory.look_up(name.as_str().to_owned());
        let may_be_called = self.may_be_called;
        Box::pin(async move {
            let found = found.await.map_err(|_| Unresolved)?;
            if found.is_empty() {
                return Err(Unresolved.into());
            }
            if !found.iter().copied().all(may_be_called) {
                return Err(Refused::Private.into());
            }
            // The port is that of the URL.
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

/// The name leads nowhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unresolved;

impl fmt::Display for Unresolved {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name could not be resolved")
    }
}

impl std::error::Error for Unresolved {}
