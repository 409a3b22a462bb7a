//! Truncating feeds: which entries have to go, and the low-water mark of each feed: a value of the store's
//! metadata, written in the transaction that deletes the entries. Whoever writes it has locked the job of clean-up.

use std::collections::{BTreeMap, BTreeSet};

use domain::activity::LowWaterMark;
use domain::id::AccountId;
use domain::table::Write;
use domain::{Timestamp, World};
use engine::cleaning::{self, Feed, Found, Search};

use crate::errors::Error;
use crate::open::{self, LAST_INSTANT};
use crate::session::{Call, Session, params};
use crate::statements::{
    ACTIVITY_DELETE, ACTIVITY_DUE, FEED_LIST, META_GET, META_PUT, WRITER_EXPIRE,
};
use crate::tx::rows_at_most;
use crate::write::{Checked, Writes, signed};
use engine::cleaning::Slice;
use rows::activity;

/// The low-water mark of the account's feed; `None` where nothing was truncated.
pub(crate) fn cleaned(
    session: &mut Session,
    account: AccountId,
) -> Result<Option<LowWaterMark>, Error> {
    let value = open::meta(session, &cleaning::name(account))?;
    Ok(value.as_deref().map(activity::low_water_mark).transpose()?)
}

/// Answers for each account, in one round.
pub(crate) fn load(
    session: &mut Session,
    accounts: &BTreeSet<AccountId>,
    world: &mut World,
) -> Result<(), Error> {
    let value = |account: &AccountId| Call::new(&META_GET, params![cleaning::name(*account)]);
    let calls: Vec<_> = accounts.iter().map(value).collect();
    for (account, done) in accounts.iter().zip(session.run(&calls)?) {
        let value =
            done.rows.first().map(|row| rows::get::<String, _>(row, "value")).transpose()?;
        let low_water_mark = value.as_deref().map(activity::low_water_mark).transpose()?;
        world.low_water_marks.load(*account, low_water_mark);
    }
    Ok(())
}

/// The first feed of which something has to go: what is first of each is looked at in one statement, and
/// then the whole slice of the one that is found.
pub(crate) fn due(session: &mut Session, search: Search) -> Result<Found, Error> {
    let from = search.from.map(|account| account.to_string()).unwrap_or_default();
    let done = session.one(&FEED_LIST, params![from, rows_at_most(search.feeds)])?;
    let feeds = done.rows.iter().map(activity::looked_at).collect::<Result<Vec<_>, _>>()?;
    let rest: Vec<_> = feeds.iter().filter(|feed| feed.gone < feed.head).copied().collect();
    let firsts = slices(session, &rest, 1, search.before)?;
    for feed in rest.iter().filter(|feed| firsts.contains_key(&feed.account)) {
        let slices = slices(session, &[*feed], search.entries, search.before)?;
        if let Some(found) = slices.get(&feed.account).and_then(|slice| feed.truncation(*slice)) {
            return Ok(found);
        }
    }
    Ok(Found::nothing(search, &feeds))
}

/// What has to go of feeds, up to so many entries of each that are from before an instant. A feed of
/// which nothing has to go is not among them.
fn slices(
    session: &mut Session,
    feeds: &[Feed],
    entries: usize,
    before: Timestamp,
) -> Result<BTreeMap<AccountId, Slice>, Error> {
    if feeds.is_empty() {
        return Ok(BTreeMap::new());
    }
    let accounts: Vec<_> = feeds.iter().map(|feed| feed.account.to_string()).collect();
    let gone = feeds.iter().map(|feed| signed(feed.gone)).collect::<Result<Vec<_>, _>>()?;
    let params = params![accounts, gone, rows_at_most(entries), before.as_millis()];
    let done = session.one(&ACTIVITY_DUE, params)?;
    done.rows.iter().map(|row| Ok((rows::account(row)?, activity::due(row)?))).collect()
}

/// Deletes entries, and writes the low-water mark. With `expires`, writers that have not written for
/// long are expired by then.
pub(crate) fn write(
    writes: &mut Writes,
    world: &World,
    expires: Option<Timestamp>,
) -> Result<(), Error> {
    let truncations = &world.truncations;
    truncations
        .iter()
        .try_for_each(|(_, truncation)| signed(truncation.low_water_mark.position).map(drop))?;
    for (account, truncation) in truncations {
        let entries = usize::try_from(truncation.entries());
        let params = params![
            account.to_string(),
            signed(truncation.after).unwrap_or(i64::MAX),
            signed(truncation.low_water_mark.position).unwrap_or(i64::MAX),
        ];
        writes.add(Checked::broken(&ACTIVITY_DELETE), entries.unwrap_or(usize::MAX), params);
    }

    let mut values = Vec::new();
    if let Some(now) = expires {
        values.push((LAST_INSTANT.to_owned(), now.as_millis().to_string()));
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
        values.push((cleaning::name(*account), cleaning::text(*low_water_mark)));
    }
    let rows = values.len();
    writes.add(Checked::broken(&META_PUT), rows, open::put_values(values).params);
    if let Some(now) = expires {
        writes.add(Checked::nothing(&WRITER_EXPIRE), 1, open::expire_writers(now).params);
    }
    Ok(())
}
