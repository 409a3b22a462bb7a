//! A receiver of webhooks that outlives the servers that send to it. It keeps what came in the order in which it came,
//! and checks it against the feed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use client::webhooks::{Headers, Secrets, verify};
use rand::Rng as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::http::Client;
use crate::place::id;
use crate::process::TIMEOUT;
use crate::settings::{pass, poll};

const ENDPOINTS: &str = "/api/v1/webhook_endpoints";
const DELIVERIES: &str = "/api/v1/webhook_deliveries";
/// Everything that has happened is delivered within this once nothing fails any more, on a noisy machine.
const DELIVERED: Duration = Duration::from_secs(90);
/// Who has died is noticed by whoever reads from it within this; nothing is read for longer.
const LOOKS_AGAIN: Duration = Duration::from_millis(20);

/// A request that came.
#[derive(Clone, Debug)]
struct Arrival {
    id: String,
    body: Vec<u8>,
    /// Whether the check of its signature failed, and why.
    forged: Option<String>,
    /// Whether it was taken.
    taken: bool,
}

#[derive(Debug)]
struct Shared {
    arrivals: Mutex<Vec<Arrival>>,
    secrets: Mutex<Option<Secrets>>,
    rng: Mutex<StdRng>,
    /// Of so many requests one is answered 503; 0 is none.
    refuses_one_in: u32,
    /// So many of the next ones are.
    refuses_next: AtomicUsize,
    /// Requests are kept and not answered.
    holds: AtomicBool,
    connections: AtomicUsize,
}

/// What came of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Events that came.
    pub(crate) events: usize,
    /// Requests that brought an event which had been taken before.
    pub(crate) repeats: usize,
}

/// A receiver. It ends with the process of the tests.
#[derive(Debug)]
pub(crate) struct Inbox {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// An endpoint, and the position of the feed behind which its events begin.
#[derive(Debug)]
pub(crate) struct Subscription {
    endpoint: String,
    after: u64,
}

impl Inbox {
    /// A receiver that takes its time, and refuses one in so many requests, by a seed.
    pub(crate) fn start(seed: u64, refuses_one_in: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("it has one");
        let shared = Arc::new(Shared {
            arrivals: Mutex::default(),
            secrets: Mutex::default(),
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
            refuses_one_in,
            refuses_next: AtomicUsize::default(),
            holds: AtomicBool::default(),
            connections: AtomicUsize::default(),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&serving);
                shared.connections.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    // Whoever has died does not hear the answer.
                    let _cut_off = shared.serve(stream).is_err();
                    shared.connections.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, shared }
    }

    /// Makes an endpoint that leads here. Nobody else does anything meanwhile.
    pub(crate) fn subscribe(&self, client: &mut Client, types: &[&str]) -> Subscription {
        let url = format!("http://{}/hooks", self.address);
        let wanted = json!({"url": url, "event_types": types});
        let made = client.post(ENDPOINTS, &url, &wanted).expect(201);
        let secrets = Secrets::new(made["secret"].as_str()).expect("a secret");
        lock(&self.shared.secrets).replace(secrets);
        let head = client.get("/api/v1/activity").expect(200)["head"].as_u64();
        Subscription { endpoint: id(&made), after: head.expect("a position") }
    }

    /// Refuses so many of the next requests.
    pub(crate) fn refuse(&self, count: usize) {
        self.shared.refuses_next.store(count, Ordering::SeqCst);
    }

    /// Requests are kept and not answered from now on, or are answered again.
    pub(crate) fn hold(&self, holds: bool) {
        self.shared.holds.store(holds, Ordering::SeqCst);
    }

    /// How many requests have come.
    pub(crate) fn len(&self) -> usize {
        lock(&self.shared.arrivals).len()
    }

    /// Waits until nothing comes any more from processes that have died: what they had sent is read, so that it does
    /// not seem to come later than what is sent by others.
    pub(crate) fn quiet(&self) {
        poll(TIMEOUT, "connections of the dead have ended", || {
            (self.shared.connections.load(Ordering::SeqCst) == 0).then_some(())
        });
    }

    /// Waits until everything is delivered that has happened, and checks it: each event came at least once, under one id
    /// with the same bytes, signed, and none of a resource after a later one of it.
    #[track_caller]
    pub(crate) fn settle(&self, client: &mut Client, of: &Subscription, types: &[&str]) -> Tally {
        let happened = happened(client, of, types);
        poll(DELIVERED, "everything is delivered", || {
            let came = lock(&self.shared.arrivals);
            let taken: BTreeSet<_> = came.iter().filter(|it| it.taken).map(|it| &it.id).collect();
            (happened.keys().all(|id| taken.contains(id))).then_some(())
        });
        poll(TIMEOUT, "all of it is written down", || {
            let path = format!("{DELIVERIES}?endpoint_id={}&status=pending", of.endpoint);
            (client.get(&path).expect(200)["data"] == json!([])).then_some(())
        });
        let came = lock(&self.shared.arrivals).clone();
        let mut bodies: BTreeMap<&str, &[u8]> = BTreeMap::new();
        let mut last: BTreeMap<&str, i64> = BTreeMap::new();
        let mut taken: BTreeSet<&str> = BTreeSet::new();
        let mut tally = Tally { events: happened.len(), repeats: 0 };
        for arrival in &came {
            assert_eq!(arrival.forged, None, "{arrival:?}");
            let event = happened.get(&arrival.id);
            let event = event.unwrap_or_else(|| panic!("it has not happened: {arrival:?}"));
            let body = bodies.entry(&arrival.id).or_insert(&arrival.body);
            assert_eq!(*body, arrival.body, "not the same bytes: {event}");
            let told: Value = serde_json::from_slice(&arrival.body).expect("JSON");
            assert_eq!(told, *event, "not what the feed says");
            let resource = event["resource_id"].as_str().expect("a resource");
            let seq = event["resource_seq"].as_i64().expect("a number");
            let before = last.entry(resource).or_insert(0);
            assert!(seq >= *before, "#{seq} of {resource} came after #{before}");
            *before = seq;
            if taken.contains(arrival.id.as_str()) {
                tally.repeats += 1;
            } else if arrival.taken {
                taken.insert(&arrival.id);
            }
        }
        tally
    }
}

/// All that the endpoint is to be told, by id.
fn happened(client: &mut Client, of: &Subscription, types: &[&str]) -> BTreeMap<String, Value> {
    let mut happened = BTreeMap::new();
    for kind in types {
        let mut after = of.after.to_string();
        loop {
            let path = format!("/api/v1/activity?type={kind}&limit=200&after={after}");
            let page = client.get(&path).expect(200);
            let events = page["data"].as_array().expect("a list");
            happened.extend(events.iter().map(|event| (id(event), event.clone())));
            let Some(next) = page["next"].as_str() else { break };
            next.clone_into(&mut after);
        }
    }
    happened
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(LOOKS_AGAIN))?;
        let mut reader = BufReader::new(stream);
        loop {
            let (headers, body) = read(&mut reader)?;
            let (pause, unlucky) = {
                let mut rng = lock(&self.rng);
                let unlucky = self.refuses_one_in > 0 && rng.random_ratio(1, self.refuses_one_in);
                (Duration::from_micros(rng.random_range(0..3_000)), unlucky)
            };
            let one_less = |left: usize| left.checked_sub(1);
            let order = Ordering::SeqCst;
            let refuses = self.refuses_next.fetch_update(order, order, one_less).is_ok() || unlucky;
            let holds = self.holds.load(Ordering::SeqCst);
            self.keep(&headers, body, !holds && !refuses);
            if holds {
                // Until the other side has died.
                return read(&mut reader).map(drop);
            }
            pass(pause);
            let status = if refuses { "503 Later" } else { "204 Taken" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes())?;
        }
    }

    fn keep(&self, headers: &BTreeMap<String, String>, body: Vec<u8>, taken: bool) {
        let secrets = lock(&self.secrets).clone().expect("there is an endpoint");
        let named = Headers::of(|name| headers.get(name).map(String::as_str));
        let forged = verify(&secrets, named, &body).err().map(|why| why.to_string());
        let id = named.id.unwrap_or_default().to_owned();
        lock(&self.arrivals).push(Arrival { id, body, forged, taken });
    }
}

/// Reads a request; an error where the connection ends.
fn read(reader: &mut BufReader<TcpStream>) -> io::Result<(BTreeMap<String, String>, Vec<u8>)> {
    let mut headers = BTreeMap::new();
    loop {
        let line = line(reader)?;
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(name.to_ascii_lowercase(), value.trim_end().to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.get_ref().set_read_timeout(Some(TIMEOUT))?;
    reader.read_exact(&mut body)?;
    reader.get_ref().set_read_timeout(Some(LOOKS_AGAIN))?;
    Ok((headers, body))
}

fn line(reader: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    loop {
        match reader.read_line(&mut line) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => return Ok(line),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
