//! Time across several nodes: whoever decides after a rival has committed decides at no earlier instant,
//! whatever the clocks of the machines say.

use std::sync::mpsc;
use std::time::Duration;

use domain::id::AccountId;
use domain::time::DAY_MS;
use domain::{Intent, Keys, Timestamp, World};
use engine::batch::{Chores, Executed};
use engine::failpoint::Failpoints;
use engine::{Clock as _, Store as _, execute};
use peers::cluster::Database;
use sim::intents::{create_event, intent, lease_clean_up};
use sim::test_ports::TestClock;
use store_postgres::{ClockOf, Options};

use crate::node::{Node, OURS, hold, options, starts_at};

const HOUR_MS: u64 = 3_600_000;

fn new_event(account: AccountId, name: &str) -> Intent {
    intent(account, name, create_event(starts_at(), &[9]))
}

/// The keys of a batch that emits something in our feed.
fn feed_of(account: AccountId) -> Keys {
    Keys { feeds: [account].into(), ..Keys::default() }
}

/// Two nodes whose clocks differ by an hour, on a store in which the feed has its row, and a third
/// one that has written at the earlier instant.
fn apart(database: &Database) -> [Node; 2] {
    apart_on(database, false)
}

fn node(database: &Database, number: u64, as_if_spread: bool) -> Node {
    let options = Options { as_if_spread, ..options(number, Failpoints::default()) };
    Node::at(&database.url(), options)
}

fn apart_on(database: &Database, as_if_spread: bool) -> [Node; 2] {
    let mut behind = node(database, 0, as_if_spread);
    behind.event(&[9], &[]);
    let ahead = node(database, 1, as_if_spread);
    ahead.machine.clock.advance(HOUR_MS);
    Node::new(database, 2).execute(&[new_event(OURS, "third")]);
    [behind, ahead]
}

#[test]
fn who_began_before_a_rival_committed_is_not_earlier_than_the_rival() {
    for as_if_spread in [false, true] {
        is_not_earlier_than_the_rival(as_if_spread);
    }
}

#[track_caller]
fn is_not_earlier_than_the_rival(as_if_spread: bool) {
    let database = Database::new();
    let [mut behind, mut ahead] = apart_on(&database, as_if_spread);
    let mut tx = behind.store.begin().expect("it begins");
    assert_eq!(tx.now(TestClock::START), Ok(TestClock::START));
    let rival = ahead.try_execute(&[new_event(OURS, "later")]).expect("it is carried out");
    assert_eq!(rival.now, ahead.machine.clock.now());
    tx.load(&feed_of(OURS), &mut World::default()).expect("it loads");
    assert_eq!(tx.now(TestClock::START), Ok(rival.now));
}

/// Where each account has writers of its own, those of others say nothing.
#[test]
fn accounts_of_a_store_that_is_spread_have_each_their_own_time() {
    let database = Database::new();
    let [mut behind, mut ahead] = apart_on(&database, true);
    let other = AccountId::from_raw(77);
    let rival = ahead.try_execute(&[new_event(OURS, "later")]).expect("it is carried out");
    let own = behind.try_execute(&[new_event(other, "own")]).expect("it is carried out");
    assert!(own.now < rival.now, "its own clock");
    let next = behind.try_execute(&[new_event(OURS, "next")]).expect("it is carried out");
    assert_eq!(next.now, rival.now);
}

/// A writer is expired with what is done under a lease, and what it may have committed is kept.
#[test]
fn writers_that_have_not_written_for_long_expire() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    let old = TestClock::START.plus_millis(-31 * DAY_MS);
    let young = TestClock::START.plus_millis(-29 * DAY_MS);
    for (id, at) in [("old", old), ("young", young)] {
        let (system, at) = (AccountId::SYSTEM, at.as_millis());
        database.execute(&format!(
            "insert into writers (account_id, id, last_instant) values ('{system}', '{id}', {at})"
        ));
    }
    let writers = "select id from writers where id in ('old', 'young') order by id";
    node.event(&[9], &[]);
    assert_eq!(database.ask(writers), ["old", "young"]);
    node.execute(&lease_clean_up(1_000));
    assert_eq!(database.ask(writers), ["young"]);
    let kept = database.ask("select value from store_meta where key = 'last_instant'");
    assert_eq!(kept, [TestClock::START.as_millis().to_string()]);
}

#[test]
fn who_begins_after_a_rival_committed_is_not_earlier_than_the_rival() {
    let database = Database::new();
    let [mut behind, mut ahead] = apart(&database);
    let rival = ahead.try_execute(&[new_event(OURS, "later")]).expect("it is carried out");
    let mut tx = behind.store.begin().expect("it begins");
    assert_eq!(tx.now(TestClock::START), Ok(rival.now), "the latest of all, not of some");
}

/// Its own clock counts as well, as it is once the locks are there.
#[test]
fn the_databases_clock_is_read_again_after_the_locks() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    node.event(&[9], &[]);
    let clock = ClockOf::Database;
    let mut node =
        Node::at(&database.url(), Options { clock, ..options(1, Failpoints::default()) });
    let now = || -> Timestamp {
        let millis = database.ask("select (extract(epoch from clock_timestamp()) * 1000)::bigint");
        Timestamp::from_millis(millis.first().and_then(|it| it.parse().ok()).expect("an instant"))
    };
    let mut tx = node.store.begin().expect("it begins");
    let began = tx.now(TestClock::START).expect("an instant");
    let later = loop {
        let later = now();
        if later > began {
            break later;
        }
    };
    tx.load(&feed_of(OURS), &mut World::default()).expect("it loads");
    assert!(tx.now(TestClock::START).expect("an instant") >= later);
}

/// The first entry of an account: the row that both would lock is not there yet.
#[test]
fn who_waited_for_the_first_row_of_a_feed_is_not_earlier_than_the_rival() {
    let database = Database::new();
    let node = Node::new(&database, 0);
    let account = AccountId::from_raw(77);
    let rival = database.session();
    let later = TestClock::START.plus_seconds(3_600);
    rival.execute(&format!(
        "begin; insert into feeds (account_id, position) values ('{account}', 0);
         insert into writers (account_id, id, last_instant) values ('{account}', 'rival', {})",
        later.as_millis()
    ));
    let Node { mut store, mut ports, machine: _machine } = node;
    let (sender, receiver) = mpsc::channel();
    let executed: Executed = std::thread::scope(|scope| {
        scope.spawn(move || {
            let batch = [new_event(account, "first")];
            sender.send(execute(&mut store, &mut ports, &batch, Chores::default()))
        });
        let waits = "select pid from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock'";
        while database.ask(waits).is_empty() {
            let early = receiver.recv_timeout(Duration::from_millis(1));
            assert!(early.is_err(), "it waits: {early:?}");
        }
        rival.execute("commit");
        receiver.recv().expect("the test receives it").expect("it is carried out")
    });
    assert_eq!(executed.now, later);
}

/// As after a move from another store: only the store itself knows how far it was.
#[test]
fn a_store_without_writers_goes_on_from_its_last_instant() {
    let database = Database::new();
    Node::new(&database, 0).event(&[9], &[]);
    let later = TestClock::START.plus_seconds(240);
    database.execute(&format!(
        "delete from writers; insert into store_meta values ('last_instant', '{}')
         on conflict (key) do update set value = excluded.value",
        later.as_millis()
    ));
    let mut node = Node::new(&database, 1);
    let zones = node.event(&[9], &[]);
    let held = node.try_execute(&[hold("a", zones[0], 1)]).expect("it is carried out");
    assert_eq!(held.now, later, "the clock of this node is behind");
    assert_eq!(node.store.last_instant(), Ok(Some(later)));
    let next = Node::new(&database, 2).try_execute(&[hold("b", zones[0], 2)]);
    assert_eq!(next.expect("it is carried out").now, later);
}
