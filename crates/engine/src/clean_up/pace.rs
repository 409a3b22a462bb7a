//! How much a slice takes on, and when the next one may begin.

use super::SliceLimits;
use crate::jobs::Carried;

/// A slice that takes longer makes the next one smaller; one that takes less than half makes it larger.
const SLICE_MICROS: u64 = 5_000;
/// After a slice the writer belongs to others for so many times as long as that took …
const PAUSE_WHEN_ASKED: u64 = 9;
/// … or, where nobody asks for anything, for so many.
const PAUSE_WHEN_IDLE: u64 = 1;
/// Nobody asks for anything once nobody did for so long.
const IDLE_AFTER_MICROS: u64 = 1_000_000;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pace {
    limits: SliceLimits,
    rows: usize,
    resume_at_micros: u64,
}

impl Pace {
    pub(super) const fn new(limits: SliceLimits) -> Self {
        Self { limits, rows: limits.rows_min, resume_at_micros: 0 }
    }

    /// Rows of the next slice.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// For how long others have the writer to themselves.
    pub(super) const fn pause(&self, micros: u64) -> u64 {
        self.resume_at_micros.saturating_sub(micros)
    }

    /// A slice was carried out.
    pub(super) fn took(&mut self, carried: &Carried) {
        let Carried { began_micros: began, ended_micros: ended, asked_at_micros, .. } = carried;
        let micros = ended.saturating_sub(*began);
        let rows = if micros > SLICE_MICROS {
            self.rows / 2
        } else if micros.saturating_mul(2) < SLICE_MICROS {
            self.rows.saturating_mul(2)
        } else {
            self.rows
        };
        self.rows = rows.clamp(self.limits.rows_min, self.limits.rows_max);
        let is_idle = began.saturating_sub(*asked_at_micros) >= IDLE_AFTER_MICROS;
        let pause = if is_idle { PAUSE_WHEN_IDLE } else { PAUSE_WHEN_ASKED };
        self.resume_at_micros = ended.saturating_add(micros.saturating_mul(pause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean_up::{SLICE_ROWS_MAX, SLICE_ROWS_MIN};

    fn carried(began_micros: u64, ended_micros: u64, asked_at_micros: u64) -> Carried {
        Carried { began_micros, ended_micros, asked_at_micros, outcomes: Vec::new() }
    }

    fn rows_after(slices: &[u64]) -> usize {
        let mut pace = Pace::new(SliceLimits::default());
        slices.iter().for_each(|&micros| pace.took(&carried(0, micros, 0)));
        pace.rows()
    }

    #[test]
    fn a_slice_is_as_large_as_the_store_is_fast() {
        assert_eq!(rows_after(&[]), SLICE_ROWS_MIN);
        assert_eq!(rows_after(&[SLICE_MICROS / 2 - 1]), 2 * SLICE_ROWS_MIN);
        assert_eq!(rows_after(&[SLICE_MICROS / 2]), SLICE_ROWS_MIN, "as fast as it should be");
        assert_eq!(rows_after(&[0, SLICE_MICROS]), 2 * SLICE_ROWS_MIN);
        assert_eq!(rows_after(&[0, SLICE_MICROS + 1]), SLICE_ROWS_MIN);
        assert_eq!(rows_after(&[0; 3]), SLICE_ROWS_MAX);
        assert_eq!(rows_after(&[0; 4]), SLICE_ROWS_MAX, "never more");
        assert_eq!(rows_after(&[u64::MAX; 5]), SLICE_ROWS_MIN, "never fewer");
    }

    #[test]
    fn a_pause_follows_in_which_others_are_served() {
        let pause = |idle_micros: u64| {
            let began = 5_000_000;
            let mut pace = Pace::new(SliceLimits::default());
            pace.took(&carried(began, began + 100, began - idle_micros));
            assert_eq!(pace.pause(u64::MAX), 0);
            pace.pause(began + 100)
        };
        assert_eq!(pause(0), 100 * PAUSE_WHEN_ASKED);
        assert_eq!(pause(IDLE_AFTER_MICROS - 1), 100 * PAUSE_WHEN_ASKED);
        assert_eq!(pause(IDLE_AFTER_MICROS), 100 * PAUSE_WHEN_IDLE);
    }
}
