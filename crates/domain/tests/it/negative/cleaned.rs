//! Controls: the audit accepts a feed whose oldest part was cleaned away, and finds what is missing
//! besides.

use domain::Timestamp;
use domain::activity::{Activity, LowWaterMark};
use domain::id::AccountId;
use domain::time::DAY_MS;
use expect_test::{Expect, expect};

use super::audit::check_parts;
use crate::runner::{Rows, Runner};

/// Entries 1 to 5 are gone: the event, B1's hold, sale and payment, and B2's hold. Left are B1's
/// cancellation and refund, and what became of B3.
const SCRIPT: &str = "
    event E1 start=900d | A 5 @ 5
    reserve A 1 ann
    confirm B1 ext:r1
    reserve A 1 bob
    advance 2d
    cancel B1
    reserve A 1 cyd
    release B3
    advance 400d
    job store
    lease store 60s
    truncate store 1 0 5 at=0s
";

#[track_caller]
fn check_audits(ways: &[(&str, fn(&mut Rows))], expected: Expect) {
    let mut emitted = String::new();
    for (name, way) in ways {
        let mut runner = Runner::after(SCRIPT);
        way(&mut runner.rows);
        let report = runner.audit();
        check_parts(&runner, &report);
        let details: String = report.details.iter().map(|it| format!("  {it}\n")).collect();
        let text = format!("{name}: {} orphaned\n{details}", report.orphaned);
        emitted += &runner.names.translate(&text);
        assert_eq!(report.is_ok(), report.orphaned == 0, "{report:?}");
    }
    expected.assert_eq(&emitted);
}

fn cleaned(rows: &mut Rows) -> &mut LowWaterMark {
    rows.low_water_marks.values_mut().next().expect("one feed was cleaned")
}

fn first(rows: &mut Rows) -> &mut Activity {
    rows.activity.first_mut().expect("some are left")
}

#[test]
fn a_feed_that_was_cleaned_is_sound() {
    check_audits(
        &[
            ("cleaned", |_| {}),
            ("all of it", |rows| {
                let last = rows.activity.last().expect("some are left");
                let all = LowWaterMark { position: last.position, at: last.at };
                rows.activity.clear();
                *cleaned(rows) = all;
            }),
        ],
        expect![[r#"
            cleaned: 0 orphaned
            all of it: 0 orphaned
        "#]],
    );
}

#[test]
fn what_was_not_cleaned_away_is_missed() {
    check_audits(
        &[
            ("the first that is left is lost", |rows| drop(rows.activity.remove(0))),
            ("one in the middle is lost", |rows| drop(rows.activity.remove(2))),
            ("the last is lost", |rows| drop(rows.activity.pop())),
            ("all that is left is lost", |rows| rows.activity.clear()),
            ("one that is gone is still there", |rows| {
                let mut entry = first(rows).clone();
                entry.position = 5;
                entry.resource = "another".to_owned();
                rows.activity.push(entry);
            }),
            ("nobody knows that it was cleaned", |rows| rows.low_water_marks.clear()),
            ("less was cleaned", |rows| cleaned(rows).position = 4),
            ("more was cleaned", |rows| cleaned(rows).position = 6),
            ("more than there was", |rows| cleaned(rows).position = 100),
            ("another feed was cleaned", |rows| {
                let gone = *cleaned(rows);
                rows.low_water_marks.insert(AccountId::from_raw(77), gone);
            }),
        ],
        expect![[r#"
            the first that is left is lost: 2 orphaned
              B1 changed 3 times, emitted 0
              live: 3 entries from 7 to 9, 5 cleaned away, head 9
            one in the middle is lost: 2 orphaned
              B3 changed 2 times, emitted 1
              live: 3 entries from 6 to 9, 5 cleaned away, head 9
            the last is lost: 2 orphaned
              B3 changed 2 times, emitted 1
              live: 3 entries from 6 to 8, 5 cleaned away, head 9
            all that is left is lost: 3 orphaned
              B1 changed 3 times, emitted 0
              B3 changed 2 times, emitted 0
              live: 0 entries from 0 to 0, 5 cleaned away, head 9
            one that is gone is still there: 1 orphaned
              live: 5 entries from 5 to 9, 5 cleaned away, head 9
            nobody knows that it was cleaned: 3 orphaned
              B1 changed 3 times, emitted 1
              B2 changed 1 times, emitted 0
              live: 4 entries from 6 to 9, 0 cleaned away, head 9
            less was cleaned: 1 orphaned
              live: 4 entries from 6 to 9, 4 cleaned away, head 9
            more was cleaned: 1 orphaned
              live: 4 entries from 6 to 9, 6 cleaned away, head 9
            more than there was: 1 orphaned
              live: 4 entries from 6 to 9, 100 cleaned away, head 9
            another feed was cleaned: 1 orphaned
              acc_0000000000000000000000002d: 0 entries from 0 to 0, 5 cleaned away, head 0
        "#]],
    );
}

#[test]
fn a_booking_that_is_newer_than_what_is_gone_is_told_in_full() {
    check_audits(
        &[
            ("its hold is emitted as another's", |rows| {
                let entry = rows.activity.get_mut(2).expect("B3's hold");
                entry.resource = "another".to_owned();
            }),
            ("its end is emitted as another's", |rows| {
                let entry = rows.activity.last_mut().expect("B3's release");
                entry.resource = "another".to_owned();
            }),
            ("the last change of an old one is emitted as another's", |rows| {
                first(rows).resource = "another".to_owned();
            }),
            ("what is gone is older than its bookings", |rows| {
                cleaned(rows).at = Timestamp::from_millis(-1);
            }),
            ("what is gone is as new as its bookings", |rows| {
                cleaned(rows).at = Timestamp::from_millis(2 * DAY_MS);
            }),
        ],
        expect![[r#"
            its hold is emitted as another's: 1 orphaned
              B3 changed 2 times, emitted 1
            its end is emitted as another's: 1 orphaned
              B3 changed 2 times, emitted 1
            the last change of an old one is emitted as another's: 1 orphaned
              B1 changed 3 times, emitted 0
            what is gone is older than its bookings: 2 orphaned
              B1 changed 3 times, emitted 1
              B2 changed 1 times, emitted 0
            what is gone is as new as its bookings: 0 orphaned
        "#]],
    );
}
