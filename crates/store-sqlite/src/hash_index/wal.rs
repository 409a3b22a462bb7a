//! The index WAL: what a restart builds the memtable from; and building all entries of a store that has none.

use std::collections::BTreeSet;

use domain::payment::PaymentReference;
use domain::record::Record;
use rusqlite::named_params;

use crate::errors::Error;
use crate::hash_index::{Entry, Hash, HashIndex, IndexKey, Kind, Memtable};
use crate::prepared::Row;
use crate::session::Session;
use crate::statements::{
    LOOKUP_LOG_INSERT, LOOKUP_LOG_LIST, LOOKUP_PUT, REBUILD_PAYMENTS, REBUILD_PEOPLE,
    REBUILD_RECORDS, Statement,
};
use rows::{Source as _, Stored as _, account, get, parse};

/// Bytes of an entry: its kind, its hash, its row.
const ENTRY_BYTES: usize = 17;
/// Set in the byte of the kind of a tombstone.
const TOMBSTONE: u8 = 0x80;

/// Writes the entries of a batch.
pub(super) fn write(session: &Session, batch: i64, entries: &[Entry]) -> Result<(), Error> {
    let mut bytes = Vec::with_capacity(entries.len().saturating_mul(ENTRY_BYTES));
    for Entry { key: IndexKey { kind, hash: Hash(hash) }, row_id, is_tombstone } in entries {
        bytes.push(kind.number() | if *is_tombstone { TOMBSTONE } else { 0 });
        bytes.extend_from_slice(&hash.to_be_bytes());
        bytes.extend_from_slice(&row_id.to_be_bytes());
    }
    session.execute_one(&LOOKUP_LOG_INSERT, named_params! {":no": batch, ":entries": bytes})
}

/// Shows `visit` each entry of the batches after `after`, in order, with its batch.
pub(super) fn read(
    session: &Session,
    after: i64,
    mut visit: impl FnMut(i64, Entry),
) -> Result<(), Error> {
    session.each(&LOOKUP_LOG_LIST, named_params! {":after": after}, |row| {
        let batch: i64 = get(row, "no")?;
        let bytes = row.bytes("entries")?.ok_or_else(|| broken(batch, "nothing"))?;
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() {
            return Err(broken(batch, "half an entry"));
        }
        for bytes in entries {
            visit(batch, entry(bytes).ok_or_else(|| broken(batch, "an entry of no kind"))?);
        }
        Ok(())
    })
}

fn broken(batch: i64, what: &str) -> Error {
    Error::Broken(format!("batch {batch} of lookup_log has {what}"))
}

fn entry(bytes: &[u8; ENTRY_BYTES]) -> Option<Entry> {
    let (kind, rest) = bytes.split_first()?;
    let (hash, row_id) = rest.split_first_chunk()?;
    let key = IndexKey {
        kind: Kind::of_number(kind & !TOMBSTONE)?,
        hash: Hash(i64::from_be_bytes(*hash)),
    };
    Some(Entry {
        key,
        row_id: i64::from_be_bytes(row_id.try_into().ok()?),
        is_tombstone: kind & TOMBSTONE != 0,
    })
}

impl Memtable {
    /// With what the index WAL has.
    pub(crate) fn read(session: &Session) -> Result<Self, Error> {
        let mut memtable = Self::default();
        read(session, 0, |batch, entry| memtable.insert(batch, entry))?;
        Ok(memtable)
    }
}

/// Builds all entries from scratch, from the rows that they lead to.
pub(super) fn rebuild(session: &Session, index: &HashIndex) -> Result<(), Error> {
    type Read = fn(&Row<'_>, &HashIndex) -> Result<IndexKey, Error>;
    let tables: [(&Statement, Read); 3] = [
        (&REBUILD_RECORDS, |row, index| Ok(index.key_of_record(&Record::key(row)?))),
        (&REBUILD_PEOPLE, |row, index| {
            Ok(index.key_of_person(account(row)?, parse(row, "handle")?))
        }),
        (&REBUILD_PAYMENTS, |row, index| {
            let (method, reference) = (get(row, "method")?, get(row, "reference")?);
            Ok(index.key_of_payment(account(row)?, &PaymentReference { method, reference }))
        }),
    ];
    for (statement, read) in tables {
        let mut sorted = BTreeSet::new();
        session.each(statement, named_params! {}, |row| {
            sorted.insert((read(row, index)?, get::<i64, _>(row, "no")?));
            Ok(())
        })?;
        for (IndexKey { kind, hash: Hash(hash) }, row_id) in sorted {
            let params = named_params! {":kind": kind.number(), ":hash": hash, ":no": row_id};
            session.execute(&LOOKUP_PUT, params)?;
        }
    }
    Ok(())
}
