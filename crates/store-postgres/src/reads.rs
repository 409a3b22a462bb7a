//! Readers: plain reads from connections of their own, which never wait for a writer.

mod feed;
mod pool;

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;
use domain::activity::Feed;
use domain::activity::LowWaterMark;
use domain::allowance::{Allowance, AllowanceId};
use domain::id::{AccountId, PersonId, WebhookEndpointId};
use domain::invariants::Audit;
use domain::job::JobKind;
use domain::person::{Handles, Person};
use domain::record::{IntentKey, Record};
use domain::world::Of;
use engine::StoreError;
use engine::cleaning::{DeliverySearch, DueDelivery, Found, Search};
use engine::reads::due::{DueReads, Waiting};
use engine::reads::{ActivityFilter, FeedPage, Identity, Reads, Sizes};
use engine::webhooks::WebhookState;

use crate::connect::{Address, ClockOf, Options, Purpose};
use crate::errors::{Error, OpenError};
use crate::load::{intent_keys, storable};
use crate::open::{self, INCARNATION, STORE_ID};
use crate::session::{Session, params};
use crate::statements::{
    ALLOWANCE_GET, FEED_GET, JOB_NEXT, PERSON_GET, PERSON_GET_BY_HANDLE, RECORD_DUE, RECORD_GET,
    RECORD_LIST_BY_RESOURCE, STORE_BYTES,
};
use crate::{audit, clean, tx, webhooks};
pub use pool::READERS_MAX;
pub(crate) use pool::Readers;
use rows::{Stored as _, stock};

/// Reads of one store, by any number of threads at once: threads that may wait.
#[derive(Debug)]
pub struct PostgresReads {
    pub(crate) readers: Readers,
}

impl PostgresReads {
    /// Readers of the store at `address`, which must be there and as this program knows it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(address: &str, options: &Options) -> Result<Self, OpenError> {
        let address = Address::new(address, options)?;
        let mut session = address.connect(Purpose::Read)?;
        open::check_known(&mut session)?;
        open::check_whole(&mut session)?;
        Ok(Self::of(address))
    }

    /// Readers of a store that is open.
    pub(crate) fn of(address: Address) -> Self {
        Self { readers: Readers::new(address, READERS_MAX) }
    }
}

impl Reads for PostgresReads {
    fn identity(&self) -> Result<Identity, StoreError> {
        self.readers.read(identity)
    }

    fn person(
        &self,
        account: AccountId,
        handles: &Handles,
    ) -> Result<Option<PersonId>, StoreError> {
        self.readers.autocommit_read(|session| {
            let texts: Vec<_> = handles.all().map(|handle| handle.to_string()).collect();
            let done = session.one(&PERSON_GET_BY_HANDLE, params![account.to_string(), texts])?;
            done.rows.first().map(|row| rows::parse(row, "id")).transpose()
        })
    }

    fn allowance(&self, account: AccountId, id: AllowanceId) -> Result<Allowance, StoreError> {
        self.readers.autocommit_read(|session| {
            let params = params![account.to_string(), id.event.to_string(), id.person.to_string()];
            let done = session.one(&ALLOWANCE_GET, params)?;
            Ok(done.rows.first().map(stock::allowance).transpose()?.unwrap_or_default())
        })
    }

    fn record(&self, key: &IntentKey) -> Result<Option<Record>, StoreError> {
        if !storable(key.scope.as_str()) || !storable(&key.key) {
            return Ok(None);
        }
        self.readers.autocommit_read(|session| {
            let done = session.one(&RECORD_GET, intent_keys(key.account, &[key]))?;
            done.rows.first().map(rows::row).transpose()
        })
    }

    fn records_of(&self, account: AccountId, resource: &str) -> Result<Vec<Record>, StoreError> {
        if !storable(resource) {
            return Ok(Vec::new());
        }
        self.readers.autocommit_read(|session| {
            let params = params![account.to_string(), resource.to_owned()];
            let done = session.one(&RECORD_LIST_BY_RESOURCE, params)?;
            done.rows.iter().map(rows::row).collect()
        })
    }

    fn users(
        &self,
        account: AccountId,
        people: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, String>, StoreError> {
        self.readers.autocommit_read(|session| {
            let ids: Vec<_> = people.iter().map(ToString::to_string).collect();
            let done = session.one(&PERSON_GET, params![account.to_string(), ids])?;
            let user = |row| {
                let ((_, id), person): (Of<PersonId>, Person) = rows::keyed(row)?;
                Ok((id, person.user_id))
            };
            done.rows.iter().map(user).collect()
        })
    }

    fn low_water_mark(&self, account: AccountId) -> Result<LowWaterMark, StoreError> {
        self.readers
            .autocommit_read(|session| Ok(clean::cleaned(session, account)?.unwrap_or_default()))
    }

    fn audit(&self, audit: &mut Audit, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        Ok(self.readers.long_read(|session| audit::feed(session, audit, progress))?)
    }

    fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        match self.readers.options().clock {
            ClockOf::Database => self.readers.autocommit_read(open::clock).map(Some),
            ClockOf::Engine => Ok(None),
        }
    }

    fn last_instant(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers.read(open::last_instant)
    }

    fn sizes(&self) -> Result<Sizes, StoreError> {
        self.readers.autocommit_read(|session| {
            let done = session.one(&STORE_BYTES, Vec::new())?;
            let bytes = done.rows.first().map(|row| rows::get(row, "bytes")).transpose()?;
            Ok(Sizes { store_bytes: bytes, ..Sizes::default() })
        })
    }
}

impl DueReads for PostgresReads {
    fn jobs(&self, kind: JobKind, limit: usize) -> Result<Vec<Waiting>, StoreError> {
        self.readers.autocommit_read(|session| {
            let params = params![kind.as_str().to_owned(), tx::rows_at_most(limit)];
            let done = session.one(&JOB_NEXT, params)?;
            done.rows.iter().map(stock::waiting).collect()
        })
    }

    fn due_records(&self, now: Timestamp, limit: usize) -> Result<Vec<IntentKey>, StoreError> {
        self.readers.autocommit_read(|session| {
            let params = params![now.as_millis(), tx::rows_at_most(limit)];
            let done = session.one(&RECORD_DUE, params)?;
            done.rows.iter().map(Record::key).collect()
        })
    }

    fn due_entries(&self, search: Search) -> Result<Found, StoreError> {
        self.readers.read(|session| clean::due(session, search))
    }

    fn due_deliveries(&self, search: DeliverySearch) -> Result<Vec<DueDelivery>, StoreError> {
        self.readers.autocommit_read(|session| webhooks::due_deliveries(session, search))
    }

    fn due_webhooks(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Of<WebhookEndpointId>>, StoreError> {
        self.readers.autocommit_read(|session| webhooks::due(session, now, limit))
    }

    fn webhook(
        &self,
        endpoint: Of<WebhookEndpointId>,
        limit: usize,
    ) -> Result<Option<WebhookState>, StoreError> {
        self.readers.read(|session| webhooks::state(session, endpoint, limit))
    }

    fn feed_head(&self, account: AccountId) -> Result<u64, StoreError> {
        self.readers.autocommit_read(|session| {
            let done = session.one(&FEED_GET, params![account.to_string()])?;
            let feed = done.rows.first().map(rows::row::<Feed, _>).transpose()?;
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
pub(crate) fn identity(session: &mut Session) -> Result<Identity, Error> {
    let mut value = |key: &str| {
        let absent = || Error::Broken(format!("the store has no {key}"));
        open::meta(session, key)?.ok_or_else(absent)
    };
    let (store_id, incarnation) = (value(STORE_ID)?, value(INCARNATION)?);
    let corrupt = |_| Error::Broken(format!("{INCARNATION} has {incarnation:?}"));
    Ok(Identity {
        store_id,
        incarnation: incarnation.parse().map_err(corrupt)?,
        schema_version: open::version(session)?.unwrap_or_default(),
    })
}
