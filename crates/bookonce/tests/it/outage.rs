//! The database dies, hangs, or gives way to its standby, under load: the nodes say so in time, come
//! back by themselves, and nothing that was acknowledged is lost or done twice.

use std::time::Duration;

use peers::cluster::Cluster;

use crate::buyers::{Nodes, Rush};
use crate::http::Client;
use crate::ledger::Ledger;
use crate::place::{Place, Server};
use crate::process::TIMEOUT;
use crate::settings::{Watch, poll, tell};
use crate::workload::event;

/// The promise is an answer within 10 s; this is on a noisy machine.
const ANSWERED: Duration = Duration::from_secs(12);
/// A node knows within this that its database is away.
const NOTICED: Duration = Duration::from_secs(15);

/// Waits until all nodes say that they are ready, or not; for how long.
#[track_caller]
fn wait_until(nodes: &Nodes, status: u16, within: Duration) -> Duration {
    let watch = Watch::start();
    for server in &nodes.servers {
        poll(within, &format!("/readyz is {status}"), || is(server, status));
    }
    watch.elapsed()
}

fn is(server: &Server, status: u16) -> Option<()> {
    let answer = server.http().send("GET", "/readyz", &[], "").ok()?;
    (answer.status == status).then_some(())
}

fn buyers(nodes: &Nodes) -> Vec<Client> {
    (0..6).map(|buyer| nodes.client(buyer)).collect()
}

/// Buys at two nodes while `trouble` comes and goes; then everything must be as it was answered.
#[track_caller]
fn check(nodes: Nodes, what: &str, trouble: impl FnOnce(&Nodes, &Rush)) {
    let ledger = Ledger::new(&nodes.place, nodes.sale(&event()));
    let (watch, rush) = Rush::during(&ledger, buyers(&nodes), |rush| {
        rush.answers(100);
        trouble(&nodes, rush);
        let watch = Watch::start();
        wait_until(&nodes, 200, TIMEOUT);
        rush.answers(100);
        watch
    });
    let (settled, back) = (ledger.settle(&mut nodes.client(1), 0), watch.elapsed());
    ledger.check(&mut nodes.client(0));
    tell(&format!(
        "outage: {what}: {settled:?}, {} put off, {} unheard, {:?} at most, well {back:?} later",
        rush.put_off(),
        rush.unheard(),
        rush.slowest()
    ));
    assert_eq!(rush.unheard(), 0, "everything was answered");
    assert!(rush.put_off() > 0, "they were told to ask again");
    assert!(rush.slowest() < ANSWERED, "{:?}", rush.slowest());
    nodes.stop();
}

#[test]
fn the_database_is_killed_and_started_again() {
    let cluster = Cluster::own();
    let nodes = Nodes::of(Place::on(cluster.database()), 2);
    check(nodes, "killed", |nodes, _| {
        cluster.kill();
        wait_until(nodes, 503, NOTICED);
        cluster.start();
    });
}

#[test]
fn the_database_hangs_for_a_while() {
    let cluster = Cluster::own();
    let nodes = Nodes::of(Place::on(cluster.database()), 2);
    check(nodes, "hangs", |nodes, rush| {
        cluster.pause();
        let noticed = wait_until(nodes, 503, NOTICED);
        let told = rush.put_off();
        poll(TIMEOUT, "who asks is put off", || (rush.put_off() > told + 6).then_some(()));
        tell(&format!("outage: hangs: not ready after {noticed:?}"));
        cluster.resume();
    });
}

#[test]
fn a_standby_takes_over() {
    let primary = Cluster::own();
    let database = primary.database();
    let standby = primary.standby();
    let port = |url: &str| {
        let (_, rest) = url.rsplit_once(':').expect("a port");
        rest.split('/').next().unwrap_or_default().to_owned()
    };
    let (one, other) = (port(&database.url()), port(&standby.url(database.name())));
    let url = format!("postgres://postgres@127.0.0.1:{one},127.0.0.1:{other}/{}", database.name());
    let nodes = Nodes::of(Place::on(database).by_way_of(&url), 2);
    check(nodes, "standby", |nodes, _| {
        primary.kill();
        wait_until(nodes, 503, NOTICED);
        standby.promote();
        // It followed synchronously; nobody follows it.
        standby.execute("alter system reset synchronous_standby_names");
        standby.server().reload();
    });
}
