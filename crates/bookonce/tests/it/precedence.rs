//! Settings: flags before variables before bookonce.toml before defaults; what is wrong is named.

use std::process::Command;

use crate::place::Place;
use crate::process::{Process, TIMEOUT};
use crate::settings::is_left_out;
use crate::workload::EVENTS;

/// The rate that a key without its own has: the bucket holds what comes in two seconds.
fn rate(place: &Place, arguments: &[&str], environment: &[(&str, &str)]) -> u32 {
    let key = place.key_with(&["--account", "x"]);
    let server = place.serve_with(arguments, environment).expect("it serves");
    let answer = server.client(&key).get(EVENTS);
    let limit: u32 = answer.header("x-ratelimit-limit").expect("a limit").parse().expect("digits");
    limit / 2
}

#[test]
fn flags_come_before_variables_before_the_file_before_defaults() {
    let place = Place::new();
    assert_eq!(rate(&place, &[], &[]), 1_000);
    place.write("bookonce.toml", "rate = 11\n[log]\nfilter = 'warn,bookonce=info'\n");
    assert_eq!(rate(&place, &[], &[]), 11);
    assert_eq!(rate(&place, &[], &[("BOOKONCE_RATE", "22")]), 22);
    assert_eq!(rate(&place, &["--rate", "33"], &[("BOOKONCE_RATE", "22")]), 33);
    place.write("other.toml", "rate = 44\n");
    assert_eq!(rate(&place, &["--config", "other.toml"], &[]), 44);
    assert_eq!(rate(&place, &[], &[("BOOKONCE_CONFIG", "other.toml")]), 44);
}

#[test]
fn all_commands_find_the_store_by_the_same_setting() {
    if is_left_out("store that is a file in the folder") {
        return;
    }
    let place = Place::new();
    place.write("bookonce.toml", "store = 'sqlite:file.db'\n");
    place.key();
    assert!(place.path("file.db").exists() && !place.path("bookonce.db").exists());
    place.verify();
    let listed = place.run(&["keys", "list", "--json", "--store", "sqlite:flag.db"]);
    assert!(listed.log.contains("there is no store at flag.db"), "{listed:?}");
    let mut by_variable = place.command(&["verify"]);
    let ran = Process::spawn(by_variable.env("BOOKONCE_STORE", "sqlite:gone.db")).ended(TIMEOUT);
    assert_eq!(ran.code(), Some(2));
    assert!(ran.log.contains("there is no store at gone.db"), "{ran:?}");
}

/// It ends with 2 and names what is wrong.
#[track_caller]
fn check_named(command: &mut Command, named: &[&str]) {
    let ran = Process::spawn(command).ended(TIMEOUT);
    assert_eq!((ran.code(), ran.out.as_str()), (Some(2), ""), "{ran:?}");
    for named in named {
        assert!(ran.log.contains(named), "{named} is not in {ran:?}");
    }
}

#[test]
fn what_is_wrong_in_the_file_is_named() {
    let place = Place::new();
    for (text, named) in [
        ("ratte = 1", ["ratte", "bookonce.toml"]),
        ("[log]\nfromat = 'text'", ["log.fromat", "bookonce.toml"]),
        ("[retention]\nanswer_hours = -1", ["retention.answer_hours", "bookonce.toml"]),
        ("rate = 'many'", ["bookonce.toml: rate: ", "found a text, expected u32"]),
        ("rate = 1000001", ["rate", "at most 1000000"]),
        ("queue_max = 0", ["queue_max", "1 to 1000000"]),
        ("[log]\nformat = 'xml'", ["`text`, `json`", "log.format"]),
        ("listen = ", ["line 1", "bookonce.toml"]),
    ] {
        place.write("bookonce.toml", text);
        check_named(&mut place.command(&["serve"]), &named);
    }
    // Every command refuses it: a typing error must not pick another store.
    check_named(&mut place.command(&["keys", "list"]), &["bookonce.toml"]);
}

#[test]
fn what_is_wrong_in_a_flag_or_a_variable_is_named() {
    let place = Place::new();
    for (flag, value, named) in [
        ("--rate", "many", "'many' for '--rate"),
        ("--rate", "4294967296", "'4294967296' for '--rate"),
        ("--rate", "1000001", "rate: must be at most 1000000"),
        ("--queue-max", "-1", "'-1' for '--queue-max"),
        ("--queue-max", "0", "queue_max: must be 1 to 1000000"),
        ("--queue-max", "18446744073709551615", "queue_max: must be 1 to 1000000"),
        ("--replay-mb", "65537", "replay_mb: must be at most 65536"),
        ("--bodies-mb", "3", "bodies_mb: must be 4 to 65536"),
        ("--bodies-mb", "65537", "bodies_mb: must be 4 to 65536"),
        ("--customers.rate", "1000001", "customers.rate: must be at most 1000000"),
        ("--cors.allow-origins", "*", "cors.allow_origins: number 1 must be an origin"),
        ("--cors.allow-origins", "", "cors.allow_origins: number 1 must be an origin"),
        ("--cors.allow-origins", "https://a.example,b", "cors.allow_origins: number 2 must be"),
        ("--customers.burst", "0", "customers.burst: must be 1 to 1000000"),
        ("--retention.answer-hours", "1.5", "'1.5' for '--retention.answer-hours"),
        ("--retention.tombstone-days", "x", "'x' for '--retention.tombstone-days"),
        ("--retention.activity-days", "-1", "'-1' for '--retention.activity-days"),
        ("--retention.delivery-days", "-1", "'-1' for '--retention.delivery-days"),
        ("--log.format", "xml", "'xml' for '--log.format"),
        ("--log.filter", "==", "the setting log.filter"),
        ("--log.filter", "chatty", "the setting log.filter: must be error, warn"),
        ("--listen", "7070", "use ADDRESS:PORT, such as 0.0.0.0:7070"),
        ("--store", "bookonce.db", "`bookonce.db` is not the address of a store; use sqlite:FILE"),
        ("--config", "none.toml", "there is no settings file none.toml"),
    ] {
        let variable = flag.trim_start_matches('-').replace(['.', '-'], "_").to_uppercase();
        let variable = format!("BOOKONCE_{variable}");
        check_named(&mut place.command(&["serve", &format!("{flag}={value}")]), &[named]);
        check_named(place.command(&["serve"]).env(variable, value), &[named]);
    }
}

#[test]
fn a_variable_that_is_none_is_named() {
    let place = Place::new();
    for command in [vec!["serve"], vec!["verify"], vec!["keys", "list"]] {
        let mut command = place.command(&command);
        check_named(
            command.env("BOOKONCE_LISTN", "127.0.0.1:0"),
            &[
                "the variable BOOKONCE_LISTN is not one of this program; did you mean BOOKONCE_LISTEN?\n\nUsage",
            ],
        );
    }
}

#[test]
fn variables_of_a_kubernetes_service_are_none_of_this_program() {
    let place = Place::new();
    let mut command = place.command(&["keys", "create", "--account", "x"]);
    for name in ["SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_7070_TCP_ADDR", "API_PORT"] {
        command.env(format!("BOOKONCE_{name}"), "10.0.0.1");
    }
    let made = command.output().expect("it starts");
    assert!(made.status.success(), "{made:?}");
}
