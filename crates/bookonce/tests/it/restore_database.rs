//! `bookonce restore` on PostgreSQL: what PostgreSQL has restored becomes the next incarnation.

use peers::cluster::Database;
use serde_json::json;

use crate::backup::{refused, store_of};
use crate::place::Place;
use crate::process::TIMEOUT;
use crate::settings::poll;
use crate::workload::{RESERVE, Sale, plain_event};

#[test]
fn a_restored_database_is_the_next_incarnation() {
    let place = Place::on(Database::new());
    let missing = place.run(&["restore"]);
    refused(&missing, "there is no store in this database");
    let key = place.key();
    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(10, 600));
    let first = client.post(RESERVE, "hold", &sale.reserve(0, 2, "ann"));
    assert_eq!(first.status, 201);
    let served = place.run(&["restore"]);
    refused(&served, "stop every node first");
    refused(&place.run(&["restore", "b.db"]), "restored by PostgreSQL");
    refused(&place.run(&["backup", "b.db"]), "backed up by PostgreSQL");
    assert_eq!(store_of(&server)["incarnation"], json!(1));
    server.stop();

    // The database hears of the end of connections a little later.
    let done = poll(TIMEOUT, "nobody is connected", || {
        let ran = place.run(&["restore", "--json"]);
        (!ran.log.contains("stop every node first")).then_some(ran)
    });
    let done = done.json();
    assert_eq!((&done["restored_incarnation"], &done["incarnation"]), (&json!(1), &json!(2)));
    place.verify();
    let server = place.serve(&[]);
    assert_eq!(store_of(&server)["incarnation"], json!(2));
    assert_eq!(store_of(&server)["id"], done["store_id"]);
    let replay = server.client(&key).post(RESERVE, "hold", &sale.reserve(0, 2, "ann"));
    assert_eq!((replay.is_replay(), replay.body), (true, first.body));
    server.stop();
}

#[test]
fn a_restored_database_that_contradicts_itself_stays_as_it_is() {
    let place = Place::on(Database::new());
    let key = place.key();
    let server = place.serve(&[]);
    Sale::create(&mut server.client(&key), "event", &plain_event(10, 600));
    server.stop();
    place.database().execute("update pools set held = 3");
    let ran = poll(TIMEOUT, "nobody is connected", || {
        let ran = place.run(&["restore"]);
        (!ran.log.contains("stop every node first")).then_some(ran)
    });
    assert_eq!(ran.code(), Some(1), "{ran:?}");
    let incarnation = "select value from store_meta where key = 'incarnation'";
    assert_eq!(place.database().ask(incarnation), ["1"]);
}
