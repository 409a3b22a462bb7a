//! The rows that rivals share: pools, allowances, payments, jobs, feeds.

use domain::allowance::AllowanceId;
use domain::id::{AccountId, PersonId};
use domain::job::JobKind;
use domain::pool::{PoolId, SeatNo};
use domain::world::Of;
use domain::{Keys, Timestamp, World};

use super::feeds::feed;
use super::round::{Round, load_events, load_zones};
use super::{Loaded, accounts_and_ids, by_account, ids};
use crate::errors::Error;
use crate::session::{Done, Param, Session, params};
use crate::statements::{
    ALLOWANCE_LOCK, CLOCK_NOW, EVENT_GET, FEED_LOCK, JOB_GET, PAYMENT_GET, POOL_GET, SEAT_TAKEN,
    WRITER_LAST_INSTANT, ZONE_GET,
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
    let mut clocks = (None, None);
    let mut round = Round::default();
    let (zones, seats): (Vec<_>, Vec<_>) =
        keys.pools.iter().partition(|(_, pool)| matches!(pool, PoolId::Zone(_)));
    // A seat is taken by whoever has its zone: once that is locked, rows of seats do not come and go.
    for pools in [zones, seats] {
        round.add(&POOL_GET, pool_ids(pools), load_pools);
    }
    round.add(&SEAT_TAKEN, ids(&keys.taken_seats), load_taken);
    if !keys.pools.is_empty() {
        round.add(&EVENT_GET, ids(&loaded.events), load_events);
        round.add(&ZONE_GET, ids(&loaded.zones), load_zones);
    }
    // Who was not there when the batch began has taken nothing. Should they come now, the batch can not
    // insert them.
    let is_new = |person: &Of<PersonId>| {
        world.people.is_loaded(person) && world.people.peek(person).is_none()
    };
    let allowances = keys.allowances.iter().filter(|(account, id)| !is_new(&(*account, id.person)));
    round.add(&ALLOWANCE_LOCK, allowance_ids(allowances), |done, world| {
        for row in &done.rows {
            world.allowances.load(stock::allowance_id(row)?, Some(stock::allowance(row)?));
        }
        Ok(())
    });
    let payments = accounts_and_ids(&keys.payments);
    let calls = if keys.payments.is_empty() { Vec::new() } else { vec![payments] };
    round.add(&PAYMENT_GET, calls, |done, world| {
        for row in &done.rows {
            let payment = bookings::payment(row)?;
            world.payments.load((rows::account(row)?, payment.id), Some(payment));
        }
        Ok(())
    });
    let jobs: Vec<_> = keys.jobs.iter().map(|kind| (AccountId::SYSTEM, kind.as_str())).collect();
    let calls = if jobs.is_empty() { Vec::new() } else { vec![accounts_and_ids(&jobs)] };
    round.add(&JOB_GET, calls, |done, world| {
        for row in &done.rows {
            let kind = rows::word(row, "kind", JobKind::from_word)?;
            world.jobs.load(kind, Some(stock::job(kind, row)?));
        }
        Ok(())
    });
    lock_feeds(&mut round, keys, &mut clocks);
    round.run(session, world)?;
    let (clock, last) = clocks;
    Ok(clock.map(|clock| (clock, last)))
}

/// The feeds, and after them what the clocks say: whoever had the locks before has committed an earlier
/// instant.
fn lock_feeds<'a>(
    round: &mut Round<'a>,
    keys: &Keys,
    (clock, last): &'a mut (Option<Timestamp>, Option<Timestamp>),
) {
    let feeds = keys.feeds.iter().map(|account| feed(*account)).collect();
    round.add(&FEED_LOCK, feeds, load_feed);
    let once = || if keys.feeds.is_empty() { Vec::new() } else { vec![Vec::new()] };
    round.add(&CLOCK_NOW, once(), |done, _| {
        *clock = Some(tx::clock(&done)?);
        Ok(())
    });
    round.add(&WRITER_LAST_INSTANT, once(), |done, _| {
        *last = tx::last_written(&done)?;
        Ok(())
    });
}

/// A feed at 0 is one in which nothing was ever told.
fn load_feed(done: Done, world: &mut World) -> Result<(), Error> {
    let gone = || Error::Conflict("a feed that had a row has none any more".to_owned());
    let row = done.rows.first().ok_or_else(gone)?;
    let (account, feed) = (rows::account(row)?, rows::activity::feed(row)?);
    world.feeds.load(account, (feed.position > 0).then_some(feed));
    Ok(())
}

fn pool_ids(pools: Vec<&Of<PoolId>>) -> Vec<Vec<Param>> {
    let call = |(account, pools): (AccountId, Vec<&Of<PoolId>>)| {
        params![
            account.to_string(),
            pools.iter().map(|(_, pool)| pool.zone().to_string()).collect::<Vec<_>>(),
            pools.iter().map(|(_, pool)| i64::from(pool.part())).collect::<Vec<_>>(),
        ]
    };
    by_account(pools, |(account, _)| *account).into_iter().map(call).collect()
}

fn allowance_ids<'a>(ids: impl Iterator<Item = &'a Of<AllowanceId>>) -> Vec<Vec<Param>> {
    let call = |(account, ids): (AccountId, Vec<&Of<AllowanceId>>)| {
        params![
            account.to_string(),
            ids.iter().map(|(_, id)| id.event.to_string()).collect::<Vec<_>>(),
            ids.iter().map(|(_, id)| id.person.to_string()).collect::<Vec<_>>(),
        ]
    };
    by_account(ids, |(account, _)| *account).into_iter().map(call).collect()
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
