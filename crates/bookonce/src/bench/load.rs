//! The load itself: so many connections, each asking for the next thing when the last was answered, or,
//! with a rate, when it is due, whether or not the last was answered in time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::http::Connection;
use super::work::{Heard, Sale, Work, Workload};

/// How hard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) connections: usize,
    pub(super) seconds: u64,
    /// Requests per second of all connections; `None` is as many as are answered.
    pub(super) rate: Option<u32>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Microseconds of each answer, sorted. With a rate they count from when the request was due.
    pub(super) micros: Vec<u32>,
    pub(super) seconds: f64,
    /// How often each status.
    pub(super) statuses: BTreeMap<u16, u64>,
    /// Requests of which nobody knows what became.
    pub(super) unknown: u64,
    pub(super) heard: Heard,
}

/// What is asked of whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load<'a> {
    pub(super) address: SocketAddr,
    pub(super) sale: &'a Sale,
    /// Without one, the constant answer is asked for.
    pub(super) workload: Option<Workload>,
    /// Differs from run to run, so that no run replays another's keys.
    pub(super) seed: u64,
}

/// One connection of several.
#[derive(Clone, Copy, Debug)]
struct Client {
    address: SocketAddr,
    pace: Pace,
    begin: Instant,
    number: usize,
}

/// Asks over so many connections.
pub(super) async fn drive(load: Load<'_>, pace: Pace) -> Outcome {
    let Load { address, sale, workload, seed } = load;
    let mut connections = JoinSet::new();
    let begin = Instant::now() + Duration::from_millis(200);
    for number in 0..pace.connections {
        let name = format!("{seed:08x}-{number}");
        let rng = StdRng::seed_from_u64(seed.wrapping_add(number as u64));
        let work = Work::new(sale.clone(), workload, name, rng);
        connections.spawn(one(Client { address, pace, begin, number }, work));
    }
    let mut all = Outcome::default();
    while let Some(done) = connections.join_next().await {
        match done {
            Ok(done) => all.add(done),
            Err(error) => all.heard.wrong.push(error.to_string()),
        }
    }
    all.micros.sort_unstable();
    all
}

impl Outcome {
    /// Adds what came of another load.
    pub(super) fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.seconds = self.seconds.max(other.seconds);
        self.unknown += other.unknown;
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.heard.booked.extend(other.heard.booked);
        self.heard.confirmed += other.heard.confirmed;
        self.heard.released += other.heard.released;
        self.heard.wrong.extend(other.heard.wrong);
    }
}

async fn one(client: Client, mut work: Work) -> Outcome {
    let Client { address, pace, begin, number } = client;
    let mut outcome = Outcome::default();
    let (mut connection, mut request) = (None, Vec::new());
    let connections = u32::try_from(pace.connections).unwrap_or(u32::MAX).max(1);
    let apart = pace.rate.map(|rate| Duration::from_secs(1) * connections / rate.max(1));
    let mut due =
        begin + apart.unwrap_or_default() * u32::try_from(number).unwrap_or(0) / connections;
    let mut started = None;
    loop {
        let measured = !work.is_preparing();
        if measured {
            let started = *started.get_or_insert_with(|| begin.max(Instant::now()));
            if started.elapsed() >= Duration::from_secs(pace.seconds) {
                outcome.seconds = started.elapsed().as_secs_f64();
                break;
            }
            if apart.is_some() {
                sleep_until(due).await;
            }
        }
        let asked = if apart.is_some() && measured { due } else { Instant::now() };
        due += apart.unwrap_or_default();
        let step = work.next();
        let sent = match &mut connection {
            Some(open) => Ok(open),
            None => Connection::open(address).await.map(|open| connection.insert(open)),
        };
        request.clear();
        work.put_request(&step, &mut request);
        let sent = match sent {
            Ok(open) => open.send(&request).await,
            Err(error) => Err(error),
        };
        let Ok(reply) = sent else {
            connection = None;
            outcome.unknown += 1;
            continue;
        };
        if measured {
            let micros = asked.elapsed().as_micros();
            outcome.micros.push(u32::try_from(micros).unwrap_or(u32::MAX));
            *outcome.statuses.entry(reply.status).or_default() += 1;
        }
        work.hear(step, reply);
    }
    outcome.heard = work.heard;
    outcome
}
