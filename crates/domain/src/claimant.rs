//! Claimants: whatever takes units of pools, and how far it has come with them.

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod walk;

use crate::allowance::AllowanceId;
use crate::id::AccountId;
use crate::pool::Claim;

/// How far a claimant has come with what it claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Its units are held until a deadline.
    Held,
    /// Its units are sold.
    Sold,
    /// Its units are given or taken back: it claims nothing any more.
    Ended,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Held, Self::Sold, Self::Ended];

    /// Whether units are taken.
    #[must_use]
    pub const fn is_live(self) -> bool {
        match self {
            Self::Held | Self::Sold => true,
            Self::Ended => false,
        }
    }

    /// Whether a claimant may come here from `before`; `None` is one that is new.
    #[must_use]
    pub const fn follows(self, before: Option<Self>) -> bool {
        match (before, self) {
            (None, Self::Held | Self::Sold)
            | (Some(Self::Held), Self::Held | Self::Sold | Self::Ended)
            | (Some(Self::Sold), Self::Sold | Self::Ended)
            | (Some(Self::Ended), Self::Ended) => true,
            (None, Self::Ended)
            | (Some(Self::Sold), Self::Held)
            | (Some(Self::Ended), Self::Held | Self::Sold) => false,
        }
    }
}

/// Units that count against an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Which allowance.
    pub allowance: AllowanceId,
    /// How many units of it.
    pub units: u32,
}

/// Whatever claims units of pools. What takes and returns stock, and what checks that it was counted, knows
/// no more of it than this.
pub trait Claimant {
    /// Whose it is, and whose the pools are.
    fn account(&self) -> AccountId;

    /// What it claims, or claimed while it was live; each pool once. It stays the same from stage to stage.
    fn claims(&self) -> impl Iterator<Item = Claim>;

    /// How far it has come.
    fn stage(&self) -> Stage;

    /// What of it counts against an allowance, if anything does.
    fn allowance(&self) -> Option<Counted>;
}
