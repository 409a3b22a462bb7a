//! What was asked and what was acknowledged: whatever happens to the server, this must stay true.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::Rng as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::http::{Answer, Client};
use crate::place::Place;
use crate::settings::{Watch, poll};
use crate::workload::{RESERVE, Sale, Zone};

/// Asking for one key may meet so many answers that settle nothing.
const TRIES_MAX: usize = 100;
/// Availability may be so old.
const STALE: Duration = Duration::from_secs(5);

/// A POST with its key.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) key: String,
    pub(crate) path: String,
    pub(crate) body: String,
}

/// What of an answer has to come again, to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    status: u16,
    body: String,
    content_type: Option<String>,
    location: Option<String>,
}

/// A booking that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Booked {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) units: u64,
}

#[derive(Debug, Default)]
struct State {
    asked: Vec<(Ask, Option<Kept>)>,
    booked: Vec<Booked>,
    repeats: u64,
}

/// Units of a zone.
#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    held: u64,
    sold: u64,
}

/// What must be there: units by zone, and the states of all bookings.
struct Expected {
    zones: BTreeMap<String, Taken>,
    bookings: BTreeMap<String, String>,
}

/// Everything that was asked, with the answers.
#[derive(Debug)]
pub(crate) struct Ledger {
    sale: Sale,
    /// The store may be about to commit what it was told by a server that is gone.
    may_be_late: bool,
    state: Mutex<State>,
}

/// What is found after a crash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settled {
    /// Acknowledged before it.
    pub(crate) acknowledged: u64,
    /// Not acknowledged, and yet decided before it.
    pub(crate) decided: u64,
    /// Decided only after it.
    pub(crate) undecided: u64,
}

impl Ledger {
    /// For a store of that place.
    pub(crate) fn new(place: &Place, sale: Sale) -> Self {
        Self { sale, may_be_late: place.is_on_postgres(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was acknowledged until now, as a ledger of its own.
    pub(crate) fn acknowledged(&self) -> Self {
        let state = self.state();
        let asked = state.asked.iter().filter(|(_, kept)| kept.is_some()).cloned().collect();
        let known = State { asked, booked: state.booked.clone(), repeats: 0 };
        Self { sale: self.sale.clone(), may_be_late: self.may_be_late, state: Mutex::new(known) }
    }

    pub(crate) fn len(&self) -> usize {
        self.state().asked.len()
    }

    /// Answers that had been given before.
    pub(crate) fn repeats(&self) -> u64 {
        self.state().repeats
    }

    /// Something new to ask, or something that anybody asked before.
    pub(crate) fn pick(&self, rng: &mut StdRng) -> usize {
        let mut state = self.state();
        if !state.asked.is_empty() && rng.random_ratio(1, 4) {
            // Mostly something recent, so that some of it is still being decided.
            let back = rng.random_range(0..state.asked.len().min(40));
            return state.asked.len().saturating_sub(1 + back);
        }
        let key = format!("key-{}", state.asked.len());
        let ask = self.sale.new_ask(rng, key, &state.booked);
        state.asked.push((ask, None));
        state.asked.len() - 1
    }

    /// Asks for one; whether it was answered for good.
    pub(crate) fn ask(&self, client: &mut Client, number: usize) -> io::Result<bool> {
        let (ask, known) = self.state().asked.get(number).cloned().expect("it was picked");
        let answer = client.try_post(&ask.path, &ask.key, &ask.body)?;
        if !is_final(&answer) {
            return Ok(false);
        }
        let kept = Kept {
            status: answer.status,
            content_type: answer.header("content-type").map(str::to_owned),
            location: answer.header("location").map(str::to_owned),
            body: answer.body.clone(),
        };
        if let Some(known) = known {
            assert_eq!(kept, known, "another answer for {ask:?}");
            assert!(answer.is_replay(), "not called a replay: {ask:?} {answer:?}");
        }
        self.keep(number, kept);
        Ok(true)
    }

    fn keep(&self, number: usize, kept: Kept) {
        let mut state = self.state();
        let (ask, known) = state.asked.get_mut(number).expect("it was picked");
        if let Some(known) = known {
            assert_eq!(&kept, known, "two answers for {ask:?}");
            state.repeats += 1;
            return;
        }
        let booked = (ask.path == RESERVE && kept.status == 201).then(|| booked(&kept));
        *known = Some(kept);
        state.booked.extend(booked);
    }

    /// Buys until the connection breaks, and tells of every answer.
    pub(crate) fn buy(&self, mut client: Client, seed: u64, answered: &Sender<()>) {
        let mut rng = StdRng::seed_from_u64(seed);
        while let Ok(_final) = self.ask(&mut client, self.pick(&mut rng)) {
            // Nobody may want to know any more.
            let _ignored = answered.send(()).is_err();
        }
    }

    fn ask_until_final(&self, client: &mut Client, number: usize) {
        for _ in 0..TRIES_MAX {
            let watch = Watch::start();
            match self.ask(client, number) {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => panic!("no answer after {:?}: {error}", watch.elapsed()),
            }
        }
        panic!("no final answer: {:?}", self.state().asked.get(number));
    }

    /// Asks again for everything since `from`: what was acknowledged is the same to the byte, and
    /// what was not gets one answer for good.
    pub(crate) fn settle(&self, client: &mut Client, from: usize) -> Settled {
        let mut settled = Settled::default();
        for number in from..self.len() {
            let (ask, known) = self.state().asked.get(number).cloned().expect("it is there");
            if known.is_some() {
                settled.acknowledged += 1;
                self.ask_until_final(client, number);
                continue;
            }
            // The server is asked whether it has arrived, and must be right.
            let arrived = client.get(&format!("/api/v1/idempotency_keys/{}", ask.key));
            match arrived.status {
                200 => settled.decided += 1,
                404 => settled.undecided += 1,
                _ => panic!("{arrived:?}"),
            }
            let first = client.try_post(&ask.path, &ask.key, &ask.body).expect("an answer");
            let is_late = self.may_be_late && arrived.status == 404;
            let told = is_late || first.is_replay() == (arrived.status == 200);
            assert!(told, "{ask:?}: {arrived:?} {first:?}");
            self.ask_until_final(client, number);
            self.ask_until_final(client, number);
        }
        settled
    }

    /// The bookings are those that the answers tell of, and the stock adds up.
    pub(crate) fn check(&self, client: &mut Client) {
        let Expected { zones, bookings } = self.expected();
        assert_eq!(listed(client, &self.sale.event), bookings);
        for (number, Zone { id: zone, capacity }) in self.sale.zones.iter().enumerate() {
            let Taken { held, sold } = zones.get(zone).copied().unwrap_or_default();
            let expected = [*capacity - held - sold, held, sold, *capacity];
            poll(STALE, &format!("zone {number} has {expected:?}"), || {
                let shown = client.get(&self.sale.availability(number)).expect(200);
                let names = ["available", "held", "sold", "capacity"];
                (names.map(|name| shown[name].as_u64().unwrap_or(u64::MAX)) == expected)
                    .then_some(())
            });
        }
    }

    /// By what was answered.
    fn expected(&self) -> Expected {
        let state = self.state();
        let mut bookings: BTreeMap<_, _> =
            state.booked.iter().map(|booked| (booked.id.clone(), "reserved")).collect();
        assert_eq!(bookings.len(), state.booked.len(), "two keys were told of one booking");
        for (ask, kept) in &state.asked {
            let changed = kept.as_ref().is_some_and(|kept| kept.status == 200);
            let Some((id, verb)) = verb(ask).filter(|_| changed) else { continue };
            let status = if verb == "confirm" { "confirmed" } else { "released" };
            let before = bookings.insert(id.to_owned(), status);
            assert_eq!(before, Some("reserved"), "{ask:?}");
        }
        let mut zones: BTreeMap<String, Taken> = BTreeMap::new();
        for booked in &state.booked {
            let taken = zones.entry(booked.zone.clone()).or_default();
            match bookings.get(&booked.id) {
                Some(&"reserved") => taken.held += booked.units,
                Some(&"confirmed") => taken.sold += booked.units,
                _ => {}
            }
        }
        let bookings = bookings.into_iter().map(|(id, status)| (id, status.to_owned())).collect();
        Expected { zones, bookings }
    }
}

fn verb(ask: &Ask) -> Option<(&str, &str)> {
    ask.path.strip_prefix("/api/v1/bookings/")?.split_once('/')
}

fn booked(kept: &Kept) -> Booked {
    let body: Value = serde_json::from_str(&kept.body).expect("JSON");
    let text = |name: &str| body[name].as_str().expect("a string").to_owned();
    let units = body["quantity"].as_u64().expect("a number");
    Booked { id: text("id"), zone: text("zone_id"), units }
}

/// Whether the key has its answer now. Anything that a working server never says ends the test.
fn is_final(answer: &Answer) -> bool {
    let code = if answer.status < 400 { Value::Null } else { answer.json()["code"].clone() };
    match answer.status {
        503 => false,
        409 if code == "REQUEST_IN_PROGRESS" => false,
        200 | 201 | 402 | 409 => true,
        _ => panic!("{answer:?}"),
    }
}

/// All bookings of an event with their states, page by page.
fn listed(client: &mut Client, event: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let (mut after, mut pages) = (String::new(), BTreeSet::new());
    loop {
        let path = format!("/api/v1/bookings?event_id={event}&limit=200{after}");
        let page = client.get(&path).expect(200);
        for booking in page["data"].as_array().expect("a list") {
            let text = |name: &str| booking[name].as_str().expect("a string").to_owned();
            assert_eq!(found.insert(text("id"), text("status")), None, "listed twice: {booking}");
        }
        let Some(next) = page["next"].as_str() else { return found };
        assert!(pages.insert(next.to_owned()), "the pages go in a circle");
        after = format!("&after={next}");
    }
}
