//! The hash index of a store that is opened: built where there is none yet.

use rusqlite::named_params;

use crate::errors::Error;
use crate::hash_index::{HashIndex, wal};
use crate::open::{self, STORE_ID};
use crate::session::Session;
use crate::statements::META_PUT;

/// The value that says in which format a store's entries are.
pub(crate) const LOOKUPS: &str = "lookups";
/// The format that this program writes and reads.
const FORMAT: &str = "1";
/// What the hashes' key is for (BLAKE3 derives it from this and from the store's id).
const PURPOSE: &str = "bookonce 2026-11-21 lookups of a store";

/// The index of a store. Its hashes are the store's own.
pub(crate) fn of_store(session: &Session) -> Result<HashIndex, Error> {
    let id = open::meta(session, STORE_ID)?;
    let id = id.ok_or_else(|| Error::Broken(format!("the store has no {STORE_ID}")))?;
    Ok(HashIndex::new(blake3::derive_key(PURPOSE, id.as_bytes())))
}

/// Builds the index where the store has none yet, or has it in another format.
pub(crate) fn build(session: &Session) -> Result<(), Error> {
    if is_built(session)? {
        return Ok(());
    }
    session.begin_write()?;
    let built = build_now(session);
    session.roll_back()?;
    built
}

fn is_built(session: &Session) -> Result<bool, Error> {
    Ok(open::meta(session, LOOKUPS)?.as_deref() == Some(FORMAT))
}

fn build_now(session: &Session) -> Result<(), Error> {
    // Somebody else may have been faster.
    if is_built(session)? {
        return Ok(());
    }
    wal::rebuild(session, &of_store(session)?)?;
    session.execute_one(&META_PUT, named_params! {":key": LOOKUPS, ":value": FORMAT})?;
    session.commit()
}
