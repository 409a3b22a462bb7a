//! What each connection asks for, and what it should hear.

use clap::ValueEnum;
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::http::{Reply, Request};

/// Answers that a connection makes before it replays them.
pub(super) const REPLAYED_KEYS: usize = 50;
/// Bookings that a connection of `mixed` keeps in hand.
const KEPT_MAX: usize = 50;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// One hot zone; every request a new user and a new key
    Rush,
    /// Reserve, then confirm
    Flow,
    /// The same requests over and over
    Replay,
    /// A zone in which nothing is left; every request a new user and a new key
    Soldout,
    /// Reserves, confirmations, releases, replays and refusals
    Mixed,
}

impl Workload {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rush => "rush",
            Self::Flow => "flow",
            Self::Replay => "replay",
            Self::Soldout => "soldout",
            Self::Mixed => "mixed",
        }
    }
}

/// Where units are reserved.
pub(super) const RESERVE: &str = "/api/v1/bookings/reserve";

/// The body that asks for one unit, in pieces.
pub(super) const fn reserve_body<'a>(event: &'a str, zone: &'a str, user: &'a str) -> [&'a str; 7] {
    let (event_id, zone_id) = ("{\"event_id\":\"", "\",\"zone_id\":\"");
    [event_id, event, zone_id, zone, "\",\"quantity\":1,\"user_id\":\"", user, "\"}"]
}

/// Where a booking is confirmed.
pub(super) fn confirm_path(booking: &str) -> String {
    format!("/api/v1/bookings/{booking}/confirm")
}

/// The body that confirms a booking as paid, in pieces.
pub(super) const fn confirm_body(booking: &str) -> [&str; 3] {
    [r#"{"payment":{"method":"external","reference":"paid-"#, booking, "\"}}"]
}

/// The event that is on sale: one large zone, and one that is sold out.
pub(super) fn event() -> Value {
    json!({
        "name": "Bench", "starts_at": "2099-01-01T20:00:00Z", "currency": "USD",
        "max_per_user": 1_000_000, "hold_seconds": 86_400,
        "zones": [
            {"name": "Floor", "capacity": 1_000_000_000, "price": "10.00"},
            {"name": "Box", "capacity": 1, "price": "10.00"},
        ],
    })
}

/// Where it is sold, and who asks.
#[derive(Clone, Debug)]
pub(super) struct Sale {
    pub(super) credential: String,
    pub(super) event: String,
    pub(super) floor: String,
    pub(super) sold_out: String,
}

impl Sale {
    /// The request that asks for one unit of a zone.
    pub(super) fn ask(&self, ask: Ask<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        self.put_ask(&mut out, ask);
        out
    }

    fn put_ask(&self, out: &mut Vec<u8>, ask: Ask<'_>) {
        let body = reserve_body(&self.event, ask.zone, ask.user);
        let request = Request::post(ask.path, &self.credential, &body);
        ask.key.map_or(request, |key| request.with_key(key)).put(out);
    }
}

/// One unit of a zone, for a user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'a> {
    /// [`RESERVE`], or that of the answer that only costs HTTP.
    pub(super) path: &'static str,
    pub(super) zone: &'a str,
    pub(super) key: Option<&'a str>,
    pub(super) user: &'a str,
}

/// What one connection did to the store, as far as it was acknowledged.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// Bookings made, by id.
    pub(super) booked: Vec<String>,
    /// Units given back.
    pub(super) released: u64,
    /// Units sold.
    pub(super) confirmed: u64,
    /// Answers that contradict what was promised.
    pub(super) wrong: Vec<String>,
}

/// The next request of a connection, and what to make of its answer.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Reserve { key: String, sold_out: bool },
    Replay(usize),
    Confirm(String),
    Release(String),
    Constant(u64),
}

/// A key that was answered, and with what.
struct Answered {
    key: String,
    body: Vec<u8>,
}

/// One connection's work.
pub(super) struct Work {
    sale: Sale,
    workload: Option<Workload>,
    name: String,
    count: u64,
    rng: StdRng,
    /// Bookings in hand.
    kept: Vec<String>,
    /// What can be replayed.
    answered: Vec<Answered>,
    pub(super) heard: Heard,
}

impl Work {
    /// The work of the connection of this name; without a workload it asks for the constant answer.
    pub(super) fn new(sale: Sale, workload: Option<Workload>, name: String, rng: StdRng) -> Self {
        let (kept, answered) = (Vec::new(), Vec::new());
        Self { sale, workload, name, count: 0, rng, kept, answered, heard: Heard::default() }
    }

    /// Whether it still prepares what it is measured with.
    pub(super) fn is_preparing(&self) -> bool {
        self.workload == Some(Workload::Replay) && self.answered.len() < REPLAYED_KEYS
    }

    pub(super) fn next(&mut self) -> Step {
        self.count += 1;
        let key = format!("{}-{}", self.name, self.count);
        let reserve = |sold_out| Step::Reserve { key, sold_out };
        match self.workload {
            None => Step::Constant(self.count),
            Some(Workload::Rush) => reserve(false),
            Some(Workload::Soldout) => reserve(true),
            Some(Workload::Flow) => self.kept.pop().map_or_else(|| reserve(false), Step::Confirm),
            Some(Workload::Replay) if self.is_preparing() => reserve(false),
            Some(Workload::Replay) => Step::Replay(self.rng.random_range(0..self.answered.len())),
            Some(Workload::Mixed) => match self.rng.random_range(0..100) {
                0..15 if !self.kept.is_empty() => Step::Confirm(self.take()),
                15..25 if !self.kept.is_empty() => Step::Release(self.take()),
                25..40 if !self.answered.is_empty() => {
                    Step::Replay(self.rng.random_range(0..self.answered.len()))
                }
                40..50 => reserve(true),
                _ => reserve(false),
            },
        }
    }

    fn take(&mut self) -> String {
        let index = self.rng.random_range(0..self.kept.len());
        self.kept.swap_remove(index)
    }

    /// Puts the bytes to send into `out`.
    pub(super) fn put_request(&self, step: &Step, out: &mut Vec<u8>) {
        let Sale { credential, floor, sold_out: empty, .. } = &self.sale;
        match step {
            Step::Reserve { key, sold_out } => {
                let zone = if *sold_out { empty } else { floor };
                self.sale.put_ask(out, Ask { path: RESERVE, zone, key: Some(key), user: key });
            }
            Step::Replay(index) => {
                let key = self.answered.get(*index).map_or("", |first| first.key.as_str());
                self.sale
                    .put_ask(out, Ask { path: RESERVE, zone: floor, key: Some(key), user: key });
            }
            Step::Confirm(booking) => {
                let (path, key) = (confirm_path(booking), format!("pay-{booking}"));
                Request::post(&path, credential, &confirm_body(booking)).with_key(&key).put(out);
            }
            Step::Release(booking) => {
                let path = format!("/api/v1/bookings/{booking}/release");
                let key = format!("give-{booking}");
                Request::post(&path, credential, &["{}"]).with_key(&key).put(out);
            }
            Step::Constant(count) => {
                let user = count.to_string();
                let path = "/bench/constant";
                self.sale.put_ask(out, Ask { path, zone: floor, key: None, user: &user });
            }
        }
    }

    /// Notes what was answered; 503 and the like are counted by whoever sent it.
    pub(super) fn hear(&mut self, step: Step, reply: Reply<'_>) {
        let wrong = match (step, reply.status) {
            (Step::Reserve { key, sold_out: false }, 201) if !reply.replayed => {
                let Some(booking) = reply.text("booking_id") else {
                    return self.heard.wrong.push(format!("{key}: a booking without an id"));
                };
                if self.workload != Some(Workload::Rush) && self.kept.len() < KEPT_MAX {
                    self.kept.push(booking.clone());
                }
                if self.answered.len() < REPLAYED_KEYS {
                    self.answered.push(Answered { key, body: reply.body.to_vec() });
                }
                self.heard.booked.push(booking);
                None
            }
            (Step::Reserve { sold_out: true, .. }, 409) | (Step::Constant(_), 201) | (_, 503) => {
                None
            }
            (Step::Replay(index), 201) => {
                let first = self.answered.get(index);
                let same = first.is_some_and(|first| reply.replayed && first.body == reply.body);
                (!same).then(|| format!("{}: a replay is not its first answer", self.name))
            }
            (Step::Confirm(_), 200) => {
                self.heard.confirmed += 1;
                None
            }
            (Step::Release(_), 200) => {
                self.heard.released += 1;
                None
            }
            (step, status) => Some(format!("{step:?} was answered {status}")),
        };
        self.heard.wrong.extend(wrong);
    }
}
