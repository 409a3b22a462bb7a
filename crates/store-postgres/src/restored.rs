//! A store that came out of a backup of PostgreSQL's own: it is checked, and named the next incarnation
//! of the store that was backed up.

use domain::Timestamp;
use domain::invariants::Audit;

use crate::audit;
use crate::connect::{Address, Options, Purpose};
use crate::errors::{Error, OpenError};
use crate::open::{self, INCARNATION};
use crate::reads::identity;
use crate::session::{Call, Row, Session};
use crate::statements::{BEGIN, BEGIN_READ, BOOTSTRAP_LOCK, SESSION_OTHERS};

/// A restored store that nobody serves.
#[derive(Debug)]
pub struct PostgresRestored {
    session: Session,
}

/// Which store it is, and how often it was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The store's id.
    pub store_id: String,
    /// The incarnation that was backed up.
    pub from: u32,
    /// The one that the store is now.
    pub to: u32,
}

impl PostgresRestored {
    /// The store at `address`, which must be there. Its schema is brought up to date if it has to be.
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::Served`] where nodes are connected.
    pub fn open(address: &str, options: &Options) -> Result<Self, OpenError> {
        let address = Address::new(address, options)?;
        let mut session = address.connect(Purpose::Migrate)?;
        check_alone(&mut session)?;
        match open::check_known(&mut session) {
            Ok(()) => {}
            Err(OpenError::Older { .. }) => open::make(&address)?,
            Err(error) => return Err(error),
        }
        open::check_whole(&mut session)?;
        Ok(Self { session })
    }

    /// Feeds every row to `audit`; `progress` is called with how many rows it has seen. The later one of what the
    /// database's clock says now and the latest committed instant.
    ///
    /// # Errors
    /// [`OpenError::Store`].
    pub fn audit(
        &mut self,
        audit: &mut Audit,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Timestamp, OpenError> {
        let session = &mut self.session;
        session.begin(&BEGIN_READ, Vec::new())?;
        audit::feed(session, audit, progress)?;
        session.roll_back()?;
        let now = open::clock(session)?;
        Ok(open::last_instant(session)?.map_or(now, |last| last.max(now)))
    }

    /// Makes it the next incarnation. It is on the disk when this returns.
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::Served`] where nodes have connected meanwhile.
    pub fn renew(&mut self) -> Result<Renewed, OpenError> {
        check_alone(&mut self.session)?;
        let session = &mut self.session;
        // Two that do this at once do it one after the other.
        session.begin(&BEGIN, vec![Call::new(&BOOTSTRAP_LOCK, Vec::new())])?;
        let identity = identity(session)?;
        let from = identity.incarnation;
        let to = from.checked_add(1);
        let to = to.ok_or_else(|| Error::Broken(format!("{INCARNATION} has {from}")))?;
        session.run(&[open::put_values(vec![(INCARNATION.to_owned(), to.to_string())])])?;
        session.commit()?;
        Ok(Renewed { store_id: identity.store_id, from, to })
    }
}

/// Whether no other program of ours is connected, as far as the database can tell: what stands
/// between us and it may hide who asks, and databases that only speak like PostgreSQL may not know.
fn check_alone(session: &mut Session) -> Result<(), OpenError> {
    let sql = SESSION_OTHERS.sql;
    let found = session.with_client(async |client| client.query_one(sql, &[]).await);
    match found.map(|row| rows::get(&Row(row), "sessions")) {
        Ok(Ok(0)) => Ok(()),
        Ok(others) => Err(OpenError::Served(others?)),
        Err(error) if error.code().is_some() => Ok(()),
        Err(error) => Err(Error::postgres(SESSION_OTHERS.name)(error).into()),
    }
}
