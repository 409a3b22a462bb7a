//! The hash index: finding rows by what a client chose at random: a key, a user, a reference.
//!
//! An ordinary index over such values would write another page for nearly every row. This one is a
//! log-structured merge tree of two levels. The entries, a hash and the id of a row, are put into memory first,
//! into the *memtable*; what each batch adds is a row of `lookup_log`, the *index WAL*, so that a restart can
//! read it again. From there they are compacted, a shard of the memtable at a time, into the table `lookups`,
//! the *sorted run*: so many at once that a page of it is written once for many of them.
//!
//! The writer has a Bloom filter for each shard of the run, in memory, so that it does not look there for what is
//! new. They are made incrementally after a start, and once a shard has grown much.
//!
//! An entry says where to look, never what is there: whoever looks compares the row itself. So an entry
//! too many does no harm, and one may be in the memtable and in the run at once. None may be missing:
//!
//! - The memtable receives a batch after its commit, before its answers go out, and drops a shard after the
//!   commit of its compaction. So a reader looks into the memtable first and begins its snapshot afterwards.
//! - A reader whose snapshot has batches that the memtable did not have reads those from the index WAL.

mod bloom;
mod build;
mod compaction;
mod memtable;
mod run;
mod wal;

pub(crate) use build::{LOOKUPS, build, of_store};
pub(crate) use compaction::{Compactor, MEMTABLE_MAX};
pub(crate) use memtable::{Memtable, MemtableLookup};
pub(crate) use run::READ_BUDGET;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use domain::id::AccountId;
use domain::payment::{Method, PaymentReference};
use domain::person::Handle;
use domain::record::{FIRST_SECRET, IntentKey};
use rusqlite::named_params;

use crate::errors::Error;
use crate::prepared::Prepared;
use crate::session::Session;
use crate::statements::{LOOKUP_GET, LOOKUP_LOG_LAST};

/// As many bytes as are hashed mostly.
const HASHED_BYTES: usize = 128;

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Record,
    Person,
    Payment,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Record, Self::Person, Self::Payment];

    /// Its number in the run and in the index WAL.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Record => 1,
            Self::Person => 2,
            Self::Payment => 3,
        }
    }

    pub(crate) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// What is left of what a client chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hash(pub(crate) i64);

/// What something is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct IndexKey {
    pub(crate) kind: Kind,
    pub(crate) hash: Hash,
}

/// An entry, or the tombstone of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: IndexKey,
    pub(crate) row_id: i64,
    /// Whether the row was deleted.
    pub(crate) is_tombstone: bool,
}

/// The hash index, for the writer and for readers at once.
#[derive(Clone, Debug)]
pub(crate) struct HashIndex {
    /// The store's own, so that what shares a hash in one store does not in another.
    key: [u8; 32],
    memtable: Arc<RwLock<Memtable>>,
}

impl HashIndex {
    /// With an empty memtable: everything new is read from the index WAL.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key, memtable: Arc::default() }
    }

    pub(crate) fn memtable(&self) -> RwLockReadGuard<'_, Memtable> {
        self.memtable.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn memtable_mut(&self) -> RwLockWriteGuard<'_, Memtable> {
        self.memtable.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn key_of_record(&self, key: &IntentKey) -> IndexKey {
        let scope = key.scope.as_str().as_bytes();
        let length = scope.len().to_be_bytes();
        self.key(Kind::Record, key.account, &[&length, scope, key.key.as_bytes()])
    }

    pub(crate) fn key_of_person(&self, account: AccountId, handle: Handle) -> IndexKey {
        let (secret, hash) = ([handle.secret()], handle.hash().to_be_bytes());
        match handle.secret() {
            // As it was when there were no others.
            FIRST_SECRET => self.key(Kind::Person, account, &[&hash]),
            _ => self.key(Kind::Person, account, &[&secret, &hash]),
        }
    }

    pub(crate) fn key_of_payment(&self, account: AccountId, name: &PaymentReference) -> IndexKey {
        let reference = name.reference.as_bytes();
        match name.method {
            // As it was when there were no others.
            Method::External => self.key(Kind::Payment, account, &[reference]),
        }
    }

    fn key(&self, kind: Kind, account: AccountId, parts: &[&[u8]]) -> IndexKey {
        // In one piece: feeding a hasher piece by piece costs as much as the hash itself.
        let mut hashed = Vec::with_capacity(HASHED_BYTES);
        hashed.push(kind.number());
        hashed.extend(account.raw().to_be_bytes());
        parts.iter().for_each(|part| hashed.extend_from_slice(part));
        let hash = blake3::keyed_hash(&self.key, &hashed);
        let (first, _) = hash.as_bytes().split_first_chunk().expect("it has 32 bytes");
        IndexKey { kind, hash: Hash(i64::from_be_bytes(*first)) }
    }

    /// What the memtable has of a key. A reader asks before its snapshot begins.
    pub(crate) fn lookup(&self, key: IndexKey) -> MemtableLookup {
        self.memtable().lookup(key)
    }

    /// Ids of rows that may have the key, for the writer: its memtable has everything new. `get` looks
    /// into the run, if that may contain the key at all.
    pub(crate) fn find(&self, get: &mut Prepared<'_>, key: IndexKey) -> Result<Vec<i64>, Error> {
        let (lookup, run_may_contain) = {
            let memtable = self.memtable();
            (memtable.lookup(key), memtable.run_may_contain(key))
        };
        if run_may_contain { with_run(get, key, lookup) } else { Ok(lookup.merge_with(Vec::new())) }
    }
}

/// Ids of rows that may have the key, for a reader whose snapshot has begun since.
pub(crate) fn resolve(
    session: &Session,
    key: IndexKey,
    mut lookup: MemtableLookup,
) -> Result<Vec<i64>, Error> {
    let last = session.one(&LOOKUP_LOG_LAST, named_params! {}, |row| rows::get(row, "no"))?;
    if last.flatten().is_some_and(|last: i64| last > lookup.last_batch) {
        wal::read(session, lookup.last_batch, |_, entry| {
            if entry.key == key {
                lookup.insert(entry);
            }
        })?;
    }
    with_run(&mut session.prepared(&LOOKUP_GET), key, lookup)
}

fn with_run(
    get: &mut Prepared<'_>,
    IndexKey { kind, hash: Hash(hash) }: IndexKey,
    lookup: MemtableLookup,
) -> Result<Vec<i64>, Error> {
    let mut sorted = Vec::new();
    get.each(named_params! {":kind": kind.number(), ":hash": hash}, |row| {
        sorted.push(rows::get(row, "no")?);
        Ok(true)
    })?;
    Ok(lookup.merge_with(sorted))
}

#[cfg(test)]
mod tests {
    use domain::record::KeyScope;

    use super::*;

    #[test]
    fn a_hash_is_that_of_kind_account_and_parts_one_after_the_other() {
        let index = HashIndex::new([7; 32]);
        let account = AccountId::from_raw(5);
        let key =
            IntentKey { account, scope: KeyScope::of_user("ann".to_owned()), key: "k".repeat(300) };
        let mut hasher = blake3::Hasher::new_keyed(&[7; 32]);
        hasher.update(&[1]).update(&5_u128.to_be_bytes());
        hasher.update(&3_u64.to_be_bytes()).update(b"ann").update(key.key.as_bytes());
        let mut bytes = [0; 8];
        hasher.finalize_xof().fill(&mut bytes);
        assert_eq!(index.key_of_record(&key).hash, Hash(i64::from_be_bytes(bytes)));
    }
}
