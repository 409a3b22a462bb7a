//! Deliveries of webhooks by processes that are killed, and by several nodes: each event comes at least once, under one
//! id with the same bytes, none of a resource after a later one of it; and once where nothing fails.

use std::time::Duration;

use rand::Rng as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;

use crate::buyers::{Nodes, Rush};
use crate::http::Client;
use crate::inbox::{Inbox, Subscription, Tally};
use crate::kill::{OnSale, Recovered, kill_under_load, open, recover};
use crate::ledger::Ledger;
use crate::place::{Key, Place, SIGABRT, Server, id};
use crate::process::TIMEOUT;
use crate::settings::{Watch, number, pass, poll, tell};
use crate::workload::{EVENTS, event, plain_event};

/// What buyers and sellers do.
const TYPES: [&str; 3] = ["booking.*", "event.*", "payment.*"];
/// One request in so many is refused: what comes after it waits, and so may other events for some seconds.
const REFUSED_ONE_IN: u32 = 60;

/// Places that a delivery comes by, and how often it does at most before the process ends there.
const PLACES: [(&str, u32); 9] = [
    // The endpoint is leased, and its lease is given back or renewed.
    ("job_update", 2),
    ("webhook_cursor_update", 4),
    // What there is to send is written, before it is sent.
    ("delivery_insert", 6),
    ("before_commit", 8),
    ("after_commit", 8),
    // The receiver has taken it, and it is written that it has.
    ("delivery_attempt_insert", 6),
    (AGAIN, 1),
    ("before_commit", 12),
    ("after_commit", 12),
];
/// Where only a delivery comes by that has failed before.
const AGAIN: &str = "delivery_update";
/// Between two changes, so that each is on its way before the next.
const PAUSE: Duration = Duration::from_millis(5);

/// A place from which webhooks may be sent to this machine.
fn place_for_webhooks(place: Place) -> Place {
    place.write("bookonce.toml", "[webhooks]\nallow_private = true\n");
    place
}

/// A server that follows one which was killed. Other nodes would wait for the leases of the dead to end: it is as if that time
/// had passed.
fn follow(place: &Place, inbox: &Inbox) -> Server {
    bury(place, inbox);
    let server = place.serve(&[]);
    server.ready();
    server
}

fn bury(place: &Place, inbox: &Inbox) {
    inbox.quiet();
    if place.is_on_postgres() {
        place.database().execute("update jobs set lease_until = lease_until - 60000");
    }
}

#[test]
fn deliveries_survive_sigkill_under_load() {
    let rounds = number("BOOKONCE_TEST_KILL_ROUNDS", 6);
    let seed = number("BOOKONCE_TEST_KILL_SEED", rand::random());
    tell(&format!("deliveries: BOOKONCE_TEST_KILL_SEED={seed}"));
    let mut rng = StdRng::seed_from_u64(seed);
    let place = place_for_webhooks(Place::new());
    let key = place.key();
    let inbox = Inbox::start(rng.random(), REFUSED_ONE_IN);
    let OnSale { mut server, ledger } = open(&place, &key);
    let subscription = inbox.subscribe(&mut server.client(&key), &TYPES);
    for _ in 0..rounds {
        let from = ledger.len();
        kill_under_load(server, &key, &ledger, &mut rng);
        bury(&place, &inbox);
        Recovered { server, .. } = recover(&place, &key, &ledger, from);
    }
    let Tally { events, repeats } = inbox.settle(&mut server.client(&key), &subscription, &TYPES);
    server.stop();
    place.verify();
    tell(&format!("deliveries: {rounds} rounds, {events} events, {repeats} came again"));
    assert!(events > 0);
}

/// An event that is renamed again and again: each time something of the same resource happens.
struct Renamed {
    path: String,
    times: usize,
}

impl Renamed {
    fn new(client: &mut Client) -> Self {
        let made = client.post(EVENTS, "event", &plain_event(10, 600)).expect(201);
        Self { path: format!("{EVENTS}/{}", id(&made)), times: 0 }
    }

    /// Once more; whether there was an answer.
    fn again(&mut self, client: &mut Client) -> bool {
        self.times += 1;
        let body = json!({"name": format!("Name {}", self.times)}).to_string();
        let key = format!("name-{}", self.times);
        client.try_change("PATCH", &self.path, &key, &body).is_ok_and(|it| it.status == 200)
    }
}

/// Renames until the process ends at the place.
fn end_at(place: &Place, key: &Key, renamed: &mut Renamed, failpoint: &str) {
    let served = place.serve_with(&[], &[("BOOKONCE_FAILPOINT", failpoint)]);
    let Ok(server) = served else {
        // It had something to deliver before it listened.
        return assert_eq!(served.map(|_| ()).map_err(|ran| ran.signal()), Err(Some(SIGABRT)));
    };
    let mut client = server.client(key);
    let watch = Watch::start();
    while renamed.again(&mut client) {
        assert!(watch.elapsed() < TIMEOUT, "nothing comes by {failpoint}");
        pass(PAUSE);
    }
    let ran = server.process.ended(TIMEOUT);
    assert_eq!(ran.signal(), Some(SIGABRT), "{failpoint}: {ran:?}");
}

#[test]
fn a_delivery_survives_the_end_at_each_of_its_steps() {
    let seed = number("BOOKONCE_TEST_KILL_SEED", rand::random());
    tell(&format!("deliveries: BOOKONCE_TEST_KILL_SEED={seed}"));
    let mut rng = StdRng::seed_from_u64(seed);
    let place = place_for_webhooks(Place::new());
    let key = place.key();
    let inbox = Inbox::start(rng.random(), 0);
    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let subscription = inbox.subscribe(&mut client, &TYPES);
    let mut renamed = Renamed::new(&mut client);
    server.kill();
    let mut all = Tally::default();
    for (name, visits_max) in PLACES {
        bury(&place, &inbox);
        inbox.refuse(usize::from(name == AGAIN));
        let failpoint = format!("{name}@{}", rng.random_range(1..=visits_max));
        end_at(&place, &key, &mut renamed, &failpoint);
        let server = follow(&place, &inbox);
        let mut client = server.client(&key);
        assert!(renamed.again(&mut client), "it serves");
        all = inbox.settle(&mut client, &subscription, &TYPES);
        server.kill();
    }
    place.verify();
    tell(&format!("deliveries: {} places, {all:?}", PLACES.len()));
    assert!(all.events > PLACES.len());
}

#[test]
fn what_was_on_its_way_when_the_process_was_killed_is_sent_again() {
    let place = place_for_webhooks(Place::new());
    let key = place.key();
    let inbox = Inbox::start(0, 0);
    let mut server = place.serve(&[]);
    let subscription = inbox.subscribe(&mut server.client(&key), &TYPES);
    let mut renamed = Renamed::new(&mut server.client(&key));
    for round in 1..=3 {
        inbox.settle(&mut server.client(&key), &subscription, &TYPES);
        let before = inbox.len();
        inbox.hold(true);
        for _ in 0..3 {
            assert!(renamed.again(&mut server.client(&key)), "it serves");
        }
        poll(TIMEOUT, "it is on its way", || (inbox.len() > before).then_some(()));
        server.kill();
        inbox.hold(false);
        server = follow(&place, &inbox);
        let tally = inbox.settle(&mut server.client(&key), &subscription, &TYPES);
        let all = Tally { events: 1 + 3 * round, repeats: 0 };
        assert_eq!(tally, all, "nothing was taken twice");
        assert_eq!(inbox.len(), all.events + round, "one was on its way each time");
    }
    server.stop();
    place.verify();
}

#[test]
fn two_nodes_without_faults_deliver_each_event_once() {
    let mut nodes = Nodes::of(place_for_webhooks(Place::on(peers::cluster::Database::new())), 2);
    let kinds: [&[&str]; 3] = [&TYPES, &["booking.*"], &["booking.confirmed", "payment.*"]];
    let mut client = nodes.client(0);
    let ledger = Ledger::new(&nodes.place, nodes.sale(&event()));
    let subscribed = |types: &&'static [&'static str]| {
        let inbox = Inbox::start(0, 0);
        let subscription: Subscription = inbox.subscribe(&mut client, types);
        (inbox, subscription, *types)
    };
    let inboxes: Vec<_> = kinds.iter().map(subscribed).collect();
    let buyers: Vec<_> = (0..6).map(|node| nodes.client(node)).collect();
    let ((), rush) = Rush::during(&ledger, buyers, |rush| rush.answers(300));
    assert_eq!(rush.unheard(), 0, "nothing fails");
    ledger.settle(&mut nodes.client(1), 0);
    for (inbox, subscription, types) in &inboxes {
        let tally = inbox.settle(&mut nodes.client(1), subscription, types);
        assert!(tally.events > 0);
        // What is handed over from one node to the other is handed over once.
        assert_eq!(tally.repeats, 0, "{types:?}");
        assert_eq!(inbox.len(), tally.events, "{types:?}");
    }
    // One stops in good order, and the other goes on with its endpoints.
    nodes.servers.remove(0).stop();
    let buyers: Vec<_> = (0..3).map(|node| nodes.client(node)).collect();
    let ((), _rush) = Rush::during(&ledger, buyers, |rush| rush.answers(100));
    ledger.settle(&mut nodes.client(0), 0);
    for (inbox, subscription, types) in &inboxes {
        let tally = inbox.settle(&mut nodes.client(0), subscription, types);
        assert_eq!((tally.repeats, inbox.len()), (0, tally.events), "{types:?}");
    }
    nodes.stop();
}
