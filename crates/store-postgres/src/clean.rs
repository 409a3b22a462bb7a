//! Cleaning feeds: which entries have to go, and how much is gone. That is one of the store's own values
//! for each feed, written with the entries' end. Whoever writes it has locked the job of clean-up.

use std::collections::BTreeSet;

use domain::World;
use domain::activity::Cleaned;
use domain::id::AccountId;
use domain::table::Write;
use engine::cleaning::{self, Feed, Found, Search};

use crate::errors::Error;
use crate::open;
use crate::rows::activity;
use crate::session::{Call, Session, params};
use crate::statements::{ACTIVITY_DELETE, ACTIVITY_DUE, FEED_LIST, META_PUT};
use crate::tx::rows_at_most;
use crate::write::{Otherwise, Writes, signed};

/// How much of the account's feed is gone; `None` is nothing.
pub(crate) fn cleaned(session: &mut Session, account: AccountId) -> Result<Option<Cleaned>, Error> {
    let value = open::meta(session, &cleaning::name(account))?;
    value.as_deref().map(activity::cleaned).transpose()
}

/// Answers for each account. They are few: those of the feeds that one slice cleans.
pub(crate) fn load(
    session: &mut Session,
    (accounts, world): (&BTreeSet<AccountId>, &mut World),
) -> Result<(), Error> {
    for account in accounts {
        world.cleaned.load(*account, cleaned(session, *account)?);
    }
    Ok(())
}

/// The first feed of which something has to go: what is first of each is looked at in one round, and
/// then the whole slice of the one that is found.
pub(crate) fn due(session: &mut Session, search: Search) -> Result<Found, Error> {
    let from = search.from.map(|account| account.to_string()).unwrap_or_default();
    let done = session.one(&FEED_LIST, params![from, rows_at_most(search.feeds)])?;
    let feeds = done.rows.iter().map(activity::looked_at).collect::<Result<Vec<_>, _>>()?;
    let rest: Vec<_> = feeds.iter().filter(|feed| feed.gone < feed.head).collect();
    let call = |feed: &Feed, entries| -> Result<Call, Error> {
        let account = feed.account.to_string();
        let (gone, before) = (signed(feed.gone)?, search.before.as_millis());
        Ok(Call::new(&ACTIVITY_DUE, params![account, gone, rows_at_most(entries), before]))
    };
    let firsts = rest.iter().map(|feed| call(feed, 1)).collect::<Result<Vec<_>, _>>()?;
    if firsts.is_empty() {
        return Ok(Found::nothing(search, &feeds));
    }
    for (feed, done) in rest.iter().zip(session.run(&firsts)?) {
        let first = done.rows.first().map(activity::due).transpose()?;
        if first.is_none_or(|(entries, ..)| entries == 0) {
            continue;
        }
        let done = session.run(&[call(feed, search.entries)?])?;
        let slice = done.first().and_then(|done| done.rows.first());
        let slice = slice.map(activity::due).transpose()?;
        if let Some(found) = slice.and_then(|slice| feed.cut(slice)) {
            return Ok(found);
        }
    }
    Ok(Found::nothing(search, &feeds))
}

/// Takes entries away, and writes down how much is gone.
pub(crate) fn write(writes: &mut Writes, world: &World) -> Result<(), Error> {
    for (account, cut) in &world.cuts {
        let (after, position) = (signed(cut.after)?, signed(cut.cleaned.position)?);
        let entries = cut.cleaned.position.saturating_sub(cut.after);
        let entries = usize::try_from(entries).unwrap_or(usize::MAX);
        let params = params![account.to_string(), after, position];
        writes.add((entries, &ACTIVITY_DELETE), Otherwise::Broken, params);
    }
    for write in world.cleaned.writes() {
        let (account, cleaned) = match write {
            Write::Insert(account, cleaned) | Write::Update(account, cleaned) => (account, cleaned),
            Write::Delete(account) => {
                let what = format!("what is gone of {account} does not come back");
                return Err(Error::Refused(what));
            }
        };
        let params = params![cleaning::name(*account), cleaning::text(*cleaned)];
        writes.add((1, &META_PUT), Otherwise::Broken, params);
    }
    Ok(())
}
