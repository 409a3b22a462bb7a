//! A node that is killed: the others go on, nothing of it is lost, and what it kept is kept by them.

use std::time::Duration;

use serde_json::json;

use crate::buyers::{Nodes, Rush, reserve, until_decided};
use crate::ledger::Ledger;
use crate::place::SIGABRT;
use crate::process::TIMEOUT;
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

/// How a node ends that dies by itself: after it has begun to listen, or before.
fn death(nodes: &Nodes, environment: &[(&str, &str)]) -> Option<i32> {
    let served = nodes.place.serve_with(&[], environment);
    served.map_or_else(|ran| ran.signal(), |server| server.process.ended(TIMEOUT).signal())
}

/// The clean-up's fence, and whether somebody holds its lease.
#[derive(Debug, PartialEq, Eq)]
struct Lease {
    fence: u64,
    is_held: bool,
}

fn lease(nodes: &Nodes) -> Lease {
    let rows = nodes.place.database().ask("select fence || ' ' || lease_until from jobs");
    let row = rows.first().map_or("0 0", String::as_str);
    let (fence, until) = row.split_once(' ').expect("two numbers");
    Lease { fence: fence.parse().expect("a number"), is_held: until != "0" }
}

#[test]
fn the_clean_up_of_a_dead_node_is_taken_over_when_its_lease_is_over() {
    let mut nodes = Nodes::new(0);
    // The first time it is leased, the second time it is finished.
    let dies = [("BOOKONCE_FAILPOINT", "job_update@2")];
    assert_eq!(death(&nodes, &dies), Some(SIGABRT));
    let Lease { fence, is_held } = lease(&nodes);
    assert!(is_held, "it died with the lease");

    nodes.servers.push(nodes.place.serve(&[]));
    nodes.server(0).ready();
    pass(Duration::from_secs(2));
    assert_eq!(lease(&nodes), Lease { fence, is_held }, "a lease that runs is respected");
    nodes.servers.drain(..).for_each(crate::place::Server::stop);

    // As if half a minute had passed.
    nodes.place.database().execute("update jobs set lease_until = lease_until - 30000");
    nodes.servers.push(nodes.place.serve(&[]));
    poll(TIMEOUT, "another has done the work", || {
        let Lease { fence: later, is_held } = lease(&nodes);
        (later > fence && !is_held).then_some(())
    });
    nodes.stop();
}

/// It dies between the entries' end and the commit: all of them are there for the next one.
#[test]
fn the_feed_that_a_dead_node_was_cleaning_is_cleaned_by_another() {
    let mut nodes = Nodes::new(1);
    let sale = Sale::create(&mut nodes.client(0), "event", &plain_event(10, 600));
    for number in 0..5 {
        let ask = reserve(&sale, &format!("hold-{number}"), "ann");
        assert_eq!(until_decided(&mut nodes.client(0), &ask).status, 201);
    }
    nodes.servers.drain(..).for_each(crate::place::Server::stop);
    let ask = |nodes: &Nodes, what: &str| nodes.place.database().ask(what);
    let entries = |nodes: &Nodes| ask(nodes, "select count(*)::text from activity");
    let gone = |nodes: &Nodes| {
        let value =
            "select split_part(value, ' ', 1) from store_meta where key like 'activity_cleaned.%'";
        ask(nodes, value)
    };
    let all = entries(&nodes);
    // As if some days had passed.
    nodes.place.database().execute("update activity set at = at - 300000000");
    nodes.place.database().execute("update bookings set created_at = created_at - 300000000");
    // The node may have been stopped in the middle of its work, with the lease.
    nodes.place.database().execute("update jobs set due_at = 0, lease_until = 0");
    let days = ("BOOKONCE_RETENTION_ACTIVITY_DAYS", "1");
    let dies = [days, ("BOOKONCE_FAILPOINT", "meta_put@1")];
    assert_eq!(death(&nodes, &dies), Some(SIGABRT));
    assert_eq!((entries(&nodes), gone(&nodes)), (all.clone(), vec![]), "nothing of it is there");

    nodes.place.database().execute("update jobs set lease_until = lease_until - 30000");
    nodes.servers.push(nodes.place.serve_with(&[], &[days]).expect("it serves"));
    let none = vec!["0".to_owned()];
    poll(TIMEOUT, "another has done the work", || (entries(&nodes) == none).then_some(()));
    assert_eq!(gone(&nodes), all, "as many as there were");
    let feed = nodes.client(0).get("/api/v1/activity").expect(200);
    assert_eq!(feed["removed_up_to"].to_string(), all.concat());
    nodes.stop();
}
