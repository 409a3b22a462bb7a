//! The secrets that a store is bound to.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use domain::record::FIRST_SECRET;
use engine::credentials::Credentials;
use store_sqlite::{SqliteCredentials, beside};

use super::{Address, Place, StoresError, sqlite};
use crate::secrets::{Secrets, SecretsError};

/// What the store remembers its secrets by.
const SECRETS_CHECK: &str = "secrets_check";

impl Address {
    /// What the store remembers its secrets by; `None` before it was served.
    pub(crate) fn bound_secrets(&self) -> Result<Option<String>, StoresError> {
        match self.path() {
            Some(path) => Ok(SqliteCredentials::look(path, &sqlite())?.bind(SECRETS_CHECK, None)?),
            None => Ok(self.credentials()?.bind(SECRETS_CHECK, None)?),
        }
    }

    /// The secrets file of a store in a file: the one that is named, else the one beside it. `None`
    /// where the store has none yet.
    pub(crate) fn secrets_file(&self, file: Option<&Path>) -> Result<Option<PathBuf>, StoresError> {
        let Some(bound) = self.bound_secrets()? else { return Ok(None) };
        let own = || self.path().map(secrets_beside);
        let Some(path) = file.map(Path::to_owned).or_else(own) else { return Ok(None) };
        self.check_secrets(&path, &bound)?;
        Ok(Some(path))
    }

    /// Whether the file has the secrets that the store is bound to.
    pub(crate) fn check_secrets(&self, path: &Path, bound: &str) -> Result<Secrets, SecretsError> {
        if !path.exists() {
            return Err(SecretsError::Missing(path.to_owned()));
        }
        let secrets = self.open_secrets(path)?;
        if secrets.checks().any(|(_, check)| check == bound) {
            Ok(secrets)
        } else {
            Err(SecretsError::Other(path.to_owned()))
        }
    }

    /// Reads a secrets file, which has to belong to who asks, to root, or to who has the store.
    pub(crate) fn open_secrets(&self, path: &Path) -> Result<Secrets, SecretsError> {
        let owner = self.path().and_then(|store| Some(std::fs::metadata(store).ok()?.uid()));
        Secrets::open_beside(path, owner)
    }

    /// The secrets of the store: the file that is named, else one beside it. A new store gets new ones.
    /// Nodes that share a store have no place beside it: they must name the file that they share.
    ///
    /// # Errors
    /// [`StoresError`], also when the store was made with other secrets.
    pub fn secrets(&self, file: Option<&Path>) -> Result<Secrets, StoresError> {
        let (path, is_shared) = match (file, &self.0) {
            (Some(file), Place::Sqlite(_)) => (file.to_owned(), false),
            (Some(file), Place::Postgres(_)) => (file.to_owned(), true),
            (None, Place::Sqlite(path)) => (secrets_beside(path), false),
            (None, Place::Postgres(_)) => return Err(SecretsError::NotNamed.into()),
        };
        let credentials = self.credentials_or_new()?;
        let bound = credentials.bind(SECRETS_CHECK, None)?;
        if !path.exists() && bound.is_some() {
            return Err(SecretsError::Missing(path).into());
        }
        if !path.exists() && is_shared {
            return Err(SecretsError::NotMade(path).into());
        }
        let secrets = if path.exists() {
            self.open_secrets(&path)?
        } else {
            Secrets::create(&path, rand::random())?
        };
        bind(credentials.as_ref(), &secrets, path)?;
        Ok(secrets)
    }
}

/// Binds the store to the secrets, or finds that they are not its own. It remembers each that it was served
/// with: whoever lacks one could not tell a retry from another request.
fn bind(
    credentials: &dyn Credentials,
    secrets: &Secrets,
    path: PathBuf,
) -> Result<(), StoresError> {
    let newest = secrets.checks().map(|(secret, _)| secret).max().unwrap_or(0);
    if let Some(next) = newest.checked_add(1)
        && credentials.bind(&name_of(next), None)?.is_some()
    {
        return Err(SecretsError::Older { path, secret: next }.into());
    }
    for (secret, check) in secrets.checks() {
        // A staged one is not in use yet.
        let value = (secret <= secrets.current()).then_some(check);
        let bound = credentials.bind(&name_of(secret), value)?;
        if bound.is_some_and(|bound| bound != check) {
            return Err(SecretsError::Other(path).into());
        }
    }
    Ok(())
}

/// What the store remembers the secret with that number by.
fn name_of(secret: u8) -> String {
    if secret == FIRST_SECRET {
        SECRETS_CHECK.to_owned()
    } else {
        format!("{SECRETS_CHECK}.{secret}")
    }
}

/// Where a store in a file has its secrets, unless another place is named.
pub(crate) fn secrets_beside(path: &Path) -> PathBuf {
    beside(path, ".secrets")
}
