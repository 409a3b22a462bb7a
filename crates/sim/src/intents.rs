//! Intents for tests, in few words.

use domain::activity::ActivityKind;
use domain::id::{AccountId, ActivityId, BookingId, EventId, KeyId, WebhookEndpointId, ZoneId};
use domain::intent::{NewPayment, Request};
use domain::job::{Availability, JobId, JobKind, Lease, NewJob, Payload, Settlement};
use domain::payment::Method;
use domain::person::{Handles, User};
use domain::policy::Terms;
use domain::record::{Fingerprint, Fingerprints, IntentKey, KeyScope};
use domain::tickets::intent::{Confirmation, EventPatch, NewBooking, NewEvent, NewZone, Wanted};
use domain::webhooks::deliveries::{self, RecordDeliveries, Recorded, Release, Subject};
use domain::webhooks::delivery::{DeliveryAttempt, EventName};
use domain::webhooks::endpoint::{EventTypes, WebhookEndpoint};
use domain::webhooks::intent::{NewEndpoint, SecretRotation};
use domain::{Actor, Command, Currency, Intent, Reply, Timestamp};
use engine::Outcome;

use crate::test_ports::Fields;

/// The key of this name, in the scope of an account's secret keys.
#[must_use]
pub fn key(account: AccountId, name: &str) -> IntentKey {
    IntentKey { account, scope: KeyScope::SHARED, key: name.to_owned() }
}

/// An intent of a merchant. Equal commands have equal fingerprints. With an empty `name` it has no
/// key.
#[must_use]
pub fn intent(account: AccountId, name: &str, command: Command) -> Intent {
    Intent {
        account,
        actor: Actor::Key(KeyId::from_raw(1)),
        key: (!name.is_empty()).then(|| key(account, name).into()),
        fingerprint: Fingerprints::of(fingerprint(&command)),
        request: Request {
            id: format!("req-{name}"),
            correlation_id: None,
            method: "POST".to_owned(),
            path: "/test".to_owned(),
        },
        command,
    }
}

/// The body of the answer that an intent was decided with, as text.
///
/// # Panics
/// When it was not decided.
#[must_use]
pub fn decided_body(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Decided(answer, _) => String::from_utf8_lossy(&answer.body).into_owned(),
        Outcome::Replayed(_)
        | Outcome::Malformed
        | Outcome::Failed(_)
        | Outcome::Unavailable(_) => panic!("{outcome:?}"),
    }
}

/// The intent with another body.
#[must_use]
pub fn with_other_body(mut intent: Intent) -> Intent {
    intent.fingerprint = Fingerprints::of(fingerprint(&intent.command).map(|byte| !byte));
    intent
}

/// What the first secret makes of a body, whichever secret is in use: two bodies are the same if it is.
#[must_use]
pub fn first_fingerprint(fingerprints: &Fingerprints) -> Fingerprint {
    let all = fingerprints.others.iter().copied().chain([fingerprints.current]);
    all.min_by_key(Fingerprint::secret).unwrap_or(fingerprints.current)
}

/// FNV-1a over the command as text.
fn fingerprint(command: &Command) -> [u8; 32] {
    let hash = format!("{command:?}").bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut fingerprint = [0; 32];
    for (to, from) in fingerprint.iter_mut().zip(hash.to_be_bytes()) {
        *to = from;
    }
    fingerprint
}

/// A patch that changes nothing of the event.
#[must_use]
pub const fn event_patch(event: EventId) -> EventPatch {
    EventPatch {
        event,
        name: None,
        starts_at: None,
        max_per_user: None,
        hold_seconds: None,
        sales_open_at: None,
        sales_close_at: None,
        terms: None,
    }
}

/// An event on sale now, with zones of these capacities. Each unit costs 10.00; a person may have as
/// many as there are; holds last 60 seconds.
#[must_use]
pub fn create_event(starts_at: Timestamp, capacities: &[u32]) -> Command {
    let zone = |capacity: &u32| NewZone {
        name: format!("zone of {capacity}"),
        capacity: *capacity,
        price: 1_000,
        seats: Vec::new(),
    };
    Command::CreateEvent(NewEvent {
        name: "concert".to_owned(),
        starts_at,
        currency: Currency::new("USD").expect("a code"),
        max_per_user: 1_000_000,
        hold_seconds: 60,
        sales_open_at: None,
        sales_close_at: None,
        terms: Terms::default(),
        zones: capacities.iter().map(zone).collect(),
    })
}

/// The event of a [`create_event`], with one more zone of these numbered seats.
#[must_use]
pub fn with_seats(mut command: Command, labels: &[&str]) -> Command {
    if let Command::CreateEvent(event) = &mut command {
        let seats: Vec<_> = labels.iter().map(|&label| label.to_owned()).collect();
        let capacity = u32::try_from(seats.len()).expect("few seats");
        event.zones.push(NewZone { name: "seats".to_owned(), capacity, price: 1_000, seats });
    }
    command
}

/// Whom the client calls `user-<number>`.
#[must_use]
pub fn user(number: u32) -> User {
    User { user_id: format!("user-{number}"), handles: Handles::of(number.into()) }
}

/// A zone, with the event that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventZone {
    /// The event.
    pub event: EventId,
    /// One of its zones.
    pub zone: ZoneId,
}

/// The zones of a [`create_event`], as its answer names them.
///
/// # Panics
/// When it was refused.
#[must_use]
pub fn event_zones(fields: &Fields) -> Vec<EventZone> {
    let event = fields.get("event_id").and_then(|id| id.parse().ok()).expect("an event");
    let zones = fields.get("zones").expect("zones").split(' ');
    zones.map(|id| EventZone { event, zone: id.parse().expect("a zone") }).collect()
}

/// Hold units of a zone for `user-<number>`.
#[must_use]
pub fn reserve(of: EventZone, number: u32, wanted: Wanted) -> Command {
    let EventZone { event, zone } = of;
    Command::Reserve(NewBooking { event, zone, wanted, user: user(number), expected_amount: None })
}

/// Confirm a hold, paid under `reference`.
#[must_use]
pub fn confirm(booking: BookingId, reference: &str) -> Command {
    let payment = NewPayment { method: Method::External, reference: reference.to_owned() };
    Command::Confirm(Confirmation { booking, payment: Some(payment) })
}

/// Make these jobs of an account, due at once, and lease them; [`leases`] gives the leases.
#[must_use]
pub fn lease_new_jobs(account: AccountId, names: &[&str], lease_ms: i64) -> Vec<Intent> {
    let id = |name: &&str| JobId { kind: JobKind::CleanUp, id: (*name).to_owned() };
    let make = |name: &&str| {
        let (job, due_at, payload) =
            ((account, id(name)), Timestamp::default(), Payload::default());
        intent(account, "", Command::PutJob(NewJob { job, due_at, payload }))
    };
    let jobs = names.iter().map(id).collect();
    let lease =
        intent(account, "", Command::LeaseJobs { jobs, lease_ms, availability: Availability::Due });
    names.iter().map(make).chain([lease]).collect()
}

/// Make the job of clean-up and lease it.
#[must_use]
pub fn lease_clean_up(lease_ms: i64) -> Vec<Intent> {
    let (account, job) = JobId::clean_up();
    lease_new_jobs(account, &[&job.id], lease_ms)
}

/// Say what becomes of a job.
#[must_use]
pub fn settle(lease: &Lease, settlement: Settlement) -> Intent {
    intent(lease.job.0, "", Command::SettleJob { lease: lease.clone(), settlement })
}

/// Send events of an account to some receiver.
#[must_use]
pub fn create_endpoint(types: &str) -> Command {
    Command::CreateEndpoint(NewEndpoint {
        url: "https://shop.example/".to_owned(),
        event_types: EventTypes::new(vec![types.to_owned()]).expect("they are types"),
        description: None,
        derived_from: 0,
    })
}

/// The endpoint that was created.
///
/// # Panics
/// When none was.
#[must_use]
pub fn endpoint_of(outcome: &Outcome) -> WebhookEndpointId {
    match outcome.reply() {
        Some(Reply::Endpoint { endpoint, .. }) => endpoint.id,
        other => panic!("{other:?}"),
    }
}

/// Lease the jobs of delivering to these endpoints, whether they are due or not.
#[must_use]
pub fn lease_endpoints(account: AccountId, ids: &[WebhookEndpointId], lease_ms: i64) -> Intent {
    let jobs = ids.iter().map(|id| WebhookEndpoint::job(account, *id).1).collect();
    let availability = Availability::Free;
    intent(account, "", Command::LeaseJobs { jobs, lease_ms, availability })
}

/// Say that a delivery under a lease failed.
///
/// # Panics
/// When the lease is that of something else.
#[must_use]
pub fn record_failed(lease: &Lease, delivery: Subject, release: Release) -> Intent {
    record_answered(lease, delivery, 500, release)
}

/// Say that a delivery under a lease was answered.
///
/// # Panics
/// When the lease is that of something else.
#[must_use]
pub fn record_answered(lease: &Lease, delivery: Subject, status: u16, release: Release) -> Intent {
    let attempt = DeliveryAttempt {
        at: Timestamp::from_millis(1),
        millis: 1,
        response_status: Some(status),
        fault: None,
        body: b"no".to_vec(),
    };
    let outcome = deliveries::Outcome::Attempted { attempt, retry_after_ms: None };
    let endpoint = lease.job.1.id.parse().expect("the job of an endpoint");
    let record = RecordDeliveries {
        lease: lease.clone(),
        endpoint,
        version: 0,
        cursor: Some(1_000_000),
        deliveries: vec![Recorded { delivery, outcome }],
        release,
    };
    intent(lease.job.0, "", Command::RecordDeliveries(record))
}

/// Sign with another secret to the endpoint that is leased.
///
/// # Panics
/// When the lease is that of something else.
#[must_use]
pub fn rotate_secret(lease: &Lease) -> Command {
    let endpoint = lease.job.1.id.parse().expect("the job of an endpoint");
    Command::RotateSecret(SecretRotation { endpoint, derived_from: 0 })
}

/// An event at a position of a feed.
#[must_use]
pub fn event_at(position: u64) -> Subject {
    Subject::New(EventName {
        position,
        id: ActivityId::from_raw(u128::from(position)),
        kind: ActivityKind::EventCreated,
        resource: "thing".to_owned(),
        resource_seq: 1,
    })
}

/// The leases that were taken.
#[must_use]
pub fn leases(outcomes: &[Outcome]) -> Vec<Lease> {
    let replies = outcomes.iter().filter_map(Outcome::reply);
    replies.flat_map(Reply::leased).map(|it| it.lease.clone()).collect()
}
