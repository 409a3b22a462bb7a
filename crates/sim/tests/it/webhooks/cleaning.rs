//! Deliveries that go while others are on their way: by clean-up, and by those who take what is still needed.

use std::collections::BTreeMap;

use domain::webhooks::delivery::{Delivery, DeliveryStatus};
use domain::world::Change;
use domain::{Keys, World};
use engine::Clock as _;
use engine::jobs::Worker as _;
use engine::reads::due::DueReads as _;
use engine::webhooks::DeliveryFilter;

use super::{Life, NODES, Node, SEEDS, STEPS_MAX, Step, Weather, all_live, is_found, live};

/// Clean-up comes so often.
const CLEAN_UP_MS: u64 = 60_000;

/// Who takes deliveries away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cleans {
    /// Clean-up, on any node.
    Engine,
    /// Somebody who does not look whether they are over.
    IgnoringOpen,
    /// Somebody who does not look whether the cursor has passed them.
    IgnoringCursor,
}

impl Life {
    /// Deliveries that are over go, one way or another.
    pub(super) fn clean(&mut self) {
        match self.weather.cleans {
            None => {}
            Some(Cleans::Engine) => {
                if self.rng.chance(500) {
                    self.advance(CLEAN_UP_MS);
                }
                let place = usize::try_from(self.rng.below(NODES as u64)).expect("few");
                let steps = if self.rng.chance(700) { STEPS_MAX } else { 2 };
                self.clean_at(place, steps);
            }
            Some(Cleans::IgnoringOpen) => {
                self.tear_out(|_, delivery| delivery.status == DeliveryStatus::Pending);
            }
            Some(Cleans::IgnoringCursor) => self.tear_out(|cursor, delivery| {
                delivery.status != DeliveryStatus::Pending && delivery.event.position > cursor
            }),
        }
    }

    fn clean_at(&mut self, place: usize, steps: usize) {
        let clean: Step = |Node { ports, clean_up, .. }| clean_up.step(ports);
        let rests = self.step_at(place, steps.min(STEPS_MAX - 1), clean);
        assert!(rests || steps < STEPS_MAX, "clean-up does not rest");
    }

    /// Takes deliveries away behind everybody's back: those of which `goes` says so, given where their endpoint's cursor is.
    fn tear_out(&mut self, goes: fn(u64, &Delivery) -> bool) {
        let cursors: BTreeMap<_, _> = self
            .endpoints
            .iter()
            .filter_map(|key| {
                let state = self.memory.webhook(*key, 1).expect("it is in memory")?;
                Some((*key, state.cursor.position))
            })
            .collect();
        let torn =
            self.deliveries(DeliveryFilter::default()).into_iter().filter(|(account, it)| {
                cursors.get(&(*account, it.endpoint)).is_some_and(|cursor| goes(*cursor, it))
            });
        let changes = torn.map(|(account, it)| Change::Delivery((account, it.id), None));
        self.commit(changes.collect());
    }

    fn commit(&mut self, changes: Vec<Change>) {
        let mut keys = Keys::default();
        changes.iter().for_each(|change| keys.add(change));
        let (mut world, mut store) = (World::default(), self.memory.clone());
        let mut tx = engine::Store::begin(&mut store).expect("it begins");
        tx.load(&keys, &mut world).expect("it is in memory");
        changes.into_iter().for_each(|change| world.apply(change));
        let id = engine::BatchId(u128::from(self.rng.draw()));
        let now = self.machine.clock.now();
        let batch = engine::Batch { id, now, world: &world, emitted: &[], key_usage: &[] };
        tx.commit(&batch).expect("it commits");
    }

    /// What is over goes as well in the end: all cursors have passed everything.
    pub(super) fn check_clean(&mut self) -> Result<(), String> {
        if self.weather.cleans != Some(Cleans::Engine) {
            return Ok(());
        }
        // A lease of whoever has died is over by then.
        self.machine.clock.advance(2 * CLEAN_UP_MS);
        (0..NODES).for_each(|place| self.clean_at(place, STEPS_MAX));
        let left = self.deliveries(DeliveryFilter::default());
        let is_seen = self.machine.observer.seen().removed.deliveries > 0;
        if !left.is_empty() {
            return Err(format!("clean-up has left {left:?}"));
        }
        if is_seen || self.arrivals.is_empty() {
            Ok(())
        } else {
            Err("nothing was cleaned".to_owned())
        }
    }
}

/// What is over goes all the while, and changes nothing of what is told.
#[test]
fn what_is_cleaned_up_is_missed_by_nobody() {
    let cleans = Some(Cleans::Engine);
    all_live(Weather { changes: true, cleans, ..Weather::default() });
    all_live(Weather { network_fails: true, changes: true, cleans, ..Weather::default() });
    all_live(Weather {
        store_fails: true,
        network_fails: true,
        changes: true,
        again: true,
        cleans,
        ..Weather::default()
    });
}

/// Negative control: what is not over is lost.
#[test]
fn a_clean_up_that_takes_what_is_open_is_found() {
    let cleans = Some(Cleans::IgnoringOpen);
    let weather = Weather { network_fails: true, changes: true, cleans, ..Weather::default() };
    assert!(is_found(weather), "nothing was found");
}

/// Negative control: what the cursor has not passed comes twice.
#[test]
fn a_clean_up_that_does_not_look_at_the_cursor_is_found() {
    let cleans = Some(Cleans::IgnoringCursor);
    let weather = Weather { changes: true, cleans, ..Weather::default() };
    let found = (0..SEEDS).find_map(|seed| live(seed, weather).err());
    assert!(found.is_some_and(|why| why.ends_with(" 2 times")), "nothing was found");
}
