//! `bookonce migrate-store`: what it prints, what it exits with, and that clients notice nothing but
//! the address.

use peers::cluster::Database;
use serde_json::json;

use crate::place::{Place, SIGABRT};
use crate::process::{Process, Ran, TIMEOUT};
use crate::workload::{RESERVE, Sale, plain_event};

const FROM: &str = "sqlite:bookonce.db";

fn migrate(place: &Place, to: &str, more: &[&str]) -> Ran {
    place.run(&[&["migrate-store", "--from", FROM, "--to", to], more].concat())
}

#[track_caller]
fn refused(ran: &Ran, why: &str) {
    assert_eq!(
        (ran.code(), ran.out.as_str(), ran.log.lines().count()),
        (Some(2), "", 1),
        "{ran:?}"
    );
    assert!(ran.log.contains(why), "{ran:?}");
}

#[test]
fn what_cannot_be_moved_is_told_without_its_password() {
    let place = Place::plain();
    let move_it = |from, to| place.run(&["migrate-store", "--from", from, "--to", to]);
    let nowhere = "postgres://me:hush@127.0.0.1:1/none";
    refused(&move_it("sqlite:none.db", nowhere), "there is no store at none.db");
    assert!(!place.path("none.db.lock").exists(), "looking makes nothing");
    for (from, to) in [(nowhere, nowhere), (FROM, "mysql://me:hush@there"), (FROM, FROM)] {
        let ran = move_it(from, to);
        assert!(ran.code() == Some(2) && !ran.log.contains("hush"), "{ran:?}");
    }
    place.key();
    let ran = move_it(FROM, nowhere);
    assert!(ran.code() == Some(2) && !ran.log.contains("hush"), "{ran:?}");
    place.serve(&[]).stop();
}

#[test]
fn clients_notice_nothing_but_the_address() {
    let (place, database) = (Place::plain(), Database::new());
    let (key, url) = (place.key(), database.url());
    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(10, 600));
    let first = client.post(RESERVE, "hold", &sale.reserve(0, 2, "ann"));
    assert_eq!(first.status, 201);
    refused(&migrate(&place, &url, &[]), "another process serves");
    server.stop();

    // Killed half way: neither is served until it is done.
    let mut command = place.command(&["migrate-store", "--from", FROM, "--to", &url]);
    let killed = Process::spawn(command.env("BOOKONCE_FAILPOINT", "before_commit@4"));
    assert_eq!(killed.ended(TIMEOUT).signal(), Some(SIGABRT));
    refused(&place.run(&["keys", "list"]), "is being moved to 127.0.0.1:");
    place.serve_with(&[], &[]).expect_err("it is on its way");
    let target = ["--store", &url, "--secrets.file", "bookonce.db.secrets"];
    let half = place.serve_with(&target, &[]).expect_err("it is not whole");
    assert!(half.log.contains("is not finished: run migrate-store again"), "{half:?}");
    refused(&place.run(&["verify", "--store", &url]), "is not finished: run migrate-store again");

    let done = migrate(&place, &url, &["--json"]).json();
    assert_eq!((&done["ok"], &done["already_moved"]), (&json!(true), &json!(false)), "{done}");
    assert_eq!(done["tables"]["bookings"], json!({"source": 1, "target": 1}), "{done}");
    assert_eq!(done["tables"].as_object().map(serde_json::Map::len), Some(21), "{done}");
    let again = migrate(&place, &url, &[]);
    assert!(again.out.ends_with(" before; nothing was changed.\n"), "{again:?}");
    let gone = place.serve_with(&[], &[]).expect_err("it was moved");
    assert!(gone.log.contains("was moved to 127.0.0.1:"), "{gone:?}");
    refused(&migrate(&place, &url, &["--abandon"]), "the move is finished");
    place.verify();
    assert_eq!(place.run(&["verify", "--store", &url]).code(), Some(0));

    let server = place.serve(&target);
    let mut client = server.client(&key);
    let replay = client.post(RESERVE, "hold", &sale.reserve(0, 2, "ann"));
    assert!(replay.is_replay() && replay.body == first.body, "{replay:?}, not {first:?}");
    client.post(RESERVE, "hold-2", &sale.reserve(0, 8, "ben")).expect(201);
    client.post(RESERVE, "hold-3", &sale.reserve(0, 1, "cid")).expect(409);
    server.stop();
}

#[test]
fn a_move_can_be_given_up() {
    let (place, database) = (Place::plain(), Database::new());
    let url = database.url();
    place.key();
    refused(&migrate(&place, &url, &["--abandon"]), "this store is not being moved");
    let mut command = place.command(&["migrate-store", "--from", FROM, "--to", &url]);
    let killed = Process::spawn(command.env("BOOKONCE_FAILPOINT", "before_commit@3"));
    assert_eq!(killed.ended(TIMEOUT).signal(), Some(SIGABRT));
    assert_eq!(migrate(&place, &url, &["--abandon"]).code(), Some(0));
    place.serve(&[]).stop();
    let done = migrate(&place, &url, &[]);
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(done.out.contains("           2  accounts\n"), "{done:?}");
    assert!(done.out.ends_with("Serve that from now on.\n"), "{done:?}");
}
