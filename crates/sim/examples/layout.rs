//! How long the store on SQLite takes for a reserve, a confirmation and an expiry, by how many bookings
//! it holds: batches through the engine, without HTTP, each with its fsync. One JSON line for each size.
//!
//! `cargo run --release -p sim --example layout -- FOLDER 100000 1000000` fills a store in that folder, on
//! the disk that is to be measured, up to each of the sizes.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use domain::activity::Facts;
use domain::id::{AccountId, BookingId, EventId, ZoneId};
use domain::record::Answer;
use domain::tickets::intent::Wanted;
use domain::{Intent, Reject, Reply, Timestamp};
use engine::batch::Chores;
use engine::{Ports, Render, Store, execute};
use sim::intents::{EventZone, confirm, create_event, decided_body, intent, reserve};
use sim::test_ports::TestPorts;
use store_sqlite::{Options, SqliteStore};

const OURS: AccountId = AccountId::from_raw(1);
/// Intents of a batch: what a few hundred connections bring.
const BATCH: u32 = 256;
/// Bookings that are measured at each size, if there are as many.
const MEASURED_MAX: u32 = 60_000;
/// Bytes of an answer.
const ANSWER_BYTES: usize = 640;

/// Answers as long as the real ones are, and bookings that can be confirmed.
struct LongAnswers;

impl Render for LongAnswers {
    fn answer(&self, _intent: &Intent, answer: Result<&Reply, &Reject>) -> Answer {
        let mut body = match answer {
            Ok(Reply::Booking { booking, .. }) => booking.id.to_string(),
            Ok(Reply::Event { event, zones, .. }) => {
                let zone = zones.first().map(|stock| stock.zone.id.to_string());
                format!("{} {}", event.id, zone.unwrap_or_default())
            }
            Ok(_) => String::new(),
            Err(reject) => panic!("{reject:?}"),
        };
        let missing = ANSWER_BYTES.saturating_sub(body.len());
        body.extend(std::iter::repeat_n(' ', missing));
        let location = Some("/api/v1/bookings/bkg_00000000000000000000000000".to_owned());
        Answer { status: 201, content_type: "application/json", location, body: body.into_bytes() }
    }

    fn facts(&self, facts: &Facts) -> String {
        let mut text = String::with_capacity(200);
        for _ in 0..facts.len() {
            text.push_str("\"name_of_it\":\"a value of usual length\",");
        }
        text
    }
}

struct Bench {
    store: Box<dyn Store>,
    around: TestPorts,
    ports: Ports,
    zone: EventZone,
    made: u32,
}

/// What a booking took.
#[derive(Clone, Copy, Default)]
struct Took {
    wall_micros: u128,
    cpu_micros: u128,
    slowest_millis: u128,
}

impl Bench {
    fn new(folder: &Path) -> Self {
        let around = TestPorts::new(7);
        let path = folder.join("layout.db");
        let options = Options { fresh: 7, ..Options::default() };
        let store = SqliteStore::open(&path, options).expect("an empty folder");
        let ports = around.ports_with(Arc::new(LongAnswers));
        let nowhere = EventZone { event: EventId::from_raw(0), zone: ZoneId::from_raw(0) };
        let mut bench = Self { store: Box::new(store), around, ports, zone: nowhere, made: 0 };
        let starts_at = bench.now().plus_millis(1 << 40);
        let event = bench.run(&[intent(OURS, "event", create_event(starts_at, &[1_000_000_000]))]);
        let text = event.first().expect("it is created");
        let mut ids = text.split_whitespace();
        let event = ids.next().and_then(|id| id.parse().ok()).expect("its id");
        let zone = ids.next().and_then(|id| id.parse().ok()).expect("its zone");
        bench.zone = EventZone { event, zone };
        bench
    }

    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    fn run(&mut self, intents: &[Intent]) -> Vec<String> {
        let done = execute(self.store.as_mut(), &mut self.ports, intents, Chores::default());
        done.expect("nothing fails").outcomes.iter().map(decided_body).collect()
    }

    /// The next batch of reserves: each by somebody new, under a new key.
    fn reserves(&mut self) -> Vec<Intent> {
        let first = self.made;
        self.made = self.made.saturating_add(BATCH);
        let name = |no: u32| {
            format!(
                "{:032x}",
                u128::from(no).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
            )
        };
        let one =
            |no: u32| intent(OURS, &name(no), reserve(self.zone, spread(no), Wanted::Units(1)));
        (first..self.made).map(one).collect()
    }

    /// Carries out a batch, and says what each of its intents took.
    fn timed(&mut self, took: &mut Took, intents: &[Intent]) -> Vec<String> {
        let (wall, cpu) = (now(), cpu_micros());
        let texts = self.run(intents);
        let wall = wall.elapsed();
        took.wall_micros = took.wall_micros.saturating_add(wall.as_micros());
        took.cpu_micros = took.cpu_micros.saturating_add(cpu_micros().saturating_sub(cpu));
        took.slowest_millis = took.slowest_millis.max(wall.as_millis());
        texts
    }

    fn measure(&mut self, size: u32) -> String {
        let mut bookings: Vec<BookingId> = Vec::new();
        let mut reserved = Took::default();
        for _ in 0..size.min(MEASURED_MAX).div_ceil(BATCH) {
            let batch = self.reserves();
            let ids = self.timed(&mut reserved, &batch);
            bookings
                .extend(ids.iter().map(|id| -> BookingId { id.trim().parse().expect("an id") }));
        }
        let (sold, held) = bookings.split_at(bookings.len() / 2);
        let mut confirmed = Took::default();
        for (batch, ids) in sold.chunks(BATCH as usize).enumerate() {
            let one = |(no, id): (usize, &BookingId)| {
                let name = format!("{size}-{batch}-{no}");
                intent(OURS, &name, confirm(*id, &format!("paid-{name}")))
            };
            let batch: Vec<Intent> = ids.iter().enumerate().map(one).collect();
            self.timed(&mut confirmed, &batch);
        }
        let mut expired = Took::default();
        // The holds of this size only: those before were ended when they were due.
        self.around.clock.advance(61_000);
        let due = held.len();
        let mut ended = 0;
        while ended < due {
            let (wall, cpu) = (now(), cpu_micros());
            let chores = Chores { due: true, ..Chores::default() };
            let done = execute(self.store.as_mut(), &mut self.ports, &[], chores);
            let done = done.expect("nothing fails").kept;
            assert!(done > 0, "{ended} of {due} holds ended");
            ended += done;
            expired.wall_micros += wall.elapsed().as_micros();
            expired.cpu_micros += cpu_micros().saturating_sub(cpu);
            expired.slowest_millis = expired.slowest_millis.max(wall.elapsed().as_millis());
        }
        let line = |name: &str, took: Took, count: usize| {
            let each = |micros: u128| micros.saturating_mul(10) / count.max(1) as u128;
            let (wall, cpu) = (each(took.wall_micros), each(took.cpu_micros));
            format!(
                "\"{name}\":{{\"wall_micros\":{}.{},\"cpu_micros\":{}.{},\"slowest_batch_ms\":{}}}",
                wall / 10,
                wall % 10,
                cpu / 10,
                cpu % 10,
                took.slowest_millis
            )
        };
        format!(
            "{{\"bookings\":{size},{},{},{}}}",
            line("reserve", reserved, bookings.len()),
            line("confirm", confirmed, sold.len()),
            line("expire", expired, due)
        )
    }
}

/// A number that belongs to nobody else, and whose neighbours are far away.
const fn spread(no: u32) -> u32 {
    no.wrapping_mul(0x9e37_79b1)
}

#[expect(clippy::disallowed_methods, reason = "measuring is what it is for")]
fn now() -> Instant {
    Instant::now()
}

/// Microseconds of the processor that this thread has used.
fn cpu_micros() -> u128 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|nanos| nanos.parse::<u128>().ok()).unwrap_or(0) / 1_000
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder, and sizes");
    let mut bench = Bench::new(Path::new(&folder));
    for size in arguments.map(|size| size.parse::<u32>().expect("a size")) {
        while bench.made < size {
            let batch = bench.reserves();
            bench.run(&batch);
            if bench.made.is_multiple_of(BATCH * 64) {
                // Nothing is held for ever.
                bench.around.clock.advance(61_000);
                let expire = Chores { due: true, ..Chores::default() };
                while execute(bench.store.as_mut(), &mut bench.ports, &[], expire)
                    .expect("nothing fails")
                    .kept
                    > 0
                {}
            }
        }
        bench.around.clock.advance(61_000);
        let expire = Chores { due: true, ..Chores::default() };
        while execute(bench.store.as_mut(), &mut bench.ports, &[], expire)
            .expect("nothing fails")
            .kept
            > 0
        {}
        let line = bench.measure(size);
        writeln!(std::io::stdout(), "{line}").expect("somebody listens");
    }
}
