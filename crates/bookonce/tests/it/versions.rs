//! A newer program changes the store beside a node that serves it: the node writes nothing from then on,
//! answers what is open, and ends with the reason.

use std::sync::mpsc::channel;

use peers::cluster::Database;

use crate::http::Client;
use crate::kill::{BUYERS, OnSale, Recovered, open, recover};
use crate::place::Place;
use crate::process::TIMEOUT;

/// What a newer program does to the schema, in one transaction: here it says at which gate one gets in.
fn change_schema(database: &Database, change: &str, version: &str) {
    database.execute(&format!(
        "begin;
         alter table bookings {change};
         update store_meta set value = '{version}' where key = 'min_writer_version';
         commit"
    ));
}

#[test]
fn a_node_that_is_too_old_stops_and_says_why() {
    let place = Place::on(Database::new());
    let key = place.key();
    let OnSale { server, ledger } = open(&place, &key);
    let version = "select value from store_meta where key = 'min_writer_version'";
    let version = place.database().ask(version).remove(0);
    std::thread::scope(|scope| {
        let (answered, hears) = channel();
        for buyer in 0..BUYERS {
            let (client, answered, ledger) = (server.client(&key), answered.clone(), &ledger);
            scope.spawn(move || ledger.buy(client, buyer, &answered));
        }
        for _ in 0..100 {
            hears.recv_timeout(TIMEOUT).expect("an answer");
        }
        change_schema(place.database(), "add column gate text not null default 'A'", "999");
        let ran = server.process.ended(TIMEOUT);
        assert_eq!(ran.code(), Some(2), "{ran:?}");
        let why = "a newer program has changed the store: its schema version is 999";
        let told = ran.log.lines().last().expect("it says something");
        assert!(told.contains(why), "{ran:?}");
    });
    let refused = place.serve_with(&[], &[]).expect_err("it does not serve");
    assert!(refused.log.contains("use a newer program"), "{refused:?}");

    change_schema(place.database(), "drop column gate", &version);
    let Recovered { server, .. } = recover(&place, &key, &ledger, 0);
    ledger.check(&mut Client::new(server.address, &key.secret));
    place.verify();
}
