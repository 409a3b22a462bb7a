//! Allowances: how many units of an event one person holds or owns.
//!
//! The row lives as long as the event, so a cap is not forgotten when a hold ends.

use crate::id::{EventId, PersonId};

/// Whose allowance for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AllowanceId {
    /// The event that sets the cap.
    pub event: EventId,
    /// The person it counts for.
    pub person: PersonId,
}

/// Invariant: `taken` is the sum of the person's live units of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Allowance {
    /// Units held or owned.
    pub taken: u32,
}

impl Allowance {
    /// Units that may still be taken under this cap. A cap lowered below what is taken leaves none.
    #[must_use]
    pub const fn left(self, cap: u32) -> u32 {
        cap.saturating_sub(self.taken)
    }

    /// The allowance with `units` more taken.
    #[must_use]
    pub fn take(self, units: u32) -> Self {
        Self { taken: self.taken.checked_add(units).expect("within the cap") }
    }

    /// The allowance with `units` returned.
    #[must_use]
    pub fn give_back(self, units: u32) -> Self {
        Self { taken: self.taken.checked_sub(units).expect("only taken units return") }
    }
}
