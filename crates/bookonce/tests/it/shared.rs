//! What one node did, the others know: tokens, keys, and the feed in its order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::buyers::{Nodes, reserve, until_decided};
use crate::http::{Client, Http, request};
use crate::place::id;
use crate::settings::{Watch, poll, tell};
use crate::workload::{EVENTS, RESERVE, Sale, plain_event};

/// A change of keys is known within this, on a noisy machine. The promise is a second.
const KNOWN: Duration = Duration::from_secs(4);
/// Threads that write, and what each of them books.
const WRITERS: usize = 4;
const BOOKINGS: usize = 60;
/// Entries: the event, and the bookings.
const ENTRIES: usize = 1 + WRITERS * BOOKINGS;

#[test]
fn a_token_of_one_node_is_good_at_the_other() {
    let nodes = Nodes::new(2);
    let sale = nodes.sale(&plain_event(10, 600));
    let body = json!({"user_id": "ann", "expires_in": 60});
    let token = nodes.client(0).post("/api/v1/customer_tokens", "token", &body).expect(201);
    let token = token["token"].as_str().expect("a token");
    let mut customers = [0, 1].map(|node| Client::new(nodes.server(node).address, token));
    let [here, there] = &mut customers;
    let wanted = json!({"event_id": sale.event, "zone_id": sale.zone(0), "quantity": 2});
    let first = there.post(RESERVE, "hold", &wanted);
    let booking = first.expect(201);
    assert_eq!(booking["user_id"], "ann");
    let again = here.post(RESERVE, "hold", &wanted);
    assert_eq!((again.is_replay(), again.body), (true, first.body));
    let path = format!("/api/v1/bookings/{}", id(&booking));
    here.get(&path).expect(200);
    here.post(&format!("{path}/release"), "release", &json!({})).expect(200);
    assert_eq!(there.get(&path).expect(200)["status"], "released");
    nodes.stop();
}

#[test]
fn keys_are_known_and_revoked_everywhere() {
    let nodes = Nodes::new(2);
    let key = nodes.place.key_with(&["--account", "theatre", "--scopes", "read,admin"]);
    let wanted = json!({"user_id": "ann", "expires_in": 600});
    let minted = nodes.server(0).client(&key).post("/api/v1/customer_tokens", "token", &wanted);
    let token = minted.expect(201)["token"].as_str().expect("a token").to_owned();
    let customers = [0, 1].map(|node| Client::new(nodes.server(node).address, &token));
    let keys = [0, 1].map(|node| nodes.server(node).client(&key));
    let mut clients: Vec<_> = keys.into_iter().chain(customers).collect();
    for client in &mut clients {
        client.get(EVENTS).expect(200);
    }
    assert_eq!(nodes.place.run(&["keys", "revoke", &key.id]).code(), Some(0));
    let watch = Watch::start();
    for client in &mut clients {
        let refused = poll(KNOWN, "the key is refused, and the token that it minted", || {
            let answer = client.get(EVENTS);
            // Asked more often than a customer may, it is 429 until then.
            (![200, 429].contains(&answer.status)).then_some(answer)
        });
        assert_eq!(refused.expect(401)["code"], "UNAUTHORIZED");
    }
    tell(&format!("shared: a revoked key stopped at both nodes after {:?}", watch.elapsed()));
    nodes.client(1).get(EVENTS).expect(200);
    nodes.stop();
}

fn positions(entries: &[Value]) -> Vec<u64> {
    entries.iter().map(|entry| entry["position"].as_u64().expect("a position")).collect()
}

/// Reads the feed as it grows, until it has it all; each entry once, in the order in which it came.
fn follow(mut client: Client, ended: &AtomicBool) -> Vec<Value> {
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        // Asked for before the page: what was written by then is on it.
        let is_last = ended.load(Ordering::SeqCst);
        let page = client.get(&format!("/api/v1/activity?limit=200&after={after}")).expect(200);
        let entries = page["data"].as_array().expect("a list").clone();
        if is_last && entries.is_empty() {
            return seen;
        }
        after = positions(&entries).last().copied().unwrap_or(after);
        seen.extend(entries);
    }
}

/// The positions that a live stream tells of, until it has told of so many.
fn stream(mut http: Http, secret: &str) -> Vec<u64> {
    let authorization = format!("Bearer {secret}");
    let headers = [("Authorization", authorization.as_str())];
    http.write(&request("GET", "/v1/activity/stream?after=0", &headers, "")).expect("it goes out");
    assert_eq!(http.head().expect("a head").status, 200);
    let mut positions = Vec::new();
    while positions.len() < ENTRIES {
        let line = http.line().expect("the stream goes on");
        if let Some(position) = line.strip_prefix("id:") {
            positions.push(position.trim().parse().expect("a position"));
        }
    }
    positions
}

fn write(mut client: Client, sale: &Sale, writer: usize) {
    for number in 0..BOOKINGS {
        let name = format!("{writer}-{number}");
        let answer = until_decided(&mut client, &reserve(sale, &name, &name));
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

#[test]
fn every_node_shows_the_whole_feed_in_its_order_while_all_write() {
    let nodes = Nodes::new(2);
    let sale = nodes.sale(&plain_event(100_000, 600));
    let ended = AtomicBool::new(false);
    let (followed, streamed) = std::thread::scope(|scope| {
        let (sale, ended, secret) = (&sale, &ended, nodes.key.secret.as_str());
        let followers: Vec<_> = [0, 1]
            .map(|node| (nodes.client(node), nodes.server(node).http()))
            .map(|(client, http)| {
                let follows = scope.spawn(move || follow(client, ended));
                (follows, scope.spawn(move || stream(http, secret)))
            })
            .into();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let client = nodes.client(writer);
                scope.spawn(move || write(client, sale, writer))
            })
            .collect();
        for writer in writers {
            let written = writer.join();
            ended.store(written.is_err(), Ordering::SeqCst);
            written.expect("it ends well");
        }
        ended.store(true, Ordering::SeqCst);
        let done = followers.into_iter().map(|(follows, streams)| {
            (follows.join().expect("it ends well"), streams.join().expect("it ends well"))
        });
        done.unzip::<_, _, Vec<_>, Vec<_>>()
    });
    let all: Vec<u64> = (1..).take(ENTRIES).collect();
    for (entries, told) in followed.iter().zip(&streamed) {
        assert_eq!(positions(entries), all, "no position is skipped or comes late");
        assert_eq!(told, &all, "nor on the live stream");
    }
    let [one, other] = <[Vec<Value>; 2]>::try_from(followed).expect("two nodes");
    assert_eq!(one, other);
    nodes.stop();
}
