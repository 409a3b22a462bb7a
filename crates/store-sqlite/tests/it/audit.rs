//! The audit of a whole store, sound and broken.

use domain::activity::{ActivityKind, Feed};
use domain::allowance::Allowance;
use domain::invariants::{Audit, Report};
use domain::pool::{PoolId, SeatNo};
use domain::record::Record;
use domain::retention::Retention;
use domain::tickets::booking::{Booking, Status};
use domain::world::Change;
use engine::reads::Reads as _;

use crate::fixture::{
    ALLOWANCE, OURS, PLAIN, SEATED, STALLS, Scratch, activity, answered, at, catalogue, commit,
    payment, plain, pool, refund, seated,
};

/// A store in which everything holds: one hold, and one sale that was cancelled and refunded.
fn sound() -> Scratch {
    let scratch = Scratch::new();
    let mut changes = catalogue();
    changes.extend([
        Change::put((OURS, PoolId::seat(STALLS, SeatNo(2))), pool(1, 0, 0)),
        Change::put((OURS, ALLOWANCE), Allowance { taken: 1 }),
        Change::from(seated()),
        Change::from(plain(PLAIN)),
        Change::of(OURS, payment()),
        Change::of(OURS, refund()),
        Change::from(answered("k-1")),
    ]);
    let entries = [(SEATED, 1), (SEATED, 2), (SEATED, 3), (PLAIN, 1)];
    for (position, (booking, seq)) in (1..).zip(entries) {
        let mut entry = activity(position, &booking.to_string(), seq);
        entry.kind = ActivityKind::BookingReserved;
        changes.push(Change::Activity(Box::new(entry)));
    }
    changes.push(Change::put(OURS, Feed { position: 4 }));
    commit(&mut scratch.open(), 1, changes).expect("it commits");
    scratch
}

/// What the audit says; `rows` is set to how many it has seen.
fn report_of(scratch: &Scratch, rows: &mut u64) -> Report {
    let mut audit = Audit::default();
    let reads = scratch.open().reads();
    reads.audit(&mut audit, &mut |seen| *rows = seen).expect("every row can be read");
    audit.finish(at(3_000), Retention::default(), Some(at(3_000)))
}

fn report(scratch: &Scratch) -> Report {
    report_of(scratch, &mut 0)
}

#[test]
fn a_sound_store_passes() {
    let mut rows = 0;
    assert_eq!(report_of(&sound(), &mut rows), Report::default());
    // 1 event, 2 zones, 3 pools, 1 allowance, 2 bookings, 1 deadline, 1 record, 1 payment, 1 refund, 4 + 1.
    assert_eq!(rows, 18);
}

#[track_caller]
fn check(sql: &str, count: fn(&Report) -> u64) {
    let scratch = sound();
    scratch.break_it(sql);
    let report = report(&scratch);
    assert!(count(&report) > 0, "{sql}: {report:?}");
    assert!(!report.is_ok(), "{sql}");
}

#[test]
fn a_broken_store_is_found_out() {
    check("update pools set sold = 100 where capacity = 100", |it| it.oversold);
    check("update pools set held = 4294967295, sold = 4294967295 where part = 0", |it| it.oversold);
    check("update pools set held = 0", |it| it.leaked);
    check("delete from pools where capacity = 100", |it| it.leaked);
    check("update allowances set taken = 2", |it| it.leaked);
    check("delete from allowances", |it| it.leaked);
    check("update bookings set expires_at = 1", |it| it.leaked);
    check("delete from deadlines", |it| it.leaked);
    check("update deadlines set due_at = due_at + 1", |it| it.leaked);
    check("delete from zones", |it| it.orphaned);
    check(
        "insert into pools select account_id, 'zon_0000000000000000000000009z', 0, 1, 0, 0 from events",
        |it| it.orphaned,
    );
    check("delete from events", |it| it.orphaned);
    check("delete from idempotency", |it| it.orphaned);
    check("delete from activity where no & 1099511627775 = 4", |it| it.orphaned);
    check("update feeds set position = 5", |it| it.orphaned);
    check("delete from refunds", |it| it.unbalanced);
    check("delete from payments", |it| it.orphaned);
    check("update payments set amount = 1", |it| it.unbalanced);
    check("delete from bookings where seats is not null", |it| it.orphaned);
}

#[test]
fn a_second_booking_of_one_key_is_found_out() {
    let scratch = sound();
    let mut store = scratch.open();
    let second = Booking { status: Status::Released, seq: 0, ..plain(PLAIN) };
    let second =
        Booking { intent: seated().intent, id: domain::id::BookingId::from_raw(99), ..second };
    commit(&mut store, 2, vec![Change::from(second)]).unwrap();
    assert_eq!(report(&scratch).duplicated, 1);
}

#[test]
fn a_second_record_of_one_key_is_found_out() {
    let columns = "account, scope, key, fingerprint, method, path, state, answer_format, status,
        content_type, location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until";
    let scratch = sound();
    let twice = format!("insert into idempotency ({columns}) select {columns} from idempotency");
    scratch.break_it(&twice);
    assert_eq!(report(&scratch).duplicated, 1);
}

#[test]
fn progress_is_reported_while_it_goes_on() {
    let scratch = sound();
    let records = (0..3_000).map(|name| Record { resource: None, ..answered(&format!("{name}")) });
    let changes = records.map(Change::from).collect();
    commit(&mut scratch.open(), 2, changes).unwrap();
    let mut counts = Vec::new();
    let reads = scratch.open().reads();
    reads.audit(&mut Audit::default(), &mut |rows| counts.push(rows)).unwrap();
    assert_eq!(counts, [1_024, 2_048, 3_018]);
}
