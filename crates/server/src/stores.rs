//! Opening the store that a setting names, and binding it to its secrets.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::Timestamp;
use domain::id::Mint;
use engine::credentials::Credentials;
use engine::failpoint::Failpoints;
use engine::reads::Reads;
use engine::{Clock as _, StoreError};
use store_sqlite::{OpenError, Options, ServeLock, SqliteCredentials, SqliteReads, SqliteStore};

use crate::clock::SystemClock;
use crate::secrets::{Secrets, SecretsError};
use crate::start::Stores;

/// What the store remembers its secrets by.
const SECRETS_CHECK: &str = "secrets_check";

/// A store that can not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoresError {
    /// The setting names no store.
    #[error("`{0}` names no store; use sqlite:FILE, such as sqlite:bookonce.db")]
    Address(String),
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its secrets could not be used.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(PathBuf);

impl std::str::FromStr for Address {
    type Err = StoresError;

    fn from_str(text: &str) -> Result<Self, StoresError> {
        let path = text.strip_prefix("sqlite:").filter(|path| !path.is_empty());
        // `sqlite:///var/lib/x.db` is what people write who know addresses.
        let path = path.map(|path| path.strip_prefix("//").unwrap_or(path));
        path.map(|path| Self(path.into())).ok_or_else(|| StoresError::Address(text.to_owned()))
    }
}

impl Address {
    /// Opens the store to serve it: nobody else may at the same time.
    ///
    /// # Errors
    /// [`StoresError`].
    pub fn serve(&self, failpoints: Failpoints) -> Result<Stores, StoresError> {
        let options = Options { lock: true, failpoints, ..Self::options() };
        let store = SqliteStore::open(&self.0, options)?;
        let credentials = Arc::new(SqliteCredentials::open(&self.0, &Self::options())?);
        Ok(Stores { reads: Arc::new(store.reads()), store: Box::new(store), credentials })
    }

    /// Who may ask: works beside a running server, and before its first start.
    ///
    /// # Errors
    /// [`StoresError`].
    pub fn credentials(&self) -> Result<Arc<dyn Credentials>, StoresError> {
        Ok(Arc::new(SqliteCredentials::open(&self.0, &Self::options())?))
    }

    /// Reads, of a store that is there.
    ///
    /// # Errors
    /// [`StoresError`].
    pub fn reads(&self) -> Result<Arc<dyn Reads>, StoresError> {
        let busy_timeout = Options::default().busy_timeout;
        Ok(Arc::new(SqliteReads::open(&self.0, busy_timeout)?))
    }

    /// Whether a server serves the store now.
    ///
    /// # Errors
    /// [`StoresError`] when that can not be told.
    pub fn is_served(&self) -> Result<bool, StoresError> {
        match ServeLock::acquire(&self.0) {
            Ok(_released_at_once) => Ok(false),
            Err(OpenError::Served(_)) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// The secrets of the store: the file that is named, else one beside it. A new store gets new ones.
    ///
    /// # Errors
    /// [`StoresError`], also when the store was made with other secrets.
    pub fn secrets(
        &self,
        file: Option<&Path>,
        credentials: &dyn Credentials,
    ) -> Result<Secrets, StoresError> {
        let beside = || {
            let mut name = self.0.clone().into_os_string();
            name.push(".secrets");
            PathBuf::from(name)
        };
        let path = file.map_or_else(beside, Path::to_owned);
        let bound = credentials.bind(SECRETS_CHECK, None)?;
        if bound.is_some() && !path.exists() {
            return Err(SecretsError::Missing(path).into());
        }
        let secrets = Secrets::open_or_create(&path, rand::random())?;
        let bound = credentials.bind(SECRETS_CHECK, Some(secrets.check()))?;
        if bound.as_deref() == Some(secrets.check()) {
            Ok(secrets)
        } else {
            Err(SecretsError::Other(path).into())
        }
    }

    fn options() -> Options {
        let now = SystemClock::start(None, true).map_or_else(|_| Timestamp::default(), |c| c.now());
        Options { fresh: Mint::default().next(now, rand::random()), ..Options::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let path = |text: &str| text.parse::<Address>().map(|address| address.0).ok();
        assert_eq!(path("sqlite:bookonce.db"), Some("bookonce.db".into()));
        assert_eq!(path("sqlite:/var/lib/b.db"), Some("/var/lib/b.db".into()));
        assert_eq!(path("sqlite:///var/lib/b.db"), Some("/var/lib/b.db".into()));
        for text in ["", "sqlite:", "bookonce.db", "mysql://x"] {
            assert_eq!(path(text), None, "{text}");
        }
    }
}
