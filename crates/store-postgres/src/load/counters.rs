//! The rows that rivals share: pools, allowances, payments, jobs, feeds.

use std::collections::BTreeSet;

use domain::id::{AccountId, PersonId};
use domain::job::JobKind;
use domain::pool::{PoolId, SeatNo};
use domain::world::Of;
use domain::{Keys, World};

use super::round::{Round, load_events, load_zones};
use super::{Loaded, ids};
use crate::errors::Error;
use crate::session::{Call, Done, Param, Session, params};
use crate::statements::{
    ALLOWANCE_LOCK, CLOCK_NOW, EVENT_GET, FEED_CLAIM, FEED_LOCK, JOB_GET, PAYMENT_GET, POOL_GET,
    SEAT_TAKEN, WRITER_LAST_INSTANT, ZONE_GET,
};
use crate::tx::{self, Instants};
use rows::stock;
use rows::tickets::bookings;

/// The rows that rivals share.
pub(super) fn load(
    session: &mut Session,
    loaded: &Loaded,
    (keys, world): (&Keys, &mut World),
) -> Result<Option<Instants>, Error> {
    let mut missing = keys.feeds.clone();
    let mut round = Round::default();
    let (zones, seats): (Vec<_>, Vec<_>) =
        keys.pools.iter().partition(|(_, pool)| matches!(pool, PoolId::Zone(_)));
    // A seat is taken by whoever has its zone: once that is locked, rows of seats do not come and go.
    for pools in [zones, seats] {
        round.add((pools.is_empty(), &POOL_GET), pool_ids(&pools), load_pools);
    }
    let is_empty = keys.taken_seats.is_empty();
    round.add((is_empty, &SEAT_TAKEN), ids(&keys.taken_seats), load_taken);
    if !keys.pools.is_empty() {
        round.add((loaded.events.is_empty(), &EVENT_GET), ids(&loaded.events), load_events);
        round.add((loaded.zones.is_empty(), &ZONE_GET), ids(&loaded.zones), load_zones);
    }
    // Who was not there when the batch began has taken nothing. Should they come now, the batch can not
    // insert them.
    let is_new = |person: &Of<PersonId>| {
        world.people.is_loaded(person) && world.people.peek(person).is_none()
    };
    let allowances: Vec<_> =
        keys.allowances.iter().filter(|(account, id)| !is_new(&(*account, id.person))).collect();
    let columns = params![
        allowances.iter().map(|(account, _)| account.to_string()).collect::<Vec<_>>(),
        allowances.iter().map(|(_, id)| id.event.to_string()).collect::<Vec<_>>(),
        allowances.iter().map(|(_, id)| id.person.to_string()).collect::<Vec<_>>(),
    ];
    round.add((allowances.is_empty(), &ALLOWANCE_LOCK), columns, |done, world| {
        for row in &done.rows {
            world.allowances.load(stock::allowance_id(row)?, Some(stock::allowance(row)?));
        }
        Ok(())
    });
    round.add((keys.payments.is_empty(), &PAYMENT_GET), ids(&keys.payments), |done, world| {
        for row in &done.rows {
            let payment = bookings::payment(row)?;
            world.payments.load((rows::account(row)?, payment.id), Some(payment));
        }
        Ok(())
    });
    let jobs: Vec<_> = keys.jobs.iter().map(|kind| (AccountId::SYSTEM, kind.as_str())).collect();
    round.add((jobs.is_empty(), &JOB_GET), ids(&jobs), |done, world| {
        for row in &done.rows {
            let kind = rows::word(row, "kind", JobKind::from_word)?;
            world.jobs.load(kind, Some(stock::job(kind, row)?));
        }
        Ok(())
    });
    let feeds = params![keys.feeds.iter().map(ToString::to_string).collect::<Vec<_>>()];
    round.add((keys.feeds.is_empty(), &FEED_LOCK), feeds, |done, world| {
        load_feeds(&done, (&mut missing, world))
    });
    // After the locks: whoever had them before has committed an earlier instant.
    let (mut clock, mut last) = (None, None);
    round.add((keys.feeds.is_empty(), &CLOCK_NOW), Vec::new(), |done, _| {
        clock = Some(tx::clock(&done)?);
        Ok(())
    });
    round.add((keys.feeds.is_empty(), &WRITER_LAST_INSTANT), Vec::new(), |done, _| {
        last = tx::last_written(&done)?;
        Ok(())
    });
    round.run(session, world)?;
    if missing.is_empty() {
        Ok(clock.map(|clock| (clock, last)))
    } else {
        claim_feeds(session, (missing, world)).map(Some)
    }
}

/// Feeds that have no row yet get one, which can be locked. A rival may be about to do so as well: what
/// the clocks say once that is over.
fn claim_feeds(
    session: &mut Session,
    (mut missing, world): (BTreeSet<AccountId>, &mut World),
) -> Result<Instants, Error> {
    let feeds = || params![missing.iter().map(ToString::to_string).collect::<Vec<_>>()];
    let calls = [
        Call::new(&FEED_CLAIM, feeds()),
        Call::new(&FEED_LOCK, feeds()),
        Call::new(&CLOCK_NOW, Vec::new()),
        Call::new(&WRITER_LAST_INSTANT, Vec::new()),
    ];
    let done = session.run(&calls)?;
    let [_, locked, clock, last] = done.as_slice() else {
        return Err(Error::Broken("four statements had another number of answers".to_owned()));
    };
    load_feeds(locked, (&mut missing, world))?;
    Ok((tx::clock(clock)?, tx::last_written(last)?))
}

/// A feed at 0 is one in which nothing was ever told.
fn load_feeds(
    done: &Done,
    (missing, world): (&mut BTreeSet<AccountId>, &mut World),
) -> Result<(), Error> {
    for row in &done.rows {
        let (account, feed) = (rows::account(row)?, rows::activity::feed(row)?);
        missing.remove(&account);
        world.feeds.load(account, (feed.position > 0).then_some(feed));
    }
    Ok(())
}

fn pool_ids(pools: &[&Of<PoolId>]) -> Vec<Param> {
    params![
        pools.iter().map(|(account, _)| account.to_string()).collect::<Vec<_>>(),
        pools.iter().map(|(_, pool)| pool.zone().to_string()).collect::<Vec<_>>(),
        pools.iter().map(|(_, pool)| i64::from(pool.part())).collect::<Vec<_>>(),
    ]
}

fn load_pools(done: Done, world: &mut World) -> Result<(), Error> {
    for row in &done.rows {
        world.pools.load(stock::pool_id(row)?, Some(stock::pool(row)?));
    }
    Ok(())
}

fn load_taken(done: Done, world: &mut World) -> Result<(), Error> {
    for row in &done.rows {
        let zone = (rows::account(row)?, rows::parse(row, "zone_id")?);
        if let Some(taken) = world.taken_seats.derived_mut(&zone) {
            taken.insert(SeatNo(rows::get(row, "part")?));
        }
    }
    Ok(())
}
