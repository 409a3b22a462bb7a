//! However much there is of something: many accounts, and a batch that writes everything there is.

use std::collections::{BTreeMap, BTreeSet};

use domain::activity::Truncation;
use domain::id::{AccountId, BookingId, DeliveryId};
use domain::job::{Lease, Settlement};
use domain::tickets::booking::Status;
use domain::tickets::intent::{Cancellation, EventPatch, Wanted, ZonePatch};
use domain::webhooks::deliveries::{Release, Subject};
use domain::world::Of;
use domain::{Command, Intent, Keys, Reply, World};
use engine::cleaning::{Found, Search};
use engine::reads::due::DueReads as _;
use engine::reads::{ActivityFilter, Page, Reads as _};
use engine::tickets::{BookingFilter, TicketReads as _};
use engine::{Clock as _, Outcome, Store as _};
use peers::cluster::Database;
use sim::intents::{
    EventZone, confirm, create_endpoint, create_event, endpoint_of, event_at, event_patch,
    event_zones, intent, key, lease_clean_up, lease_endpoints, lease_new_jobs, leases,
    record_answered, record_failed, reserve, rotate_secret, settle, with_seats,
};
use sim::test_ports::TestClock;
use store_postgres::PostgresStore;

use crate::node::{NOWHERE, Node, OURS, check, fields, hold, starts_at};
use crate::statements::{files, generated};

/// Accounts: more than one slice of clean-up looks at, and more than one round has statements.
const ACCOUNTS: u128 = 70;
/// Feeds that one slice of clean-up looks at.
const FEEDS: usize = 64;

const DAY_MS: u64 = 86_400_000;

const LEASE_MS: i64 = 400 * 86_400_000;

/// The lease of clean-up.
fn lease(node: &mut Node) -> Lease {
    let leased = leases(&node.execute(&lease_clean_up(LEASE_MS)));
    leased.into_iter().next().expect("it is to be had")
}

fn clean_feed(lease: &Lease, account: AccountId, truncation: Truncation) -> Intent {
    intent(account, "", Command::CleanUpFeed { lease: lease.clone(), truncation })
}

/// Everything up to two minutes after the start is due.
fn search(store: &PostgresStore, from: Option<AccountId>) -> Found {
    let before = TestClock::START.plus_seconds(120);
    let search = Search { from, before, feeds: FEEDS, entries: 9 };
    store.reads().due_entries(search).expect("it looks")
}

fn entries(store: &PostgresStore, account: AccountId) -> usize {
    let emitted = store.reads().activity(account, &ActivityFilter::default(), 9);
    emitted.expect("it reads").len()
}

/// From the next day on no entry is kept.
fn clean_at_once(node: &mut Node) {
    node.ports.retention.activity_ms = Some(0);
    node.ports.retention.delivery_ms = Some(0);
    node.machine.clock.advance(DAY_MS);
}

/// An event in each account, of ten at a time.
fn with_accounts(node: &mut Node) -> Vec<AccountId> {
    let accounts: Vec<_> = (1..=ACCOUNTS).map(AccountId::from_raw).collect();
    let create = |account: &AccountId| intent(*account, "create", create_event(starts_at(), &[1]));
    for some in accounts.chunks(10) {
        let outcomes = node.execute(&some.iter().map(create).collect::<Vec<_>>());
        assert!(outcomes.iter().all(|it| matches!(it, Outcome::Decided(..))));
        node.machine.clock.advance(1_000);
    }
    clean_at_once(node);
    accounts
}

#[test]
fn feeds_of_many_accounts_are_cleaned_one_after_the_other() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    let accounts = with_accounts(&mut node);
    let lease = lease(&mut node);
    let mut cleaned = Vec::new();
    let mut from = None;
    for _ in 0..2 * accounts.len() {
        let Found { truncation, next } = search(&node.store, from);
        if let Some((account, truncation)) = truncation {
            node.execute(&[clean_feed(&lease, account, truncation)]);
            cleaned.push(account);
        }
        if next.is_none() {
            break;
        }
        from = next;
    }
    assert_eq!(cleaned, accounts, "each of them once, in their order");
    assert!(accounts.iter().all(|account| entries(&node.store, *account) == 0));
}

#[test]
fn feeds_of_many_accounts_are_cleaned_in_one_batch() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    let accounts = with_accounts(&mut node);
    let lease = lease(&mut node);
    let truncations: Vec<Of<Truncation>> = accounts
        .iter()
        .map(|it| search(&node.store, Some(*it)).truncation.expect("it is due"))
        .collect();
    assert!(truncations.iter().map(|(account, _)| account).eq(&accounts));
    let clean = |(account, truncation): &Of<Truncation>| clean_feed(&lease, *account, *truncation);
    node.execute(&truncations.iter().map(clean).collect::<Vec<_>>());

    // More answers than one round has.
    let keys = Keys { low_water_marks: accounts.iter().copied().collect(), ..Keys::default() };
    let mut world = World::default();
    node.store.begin().expect("it begins").load(&keys, &mut world).expect("it loads");
    for (account, truncation) in truncations {
        assert_eq!(world.low_water_marks.get(&account), Some(&truncation.low_water_mark));
        assert_eq!(entries(&node.store, account), 0);
    }
}

/// Every statement that a batch may write with, by the files there are.
fn written_with() -> BTreeSet<String> {
    let of_batches = |name: &String| {
        let verbs = ["insert", "update", "put", "take", "delete", "see"];
        let elsewhere =
            ["account_insert", "key_insert", "key_update", "meta_insert", "meta_delete"];
        let (_, verb) = name.rsplit_once('_').expect("a noun and a verb");
        verbs.contains(&verb) && !elsewhere.contains(&name.as_str())
    };
    let all = files("sql").into_iter().chain(generated());
    let names = all.map(|(file, _)| file.trim_end_matches(".sql").to_owned());
    let others = ["record_lock", "writer_put"].map(str::to_owned);
    names.filter(of_batches).chain(others).collect()
}

/// What is there before the batch.
struct Before {
    floor: EventZone,
    seats: EventZone,
    held: BookingId,
    paid: BookingId,
    leases: Vec<Lease>,
    /// Those of two endpoints.
    endpoints: Vec<Lease>,
    /// What the first of them was told in vain …
    told: DeliveryId,
    /// … and with success: its time is over.
    over: DeliveryId,
}

const KEEP: Release = Release::Keep { lease_ms: LEASE_MS };

fn refused(name: &str) -> Intent {
    hold(name, NOWHERE, 1)
}

fn clean_up(name: &str) -> Intent {
    intent(OURS, "", Command::CleanUpRecord(key(OURS, name)))
}

fn booking_of(outcome: &Outcome) -> BookingId {
    fields(outcome).get("booking_id").and_then(|id| id.parse().ok()).expect("a booking")
}

/// A tombstone and an answer whose time is over, a hold, a sale, and a key that was seen.
fn prepare(node: &mut Node) -> Before {
    let early = intent(OURS, "early", create_event(starts_at(), &[1]));
    let mut jobs = vec![lease(node)];
    jobs.extend(leases(&node.execute(&lease_new_jobs(OURS, &["over"], LEASE_MS))));
    node.execute(&[refused("gone"), early]);
    clean_at_once(node);
    node.machine.clock.advance(2 * DAY_MS);
    node.execute(&[clean_up("gone")]);
    node.machine.clock.advance(89 * DAY_MS);
    node.execute(&[refused("old")]);
    node.machine.clock.advance(2 * DAY_MS);
    let starts_at = node.machine.clock.now().plus_seconds(1_000_000);
    let create = with_seats(create_event(starts_at, &[50]), &["A1", "A2"]);
    let created = node.execute(&[intent(OURS, "create", create)]);
    let zones = event_zones(&fields(created.first().expect("an outcome")));
    let [floor, seats] = zones[..] else { panic!("two zones: {zones:?}") };
    let holds = [hold("h", floor, 1), hold("p", floor, 2)];
    let outcomes = node.execute(&holds);
    let [held, paid] = outcomes.as_slice() else { panic!("two outcomes: {outcomes:?}") };
    let (held, paid) = (booking_of(held), booking_of(paid));
    node.execute(&[intent(OURS, "pay", confirm(paid, "ref-1"))]);
    let endpoints = [create_endpoint("*"), create_endpoint("event.*")];
    let made = node.execute(&endpoints.map(|it| intent(OURS, "", it)));
    let [kept, gone] = [0, 1].map(|place| endpoint_of(made.get(place).expect("an endpoint")));
    let leased = leases(&node.execute(&[lease_endpoints(OURS, &[kept, gone], LEASE_MS)]));
    let first = leased.first().expect("two");
    let told = [(event_at(1), 500), (event_at(3), 200)]
        .map(|(event, status)| record_answered(first, event, status, KEEP));
    let recorded = |outcome: &Outcome| match outcome.reply() {
        Some(Reply::Recorded { deliveries, .. }) => deliveries.first().expect("one").id,
        other => panic!("{other:?}"),
    };
    let told: Vec<_> = node.execute(&told).iter().map(recorded).collect();
    let [told, over] = told[..] else { panic!("two: {told:?}") };
    let [replayed, _] = holds;
    assert!(matches!(node.execute(&[replayed]).as_slice(), [Outcome::Replayed(_)]));
    Before { floor, seats, held, paid, leases: jobs, endpoints: leased, told, over }
}

/// Everything at once.
fn everything(before: &Before, truncation: Truncation) -> Vec<Intent> {
    let Before { floor, seats, held, paid, ref leases, ref endpoints, told, over: old } = *before;
    let [kept, gone] = endpoints.as_slice() else { panic!("two leases: {endpoints:?}") };
    let EventZone { event, zone } = floor;
    let [clean_up_lease, over] = leases.as_slice() else { panic!("two leases: {leases:?}") };
    let mut new_job = lease_new_jobs(OURS, &["new"], LEASE_MS);
    new_job.truncate(1);
    let patch = EventPatch { name: Some("renamed".to_owned()), ..event_patch(event) };
    let larger = ZonePatch { event, zone, name: None, capacity: Some(60), price: None };
    let cancel = Cancellation { booking: paid, reason: None, refund: true };
    let starts_at = starts_at().plus_seconds(100_000_000);
    let mut all = vec![
        intent(OURS, "new", with_seats(create_event(starts_at, &[5]), &["B1"])),
        intent(OURS, "rename", Command::UpdateEvent(patch)),
        intent(OURS, "larger", Command::UpdateZone(larger)),
        intent(OURS, "seat", reserve(seats, 3, Wanted::Best(1))),
        intent(OURS, "confirm", confirm(held, "ref-2")),
        intent(OURS, "cancel", Command::Cancel(cancel)),
        clean_up("gone"),
        clean_up("old"),
        clean_feed(clean_up_lease, OURS, truncation),
        intent(OURS, "", Command::CleanUpDelivery(old)),
        settle(clean_up_lease, Settlement::Keep { lease_ms: 1_000 }),
        settle(over, Settlement::End),
        record_failed(kept, Subject::Known(told), KEEP),
        record_failed(gone, event_at(2), Release::End),
        intent(OURS, "", create_endpoint("booking.*")),
        intent(OURS, "", rotate_secret(kept)),
    ];
    all.append(&mut new_job);
    all
}

#[test]
fn a_batch_may_write_with_every_statement_there_is() {
    let database = Database::new();
    let (names, mut node) = Node::recorded(&database);
    let before = prepare(&mut node);
    let (_, truncation) = search(&node.store, None).truncation.expect("the first entries are due");
    let cleaned = truncation.low_water_mark.position;
    names.lock().expect("nobody panics meanwhile").clear();
    let outcomes = node.execute(&everything(&before, truncation));
    let done = |it: &Outcome| matches!(it, Outcome::Decided(answer, _) if answer.status < 300);
    assert!(outcomes.iter().all(done), "{outcomes:?}");

    let names = names.lock().expect("nobody panics meanwhile").clone();
    let mut times = BTreeMap::<_, usize>::new();
    names.into_iter().for_each(|name| *times.entry(name).or_default() += 1);
    let mut wanted = written_with();
    assert!(wanted.remove("refund_update"), "no command ends a refund yet");
    assert!(wanted.remove("endpoint_count_insert"), "the account's first endpoint was made before");
    for name in &wanted {
        // The store's own job, and those of the account.
        let accounts = if name == "job_update" { 2 } else { 1 };
        assert_eq!(times.get(name), Some(&accounts), "{name}");
    }
    let emitted =
        node.store.reads().activity(OURS, &ActivityFilter::default(), 99).expect("it reads");
    assert_eq!(emitted.first().map(|emitted| emitted.activity.position), Some(cleaned + 1));
    let filter = BookingFilter { status: Some(Status::Cancelled), ..BookingFilter::default() };
    let page = Page { after: None, limit: 9 };
    assert_eq!(node.store.reads().bookings(OURS, filter, page).expect("it reads").len(), 1);
    check(&database, &node.store);
}
