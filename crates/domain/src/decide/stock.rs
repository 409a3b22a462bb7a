//! Stock: what claimants take of pools and allowances, and give back. No decision moves either in another way.

use crate::allowance::Allowance;
use crate::claimant::{Claimant, Counted, Stage};
use crate::decide::draft::Draft;
use crate::id::AccountId;
use crate::pool::{Claim, Pool, PoolId, Short};
use crate::world::{Change, World};

/// A claim that cannot be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shortage {
    pub(crate) claim: Claim,
    /// What is left there.
    pub(crate) short: Short,
}

/// Units would be more than the allowance's cap leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exceeded {
    /// What was taken before.
    pub(crate) taken: u32,
}

/// Whether all of the claims can be met now.
///
/// # Errors
/// The first that cannot.
pub(crate) fn check_claims(
    world: &World,
    account: AccountId,
    claims: impl IntoIterator<Item = Claim>,
) -> Result<(), Shortage> {
    claims.into_iter().try_for_each(|claim| {
        let held = pool(world, account, claim.pool).hold(claim.units);
        held.map(drop).map_err(|short| Shortage { claim, short })
    })
}

/// Whether that much more may be taken of an allowance that has this cap.
///
/// # Errors
/// [`Exceeded`] when it may not.
pub(crate) fn check_allowance(allowance: Allowance, units: u32, cap: u32) -> Result<(), Exceeded> {
    if units > allowance.left(cap) { Err(Exceeded { taken: allowance.taken }) } else { Ok(()) }
}

impl Draft<'_> {
    /// Moves the units of every pool that it claims, and of its allowance, from the stage where it was to the
    /// one where it is. `from` is `None` for one that is new, and then it was checked that there is enough.
    pub(crate) fn move_stock(&mut self, from: Option<Stage>, claimant: &impl Claimant) {
        let (account, to) = (claimant.account(), claimant.stage());
        assert!(to.follows(from), "a claimant never goes from {from:?} to {to:?}");
        if from == Some(to) {
            return;
        }
        for claim in claimant.claims() {
            let moved = pool(self.world(), account, claim.pool).moved(claim.units, from, to);
            self.put(Change::put((account, claim.pool), moved.expect("it was checked")));
        }
        let was_live = from.is_some_and(Stage::is_live);
        let Some(Counted { allowance: id, units }) =
            claimant.allowance().filter(|_| was_live != to.is_live())
        else {
            return;
        };
        let before = if self.makes(id.person) {
            Allowance::default()
        } else {
            self.world().allowance(account, id)
        };
        let after = if to.is_live() { before.take(units) } else { before.give_back(units) };
        self.put(Change::put((account, id), after));
    }
}

fn pool(world: &World, account: AccountId, id: PoolId) -> Pool {
    world.pool(account, id).expect("whatever is claimed has its pool")
}
