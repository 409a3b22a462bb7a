//! How long a batch takes whose intents all want the best seats of one large hall, on SQLite, through the
//! engine, without HTTP, each batch with its fsync. One JSON line for each state of the hall. `ratio` is to
//! a batch of as many intents in a zone whose units are not numbered; the two take turns.
//!
//! `cargo run --release -p sim --example seats -- FOLDER` makes a store in that folder, on the disk that is
//! to be measured.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use domain::activity::Facts;
use domain::id::{AccountId, EventId, ZoneId};
use domain::limits::SEATS_MAX;
use domain::record::Answer;
use domain::tickets::intent::Wanted;
use domain::{Intent, Reject, Reply};
use engine::batch::Chores;
use engine::{Ports, Render, Store, execute};
use sim::intents::{EventZone, create_event, decided_body, intent, reserve, with_seats};
use sim::test_ports::TestPorts;
use store_sqlite::{Options, SqliteStore};

const OURS: AccountId = AccountId::from_raw(1);
/// Intents of a batch: the most that SQLite's writer takes.
const BATCH: u32 = 128;
/// Batches of each kind that are measured in a state of the hall; the median counts.
const ROUNDS: u32 = 15;
/// Seats of a row.
const ROW: u32 = 40;
/// Seats of a booking while the hall is filled.
const FILL: usize = 1_000;

/// Answers that name what was made.
struct Names;

impl Render for Names {
    fn answer(&self, _intent: &Intent, answer: Result<&Reply, &Reject>) -> Answer {
        let body = match answer {
            Ok(Reply::Event { event, zones, .. }) => {
                let zones = zones.iter().map(|stock| stock.zone.id.to_string());
                [event.id.to_string()].into_iter().chain(zones).collect::<Vec<_>>().join(" ")
            }
            Ok(_) => String::new(),
            Err(reject) => panic!("{reject:?}"),
        };
        Answer { status: 201, content_type: "application/json", location: None, body: body.into() }
    }

    fn facts(&self, _facts: &Facts) -> String {
        String::new()
    }
}

struct Bench {
    store: Box<dyn Store>,
    ports: Ports,
    event: EventId,
    standing: ZoneId,
    hall: ZoneId,
    made: u32,
}

impl Bench {
    fn new(folder: &Path) -> Self {
        let around = TestPorts::new(7);
        let options = Options { fresh: 7, ..Options::default() };
        let store = SqliteStore::open(&folder.join("seats.db"), options).expect("an empty folder");
        let mut bench = Self {
            store: Box::new(store),
            ports: around.ports_with(Arc::new(Names)),
            event: EventId::from_raw(0),
            standing: ZoneId::from_raw(0),
            hall: ZoneId::from_raw(0),
            made: 0,
        };
        let starts_at = bench.ports.clock.now().plus_millis(1 << 40);
        let labels: Vec<_> = (0..SEATS_MAX).map(label).collect();
        let labels: Vec<_> = labels.iter().map(String::as_str).collect();
        let event = with_seats(create_event(starts_at, &[1_000_000_000]), &labels);
        let ids = bench.run(&[intent(OURS, "event", event)]).concat();
        let mut ids = ids.split_whitespace();
        let mut next = || ids.next().expect("an id");
        bench.event = next().parse().expect("its id");
        bench.standing = next().parse().expect("a zone's id");
        bench.hall = next().parse().expect("a zone's id");
        bench
    }

    fn run(&mut self, intents: &[Intent]) -> Vec<String> {
        let done = execute(self.store.as_mut(), &mut self.ports, intents, Chores::default());
        done.expect("nothing fails").outcomes.iter().map(decided_body).collect()
    }

    fn intent(&mut self, zone: ZoneId, wanted: Wanted) -> Intent {
        self.made += 1;
        let command = reserve(EventZone { event: self.event, zone }, self.made, wanted);
        intent(OURS, &format!("intent-{}", self.made), command)
    }

    /// Takes these seats, counted from 0.
    fn take(&mut self, seats: impl Iterator<Item = u32>) {
        let labels: Vec<_> = seats.map(label).collect();
        for labels in labels.chunks(FILL) {
            let one = self.intent(self.hall, Wanted::Seats(labels.to_vec()));
            self.run(&[one]);
        }
    }

    /// Microseconds of a batch.
    fn batch(&mut self, zone: ZoneId, wanted: &Wanted) -> u128 {
        let intents: Vec<_> = (0..BATCH).map(|_| self.intent(zone, wanted.clone())).collect();
        let started = now();
        self.run(&intents);
        started.elapsed().as_micros()
    }

    fn measure(&mut self, state: &str, quantity: u32) {
        let (mut seats, mut units) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            units.push(self.batch(self.standing, &Wanted::Units(quantity)));
            seats.push(self.batch(self.hall, &Wanted::Best(quantity)));
        }
        let (seats, units) = (median(seats), median(units));
        let hundredths = seats * 100 / units.max(1);
        let (whole, part) = (hundredths / 100, hundredths % 100);
        writeln!(
            std::io::stdout(),
            "{{\"hall\":\"{state}\",\"quantity\":{quantity},\"intents\":{BATCH},\"units_micros\":{units},\
             \"best_micros\":{seats},\"ratio\":{whole}.{part:02}}}"
        )
        .expect("somebody listens");
    }
}

/// A seat that the batches of a state cannot have reached that began at `first`: some rows are left with two.
const fn after_all_batches(first: u32) -> u32 {
    first + BATCH * ROUNDS * 6 / 5
}

fn label(seat: u32) -> String {
    format!("R{}-{}", seat / ROW, seat % ROW + 1)
}

fn median(mut of: Vec<u128>) -> u128 {
    of.sort_unstable();
    of.get(of.len() / 2).copied().expect("there are rounds")
}

#[expect(clippy::disallowed_methods, reason = "measuring is what it is for")]
fn now() -> Instant {
    Instant::now()
}

fn main() {
    let folder = std::env::args().nth(1).expect("a folder");
    let mut bench = Bench::new(Path::new(&folder));
    bench.measure("empty", 1);
    // The last tenth has every second seat free: no two neighbours, once what comes before it is sold.
    let tenth = SEATS_MAX / 10;
    bench.take((SEATS_MAX - tenth..SEATS_MAX).filter(|seat| seat % 2 == 0));
    bench.take(after_all_batches(0)..SEATS_MAX / 2);
    bench.measure("half sold", 1);
    bench.take(after_all_batches(SEATS_MAX / 2)..SEATS_MAX - tenth);
    bench.measure("nine tenths sold, no neighbours free", 2);
}
