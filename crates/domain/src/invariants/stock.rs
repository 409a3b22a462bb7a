//! What must hold of the stock of one decision: units of pools and allowances move exactly as those who claim
//! them do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::allowance::{Allowance, AllowanceId};
use crate::claimant::{Claimant, Stage};
use crate::pool::{Pool, PoolId};
use crate::world::{Of, World};

/// Units held and sold.
type Units = (i64, i64);

/// What moved beyond what claimants explain.
#[derive(Debug)]
pub(crate) struct Moves<'a> {
    world: &'a World,
    pools: BTreeMap<Of<PoolId>, Units>,
    allowances: BTreeMap<Of<AllowanceId>, i64>,
    // Each change is measured against the world before it, so a row may change only once.
    changed_pools: BTreeSet<Of<PoolId>>,
    changed_allowances: BTreeSet<Of<AllowanceId>>,
}

impl<'a> Moves<'a> {
    /// Nothing has moved; `world` is that before the decision.
    pub(crate) const fn new(world: &'a World) -> Self {
        Self {
            world,
            pools: BTreeMap::new(),
            allowances: BTreeMap::new(),
            changed_pools: BTreeSet::new(),
            changed_allowances: BTreeSet::new(),
        }
    }

    /// A pool changed.
    pub(crate) fn pool(&mut self, key: Of<PoolId>, after: Pool) -> Result<(), String> {
        if !self.changed_pools.insert(key) {
            return Err(format!("pool {:?} changed twice", key.1));
        }
        let before = self.world.pools.peek(&key);
        let (held, sold) = before.map_or((0, 0), |pool| (pool.held(), pool.sold()));
        let moved = self.pools.entry(key).or_default();
        moved.0 = moved.0.saturating_add(i64::from(after.held())).saturating_sub(i64::from(held));
        moved.1 = moved.1.saturating_add(i64::from(after.sold())).saturating_sub(i64::from(sold));
        Ok(())
    }

    /// An allowance changed.
    pub(crate) fn allowance(
        &mut self,
        key: Of<AllowanceId>,
        after: Allowance,
    ) -> Result<(), String> {
        if !self.changed_allowances.insert(key) {
            return Err(format!("allowance {:?} changed twice", key.1));
        }
        let before = self.world.allowances.peek(&key).copied().unwrap_or_default();
        let moved = self.allowances.entry(key).or_default();
        *moved =
            moved.saturating_add(i64::from(after.taken)).saturating_sub(i64::from(before.taken));
        Ok(())
    }

    /// A claimant changed: takes off what that explains.
    pub(crate) fn claimant<C: Claimant>(
        &mut self,
        name: &dyn Display,
        before: Option<&C>,
        after: &C,
    ) -> Result<(), String> {
        let from = before.map(Claimant::stage);
        if !after.stage().follows(from) {
            return Err(format!("{name} went from {from:?} to {:?}", after.stage()));
        }
        if let Some(before) = before {
            self.explain(before, 1);
        }
        self.explain(after, -1);
        Ok(())
    }

    fn explain(&mut self, claimant: &impl Claimant, sign: i64) {
        let (held, sold) = match claimant.stage() {
            Stage::Held => (sign, 0),
            Stage::Sold => (0, sign),
            Stage::Ended => return,
        };
        let account = claimant.account();
        for claim in claimant.claims() {
            let units = i64::from(claim.units);
            let moved = self.pools.entry((account, claim.pool)).or_default();
            moved.0 = moved.0.saturating_add(units.saturating_mul(held));
            moved.1 = moved.1.saturating_add(units.saturating_mul(sold));
        }
        if let Some(counted) = claimant.allowance() {
            let moved = self.allowances.entry((account, counted.allowance)).or_default();
            *moved = moved.saturating_add(i64::from(counted.units).saturating_mul(sign));
        }
    }

    /// Every change was seen.
    pub(crate) fn check(self) -> Result<(), String> {
        if let Some((pool, units)) = self.pools.into_iter().find(|(_, units)| *units != (0, 0)) {
            return Err(format!("pool {pool:?} moved by {units:?} more than what claims it"));
        }
        if let Some((id, units)) = self.allowances.into_iter().find(|(_, units)| *units != 0) {
            return Err(format!("allowance {id:?} moved by {units} more than what counts for it"));
        }
        Ok(())
    }
}
