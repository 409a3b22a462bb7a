//! What must hold of one decision: stock moves exactly as those who claim it do, and every change of what is
//! sold is told.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::money::check_money;
use super::stock::Moves;
use crate::activity::{Activity, Feed, Truncation};
use crate::allowance::Allowance;
use crate::id::AccountId;
use crate::pool::Pool;
use crate::record::{IntentKey, Record};
use crate::tickets::booking::Booking;
use crate::world::{Change, Of, World};

/// Checks the changes of one decision against the world before it.
///
/// # Errors
/// What does not hold, in words.
pub fn check_step(world: &World, changes: &[Change]) -> Result<(), String> {
    changes.iter().try_for_each(Change::check_key)?;
    let mut moves = Moves::new(world);
    for (key, pool) in Change::rows::<Pool>(changes) {
        moves.pool(*key, **pool)?;
    }
    for (key, allowance) in Change::rows::<Allowance>(changes) {
        moves.allowance(*key, **allowance)?;
    }
    for (key, booking) in Change::rows::<Booking>(changes) {
        let before = world.bookings.peek(key);
        moves.claimant(&booking.id, before, &**booking)?;
        check_emitted(changes, &booking.id, before.map(|before| before.seq), booking.seq)?;
    }
    for (key, record) in Change::rows::<Record>(changes) {
        check_record(world, key, record.as_deref())?;
    }
    for (account, truncation) in truncations(changes) {
        check_truncation(world, account, truncation)?;
    }
    moves.check()?;
    check_money(world, changes)?;
    check_feed(world, changes)
}

/// Whether a change is told that counts its thing's changes from one number to another.
fn check_emitted(
    changes: &[Change],
    id: &dyn Display,
    before: Option<u32>,
    after: u32,
) -> Result<(), String> {
    let resource = id.to_string();
    let is_it = |entry: &&Activity| entry.resource == resource && entry.resource_seq == after;
    let next = before.unwrap_or(0).checked_add(1);
    if entries(changes).filter(is_it).count() == 1 && next == Some(after) {
        Ok(())
    } else {
        Err(format!("{resource} changed without its one activity"))
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
fn check_truncation(
    world: &World,
    account: AccountId,
    truncation: Truncation,
) -> Result<(), String> {
    let gone = world.low_water_marks.peek(&account).copied().unwrap_or_default();
    if truncation.after == gone.position
        && truncation.after < truncation.low_water_mark.position
        && gone.at <= truncation.low_water_mark.at
    {
        Ok(())
    } else {
        Err(format!("the feed of {account} is truncated at {truncation:?} after {gone:?}"))
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
    let stored = Change::rows::<Feed>(changes).map(|(account, feed)| (*account, feed.position));
    let stored = stored.collect();
    if heads == stored { Ok(()) } else { Err("a feed head is not its last entry".into()) }
}

fn entries(changes: &[Change]) -> impl Iterator<Item = &Activity> {
    changes.iter().filter_map(|change| {
        if let Change::Activity(entry) = change { Some(&**entry) } else { None }
    })
}

fn truncations(changes: &[Change]) -> impl Iterator<Item = Of<Truncation>> {
    changes.iter().filter_map(|change| {
        if let Change::FeedTruncated(account, truncation) = change {
            Some((*account, *truncation))
        } else {
            None
        }
    })
}
