//! Nodes whose machines disagree about the time by hours: what counts is the database's clock, so that
//! holds, tokens and timestamps are the same everywhere.

use std::process::Command;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use peers::cluster::Database;
use serde_json::{Value, json};
use server::secrets::Secrets;

use crate::buyers::{Nodes, reserve, until_decided};
use crate::http::Client;
use crate::place::{Place, Server, id};
use crate::process::TIMEOUT;
use crate::settings::{Watch, poll};
use crate::workload::{EVENTS, RESERVE, Sale, plain_event};

/// Between the program and the C library: the wall clock is elsewhere, everything else is as it is.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t shift(void) {
    const char *seconds = getenv("SHIFT_SECONDS");
    return seconds ? atol(seconds) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    int result = syscall(SYS_clock_gettime, clock, at);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        at->tv_sec += shift();
    return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"#;

/// Tokens live for a minute at least.
const LIFE: Duration = Duration::from_secs(60);
/// A little longer, for clocks that are read at different moments.
const LEEWAY: Duration = Duration::from_secs(3);

/// Makes the shim in a place.
fn shim(place: &Place) -> String {
    place.write("shift.c", SHIM);
    let (source, library) = (place.path("shift.c"), place.path("shift.so"));
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source);
    let ran = compiler.output().expect("there is a C compiler");
    assert!(ran.status.success(), "{ran:?}");
    library.to_str().expect("text").to_owned()
}

/// A node whose machine is so many seconds ahead.
fn serve(place: &Place, shim: &str, seconds: i64) -> Server {
    let environment = [("LD_PRELOAD", shim), ("SHIFT_SECONDS", &seconds.to_string())];
    place.serve_with(&[], &environment).expect("it serves")
}

/// An instant as text is in the order of time.
fn created_at(value: &Value) -> String {
    value["created_at"].as_str().expect("an instant").to_owned()
}

fn create(client: &mut Client, key: &str) -> String {
    let made = client.post(EVENTS, key, &plain_event(10, 600)).expect(201);
    created_at(&client.get(&format!("{EVENTS}/{}", id(&made))).expect(200))
}

/// Three nodes: one that is right, one an hour ahead, one an hour behind.
fn nodes() -> Nodes {
    let place = Place::on(Database::new());
    let shim = shim(&place);
    let mut nodes = Nodes::of(place, 0);
    nodes.servers = [0, 3_600, -3_600].map(|shift| serve(&nodes.place, &shim, shift)).into();
    nodes
}

#[test]
fn the_shim_moves_a_clock() {
    let place = Place::plain();
    let (shim, key) = (shim(&place), place.key());
    let mut instants = Vec::new();
    for (shift, key_of_event) in [(0, "right"), (3_600, "ahead")] {
        let server = serve(&place, &shim, shift);
        instants.push(create(&mut server.client(&key), key_of_event));
        server.stop();
    }
    let hours: Vec<u32> = instants.iter().map(|at| at[11..13].parse().expect("hours")).collect();
    assert_eq!((hours[0] + 1) % 24, hours[1] % 24, "{instants:?}");
}

#[test]
fn what_is_made_at_nodes_an_hour_apart_is_in_order() {
    let nodes = nodes();
    let made = |number: usize| create(&mut nodes.client(number), &format!("event-{number}"));
    let instants: Vec<_> = (0..9).map(made).collect();
    assert!(instants.is_sorted(), "{instants:?}");
    nodes.stop();
}

#[test]
fn holds_end_at_the_same_moment_at_nodes_an_hour_apart() {
    let nodes = nodes();
    let sale = Sale::create(&mut nodes.client(0), "event", &plain_event(10, 5));
    let watch = Watch::start();
    let hold = |node: usize| {
        let ask = reserve(&sale, &format!("hold-{node}"), "ann");
        until_decided(&mut nodes.client(node), &ask).expect(201)
    };
    let held: Vec<_> = (0..3).map(hold).collect();
    let statuses = |node: usize| {
        let mut client = nodes.client(node);
        let mut shown = |booking| client.get(&format!("/api/v1/bookings/{}", id(booking)));
        held.iter().map(|booking| shown(booking).expect(200)).collect::<Vec<_>>()
    };
    let shown = statuses(0);
    if watch.elapsed() < Duration::from_secs(4) {
        assert!(shown.iter().all(|booking| booking["status"] == "reserved"), "{shown:?}");
    }
    for node in 0..3 {
        poll(TIMEOUT, "all three have ended", || {
            let ended = |booking: &Value| booking["status"] == "expired";
            statuses(node).iter().all(ended).then_some(())
        });
    }
    assert!(watch.elapsed() > Duration::from_millis(4_500), "not before their time");
    assert_eq!(statuses(0), statuses(1));
    assert_eq!(statuses(0), statuses(2));
    for booking in statuses(0) {
        assert!(booking["ended_at"].as_str() >= booking["expires_at"].as_str(), "{booking}");
    }
    nodes.stop();
}

#[test]
fn tokens_live_as_long_at_nodes_an_hour_apart() {
    let nodes = nodes();
    let key = *Secrets::open(&nodes.place.secrets()).expect("it is there").token_key().key;
    let sale = nodes.sale(&plain_event(100, 600));
    let wanted = json!({"event_id": sale.event, "zone_id": sale.zone(0), "quantity": 1});
    let mint = |node: usize| {
        let body = json!({"user_id": format!("of-{node}"), "expires_in": LIFE.as_secs()});
        let name = format!("token-{node}");
        let made = nodes.client(node).post("/api/v1/customer_tokens", &name, &body).expect(201);
        made["token"].as_str().expect("a token").to_owned()
    };
    let watch = Watch::start();
    let tokens: Vec<_> = (0..3).map(mint).collect();
    let ends: Vec<_> = tokens.iter().map(|token| ends_ms(&claims(&key, token))).collect();
    assert!(ends.is_sorted(), "{ends:?}");
    let apart = Duration::from_millis(ends[2].abs_diff(ends[0]));
    assert!(apart <= watch.elapsed() + LEEWAY, "{ends:?}");
    for (minted_at, token) in tokens.iter().enumerate() {
        for node in 0..3 {
            let mut client = Client::new(nodes.server(node).address, token);
            client.post(RESERVE, &format!("{minted_at}-{node}"), &wanted).expect(201);
        }
    }
    assert!(watch.elapsed() < LIFE, "it took too long to tell anything");
    // The same tokens, had they been minted as long ago as they live: over everywhere, at the node that is
    // an hour behind as well.
    for token in &tokens {
        let over = aged(&key, token);
        for node in 0..3 {
            let mut late = Client::new(nodes.server(node).address, &over);
            late.get("/api/v1/bookings").expect(401);
        }
    }
    nodes.stop();
}

/// What a token says.
fn claims(key: &[u8; 32], token: &str) -> Value {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    let decoded = jsonwebtoken::decode(token, &DecodingKey::from_secret(key), &validation);
    decoded.expect("a token of this store").claims
}

fn ends_ms(claims: &Value) -> i64 {
    claims["exp_ms"].as_i64().expect("an instant")
}

/// The token, whole lives older.
fn aged(key: &[u8; 32], token: &str) -> String {
    let mut claims = claims(key, token);
    let life = i64::try_from(LIFE.as_secs()).expect("a minute");
    for (name, units) in [("iat", 1), ("exp", 1), ("exp_ms", 1_000)] {
        let at = claims[name].as_i64().expect("an instant");
        claims[name] = json!(at - life * units);
    }
    let key = EncodingKey::from_secret(key);
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).expect("it can be signed")
}
