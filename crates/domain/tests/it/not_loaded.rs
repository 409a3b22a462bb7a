//! What was not loaded is never taken for what is not there: each key that `Keys::missing` asks for
//! is left out in turn, and `decide` must panic rather than answer.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::pool::PoolId;
use domain::world::Of;
use domain::{Intent, Keys, World};
use expect_test::{Expect, expect};

use crate::runner::Runner;

/// After `setup`, tells of each line which tables' keys were read (some key of theirs was missed),
/// and which were asked for but not read.
#[track_caller]
fn check_missed(setup: &str, lines: &[&str], expected: Expect) {
    let mut runner = Runner::after(setup);
    let mut text = String::new();
    for line in lines {
        let intent = runner.intent(line);
        let (mut read, mut spare) = (BTreeSet::new(), BTreeSet::new());
        let (_, stages) = runner.load(std::slice::from_ref(&intent));
        let keys: Vec<_> = stages.iter().flat_map(Keys::each).collect();
        for left_out in 0..keys.len() {
            let mut world = World::default();
            for (_, keys) in keys.iter().enumerate().filter(|(index, _)| *index != left_out) {
                runner.rows.load(&keys.1, &mut world);
            }
            let (table, _) = keys.get(left_out).expect("one of them");
            if panics(&runner, &world, &intent) {
                read.insert(*table)
            } else {
                spare.insert(*table)
            };
        }
        let (read, spare) = (join(read), join(spare));
        text += &format!("{line}\n  read: {read}\n  not read: {spare}\n");
    }
    expected.assert_eq(&text);
}

fn panics(runner: &Runner, world: &World, intent: &Intent) -> bool {
    let mut runner = runner.clone();
    let decided = catch_unwind(AssertUnwindSafe(|| drop(runner.decide(world, intent))));
    let Err(panic) = decided else { return false };
    let message = panic.downcast_ref::<String>().expect("a panic says why");
    assert!(message.ends_with("was not loaded"), "{message}");
    true
}

fn join(tables: BTreeSet<&str>) -> String {
    tables.into_iter().collect::<Vec<_>>().join(" ")
}

const SETUP: &str = "
    event E1 | A 9 @ 5 | S seats S-1..9 @ 5
    reserve A 1 ann key=k1
    reserve S S-1 ann
    reserve A 1 bob
    confirm B3 ext:r3
";

#[test]
fn a_reservation_reads_all_that_it_asks_for() {
    check_missed(
        SETUP,
        &[
            "reserve A 1 ann key=k9",
            "reserve S S-2,S-3 cyd",
            "reserve S best:2 cyd",
            "reserve A 1 ann key=k1",
            "reserve E9/A 1 ann",
        ],
        expect![[r#"
            reserve A 1 ann key=k9
              read: allowances events feeds handles pools records zones
              not read: 
            reserve S S-2,S-3 cyd
              read: events feeds handles layouts pools zones
              not read: 
            reserve S best:2 cyd
              read: events feeds handles layouts pools taken_seats zones
              not read: 
            reserve A 1 ann key=k1
              read: records
              not read: events feeds handles pools zones
            reserve E9/A 1 ann
              read: events
              not read: allowances feeds handles pools zones
        "#]],
    );
}

#[test]
fn a_bookings_commands_read_what_it_claims() {
    check_missed(
        SETUP,
        &[
            "confirm B2 ext:r9 key=k9",
            "confirm B1",
            "release B2 key=k9",
            "cancel B3",
            "confirm B3 ext:r9",
            "confirm B9 ext:r9",
        ],
        expect![[r#"
            confirm B2 ext:r9 key=k9
              read: bookings feeds payment_references pools records
              not read: allowances events
            confirm B1
              read: bookings
              not read: allowances events feeds pools
            release B2 key=k9
              read: allowances bookings feeds pools records
              not read: events
            cancel B3
              read: allowances bookings events feeds payments pools
              not read: 
            confirm B3 ext:r9
              read: bookings payments
              not read: allowances events feeds payment_references pools
            confirm B9 ext:r9
              read: bookings
              not read: feeds payment_references
        "#]],
    );
    let mut later = SETUP.to_owned();
    later += "advance 1h";
    check_missed(
        &later,
        &["expire B2", "expire B9"],
        expect![[r#"
        expire B2
          read: allowances bookings feeds pools
          not read: events
        expire B9
          read: bookings
          not read: feeds
    "#]],
    );
}

#[test]
fn changes_to_events_read_all_zones() {
    check_missed(
        SETUP,
        &["event E2 key=k9 | B 1 @ 5", "patch-event E1 max=9 key=k9", "patch-zone A cap=8"],
        expect![[r#"
            event E2 key=k9 | B 1 @ 5
              read: feeds records
              not read: 
            patch-event E1 max=9 key=k9
              read: event_zones events feeds pools records zones
              not read: 
            patch-zone A cap=8
              read: events feeds pools zones
              not read: 
        "#]],
    );
}

#[test]
fn keys_and_jobs_read_their_rows() {
    check_missed(
        SETUP,
        &[
            "retire k1",
            "retire k9",
            "collide k1",
            "cleanup k1",
            "cleanup k9",
            "job store",
            "lease store 60s",
            "keep store 1 60s",
            "end store 1",
            "truncate store 1 0 1 at=0s",
            "token ann 1h key=k9",
            "malformed key=k9",
        ],
        expect![[r#"
            retire k1
              read: records
              not read: 
            retire k9
              read: records
              not read: 
            collide k1
              read: feeds records
              not read: 
            cleanup k1
              read: bookings events records
              not read: 
            cleanup k9
              read: records
              not read: 
            job store
              read: jobs
              not read: 
            lease store 60s
              read: jobs
              not read: 
            keep store 1 60s
              read: jobs
              not read: 
            end store 1
              read: jobs
              not read: 
            truncate store 1 0 1 at=0s
              read: jobs low_water_marks
              not read: 
            token ann 1h key=k9
              read: handles records
              not read: feeds
            malformed key=k9
              read: records
              not read: 
        "#]],
    );
}

#[test]
#[should_panic(expected = "was not loaded")]
fn a_taken_seat_whose_pool_was_not_loaded_is_not_free() {
    let mut runner = Runner::after("event E1 | S seats S-1..2 @ 5\nreserve S S-1 ann");
    let intents = ["reserve S S-1 bob", "reserve S best:1 bob"].map(|line| runner.intent(line));
    let (_, stages) = runner.load(&intents);
    let mut world = World::default();
    for (_, keys) in stages.iter().flat_map(Keys::each) {
        let seats = |(_, pool): &Of<PoolId>| !pool.is_whole();
        if !keys.pools.iter().any(seats) {
            runner.rows.load(&keys, &mut world);
        }
    }
    let [named, _] = intents;
    let _never = runner.decide_new(&world, &named);
}
