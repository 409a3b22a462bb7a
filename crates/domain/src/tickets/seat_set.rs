//! A set of a zone's seats: a bit for each.

use core::fmt;

use crate::pool::SeatNo;

/// Seats of one word.
const WORD_BITS: u32 = u64::BITS;

/// Seats of a zone. It takes as many bits as its last seat's number says, so 12.5 KB for the largest hall.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SeatSet {
    /// Bit by number; the last word is never empty.
    words: Vec<u64>,
}

impl SeatSet {
    /// Puts a seat into the set.
    pub fn insert(&mut self, seat: SeatNo) {
        let Place { word, bit } = place(seat.0);
        if self.words.len() <= word {
            self.words.resize(word.saturating_add(1), 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= bit;
        }
    }

    /// Takes a seat out of the set.
    pub fn remove(&mut self, seat: SeatNo) {
        let Place { word, bit } = place(seat.0);
        if let Some(word) = self.words.get_mut(word) {
            *word &= !bit;
        }
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
    }

    /// Whether the seat is in the set.
    #[must_use]
    pub fn contains(&self, seat: SeatNo) -> bool {
        let Place { word, bit } = place(seat.0);
        self.word(word) & bit != 0
    }

    /// Whether no seat is in the set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The seats, in order.
    pub fn iter(&self) -> impl Iterator<Item = SeatNo> {
        let next = |from: u32| self.first_in(from, |set, word| set.word(word));
        let mut at = next(0);
        core::iter::from_fn(move || {
            let seat = at?;
            at = seat.checked_add(1).and_then(next);
            Some(SeatNo(seat))
        })
    }

    /// The first seat from `from` on that is not in the set.
    pub(crate) fn first_missing(&self, from: u32) -> u32 {
        let missing = self.first_in(from, |set, word| !set.word(word));
        missing.expect("no zone has every seat that can be numbered")
    }

    /// The first seat from `from` on that is in this set or in the other one.
    pub(crate) fn first_of_either(&self, other: &Self, from: u32) -> Option<u32> {
        let longer = if self.words.len() < other.words.len() { other } else { self };
        longer.first_in(from, |_, word| self.word(word) | other.word(word))
    }

    /// The first bit from `from` on, of the words that `word` makes of this set. What comes after its last
    /// word is all alike, so one more is enough.
    fn first_in(&self, from: u32, word: impl Fn(&Self, usize) -> u64) -> Option<u32> {
        let Place { word: first, bit } = place(from);
        // Of the first word, `from` and what comes after it.
        let mut mask = !bit.wrapping_sub(1);
        for index in first..=self.words.len().max(first) {
            let bits = word(self, index) & mask;
            if bits != 0 {
                let before = u32::try_from(index).ok()?.checked_mul(WORD_BITS)?;
                return before.checked_add(bits.trailing_zeros());
            }
            mask = u64::MAX;
        }
        None
    }

    fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or(0)
    }
}

/// Where a seat stands.
struct Place {
    word: usize,
    bit: u64,
}

const fn place(number: u32) -> Place {
    Place { word: (number / WORD_BITS) as usize, bit: 1 << (number % WORD_BITS) }
}

impl FromIterator<SeatNo> for SeatSet {
    fn from_iter<T: IntoIterator<Item = SeatNo>>(seats: T) -> Self {
        let mut set = Self::default();
        seats.into_iter().for_each(|seat| set.insert(seat));
        set
    }
}

impl<const N: usize> From<[SeatNo; N]> for SeatSet {
    fn from(seats: [SeatNo; N]) -> Self {
        seats.into_iter().collect()
    }
}

impl fmt::Debug for SeatSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Around the ends of words.
    const SEATS: [u32; 9] = [1, 2, 62, 63, 64, 65, 127, 128, 300];

    #[test]
    fn it_is_a_set() {
        let (mut set, mut model) = (SeatSet::default(), BTreeSet::new());
        // Each seat comes, comes again and goes, among all choices of the others.
        for step in 0_u32..4 * 512 {
            let at = usize::try_from(step * 7 % 9).expect("small");
            let seat = SeatNo(*SEATS.get(at).expect("one of nine"));
            if (step / 3).is_multiple_of(2) {
                set.insert(seat);
                model.insert(seat);
            } else {
                set.remove(seat);
                model.remove(&seat);
            }
            assert_eq!(set.iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
            assert_eq!(set, model.iter().copied().collect(), "equal, however it came to be");
            assert_eq!(set.is_empty(), model.is_empty());
            assert_eq!(format!("{set:?}"), format!("{model:?}"));
            for number in 0..320 {
                assert_eq!(set.contains(SeatNo(number)), model.contains(&SeatNo(number)));
                let missing = (number..).find(|it| !model.contains(&SeatNo(*it)));
                assert_eq!(Some(set.first_missing(number)), missing);
            }
        }
    }

    #[test]
    fn the_first_of_either_set() {
        for left in 0_u32..1 << SEATS.len() {
            let of = |bits: u32| -> SeatSet {
                let chosen = SEATS.iter().zip(0..).filter(move |(_, at)| bits >> at & 1 == 1);
                chosen.map(|(seat, _)| SeatNo(*seat)).collect()
            };
            let (one, other) = (of(left), of(left.wrapping_mul(37) >> 2 & 0x1ff));
            for from in SEATS.into_iter().chain([0, 3, 129, 301, 400]) {
                let all = one.iter().chain(other.iter()).map(|seat| seat.0);
                let expected = all.filter(|seat| *seat >= from).min();
                assert_eq!(one.first_of_either(&other, from), expected);
                assert_eq!(other.first_of_either(&one, from), expected);
            }
        }
    }
}
