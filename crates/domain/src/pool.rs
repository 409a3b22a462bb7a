//! Pools: a number of equal units, of which each is available, held or sold.
//!
//! This is the one place where overselling could happen.

use core::fmt;

use crate::claimant::Stage;
use crate::id::ZoneId;
use crate::owner::Owner;

/// The number of a seat within its zone, from 1, in the order in which the seats were listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatNo(pub u32);

/// A numbered seat of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberedSeat {
    /// Its zone.
    pub zone: ZoneId,
    /// Its number there.
    pub seat: SeatNo,
}

/// What a pool counts: a part of its [owner](Owner), who says what the parts are. Part 0 is the whole, where
/// there is one, and comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolId {
    owner: Owner,
    part: u32,
}

impl PoolId {
    /// All units of a zone.
    #[must_use]
    pub const fn zone(zone: ZoneId) -> Self {
        Self::from_parts(Owner::Zone(zone), 0)
    }

    /// One numbered seat of a zone; its zone's own pool counts it as well.
    #[must_use]
    pub const fn seat(zone: ZoneId, SeatNo(number): SeatNo) -> Self {
        Self::from_parts(Owner::Zone(zone), number)
    }

    /// The pool with this owner and part. How stores key a pool.
    #[must_use]
    pub const fn from_parts(owner: Owner, part: u32) -> Self {
        Self { owner, part }
    }

    /// Whose it is.
    #[must_use]
    pub const fn owner(self) -> Owner {
        self.owner
    }

    /// The part of the owner.
    #[must_use]
    pub const fn part(self) -> u32 {
        self.part
    }

    /// Whether it counts its owner as a whole. Such a pool is made with its owner; that of a part may come
    /// when the first of it is taken.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.part == 0
    }

    /// The numbered seat that it counts, if it counts one.
    #[must_use]
    pub const fn numbered_seat(self) -> Option<NumberedSeat> {
        match self.owner {
            Owner::Zone(_) if self.is_whole() => None,
            Owner::Zone(zone) => Some(NumberedSeat { zone, seat: SeatNo(self.part) }),
        }
    }

    /// The pool where it has no row: a seat has none until it is taken, and is free. Any other is not there.
    #[must_use]
    pub fn without_row(self) -> Option<Pool> {
        self.numbered_seat().map(|_| Pool::new(1))
    }
}

/// The owner, and the part behind a slash unless it is the whole.
impl fmt::Debug for PoolId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, part } = self;
        if self.is_whole() { write!(out, "{owner:?}") } else { write!(out, "{owner:?}/{part}") }
    }
}

/// Units wanted from one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The pool.
    pub pool: PoolId,
    /// How many units of it; at least 1.
    pub units: u32,
}

/// Counters of one pool. Invariant: `held + sold <= capacity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    capacity: u32,
    held: u32,
    sold: u32,
}

/// The pool has fewer units left than were wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// Units that are left.
    pub available: u32,
}

/// The counters of a stored pool contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oversold;

impl Pool {
    /// A pool of which nothing is taken.
    #[must_use]
    pub const fn new(capacity: u32) -> Self {
        Self { capacity, held: 0, sold: 0 }
    }

    /// A pool as it was stored.
    ///
    /// # Errors
    /// [`Oversold`] when more is taken than there is: the store is broken.
    pub fn from_parts(capacity: u32, held: u32, sold: u32) -> Result<Self, Oversold> {
        let taken = held.checked_add(sold).ok_or(Oversold)?;
        if taken > capacity { Err(Oversold) } else { Ok(Self { capacity, held, sold }) }
    }

    /// All units.
    #[must_use]
    pub const fn capacity(self) -> u32 {
        self.capacity
    }

    /// Units held until a deadline.
    #[must_use]
    pub const fn held(self) -> u32 {
        self.held
    }

    /// Units sold.
    #[must_use]
    pub const fn sold(self) -> u32 {
        self.sold
    }

    /// Units held or sold.
    #[must_use]
    pub fn taken(self) -> u32 {
        self.held.checked_add(self.sold).expect("held + sold <= capacity")
    }

    /// Units that can be held.
    #[must_use]
    pub fn available(self) -> u32 {
        self.capacity.checked_sub(self.taken()).expect("held + sold <= capacity")
    }

    /// Takes available units into a hold.
    ///
    /// # Errors
    /// [`Short`] when fewer are available.
    pub fn hold(self, units: u32) -> Result<Self, Short> {
        let available = self.available();
        if units > available {
            return Err(Short { available });
        }
        let held = self.held.checked_add(units).expect("within the capacity");
        Ok(Self { held, ..self })
    }

    /// Turns held units into sold ones.
    #[must_use]
    pub fn sell(self, units: u32) -> Self {
        let held = self.held.checked_sub(units).expect("only held units are sold");
        let sold = self.sold.checked_add(units).expect("within the capacity");
        Self { held, sold, ..self }
    }

    /// Gives held units back.
    #[must_use]
    pub fn give_back(self, units: u32) -> Self {
        let held = self.held.checked_sub(units).expect("only held units are given back");
        Self { held, ..self }
    }

    /// Takes sold units back.
    #[must_use]
    pub fn take_back(self, units: u32) -> Self {
        let sold = self.sold.checked_sub(units).expect("only sold units are taken back");
        Self { sold, ..self }
    }

    /// The pool after units of a claim went from one stage to the next; `from` is `None` where they are
    /// claimed now.
    ///
    /// # Errors
    /// [`Short`] when fewer are available than are claimed now.
    ///
    /// # Panics
    /// When there is no such way.
    pub fn moved(self, units: u32, from: Option<Stage>, to: Stage) -> Result<Self, Short> {
        match (from, to) {
            (None, Stage::Held) => self.hold(units),
            (None, Stage::Sold) => self.hold(units).map(|held| held.sell(units)),
            (Some(Stage::Held), Stage::Sold) => Ok(self.sell(units)),
            (Some(Stage::Held), Stage::Ended) => Ok(self.give_back(units)),
            (Some(Stage::Sold), Stage::Ended) => Ok(self.take_back(units)),
            (Some(Stage::Held), Stage::Held)
            | (Some(Stage::Sold), Stage::Sold)
            | (Some(Stage::Ended), Stage::Ended) => Ok(self),
            (None, Stage::Ended)
            | (Some(Stage::Sold), Stage::Held)
            | (Some(Stage::Ended), Stage::Held | Stage::Sold) => {
                panic!("units never go from {from:?} to {to:?}")
            }
        }
    }

    /// The pool with another capacity.
    ///
    /// # Errors
    /// [`Oversold`] when more than that is taken.
    pub fn resize(self, capacity: u32) -> Result<Self, Oversold> {
        Self::from_parts(capacity, self.held, self.sold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_its_owner_and_its_part() {
        let zone = ZoneId::from_raw(7);
        for part in [0, 1, 2, u32::MAX] {
            let id = PoolId::from_parts(Owner::Zone(zone), part);
            assert_eq!((id.owner(), id.part()), (zone.into(), part));
            assert_eq!(PoolId::from_parts(id.owner(), id.part()), id);
            let seat = (part > 0).then_some(NumberedSeat { zone, seat: SeatNo(part) });
            assert_eq!((id.numbered_seat(), id.is_whole()), (seat, part == 0));
            assert_eq!(id.without_row(), seat.map(|_| Pool::new(1)));
            let whole = PoolId::zone(zone);
            let made = seat.map_or(whole, |it| PoolId::seat(it.zone, it.seat));
            assert_eq!(made, id);
        }
        let next = ZoneId::from_raw(8);
        assert!(PoolId::seat(zone, SeatNo(u32::MAX)) < PoolId::zone(next), "parts lie together");
        assert_eq!(format!("{:?}", PoolId::zone(zone)), format!("Zone({zone})"));
        assert_eq!(format!("{:?}", PoolId::seat(zone, SeatNo(3))), format!("Zone({zone})/3"));
    }

    #[test]
    fn every_small_pool_keeps_its_invariant() {
        for capacity in 0..6_u32 {
            for held in 0..8 {
                for sold in 0..8 {
                    let pool = Pool::from_parts(capacity, held, sold);
                    assert_eq!(pool.is_ok(), held + sold <= capacity);
                    let Ok(pool) = pool else { continue };
                    assert_eq!(pool.available() + pool.held() + pool.sold(), capacity);
                    for units in 0..8 {
                        let after = pool.hold(units);
                        assert_eq!(after.is_ok(), held + sold + units <= capacity);
                        let Ok(after) = after else { continue };
                        assert_eq!(after.give_back(units), pool);
                        assert_eq!(after.sell(units).take_back(units), pool);
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "only held units are given back")]
    fn giving_back_what_is_not_held_is_a_bug() {
        let _never = Pool::new(3).give_back(1);
    }

    #[test]
    fn counters_that_overflow_are_oversold() {
        assert_eq!(Pool::from_parts(u32::MAX, u32::MAX, 1), Err(Oversold));
    }
}
