//! SIGTERM: no new work, what is under way is answered, and it exits with 0 within 10 seconds.

use std::io::ErrorKind;
use std::sync::mpsc::channel;
use std::time::Duration;

use peers::cluster::Database;
use peers::proxy::Proxy;
use rand::Rng as _;

use crate::http::{Client, Http, request};
use crate::kill::{BUYERS, OnSale, Recovered, open, recover};
use crate::place::{Place, Server};
use crate::process::{Ran, TIMEOUT};
use crate::settings::{Watch, poll, tell};
use crate::workload::{RESERVE, Sale, plain_event};

/// A supervisor waits so long.
const STOPPED: Duration = Duration::from_secs(10);

/// Tells it to stop, and returns when it has heard of it.
fn terminate(server: &mut Server) {
    server.process.signal("TERM");
    let heard = server.process.log_until(|line| line.contains("stopping").then_some(()));
    assert_eq!(heard, Some(()), "it says that it stops");
}

#[track_caller]
fn check_stopped(server: Server, watch: &Watch) -> Ran {
    let ran = server.process.ended(STOPPED);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    assert!(watch.elapsed() < STOPPED, "it took {:?}", watch.elapsed());
    ran
}

/// The parts of a request whose body comes later.
fn halves(sale: &Sale, secret: &str) -> [String; 2] {
    let authorization = format!("Bearer {secret}");
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "slow"),
    ];
    let whole = request("POST", RESERVE, &headers, &sale.reserve(0, 2, "ann").to_string());
    let (head, body) = whole.split_once("\r\n\r\n").expect("a head");
    let (first, second) = body.split_at(10);
    [format!("{head}\r\n\r\n{first}"), second.to_owned()]
}

#[test]
fn a_request_under_way_is_answered() {
    let place = Place::new();
    let key = place.key();
    let mut server = place.serve(&[]);
    let sale = Sale::create(&mut server.client(&key), "event", &plain_event(10, 600));
    let [first, second] = halves(&sale, &key.secret);
    let mut slow = server.http();
    slow.write(&first).expect("the first half goes out");
    // Accepted before the other one is: it is not in the queue of connections any more.
    server.client(&key).get(crate::workload::EVENTS).expect(200);

    let watch = Watch::start();
    terminate(&mut server);
    poll(STOPPED, "new connections are refused", || {
        server.http().send("GET", "/healthz", &[], "").err()
    });
    slow.write(&second).expect("the second half goes out");
    let answer = slow.answer().expect("it is answered");
    assert_eq!((answer.status, answer.header("connection")), (201, Some("close")));
    check_stopped(server, &watch);

    let server = place.serve(&[]);
    let again = server.client(&key).post(RESERVE, "slow", &sale.reserve(0, 2, "ann"));
    assert_eq!((again.is_replay(), again.body), (true, answer.body));
    place.verify();
}

/// The connection was ended in order, and nothing else came.
#[track_caller]
fn check_ended(what: &str, http: &mut Http) {
    let ended = http.line().expect_err(what);
    assert_eq!(ended.kind(), ErrorKind::UnexpectedEof, "{what}: {ended}");
}

#[test]
fn streams_and_idle_connections_do_not_hold_it_up() {
    let place = Place::new();
    let key = place.key();
    let mut server = place.serve(&[]);
    let mut idle = server.client(&key);
    let sale = Sale::create(&mut idle, "event", &plain_event(10, 600));

    let mut stream = server.http();
    let authorization = format!("Bearer {}", key.secret);
    let headers = [("Authorization", authorization.as_str())];
    stream
        .write(&request("GET", "/v1/activity/stream?after=0", &headers, ""))
        .expect("it goes out");
    assert_eq!(stream.head().expect("a head").status, 200);
    while !stream.line().expect("a line").contains(&sale.event) {}
    let mut silent = server.http();
    silent.stream().expect("it connects");
    idle.get(crate::workload::EVENTS).expect(200);

    let watch = Watch::start();
    terminate(&mut server);
    check_ended("idle", &mut idle.http);
    check_ended("silent", &mut silent);
    while stream.line().is_ok() {}
    check_stopped(server, &watch);
    tell(&format!("stop: with a stream and idle connections in {:?}", watch.elapsed()));
    assert!(watch.elapsed() < Duration::from_secs(5), "nothing was waited for");
}

#[test]
fn a_client_that_never_ends_its_request_is_cut_off() {
    let place = Place::new();
    let key = place.key();
    let mut server = place.serve(&[]);
    let sale = Sale::create(&mut server.client(&key), "event", &plain_event(10, 600));
    let [first, _] = halves(&sale, &key.secret);
    let (mut half_a_body, mut half_a_head) = (server.http(), server.http());
    half_a_body.write(&first).expect("it goes out");
    half_a_head.write("GET /healthz HT").expect("it goes out");
    server.client(&key).get(crate::workload::EVENTS).expect(200);

    let watch = Watch::start();
    terminate(&mut server);
    let answer = half_a_body.answer().expect("who began to ask is told");
    assert_eq!((answer.status, answer.header("connection")), (503, Some("close")));
    let ran = check_stopped(server, &watch);
    assert!(ran.log.contains("connections were cut off"), "{ran:?}");
    tell(&format!("stop: with unfinished requests in {:?}", watch.elapsed()));
}

#[test]
fn with_a_database_that_hangs_it_answers_what_is_undecided_and_ends() {
    let database = Database::new();
    let proxy = Proxy::to(&database.url());
    let place = Place::on(database).by_way_of(proxy.url());
    let key = place.key();
    let mut server = place.serve(&[]);
    let sale = Sale::create(&mut server.client(&key), "event", &plain_event(10, 600));
    let (head, body) = {
        let authorization = format!("Bearer {}", key.secret);
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "undecided"),
            ("Expect", "100-continue"),
        ];
        let whole = request("POST", RESERVE, &headers, &sale.reserve(0, 2, "ann").to_string());
        let (head, body) = whole.split_once("\r\n\r\n").expect("a head");
        (format!("{head}\r\n\r\n"), body.to_owned())
    };
    let mut waiting = server.http();
    waiting.write(&head).expect("the head goes out");
    // Once the body is asked for, the request is under way.
    assert!(waiting.line().expect("it goes on").contains("100"));
    assert_eq!(waiting.line().expect("its end").trim(), "");
    proxy.black_hole();
    waiting.write(&body).expect("the body goes out");
    let watch = Watch::start();
    terminate(&mut server);
    let answer = waiting.answer().expect("it is answered");
    assert_eq!((answer.status, answer.header("connection")), (503, Some("close")));
    assert!(answer.body.contains("Ask again with the same key."), "{}", answer.body);
    check_stopped(server, &watch);
    tell(&format!("stop: with a database that hangs in {:?}", watch.elapsed()));

    proxy.heal();
    let mut server = place.serve(&[]);
    server.client(&key).post(RESERVE, "undecided", &sale.reserve(0, 2, "ann")).expect(201);
    // And with nothing to do.
    proxy.black_hole();
    let watch = Watch::start();
    terminate(&mut server);
    check_stopped(server, &watch);
    proxy.heal();
    place.verify();
}

#[test]
fn under_load_everything_acknowledged_is_kept() {
    let place = Place::new();
    let key = place.key();
    let OnSale { server, ledger } = open(&place, &key);
    std::thread::scope(|scope| {
        let (answered, hears) = channel();
        for buyer in 0..BUYERS {
            let (client, answered) = (server.client(&key), answered.clone());
            let seed = rand::rng().random::<u64>();
            let ledger = &ledger;
            scope.spawn(move || ledger.buy(client, seed.wrapping_add(buyer), &answered));
        }
        for _ in 0..200 {
            hears.recv_timeout(TIMEOUT).expect("an answer");
        }
        let watch = Watch::start();
        server.process.signal("TERM");
        let ran = check_stopped(server, &watch);
        assert!(!ran.log.contains("WARN") && !ran.log.contains("ERROR"), "{ran:?}");
    });
    let Recovered { server, settled, .. } = recover(&place, &key, &ledger, 0);
    assert_eq!(settled.decided, 0, "what was decided was answered: {settled:?}");
    ledger.check(&mut Client::new(server.address, &key.secret));
    place.verify();
}
