//! `bookonce bench`: each workload keeps what was promised, and says so.

use serde_json::json;

use crate::place::Place;

fn bench(place: &Place, workload: &str, more: &[&str]) -> serde_json::Value {
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
        let shown = bench(&Place::new(), workload, &[]);
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
fn what_can_not_be_measured_is_named() {
    let place = Place::new();
    for (args, named) in [
        (["bench", "rush", "--connections", "0"], "--connections: must be 1 to 5000"),
        (["bench", "rush", "--connections", "5001"], "--connections: must be 1 to 5000"),
        (["bench", "rush", "--seconds", "0"], "--seconds and --rate: must be at least 1"),
        (["bench", "rush", "--rate", "0"], "--seconds and --rate: must be at least 1"),
    ] {
        let ran = place.run(&args);
        assert_eq!(ran.code(), Some(2), "{ran:?}");
        assert!(ran.log.contains(named), "{ran:?}");
    }
}
