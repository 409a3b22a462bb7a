//! A COMMIT that is still under way when its writer has lost the connection: nobody can know yet what
//! becomes of it, so whoever asks waits for it.

use engine::Outcome;
use engine::failpoint::Failpoints;
use engine::tickets::TicketReads as _;
use peers::cluster::{Database, Session};
use peers::proxy::{Moment, Proxy};

use crate::node::{Node, OURS, check, hold, options};

/// Every COMMIT of a batch waits for this row.
const GATE: &str = "
    create table gate (id int);
    insert into gate values (1);
    create function wait() returns trigger language plpgsql as $$
        begin perform 1 from gate for update; return null; end $$;
    create constraint trigger waits after insert or update on writers
        deferrable initially deferred for each row execute function wait()";

const WAITING: &str = "select pid from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'";

/// Nothing.
const KEPT: &str = "";
/// What another node does when this one has not written for long.
const EXPIRED: &str = "delete from writers";

/// A hold whose COMMIT is cut off from its writer, and ended by `end` once the writer waits for it: its
/// outcome, and what was noticed. What `before` says happens before it.
fn cut_off(before: &str, end: impl FnOnce(&Database, &Session)) -> (Outcome, Vec<String>) {
    let database = Database::new();
    let proxy = Proxy::to(&database.url());
    let mut node = Node::at(proxy.url(), options(0, Failpoints::default()));
    let zones = node.event(&[9], &[]);
    let zone = *zones.first().expect("a zone");
    database.execute(before);
    database.execute(GATE);
    let gate = database.session();
    gate.execute("begin; select id from gate for update");
    proxy.cut_at("commit", 0, Moment::After);
    let outcome = std::thread::scope(|scope| {
        let writer = scope.spawn(|| node.execute(&[hold("a", zone, 1)]).remove(0));
        // COMMIT waits for the gate, and the writer for its end; or for a row that it has locked.
        while database.ask(WAITING).len() < 2 && !writer.is_finished() {}
        assert!(!writer.is_finished(), "it waits");
        end(&database, &gate);
        writer.join().expect("it ends well")
    });
    assert!(proxy.was_cut());
    let stock = node.store.reads().zone(OURS, zone.zone).expect("it reads").expect("it is there");
    assert_eq!(stock.pool.held(), 1);
    check(&database, &node.store);
    (outcome, node.store_errors())
}

#[track_caller]
fn takes_effect(before: &str) {
    let (outcome, store_errors) = cut_off(before, |_, gate| gate.execute("commit"));
    assert!(matches!(outcome, Outcome::Decided(..)), "{outcome:?}");
    assert_eq!(store_errors.len(), 1, "it was not decided again: {store_errors:?}");
}

#[test]
fn one_that_takes_effect_is_waited_for() {
    takes_effect(KEPT);
}

#[test]
fn one_that_takes_effect_is_waited_for_by_a_writer_that_has_expired() {
    takes_effect(EXPIRED);
}

#[track_caller]
fn takes_none(before: &str) {
    let (outcome, store_errors) = cut_off(before, |database, gate| {
        let commit = "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and query = 'commit'";
        assert_eq!(database.ask(commit), ["t"]);
        gate.execute("commit");
    });
    assert!(matches!(outcome, Outcome::Decided(..)), "{outcome:?}");
    assert_eq!(store_errors.len(), 2, "unknown, then known not to be written: {store_errors:?}");
}

#[test]
fn one_that_does_not_is_waited_for() {
    takes_none(KEPT);
}

#[test]
fn one_that_does_not_is_waited_for_by_a_writer_that_has_expired() {
    takes_none(EXPIRED);
}
