//! Pools: a number of equal units, of which each is available, held or sold.
//!
//! This is the one place where overselling could happen.

use crate::id::ZoneId;

/// The number of a seat within its zone, from 1, in the order in which the seats were listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatNo(pub u32);

/// What a pool counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PoolId {
    /// All units of a zone.
    Zone(ZoneId),
    /// One numbered seat of a zone; its zone's own pool counts it as well.
    Seat(ZoneId, SeatNo),
}

impl PoolId {
    /// The zone that the pool is part of.
    #[must_use]
    pub const fn zone(self) -> ZoneId {
        match self {
            Self::Zone(zone) | Self::Seat(zone, _) => zone,
        }
    }

    /// The part of the zone: 0 is the whole, others are seats. How stores key a pool.
    #[must_use]
    pub const fn part(self) -> u32 {
        match self {
            Self::Zone(_) => 0,
            Self::Seat(_, SeatNo(number)) => number,
        }
    }

    /// The pool with this zone and part.
    #[must_use]
    pub const fn from_parts(zone: ZoneId, part: u32) -> Self {
        match part {
            0 => Self::Zone(zone),
            number => Self::Seat(zone, SeatNo(number)),
        }
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
