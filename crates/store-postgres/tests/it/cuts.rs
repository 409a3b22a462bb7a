//! The network cuts a writer's connection at any point: before a statement reaches the server, on its
//! way, and while the server answers. Whatever the client did receive, a retry ends with one booking for
//! each intent.

use domain::Intent;
use engine::failpoint::Failpoints;
use engine::tickets::TicketReads as _;
use peers::cluster::Database;
use peers::proxy::{Moment, Proxy};

use sim::intents::EventZone;

use crate::node::{Node, OURS, bookings, check, hold, options};

/// Retries that a client makes at most.
const RETRIES_MAX: usize = 3;

struct World {
    database: Database,
    proxy: Proxy,
    node: Node,
    zone: EventZone,
    held: u32,
}

impl World {
    fn new() -> Self {
        let database = Database::new();
        let proxy = Proxy::to(&database.url());
        let mut node = Node::at(proxy.url(), options(0, Failpoints::default()));
        let zones = node.event(&[10_000], &["A1", "A2"]);
        let zone = *zones.first().expect("a zone");
        Self { database, proxy, node, zone, held: 0 }
    }

    /// Two new holds, asked for until they are answered: each is there once. Whether the cut was met.
    fn hold_through(&mut self, statement: &str, pass: usize, moment: Moment) -> bool {
        let name = |user: u32| format!("{statement}-{pass}-{moment:?}-{user}");
        let intent = |user: u32| -> Intent { hold(&name(user), self.zone, user) };
        let batch = [intent(self.held), intent(self.held + 1)];
        self.proxy.cut_at(statement, pass, moment);
        let mut tries = 0;
        let outcomes = loop {
            match self.node.try_execute(&batch) {
                Ok(done) => break done.outcomes,
                Err(_) if tries < RETRIES_MAX => tries += 1,
                Err(error) => panic!("{name:?}: {error}", name = name(self.held)),
            }
        };
        let met = self.proxy.was_cut();
        assert_eq!(bookings(&outcomes), 2, "{outcomes:?}");
        self.held += 2;
        let zone = self.node.store.reads().zone(OURS, self.zone.zone);
        let zone = zone.expect("it reads").expect("it is there");
        assert_eq!(zone.pool.held(), self.held, "{statement} {pass} {moment:?}: {outcomes:?}");
        met
    }
}

#[track_caller]
fn cut_at_every_statement(moment: Moment) {
    let mut world = World::new();
    let mut cuts = 0;
    while world.hold_through("", cuts, moment) {
        cuts += 1;
    }
    assert!(cuts > 15, "a batch has more statements than {cuts}");
    check(&world.database, &world.node.store);
}

#[test]
fn before_any_statement() {
    cut_at_every_statement(Moment::Before);
}

#[test]
fn on_the_way_of_any_statement() {
    cut_at_every_statement(Moment::After);
}

#[test]
fn in_the_answer_to_any_statement() {
    cut_at_every_statement(Moment::Answered);
}

#[test]
fn around_commit() {
    let mut world = World::new();
    for moment in [Moment::Before, Moment::After, Moment::Answered].repeat(4) {
        assert!(world.hold_through("commit", 0, moment), "{moment:?}");
    }
    check(&world.database, &world.node.store);
    let store_errors = world.node.store_errors();
    assert!(store_errors.len() >= 12, "each was noticed: {store_errors:?}");
}
