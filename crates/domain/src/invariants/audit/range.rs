//! The hashes that a pass looks at.

/// A range of hashes, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u64,
    pub(super) last: u64,
}

impl Range {
    pub(super) const ALL: Self = Self { first: 0, last: u64::MAX };

    pub(super) const fn has(self, place: u64) -> bool {
        self.first <= place && place <= self.last
    }

    const fn width(self) -> u64 {
        self.last.saturating_sub(self.first)
    }

    /// What is left without the last quarter; `None` where there is but one hash.
    pub(super) fn shrunk(self) -> Option<Self> {
        let quarter = (self.width() / 4).max(1);
        (self.width() > 0).then(|| Self { last: self.last.saturating_sub(quarter), ..self })
    }

    /// The next range, with nine tenths of the keys that there is `room` for, if they are as dense there as
    /// here, where `count` were; `None` at the end.
    pub(super) fn next(self, count: usize, room: usize) -> Option<Self> {
        let first = self.last.checked_add(1)?;
        let (count, room) = (count.max(1) as u128, room.max(1) as u128);
        let width = u128::from(self.width()).saturating_mul(room);
        let width = width.checked_div(count).unwrap_or_default() / 10;
        let width = u64::try_from(width.saturating_mul(9)).unwrap_or(u64::MAX);
        Some(Self { first, last: first.saturating_add(width) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_each_other_to_the_end() {
        let mut range = Range::ALL;
        for _ in 0..200 {
            range = range.shrunk().unwrap_or(range);
            assert_eq!(range.first, 0);
        }
        assert_eq!((range, range.shrunk()), (Range { first: 0, last: 0 }, None));
        let quarter = Range { first: 0, last: u64::MAX / 4 };
        let next = quarter.next(10, 10).expect("there is more");
        assert_eq!(next.first, quarter.last + 1);
        assert!(next.width() < quarter.width() && next.width() > quarter.width() / 10 * 8);
        assert_eq!(next.next(0, 100).expect("there is more").last, u64::MAX);
        assert_eq!(Range::ALL.next(10, 10), None);
    }
}
