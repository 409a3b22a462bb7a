//! What a node starts with, and what it refuses to start with: it says why, exits with 2, and shows no
//! password.

use peers::cluster::{Cluster, Database};
use serde_json::json;

use crate::place::{Place, Server};
use crate::process::{Process, Ran, TIMEOUT};
use crate::settings::Watch;
use crate::workload::EVENTS;

/// Who may log in how: everybody but the tests' own user has to know a password.
const ACCESS: &str =
    "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";

#[track_caller]
fn check_refused(ran: &Ran, named: &[&str]) {
    assert_eq!((ran.code(), ran.out.as_str()), (Some(2), ""), "{ran:?}");
    for named in named {
        assert!(ran.log.contains(named), "{named} is not in {ran:?}");
    }
}

#[test]
fn a_node_is_given_the_secrets_of_its_store() {
    let place = Place::on(Database::new());
    let mut command = place.command(&["serve"]);
    let ran = place.serve_by(command.env_remove("BOOKONCE_SECRETS_FILE")).expect_err("none named");
    check_refused(&ran, &["bookonce secrets init"]);
    let none = [("BOOKONCE_SECRETS_FILE", "none")];
    let ran = place.serve_with(&[], &none).expect_err("none there");
    check_refused(&ran, &["none", "bookonce secrets init"]);
    assert!(!place.path("none").exists(), "each node would make one of its own");

    let key = place.key();
    let server = place.serve(&[]);
    assert_eq!(place.run(&["secrets", "init", "other"]).code(), Some(0));
    let other = [("BOOKONCE_SECRETS_FILE", "other")];
    let ran = place.serve_with(&[], &other).expect_err("other secrets");
    check_refused(&ran, &["is not the one that this store was made with"]);
    // Now that the store has its secrets, making new ones would be no help.
    let ran = place.serve_with(&[], &none).expect_err("none there");
    check_refused(&ran, &["is missing, and this store was made with one"]);
    server.client(&key).get(EVENTS).expect(200);
}

#[test]
fn nodes_that_start_at_once_make_one_store() {
    for _ in 0..3 {
        let place = Place::on(Database::new());
        let servers: Vec<Server> = std::thread::scope(|scope| {
            let start = |_| scope.spawn(|| place.serve(&[]));
            let starts: Vec<_> = (0..3).map(start).collect();
            starts.into_iter().map(|start| start.join().expect("it serves")).collect()
        });
        let store = |server: &Server| {
            server.ready();
            let ready = server.http().send("GET", "/readyz", &[], "").expect("an answer");
            ready.expect(200)["store"].clone()
        };
        let stores: Vec<_> = servers.iter().map(store).collect();
        assert!(stores.iter().all(|store| store == &stores[0]), "{stores:?}");
        assert_eq!(stores[0]["incarnation"], json!(1));
        let key = place.key();
        servers.iter().for_each(|server| drop(server.client(&key).get(EVENTS).expect(200)));
        servers.into_iter().for_each(Server::stop);
        place.verify();
    }
}

/// What a command says when its store is at that address.
fn run(place: &Place, arguments: &[&str], store: &str) -> Ran {
    let mut command = place.command(arguments);
    Process::spawn(command.env("BOOKONCE_STORE", store)).ended(TIMEOUT)
}

const COMMANDS: [&[&str]; 4] = [
    &["serve", "--listen", "127.0.0.1:0"],
    &["verify"],
    &["keys", "list"],
    &["keys", "create", "--account", "x"],
];

#[test]
fn a_database_that_is_not_there_is_told() {
    let database = Database::new();
    let (url, name) = (database.url(), database.name().to_owned());
    let place = Place::on(database);
    let nowhere = url.replace(&name, "nothing_here");
    for arguments in COMMANDS {
        let watch = Watch::start();
        check_refused(&run(&place, arguments, &nowhere), &["nothing_here", "does not exist"]);
        // Nobody listens there.
        let refused = run(&place, arguments, "postgres://ann:s3cret@127.0.0.1:1/book");
        check_refused(&refused, &["connect to 127.0.0.1:1: "]);
        assert!(!refused.log.contains("s3cret"), "{refused:?}");
        assert!(watch.elapsed() < TIMEOUT, "{:?}", watch.elapsed());
    }
}

#[test]
fn a_password_is_never_shown() {
    let cluster = Cluster::own();
    let database = cluster.database();
    let right = database.owned_url();
    cluster.server().write("pg_hba.conf", ACCESS);
    cluster.stop();
    cluster.start();
    let wrong = right.replace(":secret@", ":wr0ngpassw0rd@");
    let place = Place::on(database);
    for arguments in COMMANDS {
        let ran = run(&place, arguments, &wrong);
        check_refused(&ran, &["password authentication failed"]);
        assert!(!ran.log.contains("wr0ngpassw0rd"), "{ran:?}");
    }
    let help = run(&place, &["serve", "--help"], &wrong);
    assert!(help.out.contains("BOOKONCE_STORE") && !help.out.contains("wr0ng"), "{help:?}");
    for slip in [wrong.replace("postgres", "postgress"), wrong.replace("127.0.0.1:", "127.0.0.1:x")]
    {
        for by_flag in [false, true] {
            let ran = if by_flag {
                place.run(&["verify", "--store", &slip])
            } else {
                run(&place, &["verify"], &slip)
            };
            assert_eq!(ran.code(), Some(2), "{ran:?}");
            assert!(!ran.log.contains("wr0ngpassw0rd"), "{ran:?}");
        }
    }
    let place = place.by_way_of(&format!("{right}?application_name=bookonce"));
    let server = place.serve(&["--log.filter", "debug"]);
    server.ready();
    server.process.signal("TERM");
    let ran = server.process.ended(TIMEOUT);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    assert!(ran.log.contains("postgres://127.0.0.1:") && !ran.log.contains(":secret@"), "{ran:?}");
}
