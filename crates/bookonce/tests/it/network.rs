//! The network between a node and its database is cut at chosen points of a running load, also around
//! COMMIT: each key books once, and what was acknowledged is stored.

use std::time::Duration;

use peers::cluster::Database;
use peers::proxy::{Moment, Proxy};

use crate::buyers::{Nodes, Rush};
use crate::ledger::Ledger;
use crate::place::Place;
use crate::settings::{pass, tell};
use crate::workload::event;

/// Words of the statements, how many of them pass, and when the connection is cut.
const CUTS: [(&str, usize, Moment); 12] = [
    ("commit", 3, Moment::Before),
    ("commit", 5, Moment::After),
    ("commit", 7, Moment::Answered),
    ("commit", 0, Moment::After),
    ("commit", 0, Moment::Answered),
    ("begin", 2, Moment::Before),
    ("from idempotency", 4, Moment::After),
    ("insert into pools", 2, Moment::Answered),
    ("insert into idempotency", 1, Moment::Before),
    ("insert into bookings", 3, Moment::After),
    ("insert into activity", 2, Moment::Answered),
    ("from feeds", 2, Moment::After),
];

#[test]
fn a_connection_is_cut_anywhere() {
    let database = Database::new();
    let proxy = Proxy::to(&database.url());
    let nodes = Nodes::of(Place::on(database).by_way_of(proxy.url()), 2);
    let ledger = Ledger::new(&nodes.place, nodes.sale(&event()));
    let buyers = (0..6).map(|buyer| nodes.client(buyer)).collect();
    let ((), rush) = Rush::during(&ledger, buyers, |rush| {
        rush.answers(50);
        for (words, pass, moment) in CUTS {
            proxy.cut_at(words, pass, moment);
            rush.answers(80);
            assert!(proxy.was_cut(), "nobody says `{words}`");
        }
        // All at once, also those that only read.
        for _ in 0..3 {
            proxy.cut();
            rush.answers(30);
        }
        proxy.refuse();
        proxy.cut();
        pass(Duration::from_millis(1_500));
        proxy.accept();
        rush.answers(30);
        proxy.black_hole();
        pass(Duration::from_secs(2));
        proxy.heal();
        rush.answers(30);
    });
    assert_eq!(rush.unheard(), 0, "everything was answered");
    let settled = ledger.settle(&mut nodes.client(1), 0);
    ledger.check(&mut nodes.client(0));
    let (put_off, slowest) = (rush.put_off(), rush.slowest());
    tell(&format!("network: {settled:?}, {put_off} put off, {slowest:?} at most"));
    nodes.stop();
}
