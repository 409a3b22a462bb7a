//! Random commands, small where they fail: the engine against the model.

use proptest::prelude::*;
use sim::memory::MemoryStore;
use sim::rng::Rng;
use sim::run::{Options, happen};
use sim::workload::{Belief, Generator, Pay, Round, Sent, Step, Units, Voice};

use crate::settings::number;

fn units() -> impl Strategy<Value = Units> {
    prop_oneof![
        4 => (1_u32..4).prop_map(Units::Any),
        3 => (0_u16..10, 1_u32..4).prop_map(|(first, quantity)| Units::Seats(first, quantity)),
        1 => (1_u32..4).prop_map(Units::Wrong),
        1 => Just(Units::Unlisted),
    ]
}

fn belief() -> impl Strategy<Value = Belief> {
    prop_oneof![
        8 => Just(Belief::None),
        2 => Just(Belief::Total),
        1 => Just(Belief::WrongTotal),
        1 => Just(Belief::NoEvent),
        1 => Just(Belief::OtherZone),
    ]
}

fn reserve() -> impl Strategy<Value = Step> {
    (0_u16..4, 0_u16..6, units(), belief()).prop_map(|(user, zone, units, belief)| Step::Reserve {
        user,
        zone,
        units,
        belief,
    })
}

fn pay() -> impl Strategy<Value = Pay> {
    prop_oneof![
        1 => Just(Pay::Nothing),
        6 => Just(Pay::Fresh),
        1 => (0_u16..20).prop_map(Pay::Again),
    ]
}

fn about_a_booking() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_u16..6, pay()).prop_map(|(booking, pay)| Step::Confirm { booking, pay }),
        2 => (0_u16..6).prop_map(|booking| Step::Release { booking }),
        1 => (0_u16..6).prop_map(|booking| Step::ExpireNow { booking }),
        2 => (0_u16..6, any::<bool>())
            .prop_map(|(booking, refund)| Step::Cancel { booking, refund }),
    ]
}

fn about_a_key() -> impl Strategy<Value = Step> {
    let request = || prop::option::of(0_u16..12);
    prop_oneof![
        4 => (0_u16..12).prop_map(|request| Step::Repeat { request }),
        2 => (0_u16..12).prop_map(|request| Step::OtherBody { request }),
        1 => request().prop_map(|request| Step::Retire { request }),
        1 => request().prop_map(|request| Step::Malformed { request }),
        1 => (0_u16..4).prop_map(|user| Step::Mint { user }),
    ]
}

fn about_the_catalogue() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => any::<u64>().prop_map(|details| Step::CreateEvent { details }),
        2 => (0_u16..6, any::<u64>())
            .prop_map(|(zone, details)| Step::PatchEvent { zone, details }),
        3 => (0_u16..6, any::<u64>()).prop_map(|(zone, details)| Step::PatchZone { zone, details }),
    ]
}

fn step() -> impl Strategy<Value = Sent> {
    let voice =
        prop_oneof![3 => Just(Voice::Keyed), 1 => Just(Voice::Bare), 1 => Just(Voice::Customer)];
    let step = prop_oneof![5 => reserve(), 4 => about_a_booking(), 3 => about_a_key(), 1 => about_the_catalogue()];
    (voice, step).prop_map(|(voice, step)| Sent { voice, step })
}

fn round() -> impl Strategy<Value = Round> {
    let advance_ms = prop_oneof![
        4 => 0_u64..50,
        2 => 0_u64..10_000,
        1 => 0_u64..150_000,
        1 => 0_u64..(2 * 86_400_000),
        1 => 0_u64..(100 * 86_400_000),
    ];
    let steps = prop::collection::vec(step(), 0..8);
    (advance_ms, steps, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(advance_ms, steps, expire, key_usage, clean_up)| Round {
            advance_ms,
            steps,
            expire,
            key_usage,
            clean_up,
        },
    )
}

fn cases() -> u32 {
    u32::try_from(number("PROPTEST_CASES", 96)).expect("a small number")
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases())
    })]

    #[test]
    fn the_engine_does_what_the_model_does(
        seed in 0_u64..1_000,
        rounds in prop::collection::vec(round(), 1..16),
    ) {
        let opening = Generator::new(Rng::new(seed)).opening();
        let rounds = std::iter::once(opening).chain(rounds);
        let lived = happen(seed, &Options::CALM, &MemoryStore::new(), rounds);
        prop_assert!(lived.is_ok(), "{:?}", lived.err().map(|failure| failure.finding));
    }
}
