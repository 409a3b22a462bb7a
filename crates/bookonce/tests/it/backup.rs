//! `bookonce backup`: what it takes while buyers buy, and that nothing is there that is not whole.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::buyers::Rush;
use crate::kill::{BUYERS, OnSale, open};
use crate::ledger::Ledger;
use crate::place::{Key, Place, SIGABRT, Server};
use crate::process::{Process, Ran, TIMEOUT};
use crate::settings::{poll, tell};
use crate::workload::{RESERVE, Sale, plain_event};

const TO: &str = "sqlite:restored.db";

#[track_caller]
pub(crate) fn refused(ran: &Ran, why: &str) {
    assert_eq!((ran.code(), ran.out.as_str()), (Some(2), ""), "{ran:?}");
    assert!(ran.log.contains(why) && ran.log.lines().count() == 1, "{ran:?}");
}

/// What a server says of its store.
pub(crate) fn store_of(server: &Server) -> Value {
    server.ready();
    let ready = server.http().send("GET", "/readyz", &[], "").expect("an answer");
    ready.expect(200)["store"].clone()
}

/// A store in a file, with a server.
pub(crate) struct Served {
    pub(crate) place: Place,
    pub(crate) key: Key,
    pub(crate) server: Server,
}

/// Whatever the tests run on.
pub(crate) fn served() -> Served {
    let place = Place::plain();
    let key = place.key();
    let server = place.serve(&[]);
    Served { place, key, server }
}

/// Takes a backup while buyers buy; what had been acknowledged when it began.
fn take_under_load(place: &Place, key: &Key, ledger: &Ledger, server: &Server) -> Ledger {
    let clients = (0..BUYERS).map(|_| server.client(key)).collect();
    let (known, rush) = Rush::during(ledger, clients, |rush| {
        rush.answers(400);
        let known = ledger.acknowledged();
        let taken = place.run(&["backup", "backup.db", "--json"]).json();
        assert_eq!(
            (&taken["incarnation"], &taken["secrets"]),
            (&json!(1), &json!("backup.db.secrets")),
            "{taken}"
        );
        let length = place.path("backup.db").metadata().expect("it is there").len();
        assert_eq!(taken["bytes"].as_u64(), Some(length));
        rush.answers(100);
        known
    });
    assert_eq!((rush.put_off(), rush.unheard()), (0, 0));
    tell(&format!("backup: {} acknowledged before, {} in all", known.len(), rush.answered()));
    known
}

#[test]
fn a_backup_under_load_has_everything_that_was_acknowledged_before() {
    let place = Place::plain();
    let key = place.key();
    let OnSale { server, ledger } = open(&place, &key);
    let known = take_under_load(&place, &key, &ledger, &server);
    for name in ["backup.db", "backup.db.secrets"] {
        let mode = place.path(name).metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let looked = place.run(&["verify", "--store", "sqlite:backup.db"]);
    assert_eq!(looked.code(), Some(0), "looking does not change it: {looked:?}");

    // Beside the one that was backed up, as on another machine.
    let restored = place.run(&["restore", "backup.db", "--store", TO, "--json"]).json();
    assert_eq!(
        (&restored["restored_incarnation"], &restored["incarnation"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(restored["missing_secrets"], Value::Null);
    assert_eq!(place.run(&["verify", "--store", TO]).code(), Some(0));
    let second = place.serve(&["--store", TO]);
    let (old, new) = (store_of(&server), store_of(&second));
    assert_eq!((&old["incarnation"], &new["incarnation"]), (&json!(1), &json!(2)));
    assert_eq!(old["id"], new["id"]);
    let settled = known.settle(&mut second.client(&key), 0);
    assert_eq!(usize::try_from(settled.acknowledged), Ok(known.len()));
    second.stop();
    assert_eq!(place.run(&["verify", "--store", TO]).code(), Some(0));

    // The other one goes on as if nothing had been.
    let mut client = server.client(&key);
    ledger.settle(&mut client, 0);
    ledger.check(&mut client);
    server.stop();
    place.verify();
}

#[test]
fn killed_it_leaves_nothing_that_could_be_taken_for_a_backup() {
    let Served { place, key, server } = served();
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(1_000, 600));
    let book = |client: &mut crate::http::Client, name: &str| {
        client.post(RESERVE, name, &sale.reserve(0, 1, "ann")).expect(201);
    };
    for (number, failpoint) in ["backup_step@1", "backup_copied@1"].into_iter().enumerate() {
        let mut command = place.command(&["backup", "b.db"]);
        let killed = Process::spawn(command.env("BOOKONCE_FAILPOINT", failpoint));
        assert_eq!(killed.ended(TIMEOUT).signal(), Some(SIGABRT), "{failpoint}");
        assert!(!place.path("b.db").exists() && place.has_partial("b.db"));
        book(&mut client, &format!("{number}"));
    }
    // SIGKILL as soon as there is something: it may be done already, but is never half done.
    let mut backup = Process::spawn(&mut place.command(&["backup", "c.db"]));
    poll(TIMEOUT, "it has begun", || {
        (place.has_partial("c.db") || place.path("c.db").exists()).then_some(())
    });
    backup = {
        backup.kill();
        Process::spawn(&mut place.command(&["backup", "b.db"]))
    };
    assert_eq!(backup.ended(TIMEOUT).code(), Some(0), "what was left is in nobody's way");
    assert!(!place.has_partial("b.db"), "{:?}", place.names());
    for name in ["b.db", "c.db"] {
        if place.path(name).exists() {
            let to = format!("sqlite:of-{name}");
            let restored = place.run(&["restore", name, "--store", &to]);
            assert_eq!(restored.code(), Some(0), "{restored:?}");
        }
    }
    book(&mut client, "after");
    server.stop();
    place.verify();
}

#[test]
fn what_cannot_be_backed_up_is_told_and_nothing_is_overwritten() {
    let Served { place, server, .. } = served();
    refused(&place.run(&["backup", "bookonce.db"]), "bookonce.db already exists");
    refused(
        &place.run(&["backup", "b.db", "--store", "sqlite:no.db"]),
        "there is no store at no.db",
    );
    refused(&place.run(&["backup", "no/b.db"]), "no: No such file");
    let there = place.run(&["backup", "b.db", "--store", "postgres://me:hush@127.0.0.1:1/none"]);
    refused(&there, "docs/operations.md");
    assert!(!there.log.contains("hush"));
    place.write("b.db.secrets", "of another store");
    refused(&place.run(&["backup", "b.db"]), "b.db.secrets already exists");
    place.write("d.db-wal", "of another file");
    refused(&place.run(&["backup", "d.db"]), "d.db-wal belongs to another d.db");
    std::fs::rename(place.path("bookonce.db.secrets"), place.path("gone")).expect("it is there");
    refused(&place.run(&["backup", "e.db"]), "bookonce.db.secrets is missing");
    for name in ["b.db", "d.db", "e.db", "no.db", "no.db.lock"] {
        assert!(!place.path(name).exists(), "{name}");
    }
    assert!(!place.has_partial(""), "{:?}", place.names());
    let elsewhere = place.run(&["backup", "e.db", "--secrets.file", "gone", "--json"]).json();
    assert_eq!(elsewhere["secrets"], "e.db.secrets");
    let without = place.run(&["backup", "f.db", "--without-secrets"]);
    assert_eq!(without.code(), Some(0), "better than none: {without:?}");
    assert!(without.out.contains("sealed without a key"), "{without:?}");
    assert!(!place.path("f.db.secrets").exists());
    server.stop();
}

#[test]
fn a_full_disk_is_told_and_the_server_goes_on() {
    let Served { place, key, server } = served();
    // A limit on the length of files stands for the disk; the shell ignores its signal.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" backup b.db";
    let mut command = Command::new("bash");
    place.settle_in(command.args(["-c", script, env!("CARGO_BIN_EXE_bookonce")]));
    let ran = Process::spawn(&mut command).ended(TIMEOUT);
    refused(&ran, "b.db could not be written");
    assert!(!place.path("b.db").exists() && !place.has_partial("b.db"));
    let mut client = server.client(&key);
    Sale::create(&mut client, "event", &plain_event(10, 600));
    server.stop();
    place.verify();
}
