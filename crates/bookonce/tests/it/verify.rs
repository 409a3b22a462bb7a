//! `bookonce verify`: what it prints, what it exits with, and that it finds what is wrong.

use domain::id::{AccountId, ZoneId};
use domain::pool::{Pool, PoolId};
use domain::world::Change;
use domain::{Keys, World};
use engine::{Batch, BatchId, Store as _};
use serde_json::json;
use store_sqlite::{Options, SqliteStore};

use crate::place::Place;
use crate::process::{Process, TIMEOUT};
use crate::settings::{is_left_out, is_postgres};
use crate::workload::{RESERVE, Sale, plain_event};

/// Writes a counter that no booking accounts for, past all decisions.
fn break_counter(place: &Place, account: &str, zone: &str) {
    if is_postgres() {
        let row = format!("account_id = '{account}' and owner_id = '{zone}'");
        return place.database().execute(&format!("update pools set held = 3 where {row}"));
    }
    break_file(place, account.parse().expect("an id"), zone.parse().expect("an id"));
}

/// The same in a file that nobody serves.
pub(crate) fn break_file(place: &Place, account: AccountId, zone: ZoneId) {
    let store = SqliteStore::open(&place.path("bookonce.db"), Options::default());
    let mut store = store.expect("the store opens");
    let now = store.last_instant().expect("it can be read").expect("something was committed");
    let mut tx = store.begin().expect("a transaction");
    let (mut world, mut keys) = (World::default(), Keys::default());
    let pool = PoolId::zone(zone);
    keys.pools.insert((account, pool));
    tx.load(&keys, &mut world).expect("the pool can be read");
    let wrong = Pool::from_parts(10, 3, 0).expect("within the capacity");
    world.apply(Change::put((account, pool), wrong));
    let batch = Batch { id: BatchId(1), now, world: &world, emitted: &[], key_usage: &[] };
    tx.commit(&batch).expect("it is written");
}

#[test]
fn exits_by_what_it_finds() {
    let place = Place::new();
    let missing = place.run(&["verify", "--json"]);
    assert_eq!((missing.code(), missing.out.as_str()), (Some(2), ""));
    let told = if is_postgres() { "there is no store" } else { "there is no store at bookonce.db" };
    assert!(missing.log.contains(told), "{missing:?}");
    assert!(!place.path("bookonce.db").exists(), "looking makes nothing");

    let key = place.key();
    place.verify();
    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(10, 600));
    client.post(RESERVE, "hold", &sale.reserve(0, 2, "ann")).expect(201);
    place.verify();
    let plain = place.run(&["verify"]);
    assert_eq!(plain.code(), Some(0));
    assert_eq!(plain.out.lines().count(), 6, "{plain:?}");
    let last = plain.out.lines().next_back().expect("a last line");
    assert!(
        last.contains(": 1 booking in 1 event, ") && last.ends_with(" s: every invariant holds"),
        "{last}"
    );
    server.stop();

    break_counter(&place, &key.account, sale.zone(0));
    let broken = place.run(&["verify", "--json"]);
    assert_eq!((broken.code(), broken.log.as_str()), (Some(1), ""), "{broken:?}");
    let mut report: serde_json::Value = serde_json::from_str(&broken.out).expect("one document");
    let details = report["details"].take();
    assert!(report["store"].take().is_string(), "{report}");
    assert_eq!(
        report,
        json!({"ok": false, "store": null, "bookings": 1, "events": 1, "oversold": 0, "duplicated": 0, "leaked": 1, "unbalanced": 0,
            "orphaned": 0, "details": null})
    );
    let detail = details[0].as_str().expect("a detail");
    assert!(detail.contains("counters and live claims differ"), "{detail}");
    let plain = place.run(&["verify"]);
    assert_eq!(plain.code(), Some(1));
    assert!(plain.out.contains("       1  leaked") && plain.out.contains(detail), "{plain:?}");
    assert!(plain.out.ends_with(" s: 1 violation\n"), "{plain:?}");
}

#[test]
fn what_is_no_store_is_told() {
    if is_left_out("file that could be anything else") {
        return;
    }
    let place = Place::new();
    place.write("bookonce.db", &"a text that is long enough to be looked at ".repeat(200));
    for command in ["verify", "serve"] {
        let ran = place.run(&[command]);
        assert_eq!((ran.code(), ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.log.contains("a database of some other program"), "{ran:?}");
    }
}

#[test]
fn takes_the_same_settings_as_the_server() {
    let place = Place::new();
    place.key();
    // How long answers are kept decides which of them may be gone.
    for variable in ["BOOKONCE_RETENTION_ANSWER_HOURS", "BOOKONCE_RETENTION_TOMBSTONE_DAYS"] {
        let mut command = place.command(&["verify"]);
        let ran = Process::spawn(command.env(variable, "a while")).ended(TIMEOUT);
        assert_eq!(ran.code(), Some(2), "{variable}: {ran:?}");
        assert!(ran.log.contains("'a while' for '--retention."), "{ran:?}");
    }
    let given = ["verify", "--retention.answer-hours", "1", "--retention.tombstone-days", "0"];
    assert_eq!(place.run(&given).code(), Some(0));
}
