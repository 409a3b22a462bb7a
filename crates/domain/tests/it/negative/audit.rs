//! Controls: the audit notices each kind of broken store.

use domain::Timestamp;
use domain::id::{AccountId, BookingId, EventId, PaymentId, RefundId, ZoneId};
use domain::invariants::{Audit, DETAILS_MAX, Report};
use domain::payment::{Payment, PaymentStatus, Refund, RefundStatus};
use domain::pool::{Pool, PoolId};
use domain::retention::Retention;
use domain::tickets::booking::{Booking, Status};
use expect_test::{Expect, expect};

use crate::runner::{Rows, Runner};

/// The store that `SCRIPT` leaves: B1 sold with seats, B2 cancelled and refunded, B3 held, B4 over.
const SCRIPT: &str = "
    event E1 | A 5 @ 5 | S seats S-1..3 @ 7
    reserve S S-1,S-2 ann key=k1
    reserve A 2 ann key=k2
    confirm B1 ext:r1
    confirm B2 ext:r2
    cancel B2
    reserve A 1 bob key=k3
    reserve A 1 cyd
    release B4
";

/// Breaks the store in each way, and tells what the audit says.
#[track_caller]
fn check_audits(ways: &[(&str, fn(&mut Rows))], expected: Expect) {
    let mut emitted = String::new();
    for (name, way) in ways {
        let mut runner = Runner::after(SCRIPT);
        way(&mut runner.rows);
        let report = runner.audit();
        check_parts(&runner, &report);
        emitted += &format!("{name}: {}", runner.names.translate(&show(&report)));
    }
    expected.assert_eq(&emitted);
}

/// An audit that remembers few keys at a time needs more passes, and finds the same.
#[track_caller]
pub(super) fn check_parts(runner: &Runner, whole: &Report) {
    let sorted = |report: &Report| {
        let mut report = report.clone();
        report.details.sort_unstable();
        report
    };
    for keys_max in [2, 3, 8] {
        let mut audit = Audit::with_room(keys_max);
        let mut passes = 0;
        loop {
            runner.rows.show(&mut audit);
            passes += 1;
            if !audit.pass(runner.now, Retention::default(), None) {
                break;
            }
        }
        assert!(passes > 1 || keys_max > 3, "there was room for everything");
        assert_eq!(sorted(&audit.into_report()), sorted(whole), "{keys_max} keys at a time");
    }
}

fn show(report: &Report) -> String {
    let Report { oversold, duplicated, leaked, unbalanced, orphaned, details } = report;
    assert_eq!(report.is_ok(), details.is_empty());
    let counts = [
        ("oversold", oversold),
        ("duplicated", duplicated),
        ("leaked", leaked),
        ("unbalanced", unbalanced),
        ("orphaned", orphaned),
    ];
    let counts = counts.iter().filter(|(_, count)| **count > 0);
    let counts: Vec<_> = counts.map(|(name, count)| format!("{count} {name}")).collect();
    let details: String = details.iter().map(|detail| format!("  {detail}\n")).collect();
    let counts = if counts.is_empty() { "NOTHING".to_owned() } else { counts.join(", ") };
    format!("{counts}\n{details}")
}

fn nth_booking(rows: &mut Rows, index: usize) -> &mut Booking {
    rows.bookings.values_mut().nth(index).expect("it is there")
}

fn nth_payment(rows: &mut Rows, index: usize) -> &mut Payment {
    rows.payments.values_mut().nth(index).expect("it is there")
}

fn the_refund(rows: &mut Rows) -> &mut Refund {
    rows.refunds.values_mut().next().expect("one")
}

fn add_refund(rows: &mut Rows, refund: Refund) {
    let (account, _) = *rows.refunds.first_key_value().expect("one").0;
    rows.refunds.insert((account, refund.id), refund);
}

/// A copy of B1 under another id.
fn copy_booking(rows: &mut Rows) -> &mut Booking {
    let mut copy = nth_booking(rows, 0).clone();
    copy.id = BookingId::from_raw(7);
    rows.bookings.entry((copy.account, copy.id)).or_insert(copy)
}

#[test]
fn a_sound_store_is_found_sound() {
    check_audits(
        &[("untouched", |_| {})],
        expect![[r#"
        untouched: NOTHING
    "#]],
    );
}

#[test]
fn stock_that_does_not_add_up_is_noticed() {
    check_audits(
        &[
            ("a sold unit is forgotten", |rows| {
                let pool = rows.pools.values_mut().find(|pool| pool.sold() == 2).expect("S");
                *pool = pool.take_back(1);
            }),
            ("a held unit is left over", |rows| {
                let pool = rows.pools.values_mut().next().expect("A");
                *pool = pool.hold(1).expect("some are left");
            }),
            ("a pool is lost", |rows| {
                rows.pools.retain(|(_, id), _| id.part() != 1);
            }),
            ("an allowance is too high", |rows| {
                let allowance = rows.allowances.values_mut().next().expect("one");
                *allowance = allowance.take(1);
            }),
            ("an allowance is lost", |rows| rows.allowances.retain(|_, a| a.taken != 1)),
            ("a sale is doubled", |rows| copy_booking(rows).intent = None),
        ],
        expect![[r#"
            a sold unit is forgotten: 1 leaked
              Zone(S): counters and live claims differ: Tally { capacity: 3, held: 0, sold: 1, claimed_held: 0, claimed_sold: 2 }
            a held unit is left over: 1 leaked
              Zone(A): counters and live claims differ: Tally { capacity: 5, held: 2, sold: 0, claimed_held: 1, claimed_sold: 0 }
            a pool is lost: 1 oversold, 1 leaked
              Zone(S)/1: 0 taken and 1 claimed of 0
              Zone(S)/1: counters and live claims differ: Tally { capacity: 0, held: 0, sold: 0, claimed_held: 0, claimed_sold: 1 }
            an allowance is too high: 1 leaked
              AllowanceId { event: E1, person: @ann }: 3 stored, 2 live
            an allowance is lost: 1 leaked
              AllowanceId { event: E1, person: @bob }: 0 stored, 1 live
            a sale is doubled: 3 oversold, 4 leaked, 1 unbalanced, 1 orphaned
              P1 pays for bkg_00000000000000000000000007 and B1
              Zone(S): 2 taken and 4 claimed of 3
              Zone(S): counters and live claims differ: Tally { capacity: 3, held: 0, sold: 2, claimed_held: 0, claimed_sold: 4 }
              Zone(S)/1: 1 taken and 2 claimed of 1
              Zone(S)/1: counters and live claims differ: Tally { capacity: 1, held: 0, sold: 1, claimed_held: 0, claimed_sold: 2 }
              Zone(S)/2: 1 taken and 2 claimed of 1
              Zone(S)/2: counters and live claims differ: Tally { capacity: 1, held: 0, sold: 1, claimed_held: 0, claimed_sold: 2 }
              AllowanceId { event: E1, person: @ann }: 2 stored, 4 live
              bkg_00000000000000000000000007 changed 2 times, emitted 0
        "#]],
    );
}

#[test]
fn more_taken_than_there_is_is_noticed() {
    let runner = Runner::after(SCRIPT);
    let mut audit = runner.rows.audit();
    let (id, pool) = runner.rows.pools.first_key_value().expect("A");
    audit.pool(*id, [0, pool.held(), pool.sold()]);
    let report = audit.finish(runner.now, Retention::default(), None);
    expect![[r#"
        1 oversold
          Zone(A): 1 taken and 1 claimed of 0
    "#]]
    .assert_eq(&runner.names.translate(&show(&report)));
}

#[test]
fn two_bookings_of_one_key_are_noticed() {
    check_audits(
        &[
            ("a second booking of k1", |rows| copy_booking(rows).status = Status::Released),
            ("its record names the second", |rows| {
                let id = copy_booking(rows).id;
                nth_booking(rows, 0).status = Status::Released;
                let record = rows.records.values_mut().next().expect("k1");
                record.resource = Some(id.to_string());
            }),
        ],
        expect![[r#"
            a second booking of k1: 1 duplicated, 1 unbalanced, 1 orphaned
              P1 pays for bkg_00000000000000000000000007 and B1
              bkg_00000000000000000000000007 and B1 were made by one key
              bkg_00000000000000000000000007 changed 2 times, emitted 0
            its record names the second: 1 duplicated, 1 unbalanced, 1 orphaned
              P1 pays for bkg_00000000000000000000000007 and B1
              B1 and bkg_00000000000000000000000007 were made by one key
              bkg_00000000000000000000000007 changed 2 times, emitted 0
        "#]],
    );
}

#[test]
fn money_that_does_not_add_up_is_noticed() {
    check_audits(
        &[
            ("a refund is lost", |rows| rows.refunds.clear()),
            ("a refund is doubled", |rows| {
                let refund = Refund { id: RefundId::from_raw(7), ..the_refund(rows).clone() };
                nth_payment(rows, 1).refunded *= 2;
                nth_payment(rows, 1).refund_pending *= 2;
                add_refund(rows, refund);
            }),
            ("a payment says nothing of its refund", |rows| nth_payment(rows, 1).refunded = 0),
            ("a refund fails without its payment", |rows| {
                the_refund(rows).status = RefundStatus::Failed;
            }),
            ("a refund succeeds without its payment", |rows| {
                the_refund(rows).status = RefundStatus::Succeeded;
            }),
            ("a refund is of another amount", |rows| the_refund(rows).amount.minor -= 1),
            ("a payment forgets that its refund is pending", |rows| {
                nth_payment(rows, 1).status = PaymentStatus::Refunded;
            }),
            ("a payment takes a refund for carried out", |rows| {
                nth_payment(rows, 1).status = PaymentStatus::Refunded;
                nth_payment(rows, 1).refund_pending = 0;
            }),
            ("a sale is not paid", |rows| {
                rows.payments.pop_first();
            }),
            ("a sale is paid in part", |rows| nth_payment(rows, 0).amount.minor -= 1),
            ("a sale names no payment", |rows| nth_booking(rows, 0).payment = None),
        ],
        expect![[r#"
            a refund is lost: 1 unbalanced
              P2: 0 refunded of 1000 USD, 0 of it pending; it is refund_pending and says 1000 and 1000
            a refund is doubled: 1 unbalanced
              P2: 2000 refunded of 1000 USD, 2000 of it pending; it is refund_pending and says 2000 and 2000
            a payment says nothing of its refund: 1 unbalanced
              P2: 1000 refunded of 1000 USD, 1000 of it pending; it is refund_pending and says 0 and 1000
            a refund fails without its payment: 1 unbalanced
              P2: 0 refunded of 1000 USD, 0 of it pending; it is refund_pending and says 1000 and 1000
            a refund succeeds without its payment: 1 unbalanced
              P2: 1000 refunded of 1000 USD, 0 of it pending; it is refund_pending and says 1000 and 1000
            a refund is of another amount: 1 unbalanced
              P2: 999 refunded of 1000 USD, 999 of it pending; it is refund_pending and says 1000 and 1000
            a payment forgets that its refund is pending: 1 unbalanced
              P2: 1000 refunded of 1000 USD, 1000 of it pending; it is refunded and says 1000 and 1000
            a payment takes a refund for carried out: 1 unbalanced
              P2: 1000 refunded of 1000 USD, 1000 of it pending; it is refunded and says 1000 and 0
            a sale is not paid: 1 unbalanced
              B1 costs 1400 and was paid 0
            a sale is paid in part: 1 unbalanced
              B1 costs 1400 and was paid 1399
            a sale names no payment: 1 unbalanced, 1 orphaned
              B1 costs 1400 and was paid 0
              P1 pays for nothing
        "#]],
    );
}

#[test]
fn rows_that_name_what_is_not_there_are_noticed() {
    check_audits(
        &[
            ("an event is lost", |rows| rows.events.clear()),
            ("a zone is lost", |rows| {
                rows.zones.pop_last();
            }),
            ("a pool of no zone", |rows| {
                let (account, _) = *rows.pools.first_key_value().expect("A").0;
                let pool = PoolId::zone(ZoneId::from_raw(7));
                rows.pools.insert((account, pool), Pool::new(1));
            }),
            ("a seat's pool of another account's zone", |rows| {
                let (_, pool) = *rows.pools.last_key_value().expect("S-2").0;
                rows.pools.insert((AccountId::SYSTEM, pool), Pool::new(1));
            }),
            ("a zone of another event", |rows| {
                let zone = rows.zones.values_mut().next().expect("A");
                zone.event = EventId::from_raw(7);
            }),
            ("a record is lost", |rows| {
                rows.records.pop_first();
            }),
            ("a record answers with what is not there", |rows| {
                let record = rows.records.values_mut().next().expect("k1");
                record.resource = Some(BookingId::from_raw(7).to_string());
            }),
            ("a refund of no payment", |rows| {
                let refund = the_refund(rows).clone();
                let (id, payment) = (RefundId::from_raw(7), PaymentId::from_raw(7));
                add_refund(rows, Refund { payment, id, ..refund });
            }),
            ("a payment of no booking", |rows| {
                nth_payment(rows, 0).resource = BookingId::from_raw(7).into();
            }),
        ],
        expect![[r#"
            an event is lost: 8 orphaned
              Zone(A) has no owner
              Zone(S) has no owner
              Zone(S)/1 has no owner
              Zone(S)/2 has no owner
              B1 has no event or zone
              B2 has no event or zone
              B3 has no event or zone
              B4 has no event or zone
            a zone is lost: 4 orphaned
              Zone(S) has no owner
              Zone(S)/1 has no owner
              Zone(S)/2 has no owner
              B1 has no event or zone
            a pool of no zone: 1 orphaned
              Zone(zon_00000000000000000000000007) has no owner
            a seat's pool of another account's zone: 1 orphaned
              Zone(S)/2 has no owner
            a zone of another event: 4 orphaned
              Zone(A) has no owner
              B2 has no event or zone
              B3 has no event or zone
              B4 has no event or zone
            a record is lost: 1 orphaned
              B1 has no record
            a record answers with what is not there: 1 duplicated, 1 orphaned
              key "k1" answers with bkg_00000000000000000000000007, which is not there
              B1 and bkg_00000000000000000000000007 were made by one key
            a refund of no payment: 1 orphaned
              refund rfd_00000000000000000000000007 has no payment pay_00000000000000000000000007
            a payment of no booking: 1 orphaned
              P1 pays for nothing
        "#]],
    );
}

#[test]
fn activity_that_is_missing_is_noticed() {
    check_audits(
        &[
            ("an entry is lost", |rows| {
                rows.activity.remove(2);
            }),
            ("the last entry is lost", |rows| {
                rows.activity.pop();
            }),
            ("an entry is doubled", |rows| {
                let again = rows.activity.last().expect("one").clone();
                rows.activity.push(again);
            }),
            ("an entry is out of its thing's order", |rows| {
                rows.activity.last_mut().expect("one").resource_seq = 1;
            }),
            ("a booking changed untold", |rows| nth_booking(rows, 0).seq += 1),
            ("a feed head is behind", |rows| {
                rows.feeds.values_mut().for_each(|feed| feed.position -= 1);
            }),
            ("a feed head is lost", |rows| rows.feeds.clear()),
        ],
        expect![[r#"
            an entry is lost: 2 orphaned
              B2 changed 3 times, emitted 2
              live: 11 entries from 1 to 12, 0 cleaned away, head 12
            the last entry is lost: 2 orphaned
              B4 changed 2 times, emitted 1
              live: 11 entries from 1 to 11, 0 cleaned away, head 12
            an entry is doubled: 2 orphaned
              B4 changed 2 times, emitted 3
              live: 13 entries from 1 to 12, 0 cleaned away, head 12
            an entry is out of its thing's order: 1 orphaned
              B4 changed 2 times, emitted 2
            a booking changed untold: 1 orphaned
              B1 changed 3 times, emitted 2
            a feed head is behind: 1 orphaned
              live: 12 entries from 1 to 12, 0 cleaned away, head 11
            a feed head is lost: 1 orphaned
              live: 12 entries from 1 to 12, 0 cleaned away, head 0
        "#]],
    );
}

#[test]
fn holds_past_their_deadline_are_noticed_while_the_store_is_served() {
    let mut runner = Runner::after(SCRIPT);
    runner.run("advance 10m1ms");
    let held_until = Timestamp::from_millis(600_000);
    let overdue = |before: Option<Timestamp>| {
        let report = runner.rows.audit().finish(runner.now, Retention::default(), before);
        runner.names.translate(&show(&report))
    };
    expect![[r#"
        NOTHING
    "#]]
    .assert_eq(&overdue(None));
    expect![[r#"
        NOTHING
    "#]]
    .assert_eq(&overdue(Some(held_until)));
    expect![[r#"
        1 leaked
          B3 is held past its deadline
    "#]]
    .assert_eq(&overdue(Some(held_until.plus_millis(1))));
}

#[test]
fn a_record_is_missed_only_as_long_as_it_must_be_kept() {
    let mut runner = Runner::after(SCRIPT);
    runner.rows.records.clear();
    assert_eq!(runner.audit().orphaned, 3);
    runner.now = runner.now.plus_millis(Retention::default().answer_ms - 1);
    assert_eq!(runner.audit().orphaned, 3);
    runner.now = runner.now.plus_millis(1);
    assert_eq!(runner.audit().orphaned, 0);
}

#[test]
fn all_are_counted_and_the_first_are_told() {
    let mut runner = Runner::after(SCRIPT);
    let account = runner.names.account("live");
    let mut audit = runner.rows.audit();
    for zone in 1..=200 {
        audit.pool((account, PoolId::zone(ZoneId::from_raw(zone))), [1, 1, 1]);
    }
    let report = audit.finish(Timestamp::default(), Retention::default(), None);
    assert_eq!((report.oversold, report.leaked), (200, 200));
    assert_eq!(report.details.len(), DETAILS_MAX);
}

#[test]
fn nothing_is_wrong_with_nothing() {
    let report = Audit::default().finish(Timestamp::default(), Retention::default(), None);
    assert_eq!(report, Report::default());
}
