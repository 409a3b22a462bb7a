//! Truncating feeds: which entries have to go, and the low-water mark of each feed: a value of the store's
//! metadata, written in the transaction that deletes the entries.

use domain::World;
use domain::activity::LowWaterMark;
use domain::id::AccountId;
use domain::table::Write;
use engine::cleaning::{self, Found, Search};
use rusqlite::named_params;

use crate::dictionary::{self, Name};
use crate::entry_row_id::entry_row_id;
use crate::errors::Error;
use crate::open;
use crate::session::Session;
use crate::statements::{ACTIVITY_DELETE, ACTIVITY_DUE, FEED_LIST, META_PUT};
use crate::tx::rows_at_most;
use crate::write_context::WriteContext;
use rows::activity;

/// The low-water mark of the account's feed; `None` where nothing was truncated.
pub(crate) fn cleaned(
    session: &Session,
    account: AccountId,
) -> Result<Option<LowWaterMark>, Error> {
    let value = open::meta(session, &cleaning::name(account))?;
    Ok(value.as_deref().map(activity::low_water_mark).transpose()?)
}

/// The first feed of which something has to go.
pub(crate) fn due(session: &Session, search: Search) -> Result<Found, Error> {
    let from = search.from.map(|account| account.to_string()).unwrap_or_default();
    let params = named_params! {":from": from, ":limit": rows_at_most(search.feeds)};
    let feeds = session.all(&FEED_LIST, params, |row| activity::looked_at(row))?;
    for feed in feeds.iter().filter(|feed| feed.gone < feed.head) {
        let Some(account) = dictionary::find(session, Name::Account(feed.account))? else {
            continue;
        };
        let params = named_params! {
            ":gone": entry_row_id(account, feed.gone)?,
            ":limit": rows_at_most(search.entries),
            ":before": search.before.as_millis(),
        };
        let due = session.one(&ACTIVITY_DUE, params, |row| activity::due(row))?;
        if let Some(found) = due.and_then(|due| feed.truncation(due)) {
            return Ok(found);
        }
    }
    Ok(Found::nothing(search, &feeds))
}

/// Deletes entries, and writes the low-water mark.
pub(crate) fn write(context: &mut WriteContext<'_>, world: &World) -> Result<(), Error> {
    let session = context.session;
    for (account, truncation) in &world.truncations {
        let account_row = context.account(*account)?;
        let params = named_params! {
            ":after": entry_row_id(account_row, truncation.after)?,
            ":until": entry_row_id(account_row, truncation.low_water_mark.position)?,
        };
        let gone = session.execute(&ACTIVITY_DELETE, params)?;
        let wanted = truncation.entries();
        if u64::try_from(gone) != Ok(wanted) {
            let what = format!("{gone} entries of {account} are there, {wanted} have to go");
            return Err(Error::Broken(what));
        }
    }
    for write in world.low_water_marks.writes() {
        let (account, low_water_mark) = match write {
            Write::Insert(account, low_water_mark) | Write::Update(account, low_water_mark) => {
                (account, low_water_mark)
            }
            Write::Delete(account) => {
                let what = format!("what is gone of {account} does not come back");
                return Err(Error::Refused(what));
            }
        };
        let params = named_params! {
            ":key": cleaning::name(*account), ":value": cleaning::text(*low_water_mark),
        };
        session.execute_one(&META_PUT, params)?;
    }
    Ok(())
}
