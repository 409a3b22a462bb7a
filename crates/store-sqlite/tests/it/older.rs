//! Stores as earlier programs made them.

use domain::activity::{Activity, Feed};
use domain::id::{AccountId, BookingId, EventId, PaymentId, PersonId, RefundId, ZoneId};
use domain::job::{Job, JobId, JobKind, Payload};
use domain::payment::{PaymentStatus, Refund, RefundEnd, RefundStatus};
use domain::person::Handles;
use domain::policy::{CancellationPolicy, RefundStep};
use domain::pool::{PoolId, SeatNo};
use domain::record::{IntentKey, KeyScope};
use domain::resource::Resource;
use domain::time::DAY_MS;
use domain::{Change, Keys};
use engine::StoreError;
use engine::reads::due::{DueReads as _, Waiting};
use engine::reads::{ActivityFilter, Page, Reads as _};
use engine::tickets::{BookingFilter, TicketReads as _};
use engine::transfer::Source as _;
use rows::TABLES;
use rows::tickets::json;
use store_sqlite::{Options, SqliteSource};

use crate::fixture::{Scratch, activity, at, commit, load, pool, usd};

/// Makes a store with an earlier schema, as the program of its time left it.
pub(crate) fn make(scratch: &Scratch, version: u32) {
    let newest = Scratch::new();
    drop(newest.open());
    let raw = scratch.raw();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let files = std::fs::read_dir(folder).expect("the migrations");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    let number = |path: &std::path::PathBuf| -> u32 {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        name.trim_start_matches('V').split('_').next().expect("a number").parse().expect("one")
    };
    files.sort_by_key(number);
    for file in files.iter().filter(|file| number(file) <= version) {
        let sql = std::fs::read_to_string(file).expect("a migration");
        raw.execute_batch(&sql).expect("it can be carried out");
    }
    let history = format!(
        "attach '{}' as newest;
         create table refinery_schema_history (
             version int4 primary key, name varchar(255), applied_on varchar(255),
             checksum varchar(255));
         insert into refinery_schema_history
             select * from newest.refinery_schema_history where version <= {version};
         detach newest;",
        newest.path().display()
    );
    raw.execute_batch(&history).expect("its history");
}

/// Half of the money seven days before the start, and a tenth until then, as it was written up to version 9.
const STEPS: &str =
    r#"[{"days_before":7,"refund_percent":50},{"days_before":0,"refund_percent":10}]"#;

/// One of everything, in the tables of version 8: two people, one of whom has paid.
fn fill(scratch: &Scratch) {
    let [acc, evt, zon, per, pay] = ["acc", "evt", "zon", "per", "pay"]
        .map(|prefix| move |no: u8| format!("'{prefix}_{no:0>26}'"));
    let bkg = |no: u8| format!("'bkg_{no:0>26}'");
    let (a, e, z) = (acc(1), evt(2), zon(3));
    scratch.break_it(&format!(
        "insert into store_meta values ('store_id', 'sto_00000000000000000000000007'),
             ('incarnation', '1'), ('last_instant', '3000');
         insert into accounts values ({a}, 'demo', 'live', 1);
         insert into events values ({a}, {e}, 'Gala', 9000, 'USD', 4, 600, null, null,
             '{STEPS}', 900, 1),
             ({a}, {e2}, 'Matinee', 9000, 'USD', 4, 600, null, null, '[]', 900, 1);
         insert into zones values ({a}, {z}, {e}, 0, 'Floor', 2500, 'USD', 0, 1);
         insert into people values ({a}, {p2}, 'bert', 2000), ({a}, {p1}, 'anna', 1000);
         insert into pools values ({a}, {z}, 0, 100, 1, 1);
         insert into allowances values ({a}, {e}, {p1}, 1), ({a}, {e}, {p2}, 1);
         insert into bookings values
             ({a}, {b2}, {e}, {z}, {p2}, 1, null, 2500, 'USD', 'reserved', 5000, 2000, null, null,
              null, null, null, '', 'k-2', 1),
             ({a}, {b1}, {e}, {z}, {p1}, 1, null, 2500, 'USD', 'confirmed', 5000, 1000, 1100, null,
              'CODE', null, {y}, 'anna', 'k-1', 2);
         insert into payments values ({a}, {y}, {b1}, 'external', 'ref-1', 'captured', 2500, 'USD', 0,
             1100, 1);
         insert into idempotency values
             ({a}, '', 'k-2', zeroblob(32), 'POST', '/r', 'answered', 1, 201, 'application/json', null,
              x'7b7d', {b2}, 2000, 2000, 1, 90000),
             ({a}, 'anna', 'k-1', zeroblob(32), 'POST', '/r', 'answered', 1, 201, 'application/json', null,
              x'7b7d', {b1}, 1000, 1000, 1, 90000);
         insert into activity values
             ({a}, 2, 'msg_00000000000000000000000002', 'booking.confirmed', {b1}, 2, 1100, 'system',
              'r', null, '{{}}', '{{}}', '{{}}', 1),
             ({a}, 1, 'msg_00000000000000000000000001', 'booking.reserved', {b1}, 1, 1000, 'system',
              'r', null, '{{}}', '{{}}', '{{}}', 1);
         insert into feeds values ({a}, 2);",
        p1 = per(4),
        p2 = per(5),
        e2 = evt(9),
        b1 = bkg(6),
        b2 = bkg(7),
        y = pay(8),
    ));
}

#[test]
fn what_a_store_of_version_8_holds_is_found_afterwards() {
    let scratch = Scratch::new();
    make(&scratch, 8);
    fill(&scratch);
    let mut store = scratch.open();
    let reads = store.reads();
    let account = AccountId::from_raw(1);
    let list = |filter: BookingFilter| {
        let page = Page { after: None, limit: 9 };
        let found = reads.bookings(account, filter, page).unwrap();
        found.into_iter().map(|view| (view.booking.id.raw(), view.booking.user_id)).collect()
    };
    let both = vec![(7, "bert".to_owned()), (6, "anna".to_owned())];
    let all = BookingFilter::default();
    let found: Vec<(u128, String)> = list(all);
    assert_eq!(found, both, "newest first");
    let found: Vec<(u128, String)> =
        list(BookingFilter { person: Some(PersonId::from_raw(4)), ..all });
    assert_eq!(found, &both[1..]);
    let found: Vec<(u128, String)> =
        list(BookingFilter { event: Some(EventId::from_raw(2)), ..all });
    assert_eq!(found, both);

    // Their ids were made of what they are called.
    for (person, found) in [(4, Some(PersonId::from_raw(4))), (6, None)] {
        assert_eq!(reads.person(account, &Handles::of(person)).unwrap(), found);
    }
    let view = reads.booking(account, BookingId::from_raw(6)).unwrap().unwrap();
    assert_eq!(view.payment.unwrap().reference, "ref-1");
    assert_eq!(view.booking.zone, ZoneId::from_raw(3));
    for (user, key, booking) in [("anna", "k-1", 6), ("", "k-2", 7)] {
        let key =
            IntentKey { account, scope: KeyScope::of_user(user.to_owned()), key: key.to_owned() };
        let record = reads.record(&key).unwrap().unwrap();
        assert_eq!(record.sold(), Some(Resource::Booking(BookingId::from_raw(booking))));
    }
    let emitted = reads.activity(account, &ActivityFilter::default(), 9).unwrap();
    let positions: Vec<u64> = emitted.iter().map(|emitted| emitted.activity.position).collect();
    assert_eq!(positions, [1, 2]);
    let due = engine::Store::begin(&mut store).unwrap().due(at(5_000), 9).unwrap();
    let due: Vec<_> = due.iter().map(|it| (it.account, it.resource)).collect();
    assert_eq!(due, [(account, Resource::Booking(BookingId::from_raw(7)))]);
    drop(store);

    let mut source = SqliteSource::open(&scratch.path(), &Options::default()).unwrap();
    let rows: Vec<u64> = TABLES.iter().map(|table| source.count(table).unwrap()).collect();
    // Accounts, keys, events, zones, seats, people, pools, allowances, bookings, payments, refunds,
    // records, activity, feeds, deadlines, endpoints, cursors, counts, deliveries, attempts, jobs.
    assert_eq!(rows, [1, 0, 2, 1, 0, 2, 1, 2, 2, 1, 0, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0]);
}

/// Also those that nobody can have written: such an event fails whoever needs it, as it did before.
#[test]
fn steps_of_days_become_instants() {
    let scratch = Scratch::new();
    make(&scratch, 8);
    fill(&scratch);
    scratch.break_it(
        "insert into events select account_id, 'evt_0000000000000000000000000a', name, starts_at, currency,
             max_per_user, hold_seconds, null, null, '{\"newer\":1}', created_at, seq
         from events where name = 'Matinee'",
    );
    let store = scratch.open();
    let reads = store.reads();
    let event = |id| reads.event(AccountId::from_raw(1), EventId::from_raw(id));
    let policy = |id| event(id).unwrap().unwrap().event.policy;
    let step = |until, refund_percent| RefundStep { until, refund_percent };
    let seven_days = at(9_000 - 7 * DAY_MS);
    assert_eq!(policy(2).0, [step(seven_days, 50), step(at(9_000), 10)]);
    assert_eq!(policy(9), CancellationPolicy::default());
    assert!(matches!(event(10), Err(StoreError::Unreadable(_))), "{:?}", event(10));
    let text: String = scratch
        .raw()
        .query_row("select cancellation_policy from events where name = 'Gala'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(text, json::policy_text(&policy(2)), "as the program writes it");
}

/// A pool of a zone and that of a seat belong to the zone, and go on.
#[test]
fn pools_of_then_belong_to_their_zones() {
    let scratch = Scratch::new();
    make(&scratch, 8);
    fill(&scratch);
    scratch.break_it("insert into pools select account_id, zone_id, 7, 1, 0, 1 from pools");
    let mut store = scratch.open();
    let (account, zone) = (AccountId::from_raw(1), ZoneId::from_raw(3));
    let [seat, other] = [7, 8].map(|number| (account, PoolId::seat(zone, SeatNo(number))));
    let whole = (account, PoolId::zone(zone));
    let keys = Keys {
        pools: [whole, seat, other].into(),
        taken_seats: [(account, zone)].into(),
        ..Keys::default()
    };
    let world = load(&mut store, &keys);
    assert_eq!(world.pools.get(&whole), Some(&pool(100, 1, 1)));
    assert_eq!(world.pools.get(&seat), Some(&pool(1, 0, 1)));
    assert_eq!(world.taken_seats.get(&(account, zone)), Some(&[SeatNo(7)].into()));
    let changes = [(whole, pool(100, 2, 0)), (seat, pool(1, 0, 0)), (other, pool(1, 1, 0))];
    let changes = changes.map(|((account, id), pool)| Change::put((account, id), pool));
    commit(&mut store, 1, changes.to_vec()).unwrap();
    drop(store);
    let world = load(&mut scratch.open(), &keys);
    assert_eq!(world.pools.get(&whole), Some(&pool(100, 2, 0)));
    assert_eq!(world.taken_seats.get(&(account, zone)), Some(&[SeatNo(8)].into()));

    let raw = scratch.raw();
    raw.pragma_update(None, "ignore_check_constraints", false).unwrap();
    for broken in ["sold = 100", "held = -1", "part = -1"] {
        let error = raw.execute(&format!("update pools set {broken}"), []).unwrap_err();
        assert!(error.to_string().contains("CHECK"), "{broken}: {error}");
    }
    let sql = "select strict, wr from pragma_table_list where name = 'pools'";
    let is = |row: &rusqlite::Row<'_>| Ok((row.get("strict")?, row.get("wr")?));
    assert_eq!(raw.query_row(sql, [], is), Ok((true, true)), "strict, without rowid");
    let sql = "select value from store_meta where key = 'min_writer_version'";
    let least: String = raw.query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(least.parse::<u32>().unwrap() >= 13, "programs of then may not write: {least}");
}

#[test]
fn refunds_of_then_are_pending() {
    let scratch = Scratch::new();
    make(&scratch, 8);
    fill(&scratch);
    scratch.break_it(
        "update payments set status = 'refund_pending', refunded = 1000;
         insert into refunds select account_id, 'rfd_00000000000000000000000009', id, 1000, 'USD', 'rain', 1200
         from payments",
    );
    let mut store = scratch.open();
    let account = AccountId::from_raw(1);
    let (id, payment) = (RefundId::from_raw(9), PaymentId::from_raw(8));
    let keys = Keys {
        payments: [(account, payment)].into(),
        refunds: [(account, id)].into(),
        ..Keys::default()
    };
    let world = load(&mut store, &keys);
    let paid = world.payments.get(&(account, payment)).unwrap();
    assert_eq!(paid.resource, Resource::Booking(BookingId::from_raw(6)));
    assert_eq!((paid.status, paid.adds_up()), (PaymentStatus::RefundPending, true));
    assert_eq!((paid.refunded, paid.refund_pending), (1_000, 1_000));
    let refund = world.refunds.get(&(account, id)).unwrap();
    let expected = Refund {
        id,
        payment,
        amount: usd(1_000),
        reason: "rain".to_owned(),
        status: RefundStatus::Pending,
        reference: None,
        created_at: at(1_200),
        ended_at: None,
    };
    assert_eq!(refund, &expected);
    // And they go on.
    let end = RefundEnd::Succeeded { reference: Some("re-1".to_owned()) };
    let done = expected.ended(end.clone(), at(1_300)).unwrap();
    let given = paid.with_refund_ended(1_000, &end).unwrap();
    let changes = [Change::of(account, given.clone()), Change::of(account, done.clone())];
    commit(&mut store, 1, changes.to_vec()).unwrap();
    drop(store);
    let world = load(&mut scratch.open(), &keys);
    assert_eq!(world.payments.get(&(account, payment)), Some(&given));
    assert_eq!(world.refunds.get(&(account, id)), Some(&done));
}

/// It goes on where it was, under the one name that it has now.
#[test]
fn the_job_of_clean_up_has_a_name() {
    let scratch = Scratch::new();
    make(&scratch, 12);
    let id = JobId::clean_up();
    scratch.break_it(&format!(
        "insert into store_meta values ('store_id', 'sto_00000000000000000000000007'),
             ('incarnation', '1'), ('last_instant', '3000');
         insert into jobs values ('{}', '{}', 5, 6, 7, 8)",
        id.0,
        id.1.kind.as_str()
    ));
    let mut store = scratch.open();
    let keys = Keys { jobs: [id.clone()].into(), ..Keys::default() };
    let job = Job {
        due_at: at(5),
        lease_until: at(6),
        fence: 7,
        attempt: 8,
        payload: Payload::default(),
    };
    assert_eq!(load(&mut store, &keys).jobs.get(&id), Some(&job));
    let waiting = store.reads().jobs(JobKind::CleanUp, 9).unwrap();
    assert_eq!(waiting, [Waiting { ready_at: at(6), job: id }]);
}

/// They go on with the numbers that they have, and those that come are counted from there.
#[test]
fn accounts_keep_the_numbers_that_they_shared_with_events_and_zones() {
    let scratch = Scratch::new();
    make(&scratch, 14);
    let [first, second, third] = [1, 2, 3].map(AccountId::from_raw);
    scratch.break_it(&format!(
        "insert into store_meta values ('store_id', 'sto_00000000000000000000000007'),
             ('incarnation', '1'), ('last_instant', '3000');
         insert into names values (1, '{first}'), (2, '{}'), (3, '{}'), (7, '{second}'),
             (8, 'booking.reserved');
         insert into activity values
             ((1 << 40) + 1, 'msg_00000000000000000000000001', 8, 'r', 1, 1000, 'system', 'q', null,
              '', '', '', 1),
             ((7 << 40) + 1, 'msg_00000000000000000000000002', 8, 'r', 1, 1000, 'system', 'q', null,
              '', '', '', 1);
         insert into feeds values ('{first}', 1), ('{second}', 1)",
        EventId::from_raw(1),
        ZoneId::from_raw(1),
    ));
    let mut store = scratch.open();
    let emit = |store: &mut _, batch, (account, position): (AccountId, u64)| {
        let seq = u32::try_from(position).unwrap();
        let entry = Activity { account, ..activity(position, "r", seq) };
        let feed = Change::put(account, Feed { position });
        commit(store, batch, vec![Change::Activity(Box::new(entry)), feed]).unwrap();
    };
    emit(&mut store, 1, (first, 2));
    emit(&mut store, 2, (second, 2));
    emit(&mut store, 3, (third, 1));
    let ids = |account| {
        let emitted = store.reads().activity(account, &ActivityFilter::default(), 9).unwrap();
        emitted.into_iter().map(|emitted| emitted.activity.id.raw()).collect::<Vec<_>>()
    };
    assert_eq!([ids(first), ids(second), ids(third)], [vec![1, 2], vec![2, 2], vec![1]]);
    let raw = scratch.raw();
    let list = |sql: &str| -> Vec<(i64, String)> {
        let mut rows = raw.prepare(sql).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let accounts = [(1, first), (7, second), (8, third)].map(|(no, id)| (no, id.to_string()));
    assert_eq!(list("select no, name from account_names order by no"), accounts);
    let others = list("select no, name from names order by no");
    assert_eq!(others.iter().map(|(no, _)| *no).collect::<Vec<_>>(), [2, 3, 8]);
}
