//! Controls: `check_step` notices each kind of broken change.

use std::sync::Arc;

use domain::activity::{Activity, Feed};
use domain::allowance::Allowance;
use domain::id::{AccountId, PersonId};
use domain::invariants::check_step;
use domain::pool::Pool;
use domain::record::{Answer, NamedKey, Record, RecordState};
use domain::tickets::booking::{Booking, Status};
use domain::{Change, Command, World};
use expect_test::{Expect, expect};

use crate::runner::Runner;

pub(super) type Changes = Vec<Change>;

/// Decides `line` after `setup`, breaks its changes in each way, and tells what `check_step` says.
#[track_caller]
pub(super) fn check_steps(
    setup: &str,
    line: &str,
    ways: &[(&str, fn(&mut Changes))],
    expected: Expect,
) {
    let mut runner = Runner::after(setup);
    let intent = runner.intent(line);
    let (world, _) = runner.load(std::slice::from_ref(&intent));
    let decision = runner.decide_new(&world, &intent);
    assert_eq!(check_step(&world, &decision.changes), Ok(()));
    runner.names.learn(&decision.changes);
    let mut emitted = String::new();
    for (name, way) in ways {
        let mut changes = decision.changes.clone();
        way(&mut changes);
        let said = check_step(&world, &changes).err().unwrap_or_else(|| "NOTHING".to_owned());
        emitted += &format!("{name}: {}\n", runner.names.translate(&said));
    }
    expected.assert_eq(&emitted);
}

/// The row that the first change of a kind carries.
macro_rules! first {
    ($changes:expr, $pattern:pat => $row:ident) => {
        $changes
            .iter_mut()
            .find_map(|change| if let $pattern = change { Some($row) } else { None })
            .expect("a change of that kind")
    };
}
pub(super) use first;

fn first_pool(changes: &mut Changes) -> &mut Pool {
    first!(changes, Change::Pool(_, row) => row)
}

fn booking(changes: &mut Changes) -> &mut Booking {
    first!(changes, Change::Booking(_, row) => row)
}

fn allowance(changes: &mut Changes) -> &mut Allowance {
    first!(changes, Change::Allowance(_, row) => row)
}

fn feed(changes: &mut Changes) -> &mut Feed {
    first!(changes, Change::Feed(_, row) => row)
}

fn entry(changes: &mut Changes) -> &mut Activity {
    first!(changes, Change::Activity(row) => row)
}

fn again(changes: &mut Changes, which: fn(&Change) -> bool) {
    let again = changes.iter().find(|change| which(change)).cloned();
    changes.extend(again);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn a_broken_hold_is_noticed() {
    check_steps(
        "event E1 | S seats S-1..5 @ 5\nreserve S S-5 bob",
        "reserve S S-1,S-2 ann",
        &[
            ("zone pool moved too little", |changes| {
                *first_pool(changes) = first_pool(changes).give_back(1);
            }),
            ("zone pool moved too much", |changes| {
                *first_pool(changes) = first_pool(changes).hold(1).expect("some are left");
            }),
            ("held units counted as sold", |changes| {
                *first_pool(changes) = first_pool(changes).sell(2);
            }),
            ("zone pool forgotten", |changes| {
                changes
                    .retain(|change| !matches!(change, Change::Pool((_, id), _) if id.is_whole()));
            }),
            ("seats forgotten", |changes| {
                changes
                    .retain(|change| !matches!(change, Change::Pool((_, id), _) if !id.is_whole()));
            }),
            ("pool written twice", |changes| again(changes, |c| matches!(c, Change::Pool(..)))),
            ("allowance forgotten", |changes| {
                changes.retain(|change| !matches!(change, Change::Allowance(..)));
            }),
            ("allowance moved too much", |changes| {
                *allowance(changes) = allowance(changes).take(1);
            }),
            ("allowance written twice", |changes| {
                again(changes, |change| matches!(change, Change::Allowance(..)));
            }),
            ("booking forgotten", |changes| {
                changes.retain(|change| !matches!(change, Change::Booking(..)));
            }),
            ("booking of another quantity", |changes| booking(changes).quantity = 3),
            ("booking without its seats", |changes| booking(changes).seats.clear()),
            ("booking counted from 2", |changes| booking(changes).seq = 2),
            ("booking and activity counted from 2", |changes| {
                booking(changes).seq = 2;
                entry(changes).resource_seq = 2;
            }),
            ("activity forgotten", |changes| {
                changes.retain(|change| !matches!(change, Change::Activity(_)));
            }),
            ("activity told twice", |changes| again(changes, |c| matches!(c, Change::Activity(_)))),
            ("activity of another thing", |changes| {
                "evt_x".clone_into(&mut entry(changes).resource);
            }),
            ("activity out of its place", |changes| entry(changes).position += 1),
            ("feed head forgotten", |changes| {
                changes.retain(|change| !matches!(change, Change::Feed(..)));
            }),
            ("feed head wrong", |changes| feed(changes).position += 1),
        ],
        expect![[r#"
            zone pool moved too little: pool (live, Zone(S)) moved by (-1, 0) more than what claims it
            zone pool moved too much: pool (live, Zone(S)) moved by (1, 0) more than what claims it
            held units counted as sold: pool (live, Zone(S)) moved by (-2, 2) more than what claims it
            zone pool forgotten: pool (live, Zone(S)) moved by (-2, 0) more than what claims it
            seats forgotten: pool (live, Zone(S)/1) moved by (-1, 0) more than what claims it
            pool written twice: pool Zone(S) changed twice
            allowance forgotten: allowance (live, AllowanceId { event: E1, person: @ann }) moved by -2 more than what counts for it
            allowance moved too much: allowance (live, AllowanceId { event: E1, person: @ann }) moved by 1 more than what counts for it
            allowance written twice: allowance AllowanceId { event: E1, person: @ann } changed twice
            booking forgotten: pool (live, Zone(S)) moved by (2, 0) more than what claims it
            booking of another quantity: pool (live, Zone(S)) moved by (-1, 0) more than what claims it
            booking without its seats: pool (live, Zone(S)/1) moved by (1, 0) more than what claims it
            booking counted from 2: B2 changed without its one activity
            booking and activity counted from 2: B2 changed without its one activity
            activity forgotten: B2 changed without its one activity
            activity told twice: B2 changed without its one activity
            activity of another thing: B2 changed without its one activity
            activity out of its place: activity msg_0000000000e04r000000000009 stands at 4
            feed head forgotten: a feed head is not its last entry
            feed head wrong: a feed head is not its last entry
        "#]],
    );
}

#[test]
fn a_broken_end_of_a_hold_is_noticed() {
    check_steps(
        "event E1 | A 5 @ 5\nreserve A 2 ann\nreserve A 1 ann",
        "release B1",
        &[
            ("nothing given back", |changes| {
                changes.retain(|change| !matches!(change, Change::Pool(..)));
            }),
            ("too much given back", |changes| {
                *first_pool(changes) = first_pool(changes).give_back(1);
            }),
            ("allowance kept", |changes| {
                changes.retain(|change| !matches!(change, Change::Allowance(..)));
            }),
            ("still reserved", |changes| booking(changes).status = Status::Reserved),
            ("confirmed", |changes| booking(changes).status = Status::Confirmed),
            ("not counted", |changes| booking(changes).seq = 1),
        ],
        expect![[r#"
            nothing given back: pool (live, Zone(A)) moved by (2, 0) more than what claims it
            too much given back: pool (live, Zone(A)) moved by (-1, 0) more than what claims it
            allowance kept: allowance (live, AllowanceId { event: E1, person: @ann }) moved by 2 more than what counts for it
            still reserved: pool (live, Zone(A)) moved by (-2, 0) more than what claims it
            confirmed: pool (live, Zone(A)) moved by (0, -2) more than what claims it
            not counted: B1 changed without its one activity
        "#]],
    );
}

#[test]
fn a_way_back_is_noticed() {
    check_steps(
        "event E1 | A 5 @ 5\nreserve A 2 ann\nconfirm B1 ext:r1",
        "cancel B1",
        &[("a sale is held again", |changes| {
            let pool = first_pool(changes);
            *pool = pool.hold(2).expect("they were given back");
            changes.retain(|change| !matches!(change, Change::Allowance(..)));
            booking(changes).status = Status::Reserved;
        })],
        expect![[r#"
            a sale is held again: B1 went from Some(Sold) to Held
        "#]],
    );
}

#[test]
fn units_that_move_without_a_booking_are_noticed() {
    check_steps(
        "event E1 | A 5 @ 5\nreserve A 2 ann",
        "patch-zone A cap=9",
        &[
            ("units vanish", |changes| *first_pool(changes) = Pool::new(9)),
            ("units are sold", |changes| *first_pool(changes) = first_pool(changes).sell(1)),
        ],
        expect![[r#"
            units vanish: pool (live, Zone(A)) moved by (-2, 0) more than what claims it
            units are sold: pool (live, Zone(A)) moved by (-1, 1) more than what claims it
        "#]],
    );
}

#[test]
fn a_retired_key_that_is_not_retired_any_more_is_noticed() {
    let mut runner = Runner::after("event E1 | A 5 @ 5\nretire k1");
    let intent = runner.intent("retire k1");
    let Command::RetireKey(NamedKey { key, .. }) = &intent.command else { panic!("it retires") };
    let (world, _) = runner.load(std::slice::from_ref(&intent));
    let retired = world.records.peek(key).expect("it is there");
    let answer = Answer { status: 200, content_type: "", location: None, body: Vec::new() };
    let answered = Record { state: RecordState::Answered(Arc::new(answer)), ..retired.clone() };
    let forgotten = Record { keep_until: Some(runner.now), ..retired.clone() };
    let changed = |record: &Record| check_step(&world, &[Change::from(record.clone())]);
    assert_eq!(changed(retired), Ok(()));
    let said = [
        changed(&answered),
        changed(&forgotten),
        check_step(&world, &[Change::Record(key.clone(), None)]),
    ];
    expect![[r#"
        key "k1" was retired, and has an answer again
        key "k1" was retired for ever, and is not any more
        key "k1" was retired for ever, and is not any more
    "#]]
    .assert_eq(&said.map(|said| said.expect_err("it is noticed") + "\n").concat());
}

#[test]
fn a_row_under_the_key_of_another_is_noticed() {
    check_steps(
        "event E1 | A 5 @ 5\nreserve A 2 ann",
        "reserve A 1 bob",
        &[
            ("booking of another account", |changes| {
                *first!(changes, Change::Booking((id, _), _) => id) = AccountId::SYSTEM;
            }),
            ("person of another id", |changes| {
                *first!(changes, Change::Person((_, id), _) => id) = PersonId::from_raw(7);
            }),
        ],
        expect![[r#"
            booking of another account: a row of bookings has another's key
            person of another id: a row of people has another's key
        "#]],
    );
}

#[test]
fn nothing_is_wrong_with_nothing() {
    assert_eq!(check_step(&World::default(), &[]), Ok(()));
}
