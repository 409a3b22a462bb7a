//! Stores in scratch folders, and one of everything that they keep.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use domain::activity::{Activity, ActivityKind, Feed, SCHEMA_VERSION, SCHEMA_VERSION_MIN};
use domain::allowance::{Allowance, AllowanceId};
use domain::id::{
    AccountId, ActivityId, BookingId, EventId, KeyId, PaymentId, PersonId, RefundId, ZoneId,
};
use domain::job::{Job, JobId, JobKind, Payload};
use domain::owner::Owner;
use domain::payment::{Method, Payment, PaymentStatus, Refund, RefundStatus};
use domain::person::{Handle, Person};
use domain::policy::{CancellationPolicy, RefundStep};
use domain::pool::{Pool, PoolId, SeatNo};
use domain::record::{Answer, Fingerprint, IntentKey, KeyScope, Record, RecordState};
use domain::resource::Resource;
use domain::tickets::booking::{Booking, Seat, Status};
use domain::tickets::event::{Event, Layout, Zone};
use domain::world::{Change, Of};
use domain::{Actor, Currency, Keys, Money, Timestamp, World};
use engine::key_usage::KeyUsage;
use engine::{ActivityRow, Batch, BatchId, CommitError, Store as _, Tx};
use rusqlite::Connection;
use store_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

pub(crate) const OURS: AccountId = AccountId::from_raw(1);
pub(crate) const THEIRS: AccountId = AccountId::from_raw(2);
pub(crate) const EVENT: EventId = EventId::from_raw(10);
pub(crate) const STALLS: ZoneId = ZoneId::from_raw(20);
pub(crate) const FLOOR: ZoneId = ZoneId::from_raw(21);
pub(crate) const ANNA: PersonId = PersonId::from_raw(30);
pub(crate) const SEATED: BookingId = BookingId::from_raw(40);
pub(crate) const PLAIN: BookingId = BookingId::from_raw(41);
pub(crate) const PAYMENT: PaymentId = PaymentId::from_raw(50);

/// A folder that goes when the test ends, with room for one store.
pub(crate) struct Scratch {
    folder: TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a scratch folder") }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn open(&self) -> SqliteStore {
        self.open_with(Options { fresh: 7, ..Options::default() })
    }

    pub(crate) fn open_with(&self, options: Options) -> SqliteStore {
        SqliteStore::open(&self.path(), options).expect("the store opens")
    }

    /// A connection of SQLite's own, for looking and for breaking.
    pub(crate) fn raw(&self) -> Connection {
        let raw = Connection::open(self.path()).expect("a raw connection");
        raw.execute_batch("pragma foreign_keys = off; pragma ignore_check_constraints = on")
            .expect("a raw connection may do anything");
        raw
    }

    pub(crate) fn break_it(&self, sql: &str) {
        self.raw().execute_batch(sql).expect("it can be broken");
    }

    /// Every row of every table, but for the store's metadata.
    pub(crate) fn dump(&self) -> String {
        let raw = self.raw();
        let list = "select name from sqlite_schema where type = 'table' order by name";
        let mut tables = raw.prepare(list).expect("the list of tables");
        let tables = tables.query_map([], |row| row.get(0)).expect("the list of tables");
        let mut dump = String::new();
        for table in tables {
            let table: String = table.expect("a name");
            let mut rows = raw.prepare(&format!("select * from {table}")).expect("a table");
            let columns = rows.column_count();
            let mut rows = rows.query([]).expect("its rows");
            writeln!(dump, "{table}").expect("texts grow");
            while let Some(row) = rows.next().expect("a row") {
                for column in 0..columns {
                    write!(dump, " {:?}", row.get_ref(column).expect("a column"))
                        .expect("texts grow");
                }
                dump.push('\n');
            }
        }
        dump
    }
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::new("USD").expect("a currency"))
}

pub(crate) fn event(id: EventId) -> Event {
    Event {
        id,
        account: OURS,
        name: "Gala \"Ä\"".to_owned(),
        starts_at: at(9_000),
        currency: Currency::new("USD").expect("a currency"),
        max_per_user: 4,
        hold_seconds: 600,
        sales_open_at: Some(at(1_000)),
        sales_close_at: Some(at(8_000)),
        policy: CancellationPolicy(vec![RefundStep { until: at(7_000), refund_percent: 50 }]),
        created_at: at(900),
        seq: 3,
    }
}

pub(crate) fn zone(id: ZoneId, position: u32) -> Zone {
    Zone {
        id,
        event: EVENT,
        position,
        name: format!("Zone {position}"),
        price: usd(2_500),
        numbered: id == STALLS,
        seq: 2,
    }
}

pub(crate) fn key(name: &str) -> IntentKey {
    IntentKey { account: OURS, scope: KeyScope::of_user("user-1".to_owned()), key: name.to_owned() }
}

/// A booking that has something in every field.
pub(crate) fn seated() -> Booking {
    let seat = |number, label: &str| Seat { number: SeatNo(number), label: label.to_owned() };
    Booking {
        id: SEATED,
        account: OURS,
        event: EVENT,
        zone: STALLS,
        person: ANNA,
        user_id: "anna".to_owned(),
        quantity: 2,
        seats: vec![seat(1, "A-1"), seat(3, "A-3")],
        total: usd(5_000),
        status: Status::Cancelled,
        expires_at: at(5_000),
        created_at: at(2_000),
        confirmed_at: Some(at(2_100)),
        ended_at: Some(at(2_200)),
        confirmation_code: Some("CODE".to_owned()),
        cancel_reason: Some("rain".to_owned()),
        payment: Some(PAYMENT),
        intent: Some(key("k-1")),
        seq: 3,
    }
}

/// A hold that has nothing where nothing may be.
pub(crate) fn plain(id: BookingId) -> Booking {
    Booking {
        id,
        zone: FLOOR,
        quantity: 1,
        seats: Vec::new(),
        status: Status::Reserved,
        confirmed_at: None,
        ended_at: None,
        confirmation_code: None,
        cancel_reason: None,
        payment: None,
        intent: None,
        seq: 1,
        ..seated()
    }
}

pub(crate) fn payment() -> Payment {
    Payment {
        id: PAYMENT,
        resource: SEATED.into(),
        method: Method::External,
        reference: "ref-1".to_owned(),
        status: PaymentStatus::RefundPending,
        amount: usd(5_000),
        refunded: 2_500,
        refund_pending: 2_500,
        created_at: at(2_100),
        seq: 2,
    }
}

pub(crate) fn refund() -> Refund {
    Refund {
        id: RefundId::from_raw(60),
        payment: PAYMENT,
        amount: usd(2_500),
        reason: "rain".to_owned(),
        status: RefundStatus::Pending,
        reference: None,
        created_at: at(2_200),
        ended_at: None,
    }
}

pub(crate) fn answered(name: &str) -> Record {
    Record {
        key: key(name),
        fingerprint: Some(Fingerprint::new(1, [7; 32])),
        method: "POST".to_owned(),
        path: "/v1/bookings/reserve".to_owned(),
        state: RecordState::Answered(Arc::new(Answer {
            status: 201,
            content_type: "application/json",
            location: Some("/v1/bookings/1".to_owned()),
            body: b"{\"a\":\"\xc3\xa4\"}\n".to_vec(),
        })),
        resource: Some(SEATED.to_string()),
        first_seen_at: at(2_000),
        last_seen_at: at(2_050),
        attempts: 2,
        keep_until: Some(at(90_000)),
    }
}

pub(crate) fn tombstone(name: &str) -> Record {
    Record {
        fingerprint: None,
        method: String::new(),
        path: String::new(),
        state: RecordState::Retired,
        resource: None,
        attempts: 0,
        keep_until: None,
        ..answered(name)
    }
}

/// An entry about `resource`, its `seq`th, at `position` of our feed.
pub(crate) fn activity(position: u64, resource: &str, seq: u32) -> Activity {
    Activity {
        id: ActivityId::from_raw(u128::from(position)),
        account: OURS,
        position,
        kind: ActivityKind::BookingReserved,
        resource: resource.to_owned(),
        resource_seq: seq,
        at: at(2_000),
        actor: Actor::Key(KeyId::from_raw(5)),
        request_id: "req-1".to_owned(),
        correlation_id: Some("cor-1".to_owned()),
        before: Vec::new(),
        after: Vec::new(),
        data: Vec::new(),
    }
}

pub(crate) fn emitted(activity: Activity) -> ActivityRow {
    let text = |name: &str| format!("{{\"{name}\":{}}}", activity.position);
    ActivityRow {
        before: text("before"),
        after: text("after"),
        data: text("data"),
        // As a store has them that an earlier version wrote to.
        schema_version: if activity.position == 1 { SCHEMA_VERSION_MIN } else { SCHEMA_VERSION },
        activity,
    }
}

pub(crate) fn catalogue() -> Vec<Change> {
    let labels = ["A-1", "A-2", "A-3"].map(str::to_owned).to_vec();
    let layout = Arc::new(Layout::new(labels).expect("distinct labels"));
    vec![
        Change::from(event(EVENT)),
        Change::of(OURS, zone(FLOOR, 1)),
        Change::of(OURS, zone(STALLS, 0)),
        Change::put((OURS, STALLS), layout),
        Change::put((OURS, PoolId::zone(STALLS)), Pool::new(3)),
        Change::put((OURS, PoolId::zone(FLOOR)), pool(100, 1, 0)),
        Change::put((OURS, PoolId::seat(STALLS, SeatNo(2))), pool(1, 0, 1)),
        Change::of(OURS, anna()),
        Change::put((OURS, ALLOWANCE), Allowance { taken: 1 }),
    ]
}

pub(crate) const ALLOWANCE: AllowanceId = AllowanceId { event: EVENT, person: ANNA };

pub(crate) fn anna() -> Person {
    let handle = Handle::of_id(ANNA);
    Person { id: ANNA, handle, user_id: "anna".to_owned(), created_at: at(950) }
}

pub(crate) fn pool(capacity: u32, held: u32, sold: u32) -> Pool {
    Pool::from_parts(capacity, held, sold).expect("within the capacity")
}

pub(crate) fn job_id() -> Of<JobId> {
    (OURS, JobId { kind: JobKind::CleanUp, id: "job".to_owned() })
}

pub(crate) fn job() -> Job {
    Job {
        due_at: at(1),
        lease_until: at(2),
        fence: 3,
        attempt: 4,
        payload: Payload::new(5, b"\0\xff".to_vec()).expect("it is short"),
    }
}

/// One of every kind of change, each as an insertion.
pub(crate) fn everything() -> Vec<Change> {
    let mut changes = catalogue();
    changes.extend([
        Change::from(seated()),
        Change::from(plain(PLAIN)),
        Change::of(OURS, payment()),
        Change::of(OURS, refund()),
        Change::from(answered("k-1")),
        Change::from(tombstone("k-2")),
        Change::Activity(Box::new(activity(1, &SEATED.to_string(), 1))),
        Change::put(OURS, Feed { position: 1 }),
        Change::put(job_id(), job()),
    ]);
    changes
}

/// The rows that the changes are about.
pub(crate) fn keys_of(changes: &[Change]) -> Keys {
    let mut keys = Keys::default();
    for change in changes {
        keys.add(change);
    }
    for ((account, id), _) in Change::rows::<Pool>(changes) {
        let Owner::Zone(zone) = id.owner();
        keys.zones.insert((*account, zone));
    }
    for ((account, _), booking) in Change::rows::<Booking>(changes) {
        keys.events.insert((*account, booking.event));
        keys.zones.insert((*account, booking.zone));
    }
    for ((account, _), payment) in Change::rows::<Payment>(changes) {
        let Resource::Booking(booking) = payment.resource;
        keys.bookings.insert((*account, booking));
        keys.payment_references.insert((*account, payment.name()));
    }
    for ((account, _), refund) in Change::rows::<Refund>(changes) {
        keys.payments.insert((*account, refund.payment));
    }
    keys
}

pub(crate) fn load(store: &mut SqliteStore, keys: &Keys) -> World {
    let mut world = World::default();
    let mut tx = store.begin().expect("a transaction");
    tx.load(keys, &mut world).expect("the rows can be read");
    world
}

/// Loads what the changes are about, lays them over it and commits.
pub(crate) fn commit(
    store: &mut SqliteStore,
    batch: u128,
    changes: Vec<Change>,
) -> Result<(), CommitError> {
    commit_with_key_usage(store, batch, changes, &[])
}

pub(crate) fn commit_with_key_usage(
    store: &mut SqliteStore,
    batch: u128,
    changes: Vec<Change>,
    key_usage: &[KeyUsage],
) -> Result<(), CommitError> {
    let mut world = World::default();
    let mut tx = store.begin().map_err(CommitError::NotWritten)?;
    tx.load(&keys_of(&changes), &mut world).map_err(CommitError::NotWritten)?;
    changes.into_iter().for_each(|change| world.apply(change));
    commit_world(tx, batch, &world, key_usage)
}

/// Commits the changes as insertions, without looking at what is there, but for the owners of pools.
pub(crate) fn insert(
    store: &mut SqliteStore,
    batch: u128,
    changes: Vec<Change>,
) -> Result<(), CommitError> {
    let mut world = World::default();
    let mut tx = store.begin().map_err(CommitError::NotWritten)?;
    let pools: Vec<_> =
        changes.iter().filter(|change| matches!(change, Change::Pool(..))).cloned().collect();
    let owners = Keys { pools: BTreeSet::new(), ..keys_of(&pools) };
    tx.load(&owners, &mut world).map_err(CommitError::NotWritten)?;
    changes.into_iter().for_each(|change| world.apply(change));
    commit_world(tx, batch, &world, &[])
}

fn commit_world(
    tx: Box<dyn Tx + '_>,
    batch: u128,
    world: &World,
    key_usage: &[KeyUsage],
) -> Result<(), CommitError> {
    let emitted: Vec<_> = world.activity.iter().cloned().map(emitted).collect();
    tx.commit(&Batch { id: BatchId(batch), now: at(3_000), world, emitted: &emitted, key_usage })
}
