//! `bookonce restore`: a store is made once, of a backup that is as it was taken, or none is made.

use serde_json::{Value, json};

use crate::backup::{Served, refused, served, store_of};
use crate::place::{Place, SIGABRT};
use crate::process::{Process, Ran, TIMEOUT};
use crate::verify::break_file;
use crate::workload::{RESERVE, Sale, plain_event};

const BACKUP: &str = "b.db";

fn restore(place: &Place, from: &str, to: &str) -> Ran {
    place.run(&["restore", from, "--store", &format!("sqlite:{to}")])
}

fn restore_unverified(place: &Place, from: &str, to: &str) -> Ran {
    let to = format!("sqlite:{to}");
    place.run(&["restore", from, "--store", &to, "--accept-unverified"])
}

#[track_caller]
fn take(place: &Place) {
    let taken = place.run(&["backup", BACKUP]);
    assert_eq!(taken.code(), Some(0), "{taken:?}");
}

#[test]
fn what_came_after_the_backup_is_gone_and_keys_of_it_are_new() {
    let Served { place, key, server } = served();
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(10, 1));
    let before = client.post(RESERVE, "before", &sale.reserve(0, 4, "ann"));
    take(&place);
    let after = client.post(RESERVE, "after", &sale.reserve(0, 5, "ben"));
    assert_eq!((before.status, after.status), (201, 201));
    server.stop();

    assert_eq!(restore(&place, BACKUP, "r.db").code(), Some(0));
    let server = place.serve(&["--store", "sqlite:r.db"]);
    let mut client = server.client(&key);
    let again = client.post(RESERVE, "before", &sale.reserve(0, 4, "ann"));
    assert_eq!((again.is_replay(), again.body), (true, before.body));
    let second = client.post(RESERVE, "after", &sale.reserve(0, 5, "ben"));
    assert!(!second.is_replay() && second.status == 201 && second.body != after.body, "{second:?}");
    server.stop();
    assert_eq!(place.run(&["verify", "--store", "sqlite:r.db"]).code(), Some(0));
}

#[test]
fn a_store_is_restored_once_and_never_over_another() {
    let Served { place, server, .. } = served();
    take(&place);
    refused(&restore(&place, BACKUP, "bookonce.db"), "another process serves the store");
    refused(&restore(&place, "bookonce.db", "r.db"), "back it up with `bookonce backup`");
    server.stop();
    refused(&restore(&place, BACKUP, "bookonce.db"), "bookonce.db already exists");
    place.write("w.db-wal", "of a store that was moved away without it");
    refused(&restore(&place, BACKUP, "w.db"), "w.db-wal belongs to another w.db");

    let done = restore(&place, BACKUP, "r.db");
    assert!(done.code() == Some(0) && done.out.contains("is incarnation 2 of sto_"), "{done:?}");
    refused(&restore(&place, BACKUP, "r.db"), "r.db already exists");
    refused(&place.run(&["restore"]), "which backup?");
    refused(&restore(&place, "none.db", "s.db"), "none.db: No such file");

    // Restored again and again it is another incarnation each time.
    for (from, to, incarnation) in [("r.db", "s.db", 3), ("s.db", "t.db", 4)] {
        let of = format!("sqlite:{from}");
        let next = format!("{from}.backup");
        assert_eq!(place.run(&["backup", &next, "--store", &of]).code(), Some(0));
        assert_eq!(restore(&place, &next, to).code(), Some(0));
        let server = place.serve(&["--store", &format!("sqlite:{to}")]);
        assert_eq!(store_of(&server)["incarnation"], json!(incarnation));
        server.stop();
    }
}

#[test]
fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let Served { place, key, server } = served();
    Sale::create(&mut server.client(&key), "event", &plain_event(10, 600));
    take(&place);
    server.stop();
    let whole = std::fs::read(place.path(BACKUP)).expect("the backup");
    let there = place.names();
    let check = |name: &str, bytes: &[u8], why: &str| {
        std::fs::write(place.path("x.db"), bytes).expect("a file can be written");
        let ran = restore_unverified(&place, "x.db", "r.db");
        refused(&ran, why);
        assert!(ran.log.contains("x.db") && !ran.log.contains("partial"), "{name}: {ran:?}");
        std::fs::remove_file(place.path("x.db")).expect("it is there");
        assert_eq!(place.names(), there, "{name}");
    };
    for at in (0..whole.len()).step_by(whole.len() / 12) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        check(&format!("byte {at}"), &flipped, "x.db is damaged");
    }
    check("the end is missing", &whole[..whole.len() - 7], "x.db is damaged");
    check("more is missing", &whole[..5_000], "x.db is damaged");
    check("whole pages are missing", &whole[..whole.len() / 16_384 * 8_192], "malformed");
    check("empty", b"", "x.db is empty");
    check("text", &b"not a store ".repeat(1_024), "a database of some other program");
    std::fs::write(place.path("x.db"), whole).expect("a file can be written");
    let done = restore_unverified(&place, "x.db", "r.db");
    assert_eq!(done.code(), Some(0), "its secrets are where it was: {done:?}");
}

#[test]
fn a_copy_that_was_made_by_hand_is_restored_with_its_log() {
    let Served { place, key, server } = served();
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(10, 600));
    let first = client.post(RESERVE, "hold", &sale.reserve(0, 4, "ann"));
    assert_eq!(first.status, 201);
    server.kill();
    for suffix in ["", "-wal", ".secrets"] {
        let [from, to] =
            ["bookonce.db", "copy.db"].map(|name| place.path(&format!("{name}{suffix}")));
        std::fs::copy(from, to).expect("it is there");
    }
    refused(
        &restore(&place, "copy.db", "r.db"),
        "copy.db has no seal: it is a copy that was made by",
    );
    let link = ["copy.db", "link.db"].map(|name| place.path(name));
    std::fs::hard_link(&link[0], &link[1]).expect("a link");
    refused(&restore_unverified(&place, "copy.db", "r.db"), "copy.db has several names");
    std::fs::remove_file(&link[1]).expect("it is there");
    assert_eq!(restore_unverified(&place, "copy.db", "r.db").code(), Some(0));
    let server = place.serve(&["--store", "sqlite:r.db"]);
    let again = server.client(&key).post(RESERVE, "hold", &sale.reserve(0, 4, "ann"));
    assert_eq!((again.is_replay(), again.body), (true, first.body));
    server.stop();

    // A backup has no log; one beside it is a change that was made to it.
    let whole = place.run(&["backup", BACKUP, "--store", "sqlite:r.db"]);
    assert_eq!(whole.code(), Some(0), "{whole:?}");
    place.write("b.db-wal", "a change");
    refused(&restore(&place, BACKUP, "s.db"), "somebody has written to it");
}

#[test]
fn a_backup_that_contradicts_itself_is_refused() {
    let Served { place, key, server } = served();
    let sale = Sale::create(&mut server.client(&key), "event", &plain_event(10, 600));
    server.stop();
    break_file(&place, key.account.parse().expect("an id"), sale.zone(0).parse().expect("an id"));
    take(&place);
    let there = place.names();
    let ran = restore(&place, BACKUP, "r.db");
    assert_eq!(ran.code(), Some(1), "{ran:?}");
    assert!(ran.out.contains("counters and live claims differ"), "{ran:?}");
    let ran = place.run(&["restore", BACKUP, "--store", "sqlite:r.db", "--json"]);
    let told: Value = serde_json::from_str(&ran.out).expect("one document");
    assert_eq!((ran.code(), &told["ok"]), (Some(1), &json!(false)));
    assert_eq!(place.names(), there);
}

#[test]
fn killed_it_leaves_no_store_and_can_be_started_again() {
    let Served { place, server, .. } = served();
    take(&place);
    server.stop();
    for failpoint in ["restore_copied@1", "restore_renewed@1"] {
        let mut command = place.command(&["restore", BACKUP, "--store", "sqlite:r.db"]);
        let killed = Process::spawn(command.env("BOOKONCE_FAILPOINT", failpoint));
        assert_eq!(killed.ended(TIMEOUT).signal(), Some(SIGABRT), "{failpoint}");
        assert!(!place.path("r.db").exists() && place.has_partial("r.db"));
    }
    let done = restore(&place, BACKUP, "r.db");
    assert!(done.code() == Some(0) && done.out.contains("is incarnation 2 of"), "{done:?}");
    assert!(!place.has_partial(""), "{:?}", place.names());
}

#[test]
fn without_the_right_secrets_nothing_is_served() {
    let Served { place, server, .. } = served();
    let taken = place.run(&["backup", BACKUP, "--without-secrets"]);
    assert_eq!(taken.code(), Some(0), "{taken:?}");
    server.stop();
    let ran = place.run(&["secrets", "init", "r.db.secrets"]);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let other = "b.db was not sealed with the secrets in r.db.secrets";
    refused(&restore(&place, BACKUP, "r.db"), other);
    refused(&restore_unverified(&place, BACKUP, "r.db"), other);
    assert!(!place.path("r.db").exists());
    std::fs::remove_file(place.path("r.db.secrets")).expect("it is there");
    let why = "its store's secrets, which are neither at r.db.secrets nor beside it";
    refused(&restore(&place, BACKUP, "r.db"), why);
    let done = restore_unverified(&place, BACKUP, "r.db");
    assert!(done.out.contains("First put its secrets file there: r.db.secrets"), "{done:?}");
    let ran = place.serve_with(&["--store", "sqlite:r.db"], &[]).expect_err("they are missing");
    assert!(ran.log.contains("r.db.secrets is missing"), "{ran:?}");
    let secrets = ["bookonce.db.secrets", "r.db.secrets"].map(|name| place.path(name));
    std::fs::copy(&secrets[0], &secrets[1]).expect("it is copied with its mode");
    place.serve(&["--store", "sqlite:r.db"]).stop();
}

/// Somebody who can write to the backups, and knows no secrets, puts a store of their own there.
#[test]
fn a_backup_that_somebody_else_has_made_is_refused() {
    let Served { place, server, .. } = served();
    server.stop();
    let taken = place.run(&["backup", BACKUP, "--without-secrets"]);
    assert_eq!(taken.code(), Some(0), "{taken:?}");
    let theirs = Place::plain();
    theirs.key();
    std::fs::copy(place.path(BACKUP), theirs.path("s.db")).expect("they can read it");
    std::fs::remove_file(theirs.path("bookonce.db")).expect("it is theirs");
    std::fs::copy(theirs.path("s.db"), theirs.path("bookonce.db")).expect("a copy");
    // SQLite does not see the seal: it is a store to which a key is added, and that is sealed again.
    theirs.key();
    let forged = theirs.run(&["backup", "forged.db", "--without-secrets"]);
    assert_eq!(forged.code(), Some(0), "{forged:?}");
    let keep = ["bookonce.db.secrets", "r.db.secrets"].map(|name| place.path(name));
    std::fs::copy(&keep[0], &keep[1]).expect("kept apart from the backups");
    std::fs::copy(theirs.path("forged.db"), place.path("f.db")).expect("they can write there");
    refused(&restore(&place, "f.db", "r.db"), "f.db has a seal without a key");
    assert!(!place.path("r.db").exists());
    assert_eq!(restore(&place, BACKUP, "r.db").code(), Some(0), "the real one is taken");
}

#[test]
fn a_backup_of_an_earlier_release_is_restored_when_that_is_said() {
    let Served { place, key, server } = served();
    Sale::create(&mut server.client(&key), "event", &plain_event(10, 600));
    take(&place);
    server.stop();
    // The same store with the seal that was put before there was a key in it.
    let sealed = std::fs::read(place.path(BACKUP)).expect("the backup");
    let mark = b"\nbookonce backup 2 blake3 ";
    let at = sealed.windows(mark.len()).rposition(|it| it == mark).expect("a seal");
    let (content, seal) = sealed.split_at(at);
    let hash = seal.get(mark.len()..mark.len() + 64).expect("a hash");
    let old = [content, b"\nbookonce backup 1 blake3 ", hash, b"\n"].concat();
    std::fs::write(place.path(BACKUP), old).expect("a file can be written");
    refused(&restore(&place, BACKUP, "r.db"), "has a seal without a key, of an earlier version");
    assert_eq!(restore_unverified(&place, BACKUP, "r.db").code(), Some(0));
    place.serve(&["--store", "sqlite:r.db"]).stop();
}
