//! Races over the nodes of one store: never more than there is, one booking for each key, the same
//! answer everywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::buyers::{Nodes, reserve, until_decided};
use crate::http::Answer;
use crate::ledger::Ask;
use crate::place::id;
use crate::process::TIMEOUT;
use crate::settings::poll;
use crate::workload::{RESERVE, Sale, event, plain_event};

/// How often each status, and each code among the refusals.
fn tally(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        let code = answer.json()["code"].as_str().map(str::to_owned);
        let what =
            code.filter(|_| answer.status >= 400).unwrap_or_else(|| answer.status.to_string());
        *tally.entry(what).or_default() += 1;
    }
    tally
}

fn of<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.into_iter().map(|(what, count)| (what.to_owned(), count)).collect()
}

/// Held units of the first zone, as each of the nodes shows them.
fn check_held(nodes: &Nodes, sale: &Sale, held: u64) {
    for node in 0..nodes.servers.len() {
        let mut client = nodes.client(node);
        poll(TIMEOUT, &format!("node {node} shows {held} held"), || {
            let shown = client.get(&sale.availability(0)).expect(200);
            (shown["held"] == json!(held)).then_some(())
        });
    }
}

#[test]
fn what_there_is_for_a_hundred_users_at_three_nodes() {
    let nodes = Nodes::new(3);
    for capacity in [1, 10] {
        let name = format!("event-{capacity}");
        let sale = Sale::create(&mut nodes.client(0), &name, &plain_event(capacity, 600));
        let ask = |n| reserve(&sale, &format!("{capacity}-{n}"), &format!("u{n}"));
        let asks: Vec<_> = (0..100).map(ask).collect();
        let answers = nodes.at_once(0, &asks);
        let sold = usize::try_from(capacity).expect("it is small");
        assert_eq!(tally(&answers), of([("201", sold), ("INSUFFICIENT_SEATS", 100 - sold)]));
        // All of them ask again elsewhere, and hear the same.
        for (first, again) in answers.iter().zip(nodes.at_once(1, &asks)) {
            assert!(again.is_replay(), "{again:?}");
            assert_eq!((first.status, &first.body), (again.status, &again.body));
        }
        check_held(&nodes, &sale, capacity);
    }
    nodes.stop();
}

#[test]
fn one_key_two_hundred_times_at_three_nodes() {
    let nodes = Nodes::new(3);
    let sale = nodes.sale(&plain_event(10, 600));
    let asks: Vec<_> = (0..200).map(|_| reserve(&sale, "k", "ann")).collect();
    let answers = nodes.at_once(0, &asks);
    let first = answers.first().expect("an answer");
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (201, &first.body));
        assert_eq!(answer.header("location"), first.header("location"));
    }
    let decided = answers.iter().filter(|answer| !answer.is_replay()).count();
    assert_eq!(decided, 1, "the others are told that they are replays");
    check_held(&nodes, &sale, 1);
    nodes.stop();
}

#[test]
fn twenty_bodies_under_one_key_at_two_nodes() {
    let nodes = Nodes::new(2);
    let sale = nodes.sale(&plain_event(100, 600));
    let asks: Vec<_> = (0..100).map(|n| reserve(&sale, "k", &format!("u{}", n % 20))).collect();
    let answers = nodes.at_once(0, &asks);
    assert_eq!(tally(&answers), of([("201", 5), ("IDEMPOTENCY_KEY_REUSED", 95)]));
    let booked = answers.iter().filter(|answer| answer.status == 201);
    let bodies: BTreeSet<_> = booked.map(|answer| &answer.body).collect();
    assert_eq!(bodies.len(), 1, "one body wins, all five of it");
    check_held(&nodes, &sale, 1);
    nodes.stop();
}

#[test]
fn a_numbered_seat_is_sold_once_at_three_nodes() {
    let nodes = Nodes::new(3);
    let sale = nodes.sale(&event());
    let ask = |n: usize| {
        let seats = match n % 3 {
            0 => json!(["0-1"]),
            1 => json!(["0-2", "0-1"]),
            _ => json!(["0-2"]),
        };
        let (user, zone) = (format!("u{n}"), sale.zone(2));
        let body = json!({
            "event_id": sale.event, "zone_id": zone, "user_id": user, "seats": seats,
        });
        Ask { key: user, path: RESERVE.to_owned(), body: body.to_string() }
    };
    let asks: Vec<_> = (0..60).map(ask).collect();
    let answers = nodes.at_once(0, &asks);
    let mut sold = Vec::new();
    for answer in answers.iter().filter(|answer| answer.status == 201) {
        sold.extend(answer.json()["seats"].as_array().expect("seats").clone());
    }
    sold.sort_by_key(Value::to_string);
    assert_eq!(sold, [json!("0-1"), json!("0-2")], "each of them once");
    let refused = answers.iter().filter(|answer| answer.status != 201);
    assert!(refused.clone().all(|answer| answer.json()["code"] == "SEAT_TAKEN"), "{answers:?}");
    nodes.stop();
}

/// How many of the nodes' connections wait for a lock.
fn waiting(nodes: &Nodes) -> usize {
    let waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = \
                   current_database()";
    nodes.place.database().ask(waiting).len()
}

#[test]
fn a_duplicate_at_another_node_while_the_first_is_being_decided_and_after() {
    let nodes = Nodes::new(2);
    let sale = nodes.sale(&plain_event(10, 600));
    let (ask, other) = (reserve(&sale, "k", "ann"), reserve(&sale, "k", "bob"));
    let held = nodes.place.database().session();
    held.execute("begin");
    held.execute("select 1 from pools for update");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let ask = &ask;
        let send = |node| {
            let mut client = nodes.client(node);
            scope.spawn(move || until_decided(&mut client, ask))
        };
        let first = send(0);
        poll(TIMEOUT, "the first is being decided", || (waiting(&nodes) > 0).then_some(()));
        let duplicate = send(1);
        poll(TIMEOUT, "the duplicate waits for it", || (waiting(&nodes) > 1).then_some(()));
        held.execute("commit");
        [first, duplicate].map(|thread| thread.join().expect("it ends well")).into()
    });
    let replays: Vec<_> = answers.iter().map(Answer::is_replay).collect();
    assert_eq!(replays, [false, true], "{answers:?}");
    let later = until_decided(&mut nodes.client(1), &ask);
    assert!(later.is_replay());
    let bodies: BTreeSet<_> = answers.iter().chain([&later]).map(|answer| &answer.body).collect();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    for node in 0..2 {
        let reused = until_decided(&mut nodes.client(node), &other).expect(422);
        assert_eq!(reused["code"], "IDEMPOTENCY_KEY_REUSED");
        let record = nodes.client(node).get("/api/v1/idempotency_keys/k").expect(200);
        assert_eq!(record["resource_id"], json!(id(&later.json())));
    }
    check_held(&nodes, &sale, 1);
    nodes.stop();
}
