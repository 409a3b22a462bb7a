//! The log of entries: what a restart makes the tail from, and a store that has none everything.

use std::collections::BTreeSet;

use domain::payment::PaymentReference;
use domain::record::Record;
use rusqlite::named_params;

use crate::errors::Error;
use crate::lookup::{Entry, Finder, Hash, Kind, Tail};
use crate::prepared::Row;
use crate::session::Session;
use crate::statements::{
    LOOKUP_LOG_INSERT, LOOKUP_LOG_LIST, LOOKUP_PUT, REBUILD_PAYMENTS, REBUILD_PEOPLE,
    REBUILD_RECORDS, Statement,
};
use rows::{Source as _, Stored as _, account, get, parse};

/// Bytes of an entry in the log: its kind, its hash, its row.
const ENTRY_BYTES: usize = 17;
/// Set in the byte of the kind when the row went.
const GONE: u8 = 0x80;

/// Writes the entries of batch `no`.
pub(super) fn write(session: &Session, no: i64, entries: &[Entry]) -> Result<(), Error> {
    let mut bytes = Vec::with_capacity(entries.len().saturating_mul(ENTRY_BYTES));
    for Entry { kind, hash: Hash(hash), no, is_there } in entries {
        bytes.push(kind.number() | if *is_there { 0 } else { GONE });
        bytes.extend_from_slice(&hash.to_be_bytes());
        bytes.extend_from_slice(&no.to_be_bytes());
    }
    session.execute_one(&LOOKUP_LOG_INSERT, named_params! {":no": no, ":entries": bytes})
}

/// Shows `visit` each entry of the batches after `after`, in order, with its batch.
pub(super) fn read(
    session: &Session,
    after: i64,
    mut visit: impl FnMut(i64, Entry),
) -> Result<(), Error> {
    session.each(&LOOKUP_LOG_LIST, named_params! {":after": after}, |row| {
        let no: i64 = get(row, "no")?;
        let bytes = row.bytes("entries")?.ok_or_else(|| broken(no, "nothing"))?;
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() {
            return Err(broken(no, "half an entry"));
        }
        for bytes in entries {
            visit(no, entry(bytes).ok_or_else(|| broken(no, "an entry of no kind"))?);
        }
        Ok(())
    })
}

fn broken(no: i64, what: &str) -> Error {
    Error::Broken(format!("batch {no} of lookup_log has {what}"))
}

fn entry(bytes: &[u8; ENTRY_BYTES]) -> Option<Entry> {
    let (kind, rest) = bytes.split_first()?;
    let (hash, no) = rest.split_first_chunk()?;
    Some(Entry {
        kind: Kind::of_number(kind & !GONE)?,
        hash: Hash(i64::from_be_bytes(*hash)),
        no: i64::from_be_bytes(no.try_into().ok()?),
        is_there: kind & GONE == 0,
    })
}

impl Tail {
    /// What the log holds.
    pub(crate) fn read(session: &Session) -> Result<Self, Error> {
        let mut tail = Self::default();
        read(session, 0, |no, entry| tail.take(no, entry))?;
        Ok(tail)
    }
}

/// Makes all entries anew, from the rows that they lead to.
pub(super) fn rebuild(session: &Session, finder: &Finder) -> Result<(), Error> {
    type Read = fn(&Row<'_>, &Finder) -> Result<Hash, Error>;
    let tables: [(Kind, &Statement, Read); 3] = [
        (Kind::Record, &REBUILD_RECORDS, |row, finder| Ok(finder.record(&Record::key(row)?))),
        (Kind::Person, &REBUILD_PEOPLE, |row, finder| {
            Ok(finder.person(account(row)?, parse(row, "id")?))
        }),
        (Kind::Payment, &REBUILD_PAYMENTS, |row, finder| {
            let (method, reference) = (get(row, "method")?, get(row, "reference")?);
            Ok(finder.payment(account(row)?, &PaymentReference { method, reference }))
        }),
    ];
    for (kind, statement, read) in tables {
        let mut sorted = BTreeSet::new();
        session.each(statement, named_params! {}, |row| {
            sorted.insert((read(row, finder)?, get::<i64, _>(row, "no")?));
            Ok(())
        })?;
        for (Hash(hash), no) in sorted {
            let params = named_params! {":kind": kind.number(), ":hash": hash, ":no": no};
            session.execute(&LOOKUP_PUT, params)?;
        }
    }
    Ok(())
}
