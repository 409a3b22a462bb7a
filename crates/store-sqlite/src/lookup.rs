//! Finding rows by what a client chose by chance: a key, a user, a reference.
//!
//! An index over such values would write another page for nearly every row. Here the entries, a hash and
//! the number of a row, come into memory first, into the *tail*; what each batch adds is a row of
//! `lookup_log`, so that a restart can read it again. From there they are merged, a shard of the tail at
//! a time and sorted, into the table `lookups`, the *body*: so many at once that a page of it is written
//! once for many of them.
//!
//! The writer has a filter for each shard of the body, in memory, so that it does not look there for what is
//! new. It is made bit by bit after a start, and once a shard has grown much.
//!
//! An entry says where to look, never what is there: whoever looks compares the row itself. So an entry
//! too many does no harm, and one may be in the tail and in the body at once. None may be missing:
//!
//! - The tail learns of a batch after its commit, before its answers go out, and forgets a shard after the
//!   commit of its merge. So a reader looks into the tail first and begins its snapshot afterwards.
//! - A reader whose snapshot has batches that the tail did not know reads those from the log.

mod body;
mod filter;

mod log;
mod made;
mod merge;
mod tail;

pub(crate) use body::READ_PACE;
pub(crate) use made::{LOOKUPS, finder, make};
pub(crate) use merge::{Merge, TAIL_MAX};
pub(crate) use tail::{Peek, Tail};

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use domain::id::{AccountId, PersonId};
use domain::payment::{Method, PaymentReference};
use domain::record::IntentKey;
use rusqlite::named_params;

use crate::errors::Error;
use crate::prepared::Prepared;
use crate::session::Session;
use crate::statements::{LOOKUP_GET, LOOKUP_LOG_LAST};

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Record,
    Person,
    Payment,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Record, Self::Person, Self::Payment];

    /// Its number in the table and in the log.
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

/// What something is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hash(pub(crate) i64);

/// An entry that comes, or one that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) hash: Hash,
    /// The row's number.
    pub(crate) no: i64,
    /// Whether the row is there.
    pub(crate) is_there: bool,
}

/// Finds rows, for the writer and for readers at once.
#[derive(Clone, Debug)]
pub(crate) struct Finder {
    /// The store's own, so that what shares a hash in one store does not in another.
    key: [u8; 32],
    tail: Arc<RwLock<Tail>>,
}

impl Finder {
    /// With an empty tail: everything new is read from the log.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key, tail: Arc::default() }
    }

    pub(crate) fn tail(&self) -> RwLockReadGuard<'_, Tail> {
        self.tail.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tail_mut(&self) -> RwLockWriteGuard<'_, Tail> {
        self.tail.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn record(&self, key: &IntentKey) -> Hash {
        let user = key.user.len().to_be_bytes();
        self.hash(Kind::Record, key.account, &[&user, key.user.as_bytes(), key.key.as_bytes()])
    }

    pub(crate) fn person(&self, account: AccountId, person: PersonId) -> Hash {
        self.hash(Kind::Person, account, &[&person.raw().to_be_bytes()])
    }

    pub(crate) fn payment(&self, account: AccountId, name: &PaymentReference) -> Hash {
        let reference = name.reference.as_bytes();
        match name.method {
            // As it was when there were no others.
            Method::External => self.hash(Kind::Payment, account, &[reference]),
        }
    }

    fn hash(&self, kind: Kind, account: AccountId, parts: &[&[u8]]) -> Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&[kind.number()]);
        hasher.update(&account.raw().to_be_bytes());
        for part in parts {
            hasher.update(part);
        }
        let mut bytes = [0; 8];
        hasher.finalize_xof().fill(&mut bytes);
        Hash(i64::from_be_bytes(bytes))
    }

    /// What the tail knows of a hash. A reader asks before its snapshot begins.
    pub(crate) fn peek(&self, (kind, hash): (Kind, Hash)) -> Peek {
        self.tail().peek(kind, hash)
    }

    /// Numbers of rows that may have the hash, for the writer: its tail knows everything. `get` looks
    /// into the body, if that may hold the hash at all.
    pub(crate) fn find(
        &self,
        get: &mut Prepared<'_>,
        (kind, hash): (Kind, Hash),
    ) -> Result<Vec<i64>, Error> {
        let (peek, body_may_hold) = {
            let tail = self.tail();
            (tail.peek(kind, hash), tail.body_may_hold(kind, hash))
        };
        if body_may_hold { with_body(get, (kind, hash), peek) } else { Ok(peek.with(Vec::new())) }
    }
}

/// Numbers of rows that may have the hash, for a reader whose snapshot has begun since.
pub(crate) fn resolve(
    session: &Session,
    (kind, hash): (Kind, Hash),
    mut peek: Peek,
) -> Result<Vec<i64>, Error> {
    let last = session.one(&LOOKUP_LOG_LAST, named_params! {}, |row| rows::get(row, "no"))?;
    if last.flatten().is_some_and(|last: i64| last > peek.known_until) {
        log::read(session, peek.known_until, |_, entry| {
            if (entry.kind, entry.hash) == (kind, hash) {
                peek.take(entry);
            }
        })?;
    }
    with_body(&mut session.prepared(&LOOKUP_GET), (kind, hash), peek)
}

fn with_body(
    get: &mut Prepared<'_>,
    (kind, Hash(hash)): (Kind, Hash),
    peek: Peek,
) -> Result<Vec<i64>, Error> {
    let mut sorted = Vec::new();
    get.each(named_params! {":kind": kind.number(), ":hash": hash}, |row| {
        sorted.push(rows::get(row, "no")?);
        Ok(true)
    })?;
    Ok(peek.with(sorted))
}
