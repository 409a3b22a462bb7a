//! The write context of a transaction: the connection, and the row ids of what it has found.

use domain::id::{AccountId, PaymentId, PersonId};
use domain::payment::PaymentReference;
use domain::person::{Handle, Person};
use domain::record::{IntentKey, Record};
use domain::world::Of;
use foldhash::{HashMap, HashSet};
use rows::Stored as _;
use rusqlite::named_params;

use crate::dictionary::{Dictionary, Name};
use crate::errors::Error;
use crate::hash_index::{Entry, HashIndex, IndexKey};
use crate::prepared::{Prepared, Row};
use crate::session::Session;
use crate::statements::{
    LOOKUP_GET, PAYMENT_GET_BY_REFERENCE, PERSON_GET, PERSON_GET_BY_HANDLE, RECORD_GET,
};

/// What the open transaction has found, cached until it ends. People and hashes are found by keyed hashes of what
/// clients say, so nobody can choose those that share a place in a table.
#[derive(Debug, Default)]
pub(crate) struct TransactionCache {
    people: HashMap<Of<PersonId>, Option<i64>>,
    /// What was looked for and is not there, so that whoever inserts it need not look again.
    absent: HashSet<IndexKey>,
}

/// What the writer writes a transaction with.
pub(crate) struct WriteContext<'a> {
    pub(crate) session: &'a Session,
    pub(crate) dictionary: &'a mut Dictionary,
    pub(crate) index: &'a HashIndex,
    pub(crate) cache: &'a mut TransactionCache,
    /// Looks for a hash in the sorted run.
    get: Prepared<'a>,
    /// Reads a record.
    record: Prepared<'a>,
    /// What the hash index receives with the commit.
    pub(crate) entries: Vec<Entry>,
}

/// A record, and where it is.
pub(crate) struct FoundRecord {
    pub(crate) row_id: i64,
    pub(crate) record: Record,
}

impl<'a> WriteContext<'a> {
    pub(crate) fn new(
        session: &'a Session,
        dictionary: &'a mut Dictionary,
        index: &'a HashIndex,
        cache: &'a mut TransactionCache,
    ) -> Self {
        let (get, record) = (session.prepared(&LOOKUP_GET), session.prepared(&RECORD_GET));
        Self { session, dictionary, index, cache, get, record, entries: Vec::new() }
    }

    /// Ids of rows that may have the key.
    fn find(&mut self, sought: IndexKey) -> Result<Vec<i64>, Error> {
        self.index.find(&mut self.get, sought)
    }

    /// The row id of a name, which is interned if it is not yet.
    pub(crate) fn intern(&mut self, name: Name) -> Result<i64, Error> {
        self.dictionary.intern(self.session, name)
    }

    /// The row id of an account, 0 if it is not interned: then it has no rows either.
    pub(crate) fn account(&mut self, account: AccountId) -> Result<i64, Error> {
        Ok(self.dictionary.find(self.session, Name::Account(account))?.unwrap_or_default())
    }

    /// The record of a key.
    pub(crate) fn record(&mut self, key: &IntentKey) -> Result<Option<FoundRecord>, Error> {
        let sought = self.index.key_of_record(key);
        for row_id in self.find(sought)? {
            if let Some(record) = record_at(&mut self.record, row_id, key)? {
                return Ok(Some(FoundRecord { row_id, record }));
            }
        }
        self.cache.absent.insert(sought);
        Ok(None)
    }

    /// The person with that id.
    pub(crate) fn person(&mut self, (account, id): Of<PersonId>) -> Result<Option<Person>, Error> {
        let account_row = self.account(account)?;
        if let Some(FoundPerson { row_id, person }) = person_of_id(self.session, account_row, id)? {
            self.cache.people.insert((account, id), Some(row_id));
            return Ok(Some(person));
        }
        // Of whoever was made before ids were drawn, it is the handle.
        let found = self.person_of((account, Handle::of_id(id)))?;
        let found = found.filter(|person| person.id == id);
        if found.is_none() {
            self.cache.people.insert((account, id), None);
        }
        Ok(found)
    }

    /// The person with that handle.
    pub(crate) fn person_of(
        &mut self,
        (account, handle): Of<Handle>,
    ) -> Result<Option<Person>, Error> {
        let sought = self.index.key_of_person(account, handle);
        let account_row = self.account(account)?;
        for row_id in self.find(sought)? {
            let row = RowOf { account: account_row, row_id };
            if let Some(FoundPerson { person, .. }) = person_at(self.session, row, handle)? {
                self.cache.people.insert((account, person.id), Some(row_id));
                return Ok(Some(person));
            }
        }
        self.cache.absent.insert(sought);
        Ok(None)
    }

    /// The row id of a person, if there is one.
    pub(crate) fn person_row_id(&mut self, person: Of<PersonId>) -> Result<Option<i64>, Error> {
        if let Some(found) = self.cache.people.get(&person) {
            return Ok(*found);
        }
        self.person(person)?;
        Ok(self.cache.people.get(&person).copied().flatten())
    }

    /// Caches a person's row id that another read has found.
    pub(crate) fn cache_person(&mut self, person: Of<PersonId>, row_id: i64) {
        self.cache.people.insert(person, Some(row_id));
    }

    /// The payment that has a reference.
    pub(crate) fn payment(
        &mut self,
        account: AccountId,
        name: &PaymentReference,
    ) -> Result<Option<PaymentId>, Error> {
        let sought = self.index.key_of_payment(account, name);
        let account = self.account(account)?;
        for row_id in self.find(sought)? {
            let params = named_params! {
                ":no": row_id, ":account": account, ":method": name.method.as_str(),
                ":reference": name.reference,
            };
            let found = self
                .session
                .one(&PAYMENT_GET_BY_REFERENCE, params, |row| rows::parse(row, "id"))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        self.cache.absent.insert(sought);
        Ok(None)
    }

    /// Whether it is known that nothing is found by this.
    pub(crate) fn is_absent(&self, key: IndexKey) -> bool {
        self.cache.absent.contains(&key)
    }

    /// Indexes the row that was inserted just now, from the commit on; its row id.
    pub(crate) fn index_last(&mut self, key: IndexKey) -> i64 {
        let row_id = self.session.last_row_id();
        self.cache.absent.remove(&key);
        self.entries.push(Entry { key, row_id, is_tombstone: false });
        row_id
    }
}

/// The record with a row id, if it is the key's.
pub(crate) fn record_at(
    get: &mut Prepared<'_>,
    row_id: i64,
    key: &IntentKey,
) -> Result<Option<Record>, Error> {
    let account = key.account.to_string();
    let params = named_params! {":no": row_id, ":account": account, ":scope": key.scope.as_str(), ":key": key.key};
    get.one(params, |row| Record::value(row, key))
}

/// A row, and the row id of its account.
#[derive(Clone, Copy)]
pub(crate) struct RowOf {
    pub(crate) account: i64,
    pub(crate) row_id: i64,
}

/// The person of a row, if they have that handle.
pub(crate) fn person_at(
    session: &Session,
    RowOf { account, row_id }: RowOf,
    handle: Handle,
) -> Result<Option<FoundPerson>, Error> {
    let handle = handle.to_string();
    let params = named_params! {":no": row_id, ":account": account, ":handle": handle};
    session.one(&PERSON_GET_BY_HANDLE, params, found_person)
}

/// A person, and the id of their row.
pub(crate) struct FoundPerson {
    pub(crate) row_id: i64,
    pub(crate) person: Person,
}

/// The person with an id, if it was drawn.
pub(crate) fn person_of_id(
    session: &Session,
    account: i64,
    id: PersonId,
) -> Result<Option<FoundPerson>, Error> {
    let params = named_params! {":id": id.to_string(), ":account": account};
    session.one(&PERSON_GET, params, found_person)
}

fn found_person(row: &Row<'_>) -> Result<FoundPerson, Error> {
    let id: PersonId = rows::parse(row, "id")?;
    // Whose they are is known by whoever looks for them.
    let person = Person::value(row, &(AccountId::SYSTEM, id))?;
    Ok(FoundPerson { row_id: rows::get(row, "no")?, person })
}
