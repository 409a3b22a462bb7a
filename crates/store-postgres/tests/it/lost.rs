//! Connections that are lost: before a batch, within it, and while its COMMIT is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use engine::failpoint::{AFTER_COMMIT, BEFORE_COMMIT, Failpoints};
use engine::reads::Reads as _;
use engine::tickets::TicketReads as _;
use engine::{ExecuteError, Outcome};

use crate::node::{Node, OURS, check, hold, options};
use peers::cluster::Database;
use peers::proxy::Proxy;
use store_postgres::Options;

/// Ends all connections to this database but the one that says so.
const TERMINATE: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
                         where datname = current_database() and pid <> pg_backend_pid()";

/// Does something the first time that it comes to a place, after it is armed.
fn once(
    place: &'static str,
    act: impl Fn() -> bool + Send + Sync + 'static,
) -> (Failpoints, Arc<AtomicU32>) {
    let armed = Arc::new(AtomicU32::new(0));
    let shared = Arc::clone(&armed);
    let fails = move |name: &str| {
        let disarm = || shared.compare_exchange(1, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        name == place && disarm() && act()
    };
    (Failpoints::new(fails), armed)
}

/// A batch during which that happens. It is carried out all the same, once; wherever the row lies that says
/// so.
#[track_caller]
fn survives(
    place: &'static str,
    act: impl Fn(&Database) -> bool + Send + Sync + Copy + 'static,
) -> Vec<String> {
    let store_errors = [false, true].map(|as_if_spread| {
        let database = Arc::new(Database::new());
        let shared = Arc::clone(&database);
        let (failpoints, armed) = once(place, move || act(&shared));
        let options = Options { as_if_spread, ..options(0, failpoints) };
        survives_on(&database, &armed, options)
    });
    let [together, by_account] = store_errors;
    assert_eq!(together.len(), by_account.len(), "{together:?} {by_account:?}");
    by_account
}

#[track_caller]
fn survives_on(database: &Database, armed: &AtomicU32, options: Options) -> Vec<String> {
    let mut node = Node::at(&database.url(), options);
    let zones = node.event(&[9], &[]);
    let zone = *zones.first().expect("a zone");
    armed.store(1, Ordering::SeqCst);
    let batch = [hold("a", zone, 1), hold("b", zone, 2)];
    let outcomes = node.execute(&batch);
    assert_eq!(armed.load(Ordering::SeqCst), 0, "it happened");
    assert!(outcomes.iter().all(|it| matches!(it, Outcome::Decided(..) | Outcome::Replayed(_))));
    let stock = node.store.reads().zone(OURS, zone.zone).expect("it reads").expect("it is there");
    assert_eq!(stock.pool.held(), 2);
    check(database, &node.store);
    node.store_errors()
}

#[test]
fn a_commit_that_never_arrived_is_decided_again() {
    let store_errors = survives(BEFORE_COMMIT, |database| {
        database.execute(TERMINATE);
        false
    });
    assert_eq!(store_errors.len(), 2, "unknown, then known not to be written: {store_errors:?}");
}

#[test]
fn a_commit_that_was_written_is_not_written_again() {
    let store_errors = survives(AFTER_COMMIT, |_| true);
    assert_eq!(store_errors.len(), 1, "{store_errors:?}");
    let store_errors = survives(AFTER_COMMIT, |database| {
        database.execute(TERMINATE);
        true
    });
    assert_eq!(store_errors.len(), 1, "on another connection: {store_errors:?}");
}

/// Its row in the table of writers is inserted by the transaction itself, so nobody else sees it before that
/// ends.
#[test]
fn a_lost_commit_of_the_first_batch_of_an_account_is_settled() {
    for (place, decided) in [(AFTER_COMMIT, 1), (BEFORE_COMMIT, 2)] {
        let database = Arc::new(Database::new());
        let shared = Arc::clone(&database);
        let (failpoints, armed) = once(place, move || {
            shared.execute(TERMINATE);
            place == AFTER_COMMIT
        });
        let options = Options { as_if_spread: true, ..options(0, failpoints) };
        let mut node = Node::at(&database.url(), options);
        armed.store(1, Ordering::SeqCst);
        let zones = node.event(&[9], &[]);
        assert_eq!(node.store_errors().len(), decided, "{:?}", node.store_errors());
        let events = database.ask("select id from events");
        assert_eq!(events, [zones[0].event.to_string()], "once");
        let writers = "select account_id from writers where batch_id is not null";
        assert_eq!(database.ask(writers), [OURS.to_string()], "with its account");
    }
}

#[test]
fn an_answer_to_commit_that_is_lost_on_its_way_is_found_out() {
    let database = Database::new();
    let proxy = Arc::new(Proxy::to(&database.url()));
    let shared = Arc::clone(&proxy);
    let (failpoints, armed) = once(BEFORE_COMMIT, move || {
        shared.swallow();
        false
    });
    let mut node = Node::at(proxy.url(), options(0, failpoints));
    let zones = node.event(&[9], &[]);
    armed.store(1, Ordering::SeqCst);
    let outcomes = node.execute(&[hold("a", zones[0], 1)]);
    assert!(matches!(outcomes[0], Outcome::Decided(..)), "{outcomes:?}");
    assert_eq!(node.store_errors().len(), 1, "it was committed: {:?}", node.store_errors());
    check(&database, &node.store);
}

#[test]
fn a_connection_lost_between_batches_is_not_noticed() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    let zones = node.event(&[9], &[]);
    let reads = node.store.reads();
    reads.identity().unwrap();
    database.execute(TERMINATE);
    node.execute(&[hold("a", zones[0], 1)]);
    assert_eq!(reads.zone(OURS, zones[0].zone).unwrap().unwrap().pool.held(), 1);
    assert!(node.store_errors().is_empty(), "{:?}", node.store_errors());
}

#[test]
fn a_connection_lost_within_a_batch_writes_nothing() {
    let database = Arc::new(Database::new());
    for place in ["pool_get", "booking_insert", "writer_put"] {
        let shared = Arc::clone(&database);
        let (failpoints, armed) = once(place, move || {
            shared.execute(TERMINATE);
            false
        });
        let number = u64::try_from(place.len()).unwrap();
        let mut node = Node::at(&database.url(), options(number, failpoints));
        let zones = node.event(&[9], &[]);
        armed.store(1, Ordering::SeqCst);
        let batch = [hold(place, zones[0], 1)];
        let error = node.try_execute(&batch).unwrap_err();
        assert!(matches!(error, ExecuteError::Unavailable(_)), "{error:?}");
        let outcomes = node.execute(&batch);
        assert!(matches!(outcomes[0], Outcome::Decided(..)), "nothing was claimed: {outcomes:?}");
    }
}
