//! What rows are found by in a store that is opened: made where there is none yet.

use rusqlite::named_params;

use crate::errors::Error;
use crate::lookup::{Finder, log};
use crate::open::{self, STORE_ID};
use crate::session::Session;
use crate::statements::META_PUT;

/// The value that says in which way a store's entries were made.
pub(crate) const LOOKUPS: &str = "lookups";
/// The way in which this program makes and reads them.
const FORMAT: &str = "1";
/// What the hashes' key is for (BLAKE3 derives it from this and from the store's id).
const PURPOSE: &str = "bookonce 2026-11-21 lookups of a store";

/// What finds rows. Its hashes are the store's own.
pub(crate) fn finder(session: &Session) -> Result<Finder, Error> {
    let id = open::meta(session, STORE_ID)?;
    let id = id.ok_or_else(|| Error::Broken(format!("the store has no {STORE_ID}")))?;
    Ok(Finder::new(blake3::derive_key(PURPOSE, id.as_bytes())))
}

/// Makes what rows are found by, where the store has none yet, or made it in another way.
pub(crate) fn make(session: &Session) -> Result<(), Error> {
    if is_made(session)? {
        return Ok(());
    }
    session.begin_write()?;
    let made = make_now(session);
    session.roll_back()?;
    made
}

fn is_made(session: &Session) -> Result<bool, Error> {
    Ok(open::meta(session, LOOKUPS)?.as_deref() == Some(FORMAT))
}

fn make_now(session: &Session) -> Result<(), Error> {
    // Somebody else may have been faster.
    if is_made(session)? {
        return Ok(());
    }
    log::rebuild(session, &finder(session)?)?;
    session.execute_one(&META_PUT, named_params! {":key": LOOKUPS, ":value": FORMAT})?;
    session.commit()
}
