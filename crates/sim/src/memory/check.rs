//! What a commit has to pass: nothing is written before all of it was found right.

use std::collections::BTreeMap;
use std::fmt::Debug;

use domain::activity::Feed;
use domain::id::DeliveryId;
use domain::resource::Resource;
use domain::table::{Table, Write};
use domain::tables::Misfit;
use domain::webhooks::delivery::Delivery;
use domain::world::Of;
use engine::{Batch, CommitError, StoreError};

use super::Data;

impl Data {
    pub(super) fn check(&self, batch: &Batch<'_>) -> Result<(), CommitError> {
        if self.last_instant.is_some_and(|last| batch.now < last) {
            return Err(broken("the batch is older than what is stored".to_owned()));
        }
        self.rows.check(batch.world).map_err(|misfit| match misfit {
            Misfit::IsThere(key) => CommitError::Conflict(format!("{key} is there")),
            Misfit::IsGone(key) => broken(format!("{key} is not there")),
        })?;
        self.check_seats(batch)?;
        self.check_names(batch)?;
        self.check_references(batch)?;
        self.check_deliveries(batch)?;
        self.check_activity(batch)?;
        self.check_cuts(batch)
    }

    /// Whoever takes a seat without having looked finds it free.
    fn check_seats(&self, batch: &Batch<'_>) -> Result<(), CommitError> {
        for write in batch.world.pools.writes() {
            if let Write::Insert(id, _) = write
                && self.pools.get(id).is_some_and(|pool| pool.taken() > 0)
            {
                return Err(broken(format!("{id:?} is taken")));
            }
        }
        Ok(())
    }

    /// An event has one delivery to an endpoint in each replay.
    fn check_deliveries(&self, batch: &Batch<'_>) -> Result<(), CommitError> {
        for write in batch.world.deliveries.writes() {
            let Write::Insert((account, id), new) = write else { continue };
            let is_same = |((of, _), it): (&Of<DeliveryId>, &Delivery)| {
                of == account
                    && it.endpoint == new.endpoint
                    && it.event.position == new.event.position
                    && it.replay == new.replay
            };
            if self.deliveries.iter().any(is_same) {
                return Err(CommitError::Conflict(format!("{id} brings what another has brought")));
            }
        }
        Ok(())
    }

    /// No row may name one that is missing.
    fn check_names(&self, batch: &Batch<'_>) -> Result<(), CommitError> {
        let world = batch.world;
        for ((account, id), zone) in puts(&world.zones) {
            named(&self.events, &world.events, (*account, zone.event), id)?;
        }
        for write in world.pools.writes() {
            // Whoever makes a pool has read its owner, or makes it.
            if let Write::Insert((account, id), _) = write
                && !id.owner().is_there(*account, world)
            {
                return Err(CommitError::Refused(format!("{id:?} has no owner")));
            }
        }
        for (id, _) in puts(&world.layouts) {
            named(&self.zones, &world.zones, *id, id)?;
        }
        for ((account, id), person) in puts(&world.people) {
            let other = self.found_by((*account, person.handle)).filter(|other| other.id != *id);
            if let Some(other) = other {
                return Err(CommitError::Conflict(format!("{id} is {} already", other.id)));
            }
        }
        for ((account, id), _) in puts(&world.allowances) {
            named(&self.events, &world.events, (*account, id.event), id)?;
            named(&self.people, &world.people, (*account, id.person), id)?;
        }
        for ((account, id), booking) in puts(&world.bookings) {
            named(&self.events, &world.events, (*account, booking.event), id)?;
            named(&self.zones, &world.zones, (*account, booking.zone), id)?;
            named(&self.people, &world.people, (*account, booking.person), id)?;
        }
        for ((account, id), payment) in puts(&world.payments) {
            match payment.resource {
                Resource::Booking(booking) => {
                    named(&self.bookings, &world.bookings, (*account, booking), id)?;
                }
            }
        }
        for ((account, id), refund) in puts(&world.refunds) {
            named(&self.payments, &world.payments, (*account, refund.payment), id)?;
        }
        Ok(())
    }

    /// A reference pays once.
    fn check_references(&self, batch: &Batch<'_>) -> Result<(), CommitError> {
        let mut fresh = BTreeMap::new();
        for ((account, id), payment) in puts(&batch.world.payments) {
            let key = (*account, payment.name());
            let before = self.paid_with(&key);
            let other = before.or_else(|| fresh.insert(key.clone(), *id));
            if other.is_some_and(|other| other != *id) {
                return Err(CommitError::Conflict(format!("{key:?} has paid before")));
            }
        }
        Ok(())
    }

    /// Feeds have no gaps, and their heads are their last entries.
    fn check_activity(&self, batch: &Batch<'_>) -> Result<(), CommitError> {
        if batch.emitted.len() != batch.world.activity.len() {
            return Err(broken("not every activity was rendered".to_owned()));
        }
        let mut heads = BTreeMap::new();
        for emitted in batch.emitted {
            let account = emitted.activity.account;
            let stored = self.feeds.get(&account).copied().unwrap_or_default();
            let head = heads.entry(account).or_insert(stored.position);
            *head = head.saturating_add(1);
            if emitted.activity.position != *head {
                return Err(CommitError::Conflict(format!("{account} is not at {head}")));
            }
        }
        let stored =
            puts(&batch.world.feeds).map(|(account, Feed { position })| (account, position));
        if stored.eq(heads.iter()) {
            Ok(())
        } else {
            Err(broken("a feed's head is not its last entry".to_owned()))
        }
    }
}

impl Data {
    /// What goes is there, and follows what went before.
    fn check_cuts(&self, batch: &Batch<'_>) -> Result<(), CommitError> {
        let mut gone = self.low_water_marks.clone();
        for (account, truncation) in &batch.world.truncations {
            let before = gone.insert(*account, truncation.low_water_mark).unwrap_or_default();
            let there = (truncation.after.saturating_add(1)..=truncation.low_water_mark.position)
                .all(|position| self.activity.contains_key(&(*account, position)));
            if before.position != truncation.after || !there {
                return Err(broken(format!(
                    "{truncation:?} of {account} does not follow {before:?}"
                )));
            }
        }
        let all =
            puts(&batch.world.low_water_marks).all(|(account, it)| gone.get(account) == Some(it));
        if all { Ok(()) } else { Err(broken("what is gone is not what was truncated".to_owned())) }
    }
}

pub(super) fn broken(what: String) -> CommitError {
    CommitError::NotWritten(StoreError::Broken(what))
}

/// The rows that the table inserts or updates.
pub(super) fn puts<K: Ord + Debug, V>(table: &Table<K, V>) -> impl Iterator<Item = (&K, &V)> {
    table.writes().filter_map(|write| match write {
        Write::Insert(key, row) | Write::Update(key, row) => Some((key, row)),
        Write::Delete(_) => None,
    })
}

fn named<K: Ord + Debug, V>(
    rows: &BTreeMap<K, V>,
    table: &Table<K, V>,
    key: K,
    by: &dyn Debug,
) -> Result<(), CommitError> {
    if rows.contains_key(&key) || table.peek(&key).is_some() {
        Ok(())
    } else {
        Err(CommitError::Refused(format!("{by:?} names {key:?}, which is not there")))
    }
}
