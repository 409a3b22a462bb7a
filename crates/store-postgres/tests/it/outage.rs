//! A server that dies, hangs or is followed by another one, and one that wants to know who is asking.

use std::time::Duration;

use engine::Outcome;
use engine::credentials::Credentials as _;
use engine::reads::Reads as _;
use engine::reads::due::DueReads as _;
use engine::tickets::TicketReads as _;
use peers::cluster::Cluster;
use store_postgres::{PostgresCredentials, PostgresStore};

use sim::intents::EventZone;

use crate::faults::{all_fail, impatient, outage, unavailable};
use crate::node::{Node, OURS, bookings, check, hold};

/// The first hold that was not acknowledged, and why.
struct Failed {
    from: u32,
    why: String,
}

/// Batches of a few holds, until one cannot be carried out.
fn hold_until_it_fails(node: &mut Node, zone: EventZone, from: u32) -> Failed {
    let mut number = from;
    loop {
        let name = |it: u32| format!("k-{it}");
        let batch: Vec<_> = (number..number + 5).map(|it| hold(&name(it), zone, it)).collect();
        match node.try_execute(&batch) {
            Ok(done) => assert_eq!(bookings(&done.outcomes), 5, "{:?}", done.outcomes),
            Err(error) => return Failed { from: number, why: error.to_string() },
        }
        number += 5;
    }
}

/// Every hold before this one was acknowledged: it is there, and its retry receives the same.
fn all_are_there(node: &mut Node, zone: EventZone, until: u32) {
    let batch: Vec<_> = (0..until).map(|it| hold(&format!("k-{it}"), zone, it)).collect();
    let outcomes = node.execute(&batch);
    assert!(outcomes.iter().all(|it| matches!(it, Outcome::Replayed(_))), "{outcomes:?}");
}

#[test]
fn a_killed_server_keeps_what_was_acknowledged() {
    let cluster = Cluster::own();
    let database = cluster.database();
    let mut node = Node::at(&database.url(), impatient(0));
    let zones = node.event(&[100_000], &[]);
    let zone = zones[0];
    let reads = node.store.reads();
    let credentials = PostgresCredentials::open(&database.url(), &impatient(1)).unwrap();
    let mut held = 0;
    for round in 0_u64..3 {
        std::thread::scope(|scope| {
            let killer = scope.spawn(|| {
                let committed = || reads.feed_head(OURS).unwrap_or_default();
                let before = committed();
                // Somewhere in the middle of a batch, another one each time.
                while committed() < before + 10 + round * 7 {}
                cluster.kill();
            });
            let Failed { from: until, why } = hold_until_it_fails(&mut node, zone, held);
            held = until;
            killer.join().unwrap();
            assert!(!why.is_empty());
        });
        let why = outage(node.try_execute(&[hold("other", zone, 90_000)]));
        assert!(why.contains("refused"), "{why}");
        unavailable(reads.identity());
        unavailable(credentials.keys());
        cluster.start();
        all_are_there(&mut node, zone, held);
        reads.identity().unwrap();
        credentials.keys().unwrap();
    }
    check(&database, &node.store);
}

#[test]
fn a_server_that_hangs_is_waited_for_only_so_long() {
    let cluster = Cluster::own();
    let database = cluster.database();
    let mut node = Node::at(&database.url(), impatient(0));
    let zones = node.event(&[9], &[]);
    let zone = zones[0];
    let reads = node.store.reads();
    let credentials = PostgresCredentials::open(&database.url(), &impatient(1)).unwrap();
    reads.identity().unwrap();
    credentials.keys().unwrap();
    cluster.pause();
    let batch = [hold("a", zone, 1)];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let why = outage(node.try_execute(&batch));
            assert!(why.contains("no answer within"), "{why}");
            let why = outage(node.try_execute(&batch));
            assert!(why.contains("does not answer"), "on a new connection: {why}");
        });
        scope.spawn(|| all_fail(9, || reads.identity().map(drop)));
        // They do not wait for each other.
        scope.spawn(|| all_fail(4, || credentials.keys().map(drop)));
    });
    cluster.resume();
    let outcomes = node.execute(&batch);
    assert!(matches!(outcomes[0], Outcome::Decided(..)), "{outcomes:?}");
    reads.identity().unwrap();
    credentials.keys().unwrap();
    check(&database, &node.store);
}

/// What is done to the first server, before the second one takes over.
fn fail_over(end: impl FnOnce(&Cluster)) {
    let cluster = Cluster::own();
    let database = cluster.database();
    let standby = cluster.standby();
    let (one, other) = (cluster.server().port(), standby.server().port());
    let both = format!("postgres://postgres@127.0.0.1:{one},127.0.0.1:{other}/{}", database.name());
    let mut node = Node::at(&both, impatient(0));
    let zones = node.event(&[100_000], &[]);
    let zone = *zones.first().expect("a zone");
    let reads = node.store.reads();
    let credentials = PostgresCredentials::open(&both, &impatient(1)).expect("it opens");
    reads.identity().expect("it reads");
    credentials.keys().expect("it reads");
    node.execute(&(0..20).map(|it| hold(&format!("k-{it}"), zone, it)).collect::<Vec<_>>());
    end(&cluster);
    let batch = [hold("next", zone, 99)];
    outage(node.try_execute(&batch));
    standby.promote();
    // Connections to the first server may have to be found out first.
    let next = node.try_execute(&batch).or_else(|_| node.try_execute(&batch));
    let next = next.expect("the standby does it");
    assert_eq!(bookings(&next.outcomes), 1);
    all_are_there(&mut node, zone, 20);
    reads.identity().or_else(|_| reads.identity()).expect("it reads");
    credentials.keys().or_else(|_| credentials.keys()).expect("it reads");
    let zone = reads.zone(OURS, zone.zone).expect("it reads").expect("it is there");
    assert_eq!(zone.pool.held(), 21);
}

#[test]
fn a_standby_takes_over_from_a_server_that_died() {
    fail_over(Cluster::kill);
}

#[test]
fn a_standby_takes_over_from_a_server_that_hangs() {
    fail_over(Cluster::pause);
}

#[test]
fn a_wrong_password_is_reported() {
    let cluster = Cluster::own();
    let database = cluster.database();
    let url = database.owned_url();
    let name = database.name();
    let rules = format!(
        "host all {name} 127.0.0.1/32 scram-sha-256\nhost all postgres 127.0.0.1/32 trust\n"
    );
    cluster.server().write("pg_hba.conf", &rules);
    cluster.stop();
    cluster.start();
    let mut node = Node::at(&url, impatient(0));
    let zones = node.event(&[9], &[]);
    let wrong = url.replace(":secret@", ":wrong@");
    let why = PostgresStore::open(&wrong, &impatient(1)).unwrap_err().to_string();
    assert!(why.contains("28P01") && why.contains("password"), "{why}");
    assert!(!why.contains("wrong"), "passwords are not repeated: {why}");

    // The password is changed while a node runs.
    database.execute(&format!("alter role {name} password 'other'"));
    cluster.stop();
    cluster.start();
    let why = outage(node.try_execute(&[hold("a", zones[0], 1)]));
    assert!(why.contains("28P01"), "{why}");
    database.execute(&format!("alter role {name} password 'secret'"));
    assert_eq!(bookings(&node.execute(&[hold("a", zones[0], 1)])), 1);
}

#[test]
fn a_server_that_restarts_is_waited_for() {
    let cluster = Cluster::own();
    let database = cluster.database();
    let mut node = Node::at(&database.url(), impatient(0));
    let zones = node.event(&[9], &[]);
    cluster.stop();
    cluster.start();
    assert_eq!(bookings(&node.execute(&[hold("a", zones[0], 1)])), 1);
    assert!(node.store_errors().is_empty(), "nobody has noticed: {:?}", node.store_errors());
    assert!(impatient(0).lock_timeout < Duration::from_secs(1));
}
