//! What a server does not start with: a store that is served already, secrets that are not its own.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::place::Place;
use crate::process::{Process, TIMEOUT};
use crate::settings::is_left_out;
use crate::workload::{EVENTS, RESERVE, Sale, plain_event};

const SECRETS: &str = "bookonce.db.secrets";

/// It does not serve, exits with 2 and says why.
#[track_caller]
fn check_refused(place: &Place, arguments: &[&str], why: &str) {
    let ran = place.serve_with(arguments, &[]).expect_err("it does not serve");
    assert_eq!((ran.code(), ran.out.as_str()), (Some(2), ""), "{ran:?}");
    assert!(ran.log.contains(why), "{why} is not in {ran:?}");
}

#[test]
fn a_store_is_served_once() {
    if is_left_out("file that only one process may serve") {
        return;
    }
    let place = Place::new();
    let key = place.key();
    let server = place.serve(&[]);
    std::os::unix::fs::symlink(place.path("bookonce.db"), place.path("link.db")).expect("a link");
    let secrets = (place.path(SECRETS), place.path("link.db.secrets"));
    std::os::unix::fs::symlink(secrets.0, secrets.1).expect("a link");
    let whole = format!("sqlite://{}", place.path("bookonce.db").display());
    for store in ["sqlite:bookonce.db", "sqlite:link.db", &whole] {
        check_refused(&place, &["--store", store], "another process serves the store at ");
    }
    server.client(&key).get(EVENTS).expect(200);
    server.kill();
    // The right to serve ends with the process, whatever ended it.
    place.serve(&[]).client(&key).get(EVENTS).expect(200);
}

#[test]
fn an_address_that_is_taken_is_told() {
    let place = Place::new();
    let server = place.serve(&[]);
    let address = server.address.to_string();
    let listen = ["--listen", address.as_str(), "--store", "sqlite:other.db"];
    check_refused(&place, &listen, &format!("cannot listen on {address}"));
}

#[test]
fn secrets_are_the_stores_own() {
    if is_left_out("place beside the store") {
        return;
    }
    let (place, other) = (Place::new(), Place::new());
    let key = place.key();
    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(10, 600));
    let body = sale.reserve(0, 2, "ann");
    let answer = client.post(RESERVE, "hold", &body);
    server.stop();
    other.serve(&[]).stop();

    let secrets = place.path(SECRETS);
    let mode = std::fs::metadata(&secrets).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    set_permissions(&secrets, Permissions::from_mode(0o640)).expect("its mode can be set");
    check_refused(&place, &[], &format!("can be read by others; run: chmod 600 {SECRETS}"));

    let aside = place.path("aside");
    std::fs::rename(&secrets, &aside).expect("it can be moved");
    check_refused(&place, &[], "is missing, and this store was made with one");
    assert!(!secrets.exists(), "none is made in its place");
    std::fs::copy(other.path(SECRETS), &secrets).expect("it can be copied");
    check_refused(&place, &[], "is not the one that this store was made with");
    place.write(SECRETS, "version = 1\nmaster_key = 'short'\n");
    check_refused(&place, &[], "is not a valid secrets file: its key is damaged");

    std::fs::remove_file(&secrets).expect("it can be removed");
    set_permissions(&aside, Permissions::from_mode(0o600)).expect("its mode can be set");
    let server = place.serve(&["--secrets.file", "aside"]);
    let again = server.client(&key).post(RESERVE, "hold", &body);
    assert_eq!((again.is_replay(), again.body), (true, answer.body));
}

#[test]
fn secrets_may_lie_elsewhere() {
    if is_left_out("place beside the store") {
        return;
    }
    let place = Place::new();
    std::fs::create_dir(place.path("vault")).expect("a folder");
    let server = place.serve(&["--secrets.file", "vault/secrets"]);
    server.stop();
    assert!(place.path("vault/secrets").exists() && !place.path(SECRETS).exists());
    let names = std::fs::read_dir(place.path("vault")).expect("it can be listed").count();
    assert_eq!(names, 1, "nothing else is left there");
    check_refused(&place, &["--secrets.file", "nowhere/secrets"], "nowhere/secrets is missing");
    let new = ["--secrets.file", "nowhere/secrets", "--store", "sqlite:new.db"];
    check_refused(&place, &new, "the secrets file nowhere/secrets: No such file");
}

/// A slip in the settings file names the file, the line or the name and what is expected, and never what
/// stands there.
#[test]
fn a_slip_in_the_settings_shows_no_secret() {
    let place = Place::plain();
    for (text, told) in [
        ("store = postgres://q:hunter2@h/d\n", "bookonce.toml, line 1: store: not TOML"),
        ("[metrics]\n\ntoken = \"hunter2\n", "bookonce.toml, line 3: token: not TOML"),
        ("[metrics]\ntoken \"hunter2\"\n", "bookonce.toml, line 2: not TOML"),
        ("[metrics]\ntoken = \"a\"\ntoken = \"hunter2\"\n", "bookonce.toml, line 3: token: not"),
        ("metrics = \"hunter2\"\n", "bookonce.toml: metrics: found a text, expected struct"),
        ("queue_max = \"hunter2\"\n", "bookonce.toml: queue_max: found a text, expected usize"),
        ("writers = -17\n", "bookonce.toml: writers: found a number, expected usize"),
        (
            "[log]\nformat = \"hunter2\"\n",
            "bookonce.toml: log.format: expected one of `text`, `json`",
        ),
        ("[metrics]\ntokne = \"hunter2\"\n", "found `tokne`, expected one of `token`"),
        ("\"hunter2@h\" = 1\n", "found another, expected one of `listen`, `store`"),
        ("[[store]]\nx = \"hunter2\"\n", "bookonce.toml: store: found a list, expected a string"),
    ] {
        place.write("bookonce.toml", text);
        let ran = place.run(&["serve"]);
        assert_eq!((ran.code(), ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.log.contains(told), "{told} is not in {ran:?}");
        assert!(!ran.log.contains("hunter2") && !ran.log.contains("17"), "{ran:?}");
    }
    std::fs::write(place.path("bookonce.toml"), b"store = \"\xff\"").expect("it is written");
    assert!(place.run(&["serve"]).log.contains("bookonce.toml: not a text in UTF-8"));
}

/// A secret that was not mounted opens nothing.
#[test]
fn an_empty_token_of_the_metrics_is_refused() {
    let place = Place::plain();
    let told = "the setting metrics.token: must not be empty";
    for token in ["", " "] {
        let mut serve = place.command(&["serve", "--listen", "127.0.0.1:0"]);
        let ran = Process::spawn(serve.env("BOOKONCE_METRICS_TOKEN", token)).ended(TIMEOUT);
        assert_eq!(ran.code(), Some(2), "{ran:?}");
        assert!(ran.log.contains(told), "{ran:?}");
    }
    place.write("bookonce.toml", "[metrics]\ntoken = \"\"\n");
    let ran = place.run(&["serve"]);
    assert!(ran.code() == Some(2) && ran.log.contains(told), "{ran:?}");
}

/// What stands there may be a secret that was put into the wrong place: it is not shown.
#[test]
fn a_public_url_that_is_no_origin_is_refused() {
    let place = Place::plain();
    let told = "the setting public_url: must be where clients reach the server, without a path";
    for wrong in [
        "",
        "hunter2",
        "tickets.example",
        "https://tickets.example/",
        "https://tickets.example/hunter2",
        "https://ann:hunter2@tickets.example",
        "ftp://hunter2.example",
        "https://tickets.example:443",
    ] {
        let ran = place.run(&["config", "--public-url", wrong]);
        assert_eq!((ran.code(), ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.log.contains(told) && !ran.log.contains("hunter2"), "{ran:?}");
    }
    let ran = place.run(&["config", "--public-url", "https://tickets.example"]);
    let line = "public_url = \"https://tickets.example\"";
    assert!(ran.code() == Some(0) && ran.out.contains(line), "{ran:?}");
}
