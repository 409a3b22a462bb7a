//! People, as readers look for them.

use domain::id::{AccountId, PersonId};
use domain::person::Handle;
use domain::world::Of;
use engine::StoreError;

use super::SqliteReads;
use crate::dictionary::{self, Name};
use crate::errors::Error;
use crate::hash_index::{self, IndexKey, MemtableLookup};
use crate::session::Session;
use crate::write_context::{self, FoundPerson, RowOf};

/// A handle, and what the memtable had of it before the snapshot began.
pub(super) struct SoughtHandle {
    handle: Handle,
    key: IndexKey,
    lookup: MemtableLookup,
}

impl SoughtHandle {
    /// The person with that handle in the account of that row.
    pub(super) fn find(
        self,
        session: &Session,
        account: i64,
    ) -> Result<Option<FoundPerson>, Error> {
        for row_id in hash_index::resolve(session, self.key, self.lookup)? {
            let row = RowOf { account, row_id };
            if let Some(found) = write_context::person_at(session, row, self.handle)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// An id, and what it may be found by.
pub(super) struct SoughtId {
    id: PersonId,
    /// Of whoever was made before ids were drawn, the id is the handle.
    as_handle: SoughtHandle,
}

impl SoughtId {
    /// The person with that id in the account of that row.
    pub(super) fn find(
        self,
        session: &Session,
        account: i64,
    ) -> Result<Option<FoundPerson>, Error> {
        if let Some(found) = write_context::person_of_id(session, account, self.id)? {
            return Ok(Some(found));
        }
        let found = self.as_handle.find(session, account)?;
        Ok(found.filter(|found| found.person.id == self.id))
    }
}

impl SqliteReads {
    /// Begins to look for a handle, before the snapshot begins.
    pub(super) fn seek_handle(&self, account: AccountId, handle: Handle) -> SoughtHandle {
        let key = self.index.key_of_person(account, handle);
        SoughtHandle { handle, key, lookup: self.index.lookup(key) }
    }

    /// Begins to look for an id, before the snapshot begins.
    pub(super) fn seek_id(&self, (account, id): Of<PersonId>) -> SoughtId {
        SoughtId { id, as_handle: self.seek_handle(account, Handle::of_id(id)) }
    }

    /// Looks for a person, then reads.
    pub(crate) fn read_of_person<T: Default>(
        &self,
        person: Of<PersonId>,
        read: impl FnOnce(&Session, i64) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        let (account, _) = person;
        let sought = self.seek_id(person);
        self.readers.read(|session| {
            let account = dictionary::find(session, Name::Account(account))?.unwrap_or_default();
            match sought.find(session, account)? {
                Some(found) => read(session, found.row_id),
                None => Ok(T::default()),
            }
        })
    }
}
