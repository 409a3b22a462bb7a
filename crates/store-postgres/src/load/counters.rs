//! The rows that rivals share: pools, allowances, payments, jobs, feeds.

use domain::activity::Feed;
use domain::allowance::Allowance;
use domain::pool::{Pool, SeatNo};
use domain::tables::Order;
use domain::tickets::event::{Event, Zone};
use domain::tickets::seat_set::SeatSet;
use domain::{Keys, Timestamp, World};

use super::feeds::feed;
use super::round::{Cold, Round};
use super::{Loaded, ids};
use crate::arrays;
use crate::errors::Error;
use crate::session::{Done, Session};
use crate::statements::{
    ALLOWANCE_LOCK, CLOCK_NOW, FEED_LOCK, PAYMENT_GET, POOL_GET, SEAT_TAKEN, WRITER_LAST_INSTANT,
    WRITER_LAST_OF_ACCOUNT,
};
use crate::tx::{self, Instants};
use rows::cold::{self, Load as _};

/// The rows that rivals share.
pub(super) fn load(
    session: &mut Session,
    loaded: &Loaded,
    (keys, world): (&Keys, &mut World),
) -> Result<Option<Instants>, Error> {
    let mut clocks = (None, None);
    let mut round = Round::default();
    let (wholes, parts): (Vec<_>, Vec<_>) = keys.pools.iter().partition(|(_, id)| id.is_whole());
    // A seat is taken by whoever has its zone: once that is locked, rows of seats do not come and go.
    for pools in [wholes, parts] {
        round.add(&POOL_GET, arrays::by_account::<Pool>(pools)?, load_pools);
    }
    round.add(&SEAT_TAKEN, ids(&keys.taken_seats), load_taken);
    if !keys.pools.is_empty() {
        let mut cold = Cold { round: &mut round, is_locked: false };
        cold.load::<Event>(&loaded.events)?;
        cold.load::<Zone>(&loaded.zones)?;
    }
    let allowances = arrays::by_account::<Allowance>(&keys.allowances)?;
    round.add(&ALLOWANCE_LOCK, allowances, |done, world| {
        for row in &done.rows {
            let (key, allowance) = rows::keyed(row)?;
            world.allowances.load(key, Some(allowance));
        }
        Ok(())
    });
    round.add(&PAYMENT_GET, ids(&keys.payments), |done, world| {
        for row in &done.rows {
            let (key, payment) = rows::keyed(row)?;
            world.payments.load(key, Some(payment));
        }
        Ok(())
    });
    cold::load(&mut Cold { round: &mut round, is_locked: true }, keys, Order::Counters)?;
    lock_feeds(&mut round, (keys, loaded.by_account), &mut clocks);
    round.run(session, world)?;
    let (clock, last) = clocks;
    Ok(clock.map(|clock| (clock, last)))
}

/// The feeds, and after them what the clocks say: whoever had the locks before has committed an earlier
/// instant.
fn lock_feeds<'a>(
    round: &mut Round<'a>,
    (keys, by_account): (&Keys, bool),
    (clock, last): &'a mut (Option<Timestamp>, Option<Timestamp>),
) {
    let feeds = keys.feeds.iter().map(|account| feed(*account)).collect();
    round.add(&FEED_LOCK, feeds, load_feed);
    let once = || if keys.feeds.is_empty() { Vec::new() } else { vec![Vec::new()] };
    round.add(&CLOCK_NOW, once(), |done, _| {
        *clock = Some(tx::clock(&done)?);
        Ok(())
    });
    let (statement, calls) = if by_account {
        (&WRITER_LAST_OF_ACCOUNT, keys.feeds.iter().map(|account| feed(*account)).collect())
    } else {
        (&WRITER_LAST_INSTANT, once())
    };
    round.add(statement, calls, |done, _| {
        *last = (*last).max(tx::last_written(&done)?);
        Ok(())
    });
}

/// A feed at 0 is one in which nothing was ever emitted.
fn load_feed(done: Done, world: &mut World) -> Result<(), Error> {
    let gone = || Error::Conflict("a feed that had a row has none any more".to_owned());
    let row = done.rows.first().ok_or_else(gone)?;
    let (account, feed) = rows::keyed::<Feed, _>(row)?;
    world.feeds.load(account, (feed.position > 0).then_some(feed));
    Ok(())
}

fn load_pools(done: Done, world: &mut World) -> Result<(), Error> {
    for row in &done.rows {
        let (key, pool) = rows::keyed(row)?;
        world.pools.load(key, Some(pool));
    }
    Ok(())
}

fn load_taken(done: Done, world: &mut World) -> Result<(), Error> {
    for row in &done.rows {
        let zone = (rows::account(row)?, rows::parse(row, "zone_id")?);
        let taken = rows::structured(row, "parts", |text| {
            text.split(' ').map(|part| part.parse().ok().map(SeatNo)).collect::<Option<SeatSet>>()
        })?;
        world.taken_seats.load(zone, Some(taken.unwrap_or_default()));
    }
    Ok(())
}
