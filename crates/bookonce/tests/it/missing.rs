//! A store that is not there: only who serves and who creates a key makes one.

use std::os::unix::fs::symlink;

use crate::backup::refused;
use crate::place::Place;
use crate::settings::is_postgres;

/// Every command that works on a store that is there.
fn commands() -> Vec<Vec<&'static str>> {
    let mut commands = vec![
        vec!["keys", "list"],
        vec!["keys", "list", "--json"],
        vec!["keys", "revoke", "key_01m7yt5ngte01872p7qyzw5fde"],
        vec!["verify"],
        vec!["verify", "--json"],
    ];
    if is_postgres() {
        commands.push(vec!["distribute"]);
    } else {
        commands.push(vec!["backup", "b.db"]);
        commands.push(vec!["backup", "b.db", "--without-secrets", "--json"]);
        let (from, to) = ("sqlite:bookonce.db", "postgres://127.0.0.1:1/none");
        commands.push(vec!["migrate-store", "--from", from, "--to", to]);
        commands.push(vec!["migrate-store", "--from", from, "--to", to, "--abandon"]);
    }
    commands
}

#[test]
fn nobody_makes_a_store_by_looking_for_one() {
    let place = Place::new();
    let there = place.names();
    for command in commands() {
        let ran = place.run(&command);
        let why = if is_postgres() { "there is no store" } else { "no store at bookonce.db" };
        refused(&ran, why);
        assert_eq!(place.names(), there, "{command:?} leaves nothing behind");
    }
    // A file in which nothing was made yet is no store either.
    if !is_postgres() {
        place.write("bookonce.db", "");
        for command in commands() {
            refused(&place.run(&command), "there is no store at bookonce.db");
            assert_eq!(place.names(), ["bookonce.db"], "{command:?}");
        }
        std::fs::remove_file(place.path("bookonce.db")).expect("it is there");
    }
    place.key();
    for command in commands().iter().filter(|it| it.contains(&"list") || it.contains(&"verify")) {
        assert_eq!(place.run(command).code(), Some(0), "{command:?}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_named_and_not_made() {
    let place = Place::plain();
    for command in [["serve"].as_slice(), &["keys", "create", "--account", "x"]] {
        let ran = place.run(&[command, &["--store", "sqlite:no/b.db"]].concat());
        assert_eq!(ran.code(), Some(2), "{ran:?}");
        assert!(ran.log.contains("no; make it first"), "{ran:?}");
        assert_eq!(place.names(), Vec::<String>::new());
    }
    symlink("mnt/b.db", place.path("b.db")).expect("a link");
    for command in [["serve"].as_slice(), &["keys", "create", "--account", "x"], &["verify"]] {
        let ran = place.run(&[command, &["--store", "sqlite:b.db"]].concat());
        assert!(ran.code() == Some(2) && ran.log.contains("is its disk mounted?"), "{ran:?}");
        assert_eq!(place.names(), ["b.db"]);
    }
}
