//! Many buyers at once on connections that stay open: `BOOKONCE_TEST_LOAD` requests, then every invariant.

use std::sync::atomic::{AtomicU64, Ordering};

use rand::Rng as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::http::Client;
use crate::place::Place;
use crate::settings::{Watch, number, tell};
use crate::workload::{RESERVE, Sale, plain_event};

const THREADS: u64 = 16;
/// Fewer than are asked for, so that it sells out under load.
const SOLD_OUT_AT: u64 = 80;

/// What became of the reserves of a thread.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    held: u64,
    sold_out: u64,
    repeats: u64,
}

/// Reserves until there is nothing left to do; every fifth request repeats one that anybody made.
fn reserve(mut client: Client, sale: &Sale, left: &AtomicU64, seed: u64) -> Tally {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut tally = Tally::default();
    loop {
        let number = left.fetch_sub(1, Ordering::Relaxed);
        if number == 0 || number > u64::MAX / 2 {
            return tally;
        }
        let repeat = rng.random_ratio(1, 5);
        let number = if repeat { number + rng.random_range(0..64) } else { number };
        let body = sale.reserve(0, 1, &format!("user-{}", number % 1_000));
        let answer = client.post(RESERVE, &format!("load-{number}"), &body);
        match (answer.is_replay(), answer.status) {
            (true, 201 | 409) => tally.repeats += 1,
            (false, 201) => tally.held += 1,
            (false, 409) => {
                assert_eq!(answer.json()["code"], "INSUFFICIENT_SEATS");
                tally.sold_out += 1;
            }
            _ => panic!("{answer:?}"),
        }
    }
}

#[test]
fn a_rush_sells_what_there_is_and_nothing_more() {
    let requests = number("BOOKONCE_TEST_LOAD", 5_000);
    let capacity = requests * SOLD_OUT_AT / 100;
    let place = Place::new();
    let key = place.key();
    let server = place.serve(&["--log.filter", "warn,bookonce=info"]);
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(capacity, 86_400));
    let left = AtomicU64::new(requests);
    let watch = Watch::start();
    let tallies: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (client, sale, left) = (server.client(&key), &sale, &left);
                scope.spawn(move || reserve(client, sale, left, thread))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends well")).collect()
    });
    let took = watch.elapsed();
    let sum = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum::<u64>();
    let (held, sold_out, repeats) =
        (sum(|tally| tally.held), sum(|tally| tally.sold_out), sum(|tally| tally.repeats));
    assert_eq!(held + sold_out + repeats, requests);

    let per_second = u128::from(requests) * 1_000 / took.as_millis().max(1);
    tell(&format!(
        "load: {requests} requests in {took:?}, {per_second}/s; {held} held, {sold_out} sold out, \
         {repeats} repeats"
    ));
    let watch = Watch::start();
    place.verify();
    tell(&format!("load: verified in {:?}", watch.elapsed()));
    let shown = sale.availability(0);
    let shown: Value = crate::settings::poll(crate::process::TIMEOUT, "the stock adds up", || {
        let shown = client.get(&shown).expect(200);
        (shown["held"].as_u64() == Some(held)).then_some(shown)
    });
    assert_eq!(shown["available"].as_u64(), Some(capacity - held));
    server.stop();
    place.verify();
}
