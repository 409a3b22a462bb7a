//! One of everything that a store keeps: full, and as empty as it may be.

use std::sync::Arc;

use domain::activity::{Activity, ActivityKind, Feed, SCHEMA_VERSION};
use domain::allowance::{Allowance, AllowanceId};
use domain::id::{
    AccountId, ActivityId, BookingId, DeliveryId, EventId, PaymentId, PersonId, RefundId,
    WebhookEndpointId, ZoneId,
};
use domain::job::{Job, JobId, JobKind, Payload};
use domain::owner::Owner;
use domain::payment::{Method, Payment, PaymentStatus, Refund, RefundStatus};
use domain::person::{Handle, Person};
use domain::policy::{CancellationPolicy, RefundStep};
use domain::pool::{Pool, PoolId, SeatNo};
use domain::record::{Answer, Fingerprint, IntentKey, KeyScope, Record, RecordState};
use domain::tickets::booking::{Booking, Seat, Status};
use domain::tickets::event::{Event, Layout, Zone};
use domain::webhooks::delivery::{
    AttemptFault, Delivery, DeliveryAttempt, DeliveryStatus, EventName,
};
use domain::webhooks::endpoint::{
    DisabledReason, EndpointCount, EndpointStatus, EventTypes, RotatedSecret, SigningSecret,
    WebhookCursor, WebhookEndpoint,
};
use domain::world::{Change, Of};
use domain::{Actor, Currency, Keys, Money, Timestamp, World};
use engine::key_usage::KeyUsage;
use engine::{ActivityRow, Batch, BatchId, CommitError, Render as _, Store};

use crate::test_ports::{CONTENT_TYPE, TestRender};

pub(super) const OURS: AccountId = AccountId::from_raw(0x11);
pub(super) const THEIRS: AccountId = AccountId::from_raw(0x22);
pub(super) const EVENT: EventId = EventId::from_raw(0x100);
/// Numbered seats, the event's second zone.
pub(super) const STALLS: ZoneId = ZoneId::from_raw(0x201);
/// No numbered seats, the event's first zone.
pub(super) const FLOOR: ZoneId = ZoneId::from_raw(0x202);
pub(super) const ANNA: PersonId = PersonId::from_raw(0x300);
pub(super) const ALLOWANCE: AllowanceId = AllowanceId { event: EVENT, person: ANNA };
pub(super) const SEATED: BookingId = BookingId::from_raw(0x401);
pub(super) const STANDING: BookingId = BookingId::from_raw(0x402);
pub(super) const PAYMENT: PaymentId = PaymentId::from_raw(0x500);

pub(super) const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::new("USD").expect("a code"))
}

pub(super) fn key(name: &str) -> IntentKey {
    IntentKey { account: OURS, scope: KeyScope::of_person(ANNA), key: name.to_owned() }
}

/// Every field has a value.
pub(super) fn event() -> Event {
    Event {
        id: EVENT,
        account: OURS,
        name: "Łódź: \"Opera\" ✈ 'n' more".to_owned(),
        starts_at: at(9_000_000),
        currency: Currency::new("USD").expect("a code"),
        max_per_user: 1_000_000_000,
        hold_seconds: 86_400,
        sales_open_at: Some(at(1)),
        sales_close_at: Some(at(8_000_000)),
        policy: CancellationPolicy(vec![
            RefundStep { until: at(-7), refund_percent: 100 },
            RefundStep { until: at(i64::MAX), refund_percent: 0 },
        ]),
        created_at: at(1_000),
        seq: 1,
    }
}

/// Nothing that may be absent is there.
pub(super) fn bare_event() -> Event {
    Event {
        sales_open_at: None,
        sales_close_at: None,
        policy: CancellationPolicy::default(),
        seq: 2,
        ..event()
    }
}

pub(super) fn zone(id: ZoneId) -> Zone {
    let numbered = id == STALLS;
    Zone {
        id,
        event: EVENT,
        position: u32::from(numbered),
        name: "zone".to_owned(),
        price: usd(if numbered { 1_000_000_000_000_000 } else { 0 }),
        numbered,
        seq: 3,
    }
}

pub(super) fn layout() -> Arc<Layout> {
    // Not in the order of the alphabet: what counts is the order in which they were listed.
    let labels = ["B-2", "B-1", "Ä 1", "A-10"].map(str::to_owned);
    Arc::new(Layout::new(labels.to_vec()).expect("labels differ"))
}

pub(super) fn pool(capacity: u32, held: u32, sold: u32) -> Pool {
    Pool::from_parts(capacity, held, sold).expect("not oversold")
}

pub(super) fn anna() -> Person {
    let handle = Handle::new(2, 0x333);
    Person { id: ANNA, handle, user_id: "anna@example.org".to_owned(), created_at: at(1_000) }
}

/// A sale that was cancelled; every field has a value.
pub(super) fn seated() -> Booking {
    let seat = |number, label: &str| Seat { number: SeatNo(number), label: label.to_owned() };
    Booking {
        id: SEATED,
        account: OURS,
        event: EVENT,
        zone: STALLS,
        person: ANNA,
        user_id: anna().user_id,
        quantity: 2,
        seats: vec![seat(1, "B-2"), seat(3, "Ä 1")],
        total: usd(2_000_000_000_000_000),
        status: Status::Cancelled,
        expires_at: at(61_000),
        created_at: at(1_000),
        confirmed_at: Some(at(2_000)),
        ended_at: Some(at(3_000)),
        confirmation_code: Some("0123456789".to_owned()),
        cancel_reason: Some("it's \"off\"".to_owned()),
        payment: Some(PAYMENT),
        intent: Some(key("k-1")),
        seq: 3,
    }
}

/// A hold; nothing that may be absent is there.
pub(super) fn standing(id: BookingId) -> Booking {
    Booking {
        id,
        zone: FLOOR,
        quantity: 1,
        seats: Vec::new(),
        total: usd(0),
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

pub(super) fn payment() -> Payment {
    Payment {
        id: PAYMENT,
        resource: SEATED.into(),
        method: Method::External,
        reference: "ref / 1".to_owned(),
        status: PaymentStatus::RefundPending,
        amount: usd(2_000_000_000_000_000),
        refunded: 500,
        refund_pending: 500,
        created_at: at(2_000),
        seq: 2,
    }
}

pub(super) fn refund() -> Refund {
    Refund {
        id: RefundId::from_raw(0x600),
        payment: PAYMENT,
        amount: usd(500),
        reason: "off".to_owned(),
        status: RefundStatus::Pending,
        reference: None,
        created_at: at(3_000),
        ended_at: None,
    }
}

/// A record with its answer; every field has a value, and the body is not even text.
pub(super) fn answered(name: &str) -> Record {
    Record {
        key: key(name),
        fingerprint: Some(Fingerprint::new(2, [0xfe; 32])),
        method: "POST".to_owned(),
        path: "/v1/bookings/reserve?x=%00".to_owned(),
        state: RecordState::Answered(Arc::new(Answer {
            status: 201,
            content_type: CONTENT_TYPE,
            location: Some("/v1/bookings/1".to_owned()),
            body: vec![0, 159, 146, 150, b'\n', 0xff],
        })),
        resource: Some(SEATED.to_string()),
        first_seen_at: at(1_000),
        last_seen_at: at(1_500),
        attempts: 3,
        keep_until: Some(at(90_000_000)),
    }
}

/// A tombstone of a key that was never used.
pub(super) fn retired(name: &str) -> Record {
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

/// A job of ours of that name.
pub(super) fn job_id(name: &str) -> Of<JobId> {
    (OURS, JobId { kind: JobKind::CleanUp, id: name.to_owned() })
}

pub(super) fn job() -> Job {
    Job {
        due_at: at(5_000),
        lease_until: at(6_000),
        fence: 1 << 60,
        attempt: 2,
        payload: Payload::new(3, b"\0bytes, not text \xff".to_vec()).expect("it is short"),
    }
}

pub(super) const ENDPOINT: WebhookEndpointId = WebhookEndpointId::from_raw(0x800);
pub(super) const DELIVERY: DeliveryId = DeliveryId::from_raw(0x900);

/// Every field has a value.
pub(super) fn endpoint() -> WebhookEndpoint {
    let secret = |generation| SigningSecret { generation, derived_from: 255 };
    WebhookEndpoint {
        id: ENDPOINT,
        url: "https://łódź.example/?a='b'".to_owned(),
        event_types: EventTypes::new(vec!["booking.*".to_owned(), "event.created".to_owned()])
            .expect("they are types"),
        description: Some("\"Ledger\" ✈".to_owned()),
        status: EndpointStatus::Disabled,
        disabled_reason: Some(DisabledReason::Failing),
        secret: secret(u32::MAX),
        rotated: Some(RotatedSecret { secret: secret(1), until: at(7_000) }),
        failing_since: Some(at(6_000)),
        created_at: at(1_000),
        seq: 3,
    }
}

/// Nothing that may be absent is there.
pub(super) fn bare_endpoint() -> WebhookEndpoint {
    WebhookEndpoint {
        description: None,
        status: EndpointStatus::Enabled,
        disabled_reason: None,
        rotated: None,
        failing_since: None,
        seq: 4,
        ..endpoint()
    }
}

pub(super) fn cursor() -> WebhookCursor {
    WebhookCursor { position: 1 << 40, replay: 2, replayed_until: 1 << 41, version: 9 }
}

pub(super) fn delivery() -> Delivery {
    Delivery {
        id: DELIVERY,
        endpoint: ENDPOINT,
        event: EventName {
            position: 7,
            id: ActivityId::from_raw(0x707),
            kind: ActivityKind::BookingReserved,
            resource: SEATED.to_string(),
            resource_seq: 1,
        },
        replay: 2,
        is_replayed: true,
        status: DeliveryStatus::Pending,
        attempts: 1,
        scheduled_attempts: 1,
        due_at: Some(at(9_000)),
        created_at: at(2_000),
        ended_at: None,
    }
}

pub(super) fn attempt() -> DeliveryAttempt {
    DeliveryAttempt {
        at: at(2_000),
        millis: 27,
        response_status: Some(503),
        fault: Some(AttemptFault::Broken),
        body: b"\0no text \xff".to_vec(),
    }
}

pub(super) fn activity(position: u64, resource: &str, seq: u32) -> Activity {
    Activity {
        id: ActivityId::from_raw(0x700 + u128::from(position)),
        account: OURS,
        position,
        kind: ActivityKind::BookingReserved,
        resource: resource.to_owned(),
        resource_seq: seq,
        at: at(1_000),
        actor: Actor::Customer(ANNA),
        request_id: "req-1".to_owned(),
        correlation_id: Some("corr-1".to_owned()),
        before: Vec::new(),
        after: Vec::new(),
        data: Vec::new(),
    }
}

/// The event with both zones, its seats and their pools; everything else names these.
pub(super) fn catalogue() -> Vec<Change> {
    catalogue_of(OURS)
}

/// Rows of the same ids in any account.
pub(super) fn catalogue_of(account: AccountId) -> Vec<Change> {
    vec![
        Change::from(Event { account, ..event() }),
        Change::of(account, zone(STALLS)),
        Change::of(account, zone(FLOOR)),
        Change::put((account, STALLS), layout()),
        Change::put((account, PoolId::zone(STALLS)), pool(4, 0, 0)),
        Change::put((account, PoolId::zone(FLOOR)), pool(1_000_000_000, 1, 0)),
        Change::of(account, anna()),
    ]
}

/// One of every kind of change.
pub(super) fn everything() -> Vec<Change> {
    let mut changes = catalogue();
    changes.extend([
        Change::put((OURS, PoolId::seat(STALLS, SeatNo(1))), pool(1, 0, 0)),
        Change::put((OURS, ALLOWANCE), Allowance { taken: 1 }),
        Change::from(seated()),
        Change::from(standing(STANDING)),
        Change::of(OURS, payment()),
        Change::of(OURS, refund()),
        Change::from(answered("k-1")),
        Change::from(retired("k-2")),
        Change::put(job_id("job"), job()),
        Change::of(OURS, endpoint()),
        Change::put((OURS, ENDPOINT), cursor()),
        Change::put(OURS, EndpointCount { endpoints: 1 }),
        Change::of(OURS, delivery()),
        Change::put((OURS, DELIVERY, 1), attempt()),
        Change::Activity(Box::new(activity(1, &SEATED.to_string(), 1))),
        Change::put(OURS, Feed { position: 1 }),
    ]);
    changes
}

/// The keys under which the rows of changes are loaded.
pub(super) fn keys_of(changes: &[Change]) -> Keys {
    let mut keys = Keys::default();
    for change in changes {
        keys.add(change);
    }
    keys.event_zones = keys.events.clone();
    for ((account, _), person) in Change::rows::<Person>(changes) {
        keys.handles.insert((*account, person.handle));
    }
    for ((account, _), payment) in Change::rows::<Payment>(changes) {
        keys.payment_references.insert((*account, payment.name()));
    }
    keys
}

/// Loads what the changes are about, lays them over it, and commits batch `id` at `now`.
pub(super) fn put(
    store: &mut dyn Store,
    id: u128,
    now: Timestamp,
    changes: Vec<Change>,
) -> Result<(), CommitError> {
    let mut keys = keys_of(&changes);
    add_names(&mut keys, &changes);
    commit(store, &Commit { id, now, keys, key_usage: &[] }, changes)
}

/// Adds what bookings and pools name: whoever decides about one has read that.
fn add_names(keys: &mut Keys, changes: &[Change]) {
    for change in changes {
        if let Change::Booking((account, _), booking) = change {
            let account = *account;
            keys.events.insert((account, booking.event));
            keys.zones.insert((account, booking.zone));
            keys.people.insert((account, booking.person));
        }
        if let Change::Pool((account, id), _) = change {
            let Owner::Zone(zone) = id.owner();
            keys.zones.insert((*account, zone));
        }
    }
}

/// Commits the changes as if none of their rows were there.
pub(super) fn insert(
    store: &mut dyn Store,
    id: u128,
    now: Timestamp,
    changes: Vec<Change>,
) -> Result<(), CommitError> {
    let (mut keys, written) = (Keys::default(), keys_of(&changes));
    add_names(&mut keys, &changes);
    keys.events.retain(|key| !written.events.contains(key));
    keys.zones.retain(|key| !written.zones.contains(key));
    keys.people.retain(|key| !written.people.contains(key));
    keys.handles.clear();
    commit(store, &Commit { id, now, keys, key_usage: &[] }, changes)
}

/// A batch besides its changes.
pub(super) struct Commit<'a> {
    pub(super) id: u128,
    pub(super) now: Timestamp,
    /// What is loaded before.
    pub(super) keys: Keys,
    pub(super) key_usage: &'a [KeyUsage],
}

pub(super) fn commit(
    store: &mut dyn Store,
    batch: &Commit<'_>,
    changes: Vec<Change>,
) -> Result<(), CommitError> {
    let Commit { id, now, ref keys, key_usage } = *batch;
    let mut tx = store.begin().map_err(CommitError::NotWritten)?;
    let now = tx.now(now).map_err(CommitError::NotWritten)?;
    let mut world = World::default();
    tx.load(keys, &mut world).map_err(CommitError::NotWritten)?;
    changes.into_iter().for_each(|change| world.apply(change));
    let emitted: Vec<_> = world.activity.iter().map(tell).collect();
    tx.commit(&Batch { id: BatchId(id), now, world: &world, emitted: &emitted, key_usage })
}

pub(super) fn tell(activity: &Activity) -> ActivityRow {
    ActivityRow {
        before: TestRender.facts(&activity.before),
        after: TestRender.facts(&activity.after),
        data: TestRender.facts(&activity.data),
        schema_version: SCHEMA_VERSION,
        activity: activity.clone(),
    }
}

/// What is stored under `keys`.
pub(super) fn load(store: &mut dyn Store, keys: &Keys) -> World {
    let mut world = World::default();
    let mut tx = store.begin().expect("it begins");
    tx.load(keys, &mut world).expect("it loads");
    world
}
