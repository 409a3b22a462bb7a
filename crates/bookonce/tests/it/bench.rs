//! `bookonce bench`: each workload keeps what was promised, and says so.

use serde_json::{Value, json};

use crate::http::Client;
use crate::place::{Place, id};
use crate::process::{Process, Ran, TIMEOUT};

fn bench(place: &Place, workload: &str, more: &[&str]) -> Value {
    let mut args = vec!["bench", workload, "--connections", "8", "--seconds", "1", "--json"];
    args.extend(more);
    place.run(&args).json()
}

#[test]
fn every_workload_is_measured_and_checked() {
    for (workload, statuses) in [
        ("rush", ["201"].as_slice()),
        ("flow", &["200", "201"]),
        ("replay", &["201"]),
        ("soldout", &["409"]),
        ("mixed", &["200", "201", "409"]),
    ] {
        let mut shown = bench(&Place::new(), workload, &[]);
        let verified = shown["check"]["verify"].as_object_mut().expect("an object");
        let gone = ["store", "bookings", "events"].map(|looked_at| verified.remove(looked_at));
        assert!(gone[1].as_ref().is_some_and(|bookings| *bookings != json!(0)), "{gone:?}");
        let clean = json!({
            "ok": true, "oversold": 0, "lost": 0, "doubled": 0, "wrong": 0, "wrong_examples": [],
            "verify": {
                "ok": true, "oversold": 0, "duplicated": 0, "leaked": 0, "unbalanced": 0,
                "orphaned": 0, "details": [],
            },
        });
        assert_eq!(shown["check"], clean, "{workload}");
        let measured = shown["measured"]["statuses"].as_object().expect("statuses");
        assert!(measured.keys().eq(statuses), "{workload}: {measured:?}");
        assert!(shown["ratio_to_ceiling"].as_f64().expect("a ratio") > 0.0);
    }
}

#[test]
fn a_rate_is_kept() {
    let shown = bench(&Place::new(), "rush", &["--rate", "50"]);
    let requests = shown["measured"]["requests"].as_u64().expect("a count");
    assert!((25..=60).contains(&requests), "{requests} in a second");
}

#[test]
fn what_cannot_be_measured_is_named() {
    let place = Place::new();
    for (args, named) in [
        (["bench", "rush", "--connections", "0"], "--connections: must be 1 to 5000"),
        (["bench", "rush", "--connections", "5001"], "--connections: must be 1 to 5000"),
        (["bench", "rush", "--seconds", "0"], "--seconds and --rate: must be at least 1"),
        (["bench", "rush", "--rate", "0"], "--seconds and --rate: must be at least 1"),
        (["bench", "rush", "--earlier", "100000001"], "--earlier: must be at most 100000000"),
    ] {
        let ran = place.run(&args);
        assert_eq!(ran.code(), Some(2), "{ran:?}");
        assert!(ran.log.contains(named), "{ran:?}");
    }
}

#[test]
fn webhooks_are_measured_and_none_is_lost() {
    let place = Place::new();
    let args =
        ["bench", "webhooks", "--connections", "8", "--seconds", "1", "--rate", "50", "--json"];
    // Seven parts, and a thousand endpoints to make.
    let shown = Process::spawn(&mut place.command(&args)).ended(TIMEOUT * 4).json();
    assert_eq!((&shown["ok"], &shown["check"]["ok"]), (&json!(true), &json!(true)), "{shown}");
    let at_rate = &shown["at_rate"]["event_to_delivery"];
    let deliveries = at_rate["deliveries"].as_u64().expect("a count");
    assert!((1..=60).contains(&deliveries), "{shown}");
    let endpoints = &shown["endpoints"];
    assert_eq!(endpoints["count"], 1_000);
    for lags in [at_rate, &endpoints["all_answer"], &endpoints["one_hangs"]] {
        assert_eq!((&lags["lost"], &lags["repeated"]), (&json!(0), &json!(0)), "{shown}");
        assert!(lags["max_ms"].as_u64() > Some(0), "{shown}");
    }
    let all = endpoints["all_answer"]["deliveries"].as_u64().expect("a count");
    assert!(all >= 999, "an event of each account to each endpoint but one: {shown}");
    for (part, figure) in [
        ("sustained", "deliveries_per_second"),
        ("sustained", "server_cpu_micros_per_delivery"),
        ("rush", "with_per_second"),
        ("rush", "ratio"),
    ] {
        assert!(shown[part][figure].as_f64() > Some(0.0), "{part} {figure}: {shown}");
    }
    assert_eq!(place.run(&["bench", "webhooks", "--earlier", "1"]).code(), Some(2));
}

/// Measures the store of the place, which stays.
fn bench_here(place: &Place, more: &[&str]) -> Ran {
    let mut args = vec!["bench", "rush", "--connections", "8", "--seconds", "1", "--json"];
    let store = if place.is_on_postgres() {
        place.database().url()
    } else {
        "sqlite:bookonce.db".to_owned()
    };
    args.extend(["--store", &store]);
    args.extend(more);
    place.run(&args)
}

/// The event of earlier bookings.
fn event(client: &mut Client, name: &str) -> Value {
    let events = client.get("/api/v1/events").expect(200);
    let mut events = events["data"].as_array().expect("a list").iter();
    events.find(|event| event["name"] == name).expect("it is there").clone()
}

/// How many of the event's bookings are confirmed, and how many have expired.
fn earlier(client: &mut Client, event: &Value) -> [usize; 2] {
    ["confirmed", "expired"].map(|status| {
        let mut path = format!("/api/v1/bookings?limit=100&status={status}&event_id={}", id(event));
        let mut count = 0;
        loop {
            let page = client.get(&path).expect(200);
            count += page["data"].as_array().expect("a list").len();
            let Some(next) = page["next"].as_str() else { return count };
            let (before, _) = path.split_once("&after=").unwrap_or((&path, ""));
            path = format!("{before}&after={next}");
        }
    })
}

#[test]
fn a_store_can_have_earlier_bookings() {
    let place = Place::new();
    let shown = bench_here(&place, &["--earlier", "300"]).json();
    assert_eq!(shown["check"]["ok"], true, "{shown}");
    let server = &shown["server"];
    assert_eq!((&server["earlier"], &server["overdue"]), (&json!(300), &json!(false)));
    assert!(server["ready_seconds"].as_f64().expect("a time") > 0.0);
    let [now, most] = ["memory_bytes", "memory_bytes_max"].map(|name| server[name].as_u64());
    assert!(now > Some(1_000_000) && now <= most, "{server}");
    // Nothing of it is due.
    let nothing = json!({"answers": 0, "tombstones": 0, "activity": 0, "deliveries": 0});
    assert_eq!(server["removed_in_all"], nothing);

    // They are there once, and measured again as they are.
    let again = bench_here(&place, &["--earlier", "300"]).json();
    assert_eq!((&again["server"]["earlier"], &again["check"]["ok"]), (&json!(300), &json!(true)));
    let more = bench_here(&place, &["--earlier", "310"]);
    assert_eq!(more.code(), Some(2), "{more:?}");
    let told = "this store has other earlier bookings, 210 of them confirmed instead of 217";
    assert!(more.log.contains(told), "{more:?}");
    let overdue = bench_here(&place, &["--earlier", "300", "--overdue"]);
    assert_eq!(overdue.code(), Some(2), "{overdue:?}");
    assert!(overdue.log.contains("something happened in this store since"), "{overdue:?}");

    let key = place.key_with(&["--account", "bench"]);
    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let event = event(&mut client, "Bench, earlier");
    assert_eq!(earlier(&mut client, &event), [210, 90]);
    server.kill();
    place.verify();
}

#[test]
fn clean_up_of_earlier_bookings_can_be_measured() {
    let place = Place::new();
    let shown = bench_here(&place, &["--earlier", "40", "--overdue"]).json();
    assert_eq!(shown["check"]["ok"], true, "{shown}");
    let server = &shown["server"];
    assert_eq!((&server["earlier"], &server["overdue"]), (&json!(40), &json!(true)));
    let removed = &server["removed_in_all"];
    assert!(removed["answers"].as_u64() > Some(0), "{server}");
    assert_eq!(removed["tombstones"], 0, "they are kept on from then: {server}");

    let key = place.key_with(&["--account", "bench"]);
    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let event = event(&mut client, "Bench, overdue");
    assert_eq!(earlier(&mut client, &event), [28, 12], "bookings are kept for ever");
    server.kill();
    place.verify();
}
