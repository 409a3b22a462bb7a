//! Rounds from a seed, with enough rivalry that every refusal is met.

use super::{Belief, Pay, Round, Sent, Step, Units, Voice};
use crate::rng::Rng;

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24 * HOUR;

/// Makes rounds.
#[derive(Clone, Debug)]
pub struct Generator {
    rng: Rng,
}

impl Generator {
    /// Rounds by chance from `rng`.
    #[must_use]
    pub const fn new(rng: Rng) -> Self {
        Self { rng }
    }

    /// Puts things on sale.
    pub fn opening(&mut self) -> Round {
        let create = |rng: &mut Rng| Sent {
            voice: Voice::Keyed,
            step: Step::CreateEvent { details: rng.draw() },
        };
        let steps = (0..4).map(|_| create(&mut self.rng)).collect();
        Round { advance_ms: 1, steps, expire: false, key_usage: false, clean_up: false }
    }

    /// Some steps that are decided together.
    pub fn round(&mut self) -> Round {
        let rng = &mut self.rng;
        let advance_ms = advance(rng);
        let steps = match rng.below(10) {
            0 => 0,
            1 => 10 + rng.below(20),
            _ => 1 + rng.below(7),
        };
        Round {
            advance_ms,
            steps: (0..steps).map(|_| Sent { voice: voice(rng), step: step(rng) }).collect(),
            expire: rng.chance(700),
            key_usage: rng.chance(150),
            clean_up: advance_ms > HOUR || rng.chance(30),
        }
    }
}

fn advance(rng: &mut Rng) -> u64 {
    match rng.below(100) {
        0 => rng.below(100 * DAY),
        1..=4 => rng.below(2 * DAY),
        5..=20 => rng.below(150 * SECOND),
        21..=45 => rng.below(5 * SECOND),
        46..=60 => 0,
        _ => rng.below(50),
    }
}

fn voice(rng: &mut Rng) -> Voice {
    match rng.below(10) {
        0..=1 => Voice::Bare,
        2..=4 => Voice::Customer,
        _ => Voice::Keyed,
    }
}

fn step(rng: &mut Rng) -> Step {
    match rng.below(100) {
        0..=37 => Step::Reserve {
            user: number(rng, 8),
            zone: number(rng, 8),
            units: units(rng),
            belief: belief(rng),
        },
        38..=54 => Step::Confirm { booking: recent(rng), pay: pay(rng) },
        55..=62 => Step::Release { booking: recent(rng) },
        63 => Step::ExpireNow { booking: recent(rng) },
        64..=70 => Step::Cancel { booking: recent(rng), refund: rng.chance(700) },
        71..=82 => Step::Repeat { request: any_request(rng) },
        83..=86 => Step::OtherBody { request: any_request(rng) },
        87..=88 => Step::Retire { request: rng.chance(600).then(|| any_request(rng)) },
        89..=90 => Step::Malformed { request: rng.chance(600).then(|| any_request(rng)) },
        91 => Step::Mint { user: number(rng, 8) },
        92 => Step::CreateEvent { details: rng.draw() },
        93..=95 => Step::PatchEvent { zone: number(rng, 12), details: rng.draw() },
        _ => Step::PatchZone { zone: number(rng, 12), details: rng.draw() },
    }
}

fn units(rng: &mut Rng) -> Units {
    let quantity = 1 + rng.small(3);
    match rng.below(20) {
        0 => Units::Wrong(quantity),
        1 => Units::Unlisted,
        2..=7 => Units::Seats(number(rng, 10), quantity),
        _ => Units::Any(quantity),
    }
}

fn belief(rng: &mut Rng) -> Belief {
    match rng.below(40) {
        0 => Belief::NoEvent,
        1 => Belief::OtherZone,
        2 => Belief::WrongTotal,
        3..=8 => Belief::Total,
        _ => Belief::None,
    }
}

fn pay(rng: &mut Rng) -> Pay {
    match rng.below(10) {
        0 => Pay::Nothing,
        1 => Pay::Again(number(rng, 200)),
        _ => Pay::Fresh,
    }
}

fn number(rng: &mut Rng, bound: u64) -> u16 {
    u16::try_from(rng.below(bound)).unwrap_or(0)
}

/// Mostly one of the newest.
fn recent(rng: &mut Rng) -> u16 {
    let bound = if rng.chance(800) { 8 } else { 100 };
    number(rng, bound)
}

fn any_request(rng: &mut Rng) -> u16 {
    let bound = if rng.chance(700) { 20 } else { 400 };
    number(rng, bound)
}
