//! Faults of the database: whatever the cause, nothing is claimed and nothing is half written, the
//! message says what is wrong, and all goes well again as soon as the cause is gone.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use domain::pool::PoolId;
use domain::{Keys, World};
use engine::credentials::Credentials as _;
use engine::failpoint::Failpoints;
use engine::reads::Reads as _;
use engine::tickets::TicketReads as _;
use engine::{ExecuteError, Outcome, Store as _, StoreError};
use peers::cluster::{Database, Session};
use store_postgres::{Options, PostgresCredentials, READERS_MAX};

use crate::node::{Node, OURS, bookings, check, hold, options};

/// Limits that a test can wait for. Nobody waits in a circle here, so locks need no longer one.
pub(crate) fn impatient(number: u64) -> Options {
    Options {
        lock_timeout: Duration::from_millis(300),
        statement_timeout: Duration::from_millis(900),
        connect_timeout: Duration::from_millis(900),
        ..options(number, Failpoints::default())
    }
}

/// What a node says that cannot carry out a batch: an outage, which passes.
#[track_caller]
pub(crate) fn outage<T: std::fmt::Debug>(result: Result<T, ExecuteError>) -> String {
    match result {
        Err(ExecuteError::Unavailable(why)) => why,
        other => panic!("no outage: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn unavailable<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Unavailable(why)) => why,
        other => panic!("no outage: {other:?}"),
    }
}

/// A batch fails with this text, or that after a bar, while `cause` lasts; what `cause` gives goes to
/// `relief`, which ends it.
#[track_caller]
fn fault<T>(cause: impl FnOnce(&Database) -> T, relief: impl FnOnce(&Database, T), texts: &str) {
    let database = Database::new();
    let mut node = Node::at(&database.owned_url(), impatient(0));
    let zones = node.event(&[9], &[]);
    let zone = *zones.first().expect("a zone");
    node.execute(&[hold("a", zone, 1)]);
    let lasting = cause(&database);
    let batch = [hold("b", zone, 2), hold("c", zone, 3)];
    for _ in 0..2 {
        let why = outage(node.try_execute(&batch));
        assert!(texts.split('|').any(|text| why.contains(text)), "{why}");
    }
    relief(&database, lasting);
    let outcomes = node.execute(&batch);
    let decided = outcomes.iter().filter(|it| matches!(it, Outcome::Decided(..))).count();
    assert_eq!(decided, 2, "nothing was claimed: {outcomes:?}");
    check(&database, &node.store);
}

const TERMINATE: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
                         where datname = current_database() and pid <> pg_backend_pid()";

#[test]
fn a_table_that_somebody_has_locked() {
    let lock = |database: &Database| {
        let session = database.session();
        session.execute("begin; lock table bookings");
        session
    };
    let unlock = |_: &Database, session: Session| session.execute("rollback");
    fault(lock, unlock, "locked");
}

/// Makes every booking fail like this.
/// A node is held still in the middle of a batch: PostgreSQL ends its transaction, and others that wait for
/// its rows go on.
#[test]
fn a_node_that_says_nothing_keeps_nobody_waiting() {
    let database = Database::new();
    let idle_timeout = Duration::from_millis(300);
    let silent = Options { idle_timeout, ..options(0, Failpoints::default()) };
    let mut silent = Node::at(&database.url(), silent);
    let zones = silent.event(&[9], &[]);
    let zone = *zones.first().expect("a zone");
    let mut other = Node::new(&database, 1);
    let mut tx = silent.store.begin().expect("it begins");
    let keys = Keys { pools: [(OURS, PoolId::zone(zone.zone))].into(), ..Keys::default() };
    tx.load(&keys, &mut World::default()).expect("it loads");
    assert_eq!(bookings(&other.execute(&[hold("a", zone, 1)])), 1);
    assert_eq!(other.store_errors(), [""; 0], "it waited");
    let lost = tx.load(&keys, &mut World::default());
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    drop(tx);
    assert_eq!(bookings(&silent.execute(&[hold("b", zone, 2)])), 1);
    check(&database, &silent.store);
}

fn fails_with(code: &str) -> impl Fn(&Database) {
    let sql = format!(
        "create or replace function fail() returns trigger language plpgsql as $$
         begin raise exception 'could not extend file' using errcode = '{code}'; end $$;
         create trigger fails before insert on bookings execute function fail()"
    );
    move |database| database.execute(&sql)
}

fn succeeds_again(database: &Database, (): ()) {
    // What the batch had locked is free at once, and not when its connection is used again.
    database.execute("set lock_timeout = '5s'; drop trigger fails on bookings");
}

#[test]
fn a_disk_that_is_full() {
    fault(fails_with("53100"), succeeds_again, "disk");
}

#[test]
fn no_memory() {
    fault(fails_with("53200"), succeeds_again, "memory");
}

#[test]
fn an_input_or_output_error() {
    fault(fails_with("58030"), succeeds_again, "58030");
}

#[test]
fn a_slow_statement() {
    let slow = |database: &Database| {
        database.execute(
            "create function slow() returns trigger language plpgsql as $$
             begin perform pg_sleep(60); return new; end $$;
             create trigger fails before insert on bookings execute function slow()",
        );
    };
    // The second where the machine is too busy for the first.
    fault(slow, succeeds_again, "too long|no answer within");
}

#[test]
fn a_table_that_may_not_be_written() {
    let name = |database: &Database| database.name().to_owned();
    fault(
        |database| database.execute(&format!("revoke insert on bookings from {}", name(database))),
        |database, ()| database.execute(&format!("grant all on bookings to {}", name(database))),
        "permission denied",
    );
}

#[test]
fn a_database_that_is_only_read() {
    let default = |database: &Database, value: &str| {
        let name = database.name();
        database
            .execute(&format!("alter database {name} set default_transaction_read_only = {value}"));
    };
    let cause = |database: &Database| {
        default(database, "on");
        database.execute(TERMINATE);
    };
    let relief = |database: &Database, ()| {
        let session = database.session();
        session.execute("set default_transaction_read_only = off");
        let name = database.name();
        session.execute(&format!("alter database {name} reset default_transaction_read_only"));
    };
    fault(cause, relief, "does not allow writes");
}

/// A limit of connections that is reached.
fn limit(database: &Database, connections: i32) {
    let name = database.name();
    database.execute(&format!("alter role {name} connection limit {connections}"));
}

#[test]
fn no_connection_for_the_writer() {
    let cause = |database: &Database| {
        limit(database, 0);
        database.execute(TERMINATE);
    };
    fault(cause, |database, ()| limit(database, -1), "too many connections");
}

#[test]
fn no_connection_for_readers_and_credentials() {
    let database = Database::new();
    let url = database.owned_url();
    let node = Node::at(&url, impatient(0));
    let reads = node.store.reads();
    let credentials = PostgresCredentials::open(&url, &impatient(1)).unwrap();
    limit(&database, 1);
    for why in [unavailable(reads.identity()), unavailable(credentials.keys())] {
        assert!(why.contains("too many connections"), "{why}");
    }
    limit(&database, -1);
    reads.identity().unwrap();
    assert_eq!(credentials.keys().unwrap().len(), 0);
}

/// Nobody waits for longer than all the limits together.
const AT_ONCE_MAX: Duration = Duration::from_secs(12);

#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn now() -> Instant {
    Instant::now()
}

/// All of them fail, and not one after the other.
#[track_caller]
pub(crate) fn all_fail(
    count: usize,
    ask: impl Fn() -> Result<(), StoreError> + Sync,
) -> Vec<String> {
    let (sender, receiver) = mpsc::channel();
    let mut errors = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..count {
            let (sender, ask) = (sender.clone(), &ask);
            scope.spawn(move || sender.send(ask()).expect("somebody listens"));
        }
        let start = now();
        for _ in 0..count {
            let left = AT_ONCE_MAX.saturating_sub(start.elapsed());
            let answer = receiver.recv_timeout(left).expect("an answer within the limits");
            errors.push(unavailable(answer));
        }
    });
    errors
}

#[test]
fn more_readers_than_connections_are_refused_with_a_reason() {
    let database = Database::new();
    let mut node = Node::at(
        &database.url(),
        Options { lock_timeout: Duration::from_secs(60), ..impatient(0) },
    );
    let zones = node.event(&[9], &[]);
    let reads = node.store.reads();
    let session = database.session();
    session.execute("begin; lock table zones");
    let errors = all_fail(READERS_MAX * 3, || reads.zone(OURS, zones[0].zone).map(drop));
    assert!(errors.iter().any(|why| why.contains("connections are busy")), "{errors:?}");
    session.execute("rollback");
    assert!(reads.zone(OURS, zones[0].zone).unwrap().is_some());
}

#[test]
fn an_address_that_leads_nowhere_says_why() {
    let database = Database::new();
    let url = database.owned_url();
    let open = |url: &str| {
        let why = store_postgres::PostgresStore::open(url, &impatient(0)).unwrap_err();
        why.to_string()
    };
    let (server, _) = url.rsplit_once('/').unwrap();
    let missing = open(&format!("{server}/nowhere"));
    assert!(
        missing.contains("\"nowhere\" does not exist") && missing.contains("3D000"),
        "{missing}"
    );
    let nobody = open("postgres://somebody:secret@127.0.0.1:9/nowhere");
    assert!(nobody.contains("refused") && nobody.contains("127.0.0.1:9"), "{nobody}");
    assert!(!nobody.contains("secret"), "{nobody}");
}
