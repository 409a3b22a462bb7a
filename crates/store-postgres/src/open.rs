//! Opening a store: the schema's version, the migrations, the values that are set once.

use domain::id::StoreId;
use domain::{Timestamp, id::AccountId};
use engine::transfer::MarkState;

use crate::connect::{Address, Purpose};
use crate::errors::{Error, OpenError};
use crate::session::{Call, Done, Session, params};
use crate::statements::{
    BEGIN, BOOTSTRAP_CREATE, BOOTSTRAP_INSERT, BOOTSTRAP_LOCK, CLOCK_NOW, META_GET, META_INSERT,
    META_PUT, SCHEMA_IS_THERE, SCHEMA_VERSION, WRITER_EXPIRE, WRITER_INSERT, WRITER_LAST_INSTANT,
};
use crate::{spread, transfer, tx};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The store's id, made with it.
pub(crate) const STORE_ID: &str = "store_id";
/// How often it was restored.
pub(crate) const INCARNATION: &str = "incarnation";
/// The schema that a program must know to write.
pub(crate) const MIN_WRITER_VERSION: &str = "min_writer_version";
/// The latest instant committed by writers that have expired.
pub(crate) const LAST_INSTANT: &str = "last_instant";

/// Writers that have not written for this long expire: 30 days.
const WRITER_KEPT_MS: i64 = 30 * domain::time::DAY_MS;
/// Nodes that make the first table at the same moment try so often.
const BOOTSTRAP_ATTEMPTS_MAX: usize = 10;

/// The newest schema that this program knows.
#[must_use]
pub fn schema_version() -> u32 {
    let runner = embedded::migrations::runner();
    let newest = runner.get_migrations().iter().map(refinery::Migration::version).max();
    u32::try_from(newest.unwrap_or_default()).expect("migrations are numbered from 1")
}

/// Makes the store, or brings it up to date, if it has to be. It is as somebody may serve it.
pub(crate) fn prepare(address: &Address) -> Result<(), OpenError> {
    make(address)?;
    check_whole(&mut address.connect(Purpose::Read)?)
}

/// Whether the store is not being filled from another one.
pub(crate) fn check_whole(session: &mut Session) -> Result<(), OpenError> {
    match transfer::migration_marker(session)?.map(|marker| marker.state) {
        Some(MarkState::Moving) => Err(OpenError::Unfinished),
        Some(MarkState::Moved) | None => Ok(()),
    }
}

/// Makes the store, if the options say so, or brings it up to date, if it has to be.
pub(crate) fn make(address: &Address) -> Result<(), OpenError> {
    let mut session = address.connect(Purpose::Read)?;
    let (store, program) = (stored_version(&mut session)?, schema_version());
    match store {
        Some(store) if store > program => return Err(OpenError::Newer { store, program }),
        Some(store) if store == program => {}
        None if !address.options().make => return Err(OpenError::Missing),
        Some(_) | None => migrate(address)?,
    }
    name_store(&mut session, address.options().fresh)?;
    check_writer(&mut session)
}

/// Whether the store is as this program knows it.
pub(crate) fn check_known(session: &mut Session) -> Result<(), OpenError> {
    let program = schema_version();
    match stored_version(session)? {
        Some(store) if store > program => Err(OpenError::Newer { store, program }),
        Some(store) if store < program => Err(OpenError::Older { store, program }),
        Some(_) => Ok(()),
        None => Err(OpenError::Missing),
    }
}

/// Brings the schema up to date. Nodes that start at once do this one after the other: each holds the
/// lock of one row in a transaction of its own, and the later ones find nothing left to do.
fn migrate(address: &Address) -> Result<(), OpenError> {
    let mut gate = address.connect(Purpose::Migrate)?;
    open_gate(&mut gate)?;
    gate.begin(&BEGIN, vec![Call::new(&BOOTSTRAP_LOCK, Vec::new())])?;
    let mut session = address.connect(Purpose::Migrate)?;
    let is_spread = stored_version(&mut session)?.is_some() && spread::is_spread(&mut session)?;
    if is_spread {
        // One transaction may then change a table and another that it names.
        session.execute_batch("set citus.multi_shard_modify_mode = 'sequential'")?;
    }
    let runner = embedded::migrations::runner().set_grouped(true);
    let result = session.with_client(async |client| runner.run_async(client).await);
    let ended = gate.commit();
    result.map_err(|error| OpenError::Migration(error.to_string()))?;
    if is_spread {
        spread::complete(&mut session)?;
    }
    Ok(ended?)
}

fn open_gate(gate: &mut Session) -> Result<(), Error> {
    let mut attempts = 0;
    loop {
        let opened = gate
            .one(&BOOTSTRAP_CREATE, Vec::new())
            .and_then(|_| gate.one(&BOOTSTRAP_INSERT, Vec::new()));
        match opened {
            Ok(_) => return Ok(()),
            // Two that make the same table at once meet in the catalogue's unique keys.
            Err(_) if gate.is_open() && attempts < BOOTSTRAP_ATTEMPTS_MAX => {
                attempts = attempts.saturating_add(1);
            }
            Err(error) => return Err(error),
        }
    }
}

/// The schema's version; `None` where nothing was made yet.
fn stored_version(session: &mut Session) -> Result<Option<u32>, Error> {
    let there = session.one(&SCHEMA_IS_THERE, Vec::new())?;
    let there = there.rows.first().map(|row| rows::get::<u64, _>(row, "tables")).transpose()?;
    if there.unwrap_or_default() == 0 {
        return Ok(None);
    }
    version(session)
}

/// The last migration that was carried out.
pub(crate) fn version(session: &mut Session) -> Result<Option<u32>, Error> {
    let done = session.one(&SCHEMA_VERSION, Vec::new())?;
    let version = done.rows.first().map(|row| rows::get::<Option<u32>, _>(row, "version"));
    Ok(version.transpose()?.flatten())
}

/// Asks which schema a program must know to write.
pub(crate) fn ask_min_writer_version() -> Call {
    Call::new(&META_GET, params![MIN_WRITER_VERSION.to_owned()])
}

/// The answer.
pub(crate) fn min_writer_version(done: &Done) -> Result<u32, Error> {
    let text = done.rows.first().map(|row| rows::get::<String, _>(row, "value")).transpose()?;
    match text.as_deref().map(str::parse) {
        Some(Ok(version)) => Ok(version),
        Some(Err(_)) | None => Err(Error::Broken(format!("{MIN_WRITER_VERSION} has {text:?}"))),
    }
}

fn check_writer(session: &mut Session) -> Result<(), OpenError> {
    let done = session.run(&[ask_min_writer_version()])?;
    let store = min_writer_version(&done.into_iter().next().unwrap_or_default())?;
    let program = schema_version();
    if store > program { Err(OpenError::Newer { store, program }) } else { Ok(()) }
}

/// A value of the store's metadata.
pub(crate) fn meta(session: &mut Session, key: &str) -> Result<Option<String>, Error> {
    let done = session.one(&META_GET, params![key.to_owned()])?;
    done.rows.first().map(|row| rows::get(row, "value")).transpose()
}

/// Puts values of the store's metadata.
pub(crate) fn put_values(values: Vec<(String, String)>) -> Call {
    let (keys, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    Call::new(&META_PUT, params![keys, values])
}

/// Gives the store what it keeps for ever, unless it has it. Whoever starts later only reads: a store that
/// is spread has these values on all of its machines, and some of them may be down.
fn name_store(session: &mut Session, fresh: u128) -> Result<(), Error> {
    let values = [(STORE_ID, StoreId::from_raw(fresh).to_string()), (INCARNATION, "1".to_owned())];
    for (key, value) in values {
        if meta(session, key)?.is_none() {
            session.one(&META_INSERT, params![key.to_owned(), value])?;
        }
    }
    Ok(())
}

/// Gives a writer its row, with the latest instant that is known. On a store that is `spread` only what the
/// store itself knows counts: each account has its own.
pub(crate) fn enlist(
    session: &mut Session,
    writer: &str,
    is_spread: bool,
) -> Result<Option<Timestamp>, Error> {
    // First the name: whoever fills a store looks for names once it has the migration marker, and what is
    // known of instants before that may be another store's.
    session.run(&[name_writer(AccountId::SYSTEM, writer, None)])?;
    let last = if is_spread { kept_instant(session)? } else { last_instant(session)? };
    if last.is_some() {
        session.run(&[name_writer(AccountId::SYSTEM, writer, last)])?;
    }
    Ok(last)
}

/// Expires writers that have not written for long. The latest instant that they may have committed is kept
/// by whoever calls this, in the same transaction: time does not go back because those who had it have
/// expired.
pub(crate) fn expire_writers(now: Timestamp) -> Call {
    Call::new(&WRITER_EXPIRE, params![now.plus_millis(-WRITER_KEPT_MS).as_millis()])
}

/// Gives a writer its row, unless it has it, and lets no batch be earlier than this instant.
pub(crate) fn name_writer(account: AccountId, writer: &str, last: Option<Timestamp>) -> Call {
    let last = last.map(Timestamp::as_millis);
    let params = params![account.to_string(), writer.to_owned(), last];
    Call::new(&WRITER_INSERT, params)
}

/// What the database's clock says.
pub(crate) fn clock(session: &mut Session) -> Result<Timestamp, Error> {
    tx::clock(&session.one(&CLOCK_NOW, Vec::new())?)
}

/// The latest committed instant.
pub(crate) fn last_instant(session: &mut Session) -> Result<Option<Timestamp>, Error> {
    let written = tx::last_written(&session.one(&WRITER_LAST_INSTANT, Vec::new())?)?;
    Ok(written.max(kept_instant(session)?))
}

/// The latest instant that the store itself knows of: of writers that have expired, or of the store that
/// it was moved from.
fn kept_instant(session: &mut Session) -> Result<Option<Timestamp>, Error> {
    let kept = meta(session, LAST_INSTANT)?;
    let corrupt = |_| Error::Broken(format!("{LAST_INSTANT} has {kept:?}"));
    let kept = kept.as_deref().map(|text| text.parse().map_err(corrupt)).transpose()?;
    Ok(kept.map(Timestamp::from_millis))
}
