//! Stores as earlier programs made them.

use std::path::{Path, PathBuf};

use domain::id::{AccountId, BookingId, EventId, PaymentId, RefundId, ZoneId};
use domain::job::{Job, JobId, JobKind, Payload};
use domain::payment::{PaymentStatus, RefundEnd, RefundStatus};
use domain::policy::{CancellationPolicy, RefundStep};
use domain::pool::{Pool, PoolId, SeatNo};
use domain::record::{IntentKey, KeyScope};
use domain::resource::Resource;
use domain::time::DAY_MS;
use domain::{Change, Keys, Timestamp, World};
use engine::reads::Reads as _;
use engine::reads::due::{DueReads as _, Waiting};
use engine::tickets::TicketReads as _;
use engine::{Batch, BatchId, StoreError};
use peers::cluster::Database;
use rows::tickets::json;
use store_postgres::PostgresStore;

use crate::node::{Node, options};

/// The number that a migration's file begins with.
fn number(path: &Path) -> u32 {
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    name.trim_start_matches('V').split('_').next().expect("a number").parse().expect("one")
}

/// Makes a store with an earlier schema, as the program of its time left it.
fn make(version: u32) -> Database {
    let newest = Database::new();
    drop(Node::new(&newest, 0));
    let database = Database::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let files = std::fs::read_dir(folder).expect("the migrations");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.sort_by_key(|path| number(path));
    for file in files.iter().filter(|path| number(path) <= version) {
        database.execute(&std::fs::read_to_string(file).expect("a migration"));
    }
    let history = newest.ask(&format!(
        "select format('(%s, %L, %L, %L)', version, name, applied_on, checksum)
         from refinery_schema_history where version <= {version}"
    ));
    database.execute(&format!(
        "create table refinery_schema_history (
             version int4 primary key, name varchar(255), applied_on varchar(255), checksum varchar(255));
         insert into refinery_schema_history values {}",
        history.join(", ")
    ));
    database
}

/// An event that starts at 9000 ms, as version 11 keeps it.
fn insert_event(id: &str, policy: &str) -> String {
    format!(
        "insert into events values
             ('{}', '{id}', 'Gala', 9000, 'USD', 4, 600, null, null, '{policy}', 900, 1);",
        AccountId::from_raw(1)
    )
}

#[test]
fn steps_of_days_become_instants() {
    let database = make(11);
    let [stepped, plain, newer] = [2, 3, 4].map(EventId::from_raw);
    let steps = r#"[{"days_before":7,"refund_percent":50},{"days_before":0,"refund_percent":10}]"#;
    for (id, policy) in [(stepped, steps), (plain, "[]"), (newer, r#"{"newer":1}"#)] {
        database.execute(&insert_event(&id.to_string(), policy));
    }
    let options = options(1, engine::failpoint::Failpoints::default());
    let store = PostgresStore::open(&database.url(), &options).expect("it is brought up to date");
    let reads = store.reads();
    let event = |id| reads.event(AccountId::from_raw(1), id);
    let policy = |id| event(id).expect("it reads").expect("it is there").event.policy;
    let step = |millis, refund_percent| RefundStep {
        until: Timestamp::from_millis(millis),
        refund_percent,
    };
    assert_eq!(policy(stepped).0, [step(9_000 - 7 * DAY_MS, 50), step(9_000, 10)]);
    assert_eq!(policy(plain), CancellationPolicy::default());
    let broken = event(newer);
    assert!(matches!(broken, Err(StoreError::Unreadable(_))), "{broken:?}");
    let text = format!("select cancellation_policy from events where id = '{stepped}'");
    assert_eq!(
        database.ask(&text),
        [json::policy_text(&policy(stepped))],
        "as the program writes it"
    );

    // A node of then whose batch had begun cannot write as it did.
    let late = insert_event(&EventId::from_raw(5).to_string(), steps);
    let refused = database.session().try_execute(&late).expect_err("the schema refuses it");
    let code = refused.code().map(|code| code.code().to_owned());
    assert_eq!(code.as_deref(), Some("23514"), "{refused}");
}

/// A pool of a zone and that of a seat belong to the zone, and go on. A node of then writes none any more.
#[test]
fn pools_of_then_belong_to_their_zones() {
    let database = make(15);
    let (account, zone) = (AccountId::from_raw(1), ZoneId::from_raw(3));
    let event = EventId::from_raw(2);
    database.execute(&insert_event(&event.to_string(), "[]"));
    let insert_pool = |part: u32, counters: &str| {
        format!(
            "insert into pools (account_id, zone_id, part, capacity, held, sold)
             values ('{account}', '{zone}', {part}, {counters})"
        )
    };
    database.execute(&format!(
        "insert into zones values ('{account}', '{zone}', '{event}', 0, 'Floor', 2500, 'USD', true, 1)"
    ));
    database.execute(&insert_pool(0, "100, 1, 1"));
    database.execute(&insert_pool(7, "1, 0, 1"));
    let options = options(1, engine::failpoint::Failpoints::default());
    let mut store =
        PostgresStore::open(&database.url(), &options).expect("it is brought up to date");
    let whole = (account, PoolId::zone(zone));
    let [seat, other] = [7, 8].map(|number| (account, PoolId::seat(zone, SeatNo(number))));
    let keys = Keys {
        zones: [(account, zone)].into(),
        pools: [whole, seat, other].into(),
        taken_seats: [(account, zone)].into(),
        ..Keys::default()
    };
    let pool = |capacity, held, sold| Pool::from_parts(capacity, held, sold).expect("a pool");
    let mut world = World::default();
    let mut tx = engine::Store::begin(&mut store).expect("it begins");
    tx.load(&keys, &mut world).expect("it loads");
    assert_eq!(world.pools.get(&whole), Some(&pool(100, 1, 1)));
    assert_eq!(world.pools.get(&seat), Some(&pool(1, 0, 1)));
    assert_eq!(world.taken_seats.get(&(account, zone)), Some(&[SeatNo(7)].into()));
    let now = tx.now(Timestamp::from_millis(1_300)).expect("it knows the time");
    for ((account, id), pool) in
        [(whole, pool(100, 2, 0)), (seat, pool(1, 0, 0)), (other, pool(1, 1, 0))]
    {
        world.apply(Change::put((account, id), pool));
    }
    let batch = Batch { id: BatchId(2), now, world: &world, emitted: &[], key_usage: &[] };
    tx.commit(&batch).expect("it commits");
    let mut world = World::default();
    let mut tx = engine::Store::begin(&mut store).expect("it begins");
    tx.load(&keys, &mut world).expect("it loads");
    assert_eq!(world.pools.get(&whole), Some(&pool(100, 2, 0)));
    assert_eq!(world.taken_seats.get(&(account, zone)), Some(&[SeatNo(8)].into()));

    let refused = database.session().try_execute(&insert_pool(9, "1, 1, 0"));
    let refused = refused.expect_err("the column is gone");
    assert_eq!(refused.code().map(|code| code.code()), Some("42703"), "{refused}");
    let least = "select value from store_meta where key = 'min_writer_version'";
    let least: u32 = database.ask(least).concat().parse().expect("a number");
    assert!(least >= 16, "programs of then may not write: {least}");
}

#[test]
fn refunds_of_then_are_pending() {
    let database = make(11);
    let (account, booking) = (AccountId::from_raw(1), BookingId::from_raw(6));
    let (id, payment) = (RefundId::from_raw(9), PaymentId::from_raw(8));
    database.execute(&insert_event(&EventId::from_raw(2).to_string(), "[]"));
    database.execute(&format!(
        "insert into bookings values ('{account}', '{booking}', 'evt', 'zon', 'per', 1, null, 2500, 'USD',
             'cancelled', 5000, 1000, 1100, 1200, 'CODE', null, '{payment}', null, null, 3);
         insert into payments values ('{account}', '{payment}', '{booking}', 'external', 'ref-1',
             'refund_pending', 2500, 'USD', 1000, 1100, 2);
         insert into refunds values ('{account}', '{id}', '{payment}', 1000, 'USD', 'rain', 1200)"
    ));
    let options = options(1, engine::failpoint::Failpoints::default());
    let mut store =
        PostgresStore::open(&database.url(), &options).expect("it is brought up to date");
    let keys = Keys {
        payments: [(account, payment)].into(),
        refunds: [(account, id)].into(),
        ..Keys::default()
    };
    let mut world = World::default();
    let mut tx = engine::Store::begin(&mut store).expect("it begins");
    tx.load(&keys, &mut world).expect("it loads");
    let paid = world.payments.get(&(account, payment)).expect("it is there").clone();
    assert_eq!(paid.resource, Resource::Booking(booking));
    assert_eq!((paid.status, paid.adds_up()), (PaymentStatus::RefundPending, true));
    assert_eq!((paid.refunded, paid.refund_pending), (1_000, 1_000));
    let refund = world.refunds.get(&(account, id)).expect("it is there").clone();
    assert_eq!((refund.status, refund.ended_at), (RefundStatus::Pending, None));
    // And they go on.
    let now = tx.now(Timestamp::from_millis(1_300)).expect("it knows the time");
    let end = RefundEnd::Succeeded { reference: Some("re-1".to_owned()) };
    let done = refund.ended(end.clone(), now).expect("it was pending");
    let given = paid.with_refund_ended(1_000, &end).expect("it was pending");
    world.apply(Change::of(account, given.clone()));
    world.apply(Change::of(account, done.clone()));
    let batch = Batch { id: BatchId(2), now, world: &world, emitted: &[], key_usage: &[] };
    tx.commit(&batch).expect("it commits");
    let mut world = World::default();
    let mut tx = engine::Store::begin(&mut store).expect("it begins");
    tx.load(&keys, &mut world).expect("it loads");
    assert_eq!(world.payments.get(&(account, payment)), Some(&given));
    assert_eq!(world.refunds.get(&(account, id)), Some(&done));
}

/// It goes on where it was, under the one name that it has now.
#[test]
fn the_job_of_clean_up_has_a_name() {
    let database = make(15);
    let id = JobId::clean_up();
    let (account, kind) = (id.0, id.1.kind.as_str());
    let row = format!("values ('{account}', '{kind}', 5, 6, 7, 8)");
    let columns = "insert into jobs (account_id, kind, due_at, lease_until, fence, attempt)";
    database.execute(&format!("{columns} {row}"));
    let options = options(1, engine::failpoint::Failpoints::default());
    let mut store =
        PostgresStore::open(&database.url(), &options).expect("it is brought up to date");
    let keys = Keys { jobs: [id.clone()].into(), ..Keys::default() };
    let mut world = World::default();
    let mut tx = engine::Store::begin(&mut store).expect("it begins");
    tx.load(&keys, &mut world).expect("it loads");
    let at = Timestamp::from_millis;
    let (due_at, lease_until, payload) = (at(5), at(6), Payload::default());
    let job = Job { due_at, lease_until, fence: 7, attempt: 8, payload };
    assert_eq!(world.jobs.get(&id), Some(&job));
    drop(tx);
    let waiting = store.reads().jobs(JobKind::CleanUp, 9).expect("it looks");
    assert_eq!(waiting, [Waiting { ready_at: at(6), job: id }]);

    // A node of then whose batch had begun cannot write as it did.
    let late = format!(
        "{columns} {row} on conflict (account_id, kind) do update set fence = excluded.fence"
    );
    let refused = database.session().try_execute(&late).expect_err("the schema refuses it");
    let code = refused.code().map(|code| code.code().to_owned());
    assert_eq!(code.as_deref(), Some("42P10"), "{refused}");
}

/// They are found by what they were called. A node of then writes none any more, as nobody would find them.
#[test]
fn keys_of_then_say_what_their_customer_is_called() {
    let database = make(18);
    let account = AccountId::from_raw(1);
    let insert = |column: &str, key: &str| {
        format!(
            "insert into idempotency (account_id, {column}, key, method, path, state, first_seen_at, last_seen_at, attempts)
             values ('{account}', 'ann', '{key}', '', '', 'retired', 5, 6, 7)"
        )
    };
    database.execute(&insert("user_id", "k1"));
    let options = options(1, engine::failpoint::Failpoints::default());
    let store = PostgresStore::open(&database.url(), &options).expect("it is brought up to date");
    let scope = KeyScope::of_user("ann".to_owned());
    let key = IntentKey { account, scope, key: "k1".to_owned() };
    let record = store.reads().record(&key).expect("it reads").expect("it is there");
    assert_eq!((record.key, record.attempts), (key, 7));

    let refused = database.session().try_execute(&insert("user_id", "k2"));
    let refused = refused.expect_err("the column is gone");
    assert_eq!(refused.code().map(|code| code.code()), Some("42703"), "{refused}");
    let shown = "select scope || ' ' || key from idempotencyrecord";
    assert_eq!(database.ask(shown), ["ann k1"]);
}
