//! Several nodes that serve one store, and buyers who go on whatever happens.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use peers::cluster::Database;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::http::{Answer, Client};
use crate::ledger::{Ask, Ledger};
use crate::place::{Key, Place, Server};
use crate::process::TIMEOUT;
use crate::settings::{Watch, pass, poll};
use crate::workload::{RESERVE, Sale};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);
/// Who gets no answer for good within so many tries never gets one.
const TRIES_MAX: usize = 200;

/// Nodes on one database with one secrets file.
#[derive(Debug)]
pub(crate) struct Nodes {
    // In this order: the servers end before their database goes.
    pub(crate) servers: Vec<Server>,
    pub(crate) key: Key,
    pub(crate) place: Place,
}

impl Nodes {
    /// So many on a database of their own.
    pub(crate) fn new(count: usize) -> Self {
        Self::of(Place::on(Database::new()), count)
    }

    /// So many at a place.
    pub(crate) fn of(place: Place, count: usize) -> Self {
        let key = place.key();
        let servers = (0..count).map(|_| place.serve(&[])).collect();
        Self { servers, key, place }
    }

    pub(crate) fn client(&self, node: usize) -> Client {
        self.server(node).client(&self.key)
    }

    pub(crate) fn server(&self, node: usize) -> &Server {
        self.servers.get(node % self.servers.len()).expect("there is one")
    }

    pub(crate) fn sale(&self, event: &Value) -> Sale {
        Sale::create(&mut self.client(0), "event", event)
    }

    /// Sends all at once, to the nodes in turn from `first` on; the answers, in order.
    pub(crate) fn at_once(&self, first: usize, asks: &[Ask]) -> Vec<Answer> {
        std::thread::scope(|scope| {
            let send = |(number, ask)| {
                let mut client = self.client(first + number);
                scope.spawn(move || until_decided(&mut client, ask))
            };
            let threads: Vec<_> = asks.iter().enumerate().map(send).collect();
            threads.into_iter().map(|thread| thread.join().expect("it ends well")).collect()
        })
    }

    /// Stops them all; the store is as it must be.
    #[track_caller]
    pub(crate) fn stop(self) -> Place {
        self.servers.into_iter().for_each(Server::stop);
        self.place.verify();
        self.place
    }
}

/// A reserve of one unit of the first zone.
pub(crate) fn reserve(sale: &Sale, key: &str, user: &str) -> Ask {
    Ask {
        key: key.to_owned(),
        path: RESERVE.to_owned(),
        body: sale.reserve(0, 1, user).to_string(),
    }
}

/// Asks as clients do: again, as long as it is not decided.
pub(crate) fn until_decided(client: &mut Client, ask: &Ask) -> Answer {
    for _ in 0..TRIES_MAX {
        let answer = client.try_post(&ask.path, &ask.key, &ask.body).expect("an answer");
        let waits = answer.status == 409 && answer.json()["code"] == "REQUEST_IN_PROGRESS";
        if answer.status != 503 && !waits {
            return answer;
        }
        pass(PAUSE);
    }
    panic!("never decided: {ask:?}");
}

/// Buyers who buy at the same time. Who gets no answer for good asks again under the same key.
#[derive(Debug, Default)]
pub(crate) struct Rush {
    stop: AtomicBool,
    answered: AtomicU64,
    put_off: AtomicU64,
    unheard: AtomicU64,
    slowest_micros: AtomicU64,
}

/// However a test ends, its buyers end.
struct StopAtEnd<'a>(&'a Rush);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

impl Rush {
    /// These buy while `meanwhile` happens.
    pub(crate) fn during<T>(
        ledger: &Ledger,
        clients: Vec<Client>,
        meanwhile: impl FnOnce(&Self) -> T,
    ) -> (T, Self) {
        let rush = Self::default();
        let done = std::thread::scope(|scope| {
            let _end = StopAtEnd(&rush);
            for client in clients {
                let rush = &rush;
                scope.spawn(move || rush.buy(ledger, client));
            }
            meanwhile(&rush)
        });
        (done, rush)
    }

    fn buy(&self, ledger: &Ledger, mut client: Client) {
        let mut rng = StdRng::seed_from_u64(rand::random());
        while !self.stop.load(Ordering::Relaxed) {
            let number = ledger.pick(&mut rng);
            while !self.ask(ledger, &mut client, number) && !self.stop.load(Ordering::Relaxed) {
                pass(PAUSE);
            }
        }
    }

    fn ask(&self, ledger: &Ledger, client: &mut Client, number: usize) -> bool {
        let watch = Watch::start();
        let asked = ledger.ask(client, number);
        let micros = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.slowest_micros.fetch_max(micros, Ordering::Relaxed);
        let count = match asked {
            Ok(true) => &self.answered,
            Ok(false) => &self.put_off,
            Err(_) => &self.unheard,
        };
        count.fetch_add(1, Ordering::Relaxed);
        matches!(asked, Ok(true))
    }

    /// Waits for so many more answers for good.
    #[track_caller]
    pub(crate) fn answers(&self, count: u64) {
        let wanted = self.answered() + count;
        poll(TIMEOUT, "they are answered", || (self.answered() >= wanted).then_some(()));
    }

    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Answers that said: ask again.
    pub(crate) fn put_off(&self) -> u64 {
        self.put_off.load(Ordering::Relaxed)
    }

    /// Requests that got no answer.
    pub(crate) fn unheard(&self) -> u64 {
        self.unheard.load(Ordering::Relaxed)
    }

    /// What a request took at most, answered or not.
    pub(crate) fn slowest(&self) -> Duration {
        Duration::from_micros(self.slowest_micros.load(Ordering::Relaxed))
    }
}
