//! A node that is killed: the others go on, nothing of it is lost, and what it kept is kept by them.

use std::time::Duration;

use serde_json::json;

use crate::crew::{Nodes, Rush, reserve, until_decided};
use crate::ledger::Ledger;
use crate::place::SIGABRT;
use crate::process::PATIENCE;
use crate::settings::{Watch, pass, poll, tell};
use crate::workload::{Sale, event, plain_event};

/// Stock of a dead node's holds is back so long after the deadline, on a noisy machine. The promise is
/// a second.
const EXPIRED: Duration = Duration::from_secs(5);

#[test]
fn the_others_go_on_when_a_node_is_killed_under_load() {
    let mut nodes = Nodes::new(2);
    let ledger = Ledger::new(&nodes.place, nodes.sale(&event()));
    let doomed = nodes.servers.remove(0);
    let there: Vec<_> = (0..3).map(|_| nodes.client(0)).collect();
    let here: Vec<_> = (0..3).map(|_| doomed.client(&nodes.key)).collect();
    let ((), rush) = Rush::during(&ledger, here.into_iter().chain(there).collect(), |rush| {
        rush.answers(150);
        doomed.kill();
        rush.answers(100);
    });
    assert!(rush.unheard() > 0, "the dead node's buyers hear nothing");
    let settled = ledger.settle(&mut nodes.client(0), 0);
    ledger.check(&mut nodes.client(0));
    let slowest = rush.slowest();
    tell(&format!("lost node: {settled:?}, {} unheard, {slowest:?} at most", rush.unheard()));
    nodes.stop();
}

#[test]
fn holds_of_a_dead_node_end_in_time() {
    let mut nodes = Nodes::new(2);
    let doomed = nodes.servers.remove(0);
    let sale = Sale::create(&mut doomed.client(&nodes.key), "event", &plain_event(10, 3));
    for number in 0..5 {
        let ask = reserve(&sale, &format!("hold-{number}"), "ann");
        assert_eq!(until_decided(&mut doomed.client(&nodes.key), &ask).status, 201);
    }
    let watch = Watch::start();
    doomed.kill();
    let mut client = nodes.client(0);
    poll(Duration::from_secs(3) + EXPIRED, "all stock is back", || {
        let shown = client.get(&sale.availability(0)).expect(200);
        (shown["available"] == json!(10)).then_some(())
    });
    tell(&format!("lost node: holds of 3 s were back after {:?}", watch.elapsed()));
    assert!(watch.elapsed() > Duration::from_secs(2), "not before their time");
    nodes.stop();
}

/// The clean-up's fence, and whether somebody holds its lease.
fn lease(nodes: &Nodes) -> (u64, bool) {
    let rows = nodes.place.database().ask("select fence || ' ' || lease_until from jobs");
    let row = rows.first().map_or("0 0", String::as_str);
    let (fence, until) = row.split_once(' ').expect("two numbers");
    (fence.parse().expect("a number"), until != "0")
}

#[test]
fn the_clean_up_of_a_dead_node_is_taken_over_when_its_lease_is_over() {
    let mut nodes = Nodes::new(0);
    let dies = [("BOOKONCE_FAILPOINT", "record_due@1")];
    let doomed = nodes.place.serve_with(&[], &dies).expect("it serves");
    assert_eq!(doomed.process.ended(PATIENCE).signal(), Some(SIGABRT));
    assert_eq!(lease(&nodes), (1, true), "it died with the lease");

    nodes.servers.push(nodes.place.serve(&[]));
    nodes.server(0).ready();
    pass(Duration::from_secs(2));
    assert_eq!(lease(&nodes), (1, true), "a lease that runs is respected");
    nodes.servers.drain(..).for_each(crate::place::Server::stop);

    // As if half a minute had passed.
    nodes.place.database().execute("update jobs set lease_until = lease_until - 30000");
    nodes.servers.push(nodes.place.serve(&[]));
    poll(PATIENCE, "another has done the work", || (lease(&nodes) == (2, false)).then_some(()));
    nodes.stop();
}
