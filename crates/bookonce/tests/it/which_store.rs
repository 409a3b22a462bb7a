//! Every command says on which store it acts, and what README has for an operator is about one store.

use std::process::Command;

use crate::place::Place;
use crate::process::{Process, TIMEOUT};
use crate::settings::is_left_out;

const HEADING: &str = "## Beyond the demo";

/// The lines below the heading, for this place.
fn beyond_the_demo(place: &Place) -> String {
    let readme = include_str!("../../../../README.md");
    let (_, rest) = readme.split_once(HEADING).expect("README has it");
    let lines = rest.split("```").nth(1).and_then(|block| block.strip_prefix("sh\n"));
    let at = |name: &str| place.path(name).display().to_string();
    let lines = lines.expect("it begins with lines to paste");
    let lines = lines.replace("/var/lib/bookonce", &at("lib")).replace("/backup", &at("backup"));
    // Nothing else of them is changed.
    lines
        .replace("serve &", "serve --listen 127.0.0.1:0 2>served & server=$!; until grep -q serving served; do :; done")
        .replace("bench rush", "bench rush --seconds 1 --connections 4")
        + "\nkill $server; wait $server"
}

#[test]
fn what_readme_says_beyond_the_demo_is_about_one_store() {
    if is_left_out("file that README speaks of") {
        return;
    }
    let place = Place::plain();
    for folder in ["lib", "backup"] {
        std::fs::create_dir(place.path(folder)).expect("a folder can be made");
    }
    let mut shell = Command::new("bash");
    place.settle_in(shell.args(["-euo", "pipefail", "-c", &beyond_the_demo(&place)]));
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_bookonce")).parent().expect("a folder");
    let bin = format!("{}:/usr/bin:/bin", bin.display());
    let ran = Process::spawn(shell.env_clear().env("PATH", bin)).ended(TIMEOUT);
    assert_eq!(ran.code(), Some(0), "{ran:?}");

    let store = format!("sqlite:{}", place.path("lib/bookonce.db").display());
    assert_eq!(place.names(), ["backup", "lib", "served"], "no store but that one: {ran:?}");
    assert!(ran.log.contains(&format!("Made a new store at {store}.")), "{ran:?}");
    assert!(ran.log.contains(&format!("book,read,ops,admin, in {store}")), "{ran:?}");
    assert!(ran.log.contains(&format!("Keys in {store}:")), "{ran:?}");
    assert!(ran.out.contains(&format!("{store}: 0 bookings in 0 events, ")), "{ran:?}");
    assert!(
        ran.out.contains(&format!("has everything of {store} that was acknowledged")),
        "{ran:?}"
    );
    assert!(ran.log.contains("It was a scratch store"), "{ran:?}");
    let served = std::fs::read_to_string(place.path("served")).expect("it logged");
    assert!(served.contains(&format!("store={store} ")), "{served}");
    assert!(!served.contains("made a new store"), "the key was made in it: {served}");
}

#[test]
fn whoever_makes_a_store_says_so() {
    let place = Place::new();
    let first = place.serve(&[]).stopped();
    assert!(first.log.contains("made a new store"), "{first:?}");
    let second = place.serve(&[]).stopped();
    assert!(!second.log.contains("made a new store"), "{second:?}");
    let key = place.run(&["keys", "create", "--account", "x"]);
    assert!(!key.log.contains("Made a new store"), "{key:?}");
}
