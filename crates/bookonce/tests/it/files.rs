//! The files that the program makes and opens: whose they are, by which names, and what becomes of a
//! server whose store is taken away.

use std::fs::{Permissions, hard_link, rename, set_permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use crate::backup::{Served, refused, served};
use crate::buyers::Rush;
use crate::kill::{BUYERS, OnSale, open};
use crate::place::Place;
use crate::process::{Process, TIMEOUT};
use crate::settings::{poll, tell};
use crate::workload::{RESERVE, Sale, plain_event};

const STORE: [&str; 5] = [
    "bookonce.db",
    "bookonce.db-shm",
    "bookonce.db-wal",
    "bookonce.db.lock",
    "bookonce.db.secrets",
];

fn mode(place: &Place, name: &str) -> u32 {
    place.path(name).metadata().expect("it is there").permissions().mode() & 0o777
}

/// The program, under a mask that takes nothing away.
fn unmasked(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new("bash");
    let script = "umask 000; exec \"$0\" \"$@\"";
    place.settle_in(command.args(["-c", script, env!("CARGO_BIN_EXE_bookonce")]).args(arguments));
    command
}

#[test]
fn every_file_is_for_its_owner_alone_whatever_the_mask() {
    for command in [["serve"].as_slice(), &["keys", "create", "--account", "x"]] {
        let place = Place::plain();
        if command[0] == "keys" {
            let made = Process::spawn(&mut unmasked(&place, command)).ended(TIMEOUT);
            assert_eq!(made.code(), Some(0), "{made:?}");
            assert_eq!(mode(&place, "bookonce.db"), 0o600);
        }
        let server = place.serve_by(&mut unmasked(&place, &["serve"])).expect("it serves");
        assert_eq!(place.names(), STORE);
        for arguments in [&["backup", "b.db"], &["secrets", "init"]] {
            let arguments = if arguments[0] == "secrets" {
                vec!["secrets", "init", "nodes.secrets"]
            } else {
                arguments.to_vec()
            };
            let ran = Process::spawn(&mut unmasked(&place, &arguments)).ended(TIMEOUT);
            assert_eq!(ran.code(), Some(0), "{ran:?}");
        }
        let arguments = ["restore", "b.db", "--store", "sqlite:r.db"];
        let ran = Process::spawn(&mut unmasked(&place, &arguments)).ended(TIMEOUT);
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        for name in place.names() {
            assert_eq!(mode(&place, &name), 0o600, "{name}");
        }
        server.stop();
    }
}

#[test]
fn a_store_that_others_can_read_is_told() {
    let place = Place::plain();
    place.serve(&[]).stop();
    let serve = || {
        let server = place.serve(&[]);
        server.process.signal("TERM");
        server.process.ended(TIMEOUT).log
    };
    let log = serve();
    assert!(!log.contains("WARN"), "{log}");
    set_permissions(place.path("bookonce.db"), Permissions::from_mode(0o644)).expect("it is ours");
    let log = serve();
    let told = "run: chmod go= bookonce.db";
    assert!(log.contains("other users can read or lock the store") && log.contains(told), "{log}");
}

#[test]
fn nothing_that_somebody_has_prepared_is_taken_or_overwritten() {
    let Served { place, server, .. } = served();
    place.write("precious", "of the operator");
    for name in ["b.db", "b.db.secrets", "r.db", "r.db.secrets"] {
        symlink(place.path("precious"), place.path(&format!("{name}.partial"))).expect("a link");
    }
    for command in [&["backup", "b.db"][..], &["restore", "b.db", "--store", "sqlite:r.db"]] {
        let ran = place.run(command);
        assert_eq!(ran.code(), Some(0), "{ran:?}");
    }
    for name in ["b.db", "b.db.secrets", "r.db", "r.db.secrets"] {
        let made = place.path(name).symlink_metadata().expect("it is there");
        assert!(made.is_file(), "{name} is no link");
    }
    let precious = std::fs::read_to_string(place.path("precious")).expect("it is there");
    assert_eq!(precious, "of the operator");
    server.stop();
}

#[test]
fn a_store_with_two_names_is_served_by_none() {
    let Served { place, server, .. } = served();
    hard_link(place.path("bookonce.db"), place.path("other.db")).expect("a link");
    let secrets = ["bookonce.db.secrets", "other.db.secrets"].map(|name| place.path(name));
    hard_link(&secrets[0], &secrets[1]).expect("a link");
    let there = place.names();
    let why = "has 2 names (hard links)";
    for name in ["sqlite:other.db", "sqlite:bookonce.db"] {
        let ran = place.serve_with(&["--store", name], &[]).expect_err("it does not serve");
        assert!(ran.code() == Some(2) && ran.log.contains(why), "{ran:?}");
        for command in [&["backup", "b.db"][..], &["verify"], &["keys", "list"]] {
            refused(&place.run(&[command, &["--store", name]].concat()), why);
        }
    }
    assert_eq!(place.names(), there, "nothing is left behind");
    std::fs::remove_file(place.path("other.db")).expect("it is there");
    assert_eq!(place.run(&["verify"]).code(), Some(0));
    server.stop();
}

#[test]
fn a_log_whose_store_is_gone_is_not_destroyed() {
    let Served { place, key, server } = served();
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(100, 600));
    for number in 0..25 {
        client.post(RESERVE, &format!("hold-{number}"), &sale.reserve(0, 1, "ann")).expect(201);
    }
    server.kill();
    rename(place.path("bookonce.db"), place.path("aside")).expect("it is there");
    let (there, log) =
        (place.names(), std::fs::read(place.path("bookonce.db-wal")).expect("a log"));
    let why = "there is no store at bookonce.db, but ";
    for command in [&["serve"][..], &["keys", "create", "--account", "x"], &["verify"]] {
        let ran = place.run(command);
        assert!(ran.code() == Some(2) && ran.log.contains(why), "{ran:?}");
        let ran = place.run(&["keys", "list"]);
        assert!(ran.code() == Some(2) && ran.log.contains("bookonce.db-wal is there"), "{ran:?}");
    }
    assert_eq!(place.names(), there);
    assert_eq!(std::fs::read(place.path("bookonce.db-wal")).expect("a log"), log);
    rename(place.path("aside"), place.path("bookonce.db")).expect("it is put back");
    let server = place.serve(&[]);
    let held = server.client(&key).get(&sale.availability(0)).expect(200)["held"].clone();
    assert_eq!(held, 25, "nothing of it is lost");
}

/// What was acknowledged is in the files that were moved; nothing was afterwards.
#[test]
fn a_server_whose_store_is_taken_away_acknowledges_nothing_more_and_stops() {
    for name in ["bookonce.db", "bookonce.db-wal", ""] {
        let place = Place::plain();
        let folder = place.path("data");
        std::fs::create_dir(&folder).expect("a folder");
        let store = "sqlite:data/bookonce.db";
        let key = place.key_with(&["--account", "x", "--rate", "0", "--store", store]);
        let server = place.serve(&["--store", store]);
        let sale = Sale::create(&mut server.client(&key), "event", &crate::workload::event());
        let ledger = crate::ledger::Ledger::new(&place, sale);
        let (from, to) = (folder.join(name), place.path("aside"));
        let clients = (0..BUYERS).map(|_| server.client(&key)).collect();
        let (ran, rush) = Rush::during(&ledger, clients, |rush| {
            rush.answers(100);
            rename(&from, &to).expect("it is there");
            server.process.ended(TIMEOUT)
        });
        assert_eq!(ran.code(), Some(2), "{ran:?}");
        let told = "the store was taken away: ";
        assert!(ran.log.contains(told) && ran.log.contains("Put it back"), "{ran:?}");
        assert!(!ran.log.contains("panicked"), "{ran:?}");

        // A supervisor that starts it again makes no new store; put back, everything is there.
        if name == "bookonce.db" {
            let again = place.serve_with(&["--store", store], &[]).expect_err("it does not serve");
            assert!(again.log.contains("there is no store at"), "{again:?}");
        }
        if name == "bookonce.db-wal" {
            let _made_again = std::fs::remove_file(&from).is_err();
        }
        rename(&to, &from).expect("it is put back");
        let server = place.serve(&["--store", store]);
        let settled = ledger.settle(&mut server.client(&key), 0);
        assert!(settled.acknowledged > 0, "{name}: {settled:?}");
        tell(&format!("files: {name:?} moved, {settled:?}, {} were put off", rush.put_off()));
        server.stop();
    }
}

#[test]
fn a_server_that_has_nothing_to_do_notices_as_well() {
    let Served { place, server, .. } = served();
    server.ready();
    std::fs::remove_file(place.path("bookonce.db")).expect("it is there");
    let ran = server.process.ended(TIMEOUT);
    assert_eq!(ran.code(), Some(2), "{ran:?}");
    assert!(ran.log.contains("it was moved or removed"), "{ran:?}");
}

#[test]
fn a_limit_on_the_length_of_files_is_a_full_disk() {
    let place = Place::plain();
    let key = place.key();
    let script = "ulimit -f 600; exec \"$0\" serve";
    let mut command = Command::new("bash");
    place.settle_in(command.args(["-c", script, env!("CARGO_BIN_EXE_bookonce")]));
    let server = place.serve_by(&mut command).expect("it serves");
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(1_000, 600));
    let held = client.post(RESERVE, "held", &sale.reserve(0, 1, "ann"));
    let mut number = 0;
    let answer = poll(TIMEOUT, "the limit is reached", || {
        number += 1;
        let name = format!("hold-{number}");
        let answer = client.post(RESERVE, &name, &sale.reserve(0, 1, &name));
        (answer.status != 201).then_some(answer)
    });
    answer.expect(503);
    let again = client.post(RESERVE, "held", &sale.reserve(0, 1, "ann"));
    assert_eq!((again.is_replay(), again.body), (true, held.body), "reads and replays go on");
    server.ready();
    server.stop();
    // With room it goes on, and nothing has to be repaired.
    place.verify();
    let server = place.serve(&[]);
    server.client(&key).post(RESERVE, "later", &sale.reserve(0, 1, "ben")).expect(201);
    server.stop();
}

/// Runs a script in a place of its own whose folder `ro` is a read-only mount; `None` where the machine
/// does not allow that.
fn on_read_only(place: &Place, script: &str) -> Option<std::process::Output> {
    let whole = format!("mount --bind ro ro && mount -o remount,ro,bind ro || exit 77; {script}");
    let mut command = Command::new("unshare");
    command.args(["-rm", "bash", "-c", &whole, env!("CARGO_BIN_EXE_bookonce")]);
    place.settle_in(&mut command);
    let ran = command.output().ok()?;
    if ran.status.code() == Some(77) || String::from_utf8_lossy(&ran.stderr).contains("unshare:") {
        tell("files: skipped, nothing can be mounted here");
        return None;
    }
    Some(ran)
}

#[test]
fn a_read_only_file_system_is_named_and_can_be_read() {
    let place = Place::plain();
    std::fs::create_dir(place.path("ro")).expect("a folder");
    let store = ["--store", "sqlite:ro/b.db"];
    let key = place.key_with(&["--account", "x", "--store", "sqlite:ro/b.db"]);
    let server = place.serve(&store);
    Sale::create(&mut server.client(&key), "event", &plain_event(10, 600));
    let run = |command: &str| {
        let ran = on_read_only(&place, &format!("\"$0\" {command} --store sqlite:ro/b.db"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((ran.status.code(), text(&ran.stdout), text(&ran.stderr)))
    };
    let named = "the store ro/b.db cannot be opened: its file system is read-only";
    // What a server may be writing cannot be read without its WAL.
    let Some((code, _, log)) = run("verify") else { return };
    assert!(code == Some(2) && log.contains("its WAL cannot be read there"), "{log}");
    server.stop();
    for command in ["serve", "keys create --account y", "keys list"] {
        let (code, _, log) = run(command).expect("as before");
        assert!(code == Some(2) && log.contains(named), "{command}: {log}");
    }
    let (code, out, log) = run("verify --json").expect("as before");
    assert!(code == Some(0) && out.contains("\"ok\":true"), "{log}");
    let (code, _, log) = run("backup b.db").expect("as before");
    assert_eq!(code, Some(0), "{log}");
    let restored = place.run(&["restore", "b.db", "--store", "sqlite:r.db"]);
    assert_eq!(restored.code(), Some(0), "{restored:?}");
    let (code, _, log) = run("restore b.db --store sqlite:ro/new.db #").expect("as before");
    assert!(code == Some(2) && log.contains("ro: Read-only file system"), "{log}");
}

#[test]
fn buyers_on_another_name_are_refused_while_one_sells() {
    let place = Place::plain();
    let key = place.key();
    let OnSale { server, ledger } = open(&place, &key);
    symlink(place.path("bookonce.db"), place.path("link.db")).expect("a link");
    symlink(place.path("bookonce.db.secrets"), place.path("link.db.secrets")).expect("a link");
    let ran = place.serve_with(&["--store", "sqlite:link.db"], &[]).expect_err("one serves");
    assert!(ran.log.contains("another process serves the store at link.db"), "{ran:?}");
    let mut client = server.client(&key);
    ledger.settle(&mut client, 0);
    server.stop();
    // A backup through the link has what is in the log.
    let server = place.serve(&["--store", "sqlite:link.db"]);
    let sale = Sale::create(&mut server.client(&key), "another", &plain_event(10, 600));
    let taken = place.run(&["backup", "b.db", "--store", "sqlite:link.db"]);
    assert_eq!(taken.code(), Some(0), "{taken:?}");
    server.kill();
    let restored = place.run(&["restore", "b.db", "--store", "sqlite:r.db"]);
    assert_eq!(restored.code(), Some(0), "{restored:?}");
    let server = place.serve(&["--store", "sqlite:r.db"]);
    server.client(&key).get(&sale.availability(0)).expect(200);
    server.stop();
}
