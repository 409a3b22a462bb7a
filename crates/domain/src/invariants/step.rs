//! What must hold of one decision: units and allowances move exactly as its bookings do, and every
//! change of a booking is told.

use std::collections::{BTreeMap, BTreeSet};

use super::money::check_money;
use crate::activity::{Activity, Cut};
use crate::allowance::AllowanceId;
use crate::id::AccountId;
use crate::pool::{Pool, PoolId};
use crate::record::{IntentKey, Record};
use crate::tickets::booking::{Booking, Status};
use crate::world::{Change, Of, World};

/// Units held and sold.
type Units = (i64, i64);

/// Checks the changes of one decision against the world before it.
///
/// # Errors
/// What does not hold, in words.
pub fn check_step(world: &World, changes: &[Change]) -> Result<(), String> {
    let mut pools: BTreeMap<Of<PoolId>, Units> = BTreeMap::new();
    let mut allowances: BTreeMap<Of<AllowanceId>, i64> = BTreeMap::new();
    // Each change is measured against the world before it, so a row may change only once.
    let (mut changed_pools, mut changed_allowances) = (BTreeSet::new(), BTreeSet::new());
    for change in changes {
        match change {
            Change::Pool(account, id, pool) => {
                if !changed_pools.insert((*account, *id)) {
                    return Err(format!("pool {id:?} changed twice"));
                }
                let before = world.pools.peek(&(*account, *id)).copied();
                move_pool(&mut pools, (*account, *id), (before, *pool));
            }
            Change::Allowance(account, id, allowance) => {
                if !changed_allowances.insert((*account, *id)) {
                    return Err(format!("allowance {id:?} changed twice"));
                }
                let before = world.allowances.peek(&(*account, *id)).copied().unwrap_or_default();
                let moved = allowances.entry((*account, *id)).or_default();
                *moved = moved
                    .saturating_add(i64::from(allowance.taken))
                    .saturating_sub(i64::from(before.taken));
            }
            Change::Booking(booking) => {
                let before = world.bookings.peek(&(booking.account, booking.id));
                expect_moves((&mut pools, &mut allowances), before, booking);
                check_told(changes, before, booking)?;
            }
            Change::FeedCut(account, cut) => check_cut(world, *account, *cut)?,
            Change::Record(record) => check_record(world, &record.key, Some(record))?,
            Change::RecordGone(key) => check_record(world, key, None)?,
            Change::Feed(..)
            | Change::Event(_)
            | Change::Zone(..)
            | Change::Layout(..)
            | Change::Person(..)
            | Change::Payment(..)
            | Change::Refund(..)
            | Change::Activity(_)
            | Change::Job(_) => {}
        }
    }
    if let Some((pool, units)) = pools.into_iter().find(|(_, units)| *units != (0, 0)) {
        return Err(format!("pool {pool:?} moved by {units:?} more than its bookings"));
    }
    if let Some((id, units)) = allowances.into_iter().find(|(_, units)| *units != 0) {
        return Err(format!("allowance {id:?} moved by {units} more than its bookings"));
    }
    check_money(world, changes)?;
    check_feed(world, changes)
}

fn move_pool(
    pools: &mut BTreeMap<Of<PoolId>, Units>,
    id: Of<PoolId>,
    (before, after): (Option<Pool>, Pool),
) {
    let (held, sold) = before.map_or((0, 0), |pool| (pool.held(), pool.sold()));
    let moved = pools.entry(id).or_default();
    moved.0 = moved.0.saturating_add(i64::from(after.held())).saturating_sub(i64::from(held));
    moved.1 = moved.1.saturating_add(i64::from(after.sold())).saturating_sub(i64::from(sold));
}

/// Takes off what the booking's change explains.
fn expect_moves(
    (pools, allowances): (&mut BTreeMap<Of<PoolId>, Units>, &mut BTreeMap<Of<AllowanceId>, i64>),
    before: Option<&Booking>,
    after: &Booking,
) {
    for (booking, sign) in before.map(|booking| (booking, 1_i64)).into_iter().chain([(after, -1)]) {
        let (held, sold) = match booking.status {
            Status::Reserved => (sign, 0),
            Status::Confirmed => (0, sign),
            Status::Released | Status::Expired | Status::Cancelled => continue,
        };
        for claim in booking.claims() {
            let units = i64::from(claim.units);
            let moved = pools.entry((booking.account, claim.pool)).or_default();
            moved.0 = moved.0.saturating_add(units.saturating_mul(held));
            moved.1 = moved.1.saturating_add(units.saturating_mul(sold));
        }
        let moved = allowances.entry((booking.account, booking.allowance())).or_default();
        *moved = moved.saturating_add(i64::from(booking.quantity).saturating_mul(sign));
    }
}

fn check_told(changes: &[Change], before: Option<&Booking>, after: &Booking) -> Result<(), String> {
    let id = after.id.to_string();
    let told =
        entries(changes).filter(|entry| entry.resource == id && entry.resource_seq == after.seq);
    let next = before.map_or(0, |before| before.seq).checked_add(1);
    if told.count() == 1 && next == Some(after.seq) {
        Ok(())
    } else {
        Err(format!("booking {id} changed without its one activity"))
    }
}

/// A retired key has no answer again; one that was retired for ever stays so.
fn check_record(world: &World, key: &IntentKey, after: Option<&Record>) -> Result<(), String> {
    let Some(before) = world.records.peek(key).filter(|before| before.is_retired()) else {
        return Ok(());
    };
    let is_for_ever = |record: &Record| record.is_retired() && record.keep_until.is_none();
    if after.is_some_and(|after| !after.is_retired()) {
        Err(format!("key {:?} was retired, and has an answer again", key.key))
    } else if is_for_ever(before) && !after.is_some_and(is_for_ever) {
        Err(format!("key {:?} was retired for ever, and is not any more", key.key))
    } else {
        Ok(())
    }
}

/// A feed is cut at its oldest end, and goes on from there.
fn check_cut(world: &World, account: AccountId, cut: Cut) -> Result<(), String> {
    let gone = world.cleaned.peek(&account).copied().unwrap_or_default();
    if cut.after == gone.position && cut.after < cut.cleaned.position && gone.at <= cut.cleaned.at {
        Ok(())
    } else {
        Err(format!("the feed of {account} is cut at {cut:?} after {gone:?}"))
    }
}

fn check_feed(world: &World, changes: &[Change]) -> Result<(), String> {
    let mut heads = BTreeMap::new();
    for entry in entries(changes) {
        let before = world.feeds.peek(&entry.account).copied().unwrap_or_default().position;
        let head = heads.entry(entry.account).or_insert(before);
        *head = head.saturating_add(1);
        if entry.position != *head {
            return Err(format!("activity {} stands at {}", entry.id, entry.position));
        }
    }
    let mut stored = BTreeMap::new();
    for change in changes {
        if let Change::Feed(account, feed) = change {
            stored.insert(*account, feed.position);
        }
    }
    if heads == stored { Ok(()) } else { Err("a feed head is not its last entry".into()) }
}

fn entries(changes: &[Change]) -> impl Iterator<Item = &Activity> {
    changes.iter().filter_map(|change| {
        if let Change::Activity(entry) = change { Some(&**entry) } else { None }
    })
}
