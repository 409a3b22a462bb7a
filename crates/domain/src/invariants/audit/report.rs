//! What does not hold, counted and told.

/// Violations told in words at most; all are counted.
pub const DETAILS_MAX: usize = 100;

/// What was looked at, for people: it says that there was something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookedAt {
    /// Bookings, whatever has become of them.
    pub bookings: u64,
    /// Events.
    pub events: u64,
}

impl LookedAt {
    pub(super) const fn count(seen: &mut u64, is_new: bool) {
        *seen = seen.saturating_add(if is_new { 1 } else { 0 });
    }
}

/// What does not hold, counted by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Pools of which more is taken than there is.
    pub oversold: u64,
    /// Bookings beyond the one that a key may make.
    pub duplicated: u64,
    /// Counters that are not the sum of what they count, and holds that should have ended.
    pub leaked: u64,
    /// Money that does not add up.
    pub unbalanced: u64,
    /// Rows that name others which are not there, and activity that is missing.
    pub orphaned: u64,
    /// The first [`DETAILS_MAX`] of them, in words.
    pub details: Vec<String>,
}

impl Report {
    /// Whether everything holds.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(
            self,
            Self { oversold: 0, duplicated: 0, leaked: 0, unbalanced: 0, orphaned: 0, details: _ }
        )
    }

    pub(super) fn add(&mut self, count: fn(&mut Self) -> &mut u64, detail: String) {
        let count = count(self);
        *count = count.saturating_add(1);
        if self.details.len() < DETAILS_MAX {
            self.details.push(detail);
        }
    }
}
