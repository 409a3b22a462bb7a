//! Endpoints, cursors, deliveries and their attempts: what is read of them, and by whom.

use domain::id::{AccountId, DeliveryId, WebhookEndpointId};
use domain::job::Job;
use domain::webhooks::delivery::{Delivery, DeliveryStatus, EventName};
use domain::webhooks::endpoint::{EndpointStatus, WebhookCursor, WebhookEndpoint};
use domain::world::Change;
use domain::{Timestamp, activity::ActivityKind, activity::Feed};
use engine::failpoint::Failpoints;
use engine::reads::{Page, Reads};
use engine::webhooks::{DeliveryFilter, WebhookState};

use super::rows::{
    DELIVERY, ENDPOINT, OURS, THEIRS, activity, at, attempt, bare_endpoint, cursor, delivery,
    endpoint, job, put,
};
use crate::backend::Backend;

const fn other(raw: u128) -> WebhookEndpointId {
    WebhookEndpointId::from_raw(raw)
}

/// An endpoint with its cursor and its job.
struct Made {
    account: AccountId,
    endpoint: WebhookEndpoint,
    position: u64,
    due_at: Timestamp,
    lease_until: Timestamp,
}

impl Made {
    fn new(raw: u128) -> Self {
        Self {
            account: OURS,
            endpoint: WebhookEndpoint { id: other(raw), ..bare_endpoint() },
            position: 5,
            due_at: at(9_000),
            lease_until: Timestamp::default(),
        }
    }

    fn changes(self) -> Vec<Change> {
        let Self { account, endpoint, position, due_at, lease_until } = self;
        let id = endpoint.id;
        let cursor = WebhookCursor { position, ..WebhookCursor::default() };
        vec![
            Change::of(account, endpoint),
            Change::put((account, id), cursor),
            Change::put(WebhookEndpoint::job(account, id), Job { due_at, lease_until, ..job() }),
        ]
    }
}

/// Entries of our feed, of one thing each.
fn entries(positions: std::ops::RangeInclusive<u64>) -> Vec<Change> {
    let head = Feed { position: *positions.end() };
    let entry = |at| Change::Activity(Box::new(activity(at, &format!("thing-{at}"), 1)));
    positions.map(entry).chain([Change::put(OURS, head)]).collect()
}

fn due(reads: &dyn Reads, now: i64) -> Vec<(AccountId, u128)> {
    let due = reads.due_webhooks(at(now), 9).expect("it looks");
    due.into_iter().map(|(account, id)| (account, id.raw())).collect()
}

/// Free endpoints, by what is due or by a feed that went on; those that are disabled only by what is due.
pub fn endpoints_are_due_when_there_is_something_to_do(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let reads = backend.reads();
    assert_eq!(due(reads.as_ref(), 9_000), []);
    let disabled = WebhookEndpoint { status: EndpointStatus::Disabled, ..bare_endpoint() };
    let all = [
        Made::new(1),
        Made { due_at: at(2_000), ..Made::new(2) },
        Made { due_at: at(1_000), lease_until: at(3_000), ..Made::new(3) },
        Made { endpoint: WebhookEndpoint { id: other(4), ..disabled }, ..Made::new(4) },
        Made { account: THEIRS, ..Made::new(5) },
    ];
    let mut changes: Vec<_> = all.into_iter().flat_map(Made::changes).collect();
    changes.extend(entries(1..=5));
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");
    assert_eq!(due(reads.as_ref(), 1_999), [], "a feed without more, or none at all");
    assert_eq!(due(reads.as_ref(), 2_000), [(OURS, 2)]);
    assert_eq!(due(reads.as_ref(), 3_000), [(OURS, 2), (OURS, 3)], "the earliest first");
    let on = entries(6..=6);
    put(store.as_mut(), 2, at(1_000), on).expect("it commits");
    assert_eq!(due(reads.as_ref(), 1_500), [(OURS, 2), (OURS, 1)], "4 is disabled, 3 is leased");
    let all = [(OURS, 2), (OURS, 3), (OURS, 1), (OURS, 4), (THEIRS, 5)];
    assert_eq!(due(reads.as_ref(), 9_000), all);
    let two = reads.due_webhooks(at(9_000), 2).expect("it looks");
    assert_eq!(two, [(OURS, other(2)), (OURS, other(3))]);
}

fn begun(raw: u128, position: u64, status: DeliveryStatus) -> Delivery {
    let event = EventName { position, ..delivery().event };
    Delivery { id: DeliveryId::from_raw(raw), event, status, ..delivery() }
}

/// What is not over, in the order of the events, and what is recorded behind the cursor.
pub fn whoever_delivers_finds_what_is_open(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let reads = backend.reads();
    let state = |limit| reads.webhook((OURS, ENDPOINT), limit).expect("it looks");
    assert_eq!(state(9), None);
    let at_seven = WebhookCursor { position: 7, ..cursor() };
    let mut changes = vec![
        Change::of(OURS, endpoint()),
        Change::put((OURS, ENDPOINT), at_seven),
        Change::of(THEIRS, endpoint()),
        Change::put((THEIRS, ENDPOINT), at_seven),
    ];
    let before = Delivery { replay: 1, ..begun(13, 8, DeliveryStatus::Delivered) };
    let elsewhere = Delivery { endpoint: other(1), ..begun(14, 9, DeliveryStatus::Pending) };
    let ours = [
        begun(10, 9, DeliveryStatus::Pending),
        begun(11, 3, DeliveryStatus::Pending),
        begun(12, 8, DeliveryStatus::Delivered),
        before,
        elsewhere,
        begun(15, 6, DeliveryStatus::Failed),
    ];
    changes.extend(ours.into_iter().map(|it| Change::of(OURS, it)));
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");
    let found = state(9).expect("it is there");
    let pending =
        vec![begun(11, 3, DeliveryStatus::Pending), begun(10, 9, DeliveryStatus::Pending)];
    let (endpoint, cursor, recorded) = (endpoint(), at_seven, vec![8, 9]);
    assert_eq!(found, WebhookState { endpoint, cursor, pending, recorded });
    assert_eq!(state(1).expect("it is there").pending.len(), 1);
    let theirs = reads.webhook((THEIRS, ENDPOINT), 9).expect("it looks").expect("it is there");
    assert_eq!((theirs.pending, theirs.recorded), (Vec::new(), Vec::new()));
}

/// By endpoint, status and type; the newest first, page by page.
pub fn deliveries_are_filtered(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let reads = backend.reads();
    let kind = ActivityKind::EventCreated;
    let of_kind = begun(3, 3, DeliveryStatus::Pending);
    let of_kind = Delivery { event: EventName { kind, ..of_kind.event.clone() }, ..of_kind };
    let elsewhere = Delivery { endpoint: other(1), ..begun(4, 1, DeliveryStatus::Pending) };
    let mut changes = vec![
        Change::of(OURS, begun(1, 1, DeliveryStatus::Delivered)),
        Change::of(OURS, begun(2, 2, DeliveryStatus::Pending)),
        Change::of(OURS, of_kind),
        Change::of(OURS, elsewhere),
        Change::of(THEIRS, begun(5, 5, DeliveryStatus::Pending)),
        Change::of(OURS, delivery()),
        Change::put((OURS, DELIVERY, 1), attempt()),
        Change::put((THEIRS, DELIVERY, 1), attempt()),
    ];
    changes.rotate_left(3);
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");
    let list = |filter, after: Option<u128>, limit| {
        let page = Page { after: after.map(DeliveryId::from_raw), limit };
        let found = reads.deliveries(OURS, filter, page).expect("it looks");
        found.into_iter().map(|it| it.id.raw()).collect::<Vec<_>>()
    };
    let all = DeliveryFilter::default();
    assert_eq!(list(all, None, 9), [0x900, 4, 3, 2, 1]);
    assert_eq!(list(all, Some(4), 2), [3, 2]);
    let to = DeliveryFilter { endpoint: Some(ENDPOINT), ..all };
    assert_eq!(list(to, None, 9), [0x900, 3, 2, 1]);
    let status = Some(DeliveryStatus::Pending);
    assert_eq!(list(DeliveryFilter { status, ..to }, None, 9), [0x900, 3, 2]);
    assert_eq!(list(DeliveryFilter { status, ..all }, Some(0x900), 9), [4, 3, 2]);
    let kind = Some(kind);
    assert_eq!(list(DeliveryFilter { kind, ..all }, None, 9), [3]);
    assert_eq!(list(DeliveryFilter { status, kind, ..to }, None, 9), [3]);
    let of = reads.deliveries_of(OURS, 1).expect("it looks");
    assert_eq!(of.iter().map(|it| it.id.raw()).collect::<Vec<_>>(), [4, 1]);
    let view = reads.delivery(OURS, DELIVERY).expect("it looks").expect("it is there");
    assert_eq!((view.delivery, view.attempts), (delivery(), vec![attempt()]));
    assert_eq!(reads.delivery(THEIRS, DELIVERY), Ok(None));
}

/// The newest first; those that are deleted are not listed.
pub fn endpoints_are_listed(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let reads = backend.reads();
    let deleted =
        WebhookEndpoint { id: other(2), status: EndpointStatus::Deleted, ..bare_endpoint() };
    let changes = vec![
        Change::of(OURS, WebhookEndpoint { id: other(3), ..bare_endpoint() }),
        Change::of(OURS, WebhookEndpoint { id: other(1), ..bare_endpoint() }),
        Change::of(OURS, deleted.clone()),
        Change::of(OURS, endpoint()),
        Change::of(THEIRS, WebhookEndpoint { id: other(4), ..bare_endpoint() }),
    ];
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");
    let list = |after, limit| {
        let found = reads.endpoints(OURS, Page { after, limit }).expect("it looks");
        found.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 9), [ENDPOINT, other(3), other(1)]);
    assert_eq!(list(Some(other(3)), 1), [other(1)]);
    assert_eq!(reads.endpoint(OURS, ENDPOINT), Ok(Some(endpoint())));
    assert_eq!(reads.endpoint(OURS, other(2)), Ok(Some(deleted)));
    assert_eq!(reads.endpoint(THEIRS, ENDPOINT), Ok(None));
}
