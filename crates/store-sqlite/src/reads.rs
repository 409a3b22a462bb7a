//! Readers: plain reads from connections of their own, which never wait for the writer.

mod feed;
mod people;
mod pool;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::Timestamp;
use domain::activity::Feed;
use domain::activity::LowWaterMark;
use domain::allowance::{Allowance, AllowanceId};
use domain::id::{AccountId, PersonId, WebhookEndpointId};
use domain::invariants::Audit;
use domain::job::JobKind;
use domain::person::Handles;
use domain::record::{IntentKey, Record};
use domain::world::Of;
use engine::StoreError;
use engine::cleaning::{DeliverySearch, DueDelivery, Found, Search};
use engine::reads::due::{DueReads, Waiting};
use engine::reads::{ActivityFilter, FeedPage, Identity, Reads, Sizes};
use engine::webhooks::WebhookState;
use rusqlite::named_params;

use crate::dictionary::{self, Name};
use crate::errors::{Error, OpenError};
use crate::file;
use crate::hash_index::{self, HashIndex};
use crate::open::{self, INCARNATION, STORE_ID};
use crate::session::Session;
use crate::statements::{
    ALLOWANCE_GET, FEED_GET, JOB_NEXT, RECORD_DUE, RECORD_GET, RECORD_LIST_BY_RESOURCE,
    SCHEMA_VERSION,
};
use crate::write_context;
use crate::{audit, clean, tx, webhooks};
use pool::Readers;
use rows::{Stored as _, stock};

pub use pool::READERS_MAX;

/// Reads of one store, by any number of threads at once.
#[derive(Debug)]
pub struct SqliteReads {
    pub(crate) readers: Readers,
    index: HashIndex,
}

impl SqliteReads {
    /// Readers of the store at `path`, which must be there and as this program knows it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, busy_timeout: Duration) -> Result<Self, OpenError> {
        let index = hash_index::of_store(&open::known_reader(path, busy_timeout)?)?;
        Ok(Self::of(path.to_owned(), busy_timeout, index))
    }

    /// Readers of a store that is open.
    pub(crate) fn of(path: PathBuf, busy_timeout: Duration, index: HashIndex) -> Self {
        Self { readers: Readers::new(path, busy_timeout), index }
    }
}

impl Reads for SqliteReads {
    fn identity(&self) -> Result<Identity, StoreError> {
        self.readers.read(identity)
    }

    fn person(
        &self,
        account: AccountId,
        handles: &Handles,
    ) -> Result<Option<PersonId>, StoreError> {
        let sought: Vec<_> =
            handles.all().map(|handle| self.seek_handle(account, handle)).collect();
        self.readers.read(|session| {
            let account = dictionary::find(session, Name::Account(account))?.unwrap_or_default();
            for handle in sought {
                if let Some(found) = handle.find(session, account)? {
                    return Ok(Some(found.person.id));
                }
            }
            Ok(None)
        })
    }

    fn allowance(&self, account: AccountId, id: AllowanceId) -> Result<Allowance, StoreError> {
        self.read_of_person((account, id.person), |session, person| {
            let event = dictionary::find(session, Name::Event(id.event))?;
            let params = named_params! {":person": person, ":event": event};
            Ok(session
                .one(&ALLOWANCE_GET, params, |row| stock::allowance(row))?
                .unwrap_or_default())
        })
    }

    fn record(&self, key: &IntentKey) -> Result<Option<Record>, StoreError> {
        let sought = self.index.key_of_record(key);
        let lookup = self.index.lookup(sought);
        self.readers.read(|session| {
            let mut get = session.prepared(&RECORD_GET);
            for row_id in hash_index::resolve(session, sought, lookup)? {
                if let Some(record) = write_context::record_at(&mut get, row_id, key)? {
                    return Ok(Some(record));
                }
            }
            Ok(None)
        })
    }

    fn records_of(&self, account: AccountId, resource: &str) -> Result<Vec<Record>, StoreError> {
        self.readers.read(|session| {
            let params = named_params! {":resource": resource, ":account": account.to_string()};
            session.all(&RECORD_LIST_BY_RESOURCE, params, |row| rows::row(row))
        })
    }

    fn users(
        &self,
        account: AccountId,
        people: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, String>, StoreError> {
        let sought: Vec<_> = people.iter().map(|id| self.seek_id((account, *id))).collect();
        self.readers.read(|session| {
            let account = dictionary::find(session, Name::Account(account))?.unwrap_or_default();
            let mut users = BTreeMap::new();
            for id in sought {
                let found = id.find(session, account)?;
                users.extend(found.map(|found| (found.person.id, found.person.user_id)));
            }
            Ok(users)
        })
    }

    fn low_water_mark(&self, account: AccountId) -> Result<LowWaterMark, StoreError> {
        self.readers.read(|session| Ok(clean::cleaned(session, account)?.unwrap_or_default()))
    }

    fn audit(&self, audit: &mut Audit, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        self.readers.read(|session| audit::feed(session, audit, progress))
    }

    fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    fn last_instant(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers.read(tx::last_instant)
    }

    fn sizes(&self) -> Result<Sizes, StoreError> {
        Ok(file::sizes(self.readers.path()))
    }
}

impl DueReads for SqliteReads {
    fn jobs(&self, kind: JobKind, limit: usize) -> Result<Vec<Waiting>, StoreError> {
        let params = named_params! {":kind": kind.as_str(), ":limit": tx::rows_at_most(limit)};
        self.readers.read(|session| session.all(&JOB_NEXT, params, |row| stock::waiting(row)))
    }

    fn due_records(&self, now: Timestamp, limit: usize) -> Result<Vec<IntentKey>, StoreError> {
        let params = named_params! {":now": now.as_millis(), ":limit": tx::rows_at_most(limit)};
        self.readers.read(|session| session.all(&RECORD_DUE, params, |row| Record::key(row)))
    }

    fn due_entries(&self, search: Search) -> Result<Found, StoreError> {
        self.readers.read(|session| clean::due(session, search))
    }

    fn due_deliveries(&self, search: DeliverySearch) -> Result<Vec<DueDelivery>, StoreError> {
        self.readers.read(|session| webhooks::due_deliveries(session, search))
    }

    fn due_webhooks(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Of<WebhookEndpointId>>, StoreError> {
        self.readers.read(|session| webhooks::due(session, now, limit))
    }

    fn webhook(
        &self,
        endpoint: Of<WebhookEndpointId>,
        limit: usize,
    ) -> Result<Option<WebhookState>, StoreError> {
        self.readers.read(|session| webhooks::state(session, endpoint, limit))
    }

    fn feed_head(&self, account: AccountId) -> Result<u64, StoreError> {
        self.readers.read(|session| {
            let params = named_params! {":account": account.to_string()};
            let feed = session.one(&FEED_GET, params, |row| Feed::value(row, &account))?;
            Ok(feed.unwrap_or_default().position)
        })
    }

    fn feed_page(
        &self,
        account: AccountId,
        filter: &ActivityFilter,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        self.readers.read(|session| feed::page(session, account, filter, limit))
    }
}

/// The end of the page before; for the first page a text that sorts after every id, newest first.
pub(crate) fn before_all<Id: ToString>(after: Option<Id>, prefix: &str) -> String {
    // The digits of an id begin with 7 at most.
    after.map_or_else(|| format!("{prefix}_z"), |id| id.to_string())
}

/// Which store this is.
pub(crate) fn identity(session: &Session) -> Result<Identity, Error> {
    let value = |key: &str| {
        let absent = || Error::Broken(format!("the store has no {key}"));
        open::meta(session, key)?.ok_or_else(absent)
    };
    let incarnation = value(INCARNATION)?;
    let corrupt = |_| Error::Broken(format!("{INCARNATION} has {incarnation:?}"));
    let version =
        session.one(&SCHEMA_VERSION, named_params! {}, |row| rows::get(row, "version"))?;
    Ok(Identity {
        store_id: value(STORE_ID)?,
        incarnation: incarnation.parse().map_err(corrupt)?,
        schema_version: version.unwrap_or_default(),
    })
}
