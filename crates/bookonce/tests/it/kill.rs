//! SIGKILL under load, again and again on one store: nothing that was acknowledged is lost or changed,
//! nothing happens twice, and the server is back at once.

use std::sync::mpsc::channel;
use std::time::Duration;

use rand::Rng as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::http::Client;
use crate::ledger::{Ledger, Settled};
use crate::place::{Key, Place, Server};
use crate::process::TIMEOUT;
use crate::settings::{number, pass, tell};
use crate::workload::{Sale, event};

/// Buyers at the same time.
pub(crate) const BUYERS: u64 = 6;
/// A server is back within this, on a noisy machine and unoptimised. The promise is 2 s.
pub(crate) const BACK: Duration = Duration::from_secs(10);

/// An event on sale, and a server for it.
pub(crate) struct OnSale {
    pub(crate) server: Server,
    pub(crate) ledger: Ledger,
}

pub(crate) fn open(place: &Place, key: &Key) -> OnSale {
    let server = place.serve(&[]);
    server.ready();
    let sale = Sale::create(&mut server.client(key), "event", &event());
    OnSale { server, ledger: Ledger::new(place, sale) }
}

/// Lets buyers buy, kills the server after so many answers and a little more.
pub(crate) fn kill_under_load(server: Server, key: &Key, ledger: &Ledger, rng: &mut StdRng) {
    let (answers, moment) = (rng.random_range(1..250), rng.random_range(0..4_000));
    std::thread::scope(|scope| {
        let (answered, hears) = channel();
        for _ in 0..BUYERS {
            let (client, answered, seed) = (server.client(key), answered.clone(), rng.random());
            scope.spawn(move || ledger.buy(client, seed, &answered));
        }
        for _ in 0..answers {
            hears.recv_timeout(TIMEOUT).expect("an answer");
        }
        pass(Duration::from_micros(moment));
        let ran = server.kill();
        assert!(!ran.log.contains("ERROR"), "{}", ran.log);
    });
}

/// A server that was started again.
pub(crate) struct Recovered {
    pub(crate) server: Server,
    /// Until it was ready.
    pub(crate) back: Duration,
    pub(crate) settled: Settled,
}

/// Starts again; what was asked since `from` is settled.
pub(crate) fn recover(place: &Place, key: &Key, ledger: &Ledger, from: usize) -> Recovered {
    let server = place.serve(&[]);
    let back = server.ready();
    assert!(back < BACK, "it took {back:?}");
    let settled = ledger.settle(&mut server.client(key), from);
    Recovered { server, back, settled }
}

#[test]
fn what_was_acknowledged_survives_sigkill() {
    let rounds = number("BOOKONCE_TEST_KILL_ROUNDS", 10);
    let seed = number("BOOKONCE_TEST_KILL_SEED", rand::random());
    tell(&format!("kill: BOOKONCE_TEST_KILL_SEED={seed}"));
    let mut rng = StdRng::seed_from_u64(seed);
    let place = Place::new();
    let key = place.key();
    let OnSale { mut server, ledger } = open(&place, &key);
    let (mut slowest, mut all) = (Duration::ZERO, Settled::default());
    for _ in 0..rounds {
        let from = ledger.len();
        kill_under_load(server, &key, &ledger, &mut rng);
        let back;
        let settled;
        Recovered { server, back, settled } = recover(&place, &key, &ledger, from);
        slowest = slowest.max(back);
        all.acknowledged += settled.acknowledged;
        all.decided += settled.decided;
        all.undecided += settled.undecided;
        place.verify();
    }
    let mut client = server.client(&key);
    ledger.settle(&mut client, 0);
    ledger.check(&mut client);
    server.stop();
    place.verify();
    let repeats = ledger.repeats();
    tell(&format!(
        "kill: {rounds} rounds, {all:?}, {repeats} repeats, back in {slowest:?} at most"
    ));
    assert!(all.acknowledged > 0);
}

#[test]
fn a_first_start_that_is_killed_leaves_nothing_in_the_way() {
    let rounds = number("BOOKONCE_TEST_KILL_ROUNDS", 10);
    let mut rng = StdRng::seed_from_u64(rand::random());
    let whole = u64::try_from(Place::new().serve(&[]).process.age().as_micros()).expect("short");
    for _ in 0..rounds {
        let place = Place::new();
        for _ in 0..3 {
            let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
            let process = crate::process::Process::spawn(&mut command);
            pass(Duration::from_micros(rng.random_range(0..whole)));
            process.kill();
        }
        let server = place.serve(&[]);
        server.ready();
        let mut client = Client::new(server.address, &place.key().secret);
        Sale::create(&mut client, "event", &event());
        place.verify();
    }
}
