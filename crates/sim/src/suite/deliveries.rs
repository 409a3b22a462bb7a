//! Deliveries that are over: in which order they are found, and what goes with them.

use domain::id::{AccountId, DeliveryId};
use domain::webhooks::delivery::{Delivery, DeliveryStatus, EventName};
use domain::webhooks::endpoint::{EndpointStatus, WebhookCursor, WebhookEndpoint};
use domain::world::Change;
use engine::cleaning::{DeliveryPlace, DeliverySearch, SLICE_ROWS_MAX};
use engine::failpoint::Failpoints;
use engine::reads::{Page, Reads};
use engine::webhooks::DeliveryFilter;

use super::cleaning::clean;
use super::rows::{ENDPOINT, OURS, THEIRS, at, attempt, bare_endpoint, delivery, put};
use crate::backend::Backend;
use crate::test_ports::TestPorts;

/// One that was over at an instant, after so many attempts; it is of the event at the position of its number.
fn over(raw: u128, ended_at: Option<i64>, attempts: u32) -> Delivery {
    let status = if ended_at.is_some() { DeliveryStatus::Failed } else { DeliveryStatus::Pending };
    let event =
        EventName { position: u64::try_from(raw).expect("it is small"), ..delivery().event };
    let (id, ended_at) = (DeliveryId::from_raw(raw), ended_at.map(at));
    Delivery { id, event, status, attempts, ended_at, ..delivery() }
}

fn with_attempts(account: AccountId, row: Delivery) -> Vec<Change> {
    let attempts = (1..=row.attempts)
        .map(|number| Change::put((account, row.id, number), attempt()))
        .collect::<Vec<_>>();
    [vec![Change::of(account, row)], attempts].concat()
}

/// Of all accounts, those first that were over first; what is open never. Whoever goes on after a place does not
/// see what came before it again.
pub fn deliveries_are_due_in_the_order_in_which_they_were_over(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let reads = backend.reads();
    let due = |until: i64, after: Option<DeliveryPlace>, limit| {
        let search = DeliverySearch { until: at(until), after, limit };
        reads.due_deliveries(search).expect("it looks")
    };
    let named = |until, after, limit| {
        let shown = |it: engine::cleaning::DueDelivery| {
            let (account, id) = it.place.delivery;
            (it.place.ended_at.as_millis(), account == OURS, id.raw(), it.attempts)
        };
        due(until, after, limit).into_iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(named(i64::MAX, None, 9), []);
    let ours = [
        over(1, Some(3_000), 1),
        over(2, Some(1_000), 2),
        over(3, Some(2_000), 0),
        over(4, None, 3),
        over(5, Some(2_000), 10),
        over(7, Some(-5), 1),
    ];
    let mut changes: Vec<_> = ours.map(|it| Change::of(OURS, it)).into();
    changes.push(Change::of(THEIRS, over(4, Some(2_000), 4)));
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");
    assert_eq!(named(-6, None, 9), []);
    assert_eq!(named(-5, None, 9), [(-5, true, 7, 1)]);
    assert_eq!(named(1_999, None, 9), [(-5, true, 7, 1), (1_000, true, 2, 2)]);
    let at_two = [(2_000, true, 3, 0), (2_000, true, 5, 10), (2_000, false, 4, 4)];
    let first = due(2_000, None, 2);
    assert_eq!(named(2_000, first.last().map(|it| it.place), 9), at_two, "equal instants by id");
    assert_eq!(named(2_000, first.last().map(|it| it.place), 2), at_two[..2]);
    let later = due(2_000, None, 4);
    let rest = named(9_000, later.last().map(|it| it.place), 9);
    assert_eq!(rest, [at_two[2], (3_000, true, 1, 1)]);
    assert_eq!(named(i64::MAX, due(9_000, None, 9).last().map(|it| it.place), 9), []);
    // One is begun again, one is gone.
    let gone = Change::Delivery((OURS, DeliveryId::from_raw(3)), None);
    let changes = vec![Change::of(OURS, over(5, None, 10)), gone];
    put(store.as_mut(), 2, at(1_000), changes).expect("it commits");
    assert_eq!(named(2_000, first.last().map(|it| it.place), 9), [at_two[2]]);
}

fn left(reads: &dyn Reads, account: AccountId) -> Vec<u128> {
    let page = Page { after: None, limit: 10_000 };
    let left = reads.deliveries(account, DeliveryFilter::default(), page).expect("it reads");
    left.into_iter().map(|it| it.id.raw()).collect()
}

/// The engine's own clean-up, with its own limits, of more than two slices: with their attempts, and nothing else.
pub fn deliveries_go_with_their_attempts(backend: &dyn Backend) {
    const MANY: u128 = 2 * SLICE_ROWS_MAX as u128 + 1;
    /// More than a slice has.
    const ATTEMPTS: u32 = 257;
    const _: () = assert!(ATTEMPTS as usize > SLICE_ROWS_MAX);
    let machine = TestPorts::new(1);
    let now = engine::Clock::now(machine.clock.as_ref()).as_millis();
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    // The cursor has passed all but the last three.
    let cursor = WebhookCursor {
        position: u64::try_from(MANY).expect("it is small"),
        replay: delivery().replay,
        ..WebhookCursor::default()
    };
    let endpoint = WebhookEndpoint { status: EndpointStatus::Enabled, ..bare_endpoint() };
    let endpoint = WebhookEndpoint { id: ENDPOINT, ..endpoint };
    let mut changes = vec![Change::of(OURS, endpoint), Change::put((OURS, ENDPOINT), cursor)];
    changes.extend((1..=MANY).flat_map(|raw| with_attempts(OURS, over(raw, Some(1_000), 1))));
    let kept =
        [over(MANY + 1, Some(1_000), 1), over(MANY + 2, None, 1), over(MANY + 3, Some(now), 1)];
    changes.extend(kept.into_iter().flat_map(|it| with_attempts(OURS, it)));
    // Nobody knows their endpoint.
    changes.extend(with_attempts(THEIRS, over(1, Some(1_000), ATTEMPTS)));
    changes.extend(with_attempts(THEIRS, over(2, None, 1)));
    put(store.as_mut(), 1, at(now), changes).expect("it commits");
    let attempts = |account, raw| {
        let view = backend.reads().delivery(account, DeliveryId::from_raw(raw)).expect("it reads");
        view.map(|view| view.attempts.len())
    };
    assert_eq!(attempts(THEIRS, 1), Some(ATTEMPTS as usize));
    clean(&machine, backend, store);
    let reads = backend.reads();
    assert_eq!(left(reads.as_ref(), OURS), [MANY + 3, MANY + 2, MANY + 1]);
    assert_eq!(left(reads.as_ref(), THEIRS), [2]);
    assert_eq!(attempts(OURS, MANY + 1), Some(1), "the cursor has not passed it");
    assert_eq!(attempts(OURS, MANY), None);
    // Nothing is left of those that are gone: they could be written again.
    let mut store = backend.open(Failpoints::default()).expect("it opens again");
    let again = with_attempts(THEIRS, over(1, None, ATTEMPTS));
    super::rows::insert(store.as_mut(), 2, at(now), again).expect("none of it is there");
    assert_eq!(machine.observer.seen().removed.deliveries, u64::try_from(MANY).expect("small") + 1);
}
