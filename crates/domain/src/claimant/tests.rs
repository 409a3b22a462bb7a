use super::walk::{check_claimant, step, world};
use super::{Claimant, Counted, Stage};
use crate::id::{AccountId, ZoneId};
use crate::owner::Owner;
use crate::pool::{Claim, PoolId};

/// Rooms for some nights: as many units of each night as there are rooms. Nobody sells any yet, so a zone
/// stands for the type of room; its parts are nights, as days since 1970.
#[derive(Clone, Copy)]
struct Stay {
    rooms_of: Owner,
    arrival: u32,
    nights: u32,
    rooms: u32,
    stage: Stage,
}

const STAY: Stay = Stay {
    rooms_of: Owner::Zone(ZoneId::from_raw(7)),
    arrival: 20_786,
    nights: 3,
    rooms: 2,
    stage: Stage::Held,
};

impl Claimant for Stay {
    fn account(&self) -> AccountId {
        AccountId::from_raw(1)
    }

    fn claims(&self) -> impl Iterator<Item = Claim> {
        (self.arrival..).zip(0..self.nights).map(|(night, _)| Claim {
            pool: PoolId::from_parts(self.rooms_of, night),
            units: self.rooms,
        })
    }

    fn stage(&self) -> Stage {
        self.stage
    }

    fn allowance(&self) -> Option<Counted> {
        None
    }
}

#[test]
fn a_stay_moves_all_of_its_nights() {
    let pools: Vec<_> = STAY.claims().map(|claim| claim.pool.part()).collect();
    assert_eq!(pools, [20_786, 20_787, 20_788]);
    for (nights, rooms) in [(3, 2), (1, 1)] {
        check_claimant(|stage| Stay { nights, rooms, stage, ..STAY });
    }
}

/// A claimant of several things at once: the whole of one owner, and a part of another.
struct Basket(Stage);

impl Claimant for Basket {
    fn account(&self) -> AccountId {
        AccountId::from_raw(1)
    }

    fn claims(&self) -> impl Iterator<Item = Claim> {
        let [floor, rooms] = [7, 8].map(ZoneId::from_raw);
        let pools = [(PoolId::zone(floor), 4), (PoolId::from_parts(rooms.into(), 20_786), 1)];
        pools.into_iter().map(|(pool, units)| Claim { pool, units })
    }

    fn stage(&self) -> Stage {
        self.0
    }

    fn allowance(&self) -> Option<Counted> {
        None
    }
}

#[test]
fn a_basket_moves_pools_of_several_owners() {
    check_claimant(Basket);
}

#[test]
#[should_panic(expected = "a claimant never goes from Some(Sold) to Held")]
fn what_was_sold_is_never_held_again() {
    step(&world(&STAY, 0), Some(Stage::Sold), &STAY);
}
