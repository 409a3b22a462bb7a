//! The row of an account's feed, in which the rows are anchored that are inserted for the account.

use domain::World;
use domain::record::{Fingerprint, Record, RecordState};
use engine::reads::due::DueReads as _;
use engine::{Batch, BatchId, CommitError, Outcome, Store as _};
use peers::cluster::Database;
use sim::intents::key;
use sim::test_ports::TestClock;

use crate::node::{NOWHERE, Node, OURS, check, hold};

const FEEDS: &str = "select account_id || ' ' || position from feeds";

/// A hold of what is not there: all that is written is the record of its key.
fn refused(node: &mut Node, name: &str) -> Outcome {
    node.execute(&[hold(name, NOWHERE, 1)]).remove(0)
}

#[test]
fn an_account_that_was_only_refused_has_a_feed_in_which_nothing_is_emitted() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    assert!(database.ask(FEEDS).is_empty());
    let first = refused(&mut node, "a");
    assert_eq!(database.ask(FEEDS), [format!("{OURS} 0")]);
    assert_eq!(node.store.reads().feed_head(OURS), Ok(0));
    let Outcome::Decided(answer, _) = first else { panic!("{first:?}") };
    assert_eq!(refused(&mut node, "a"), Outcome::Replayed(answer), "its record is there");
    node.event(&[9], &[]);
    assert_eq!(node.store.reads().feed_head(OURS), Ok(1));
    check(&database, &node.store);
}

#[test]
fn the_row_is_asked_for_once() {
    let database = Database::new();
    let (names, mut node) = Node::recorded(&database);
    let claims = || {
        let names = names.lock().expect("nobody panics meanwhile");
        names.iter().filter(|name| *name == "feed_claim").count()
    };
    refused(&mut node, "a");
    assert_eq!(claims(), 1);
    refused(&mut node, "b");
    node.event(&[9], &[]);
    assert_eq!(claims(), 1, "it is known from then on");
    Node::new(&database, 1).event(&[9], &[]);
    assert_eq!(node.store_errors(), Vec::<String>::new());
}

/// A batch that writes the record of a key, and has loaded nothing.
fn write_record(node: &mut Node, name: &str) -> Result<(), CommitError> {
    let record = Record {
        key: key(OURS, name),
        fingerprint: Some(Fingerprint::new(1, [7; 32])),
        method: "POST".to_owned(),
        path: "/".to_owned(),
        state: RecordState::Retired,
        resource: None,
        first_seen_at: TestClock::START,
        last_seen_at: TestClock::START,
        attempts: 1,
        keep_until: None,
    };
    let mut world = World::default();
    world.records.load(record.key.clone(), None);
    world.records.put(record.key.clone(), record);
    let (id, now) = (BatchId(7), TestClock::START);
    let tx = node.store.begin().expect("it begins");
    tx.commit(&Batch { id, now, world: &world, emitted: &[], key_usage: &[] })
}

/// Nothing takes such a row away; should it be gone, no row of the account is silently left out.
#[test]
fn an_insert_that_finds_no_anchor_is_noticed() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    assert_eq!(write_record(&mut node, "a"), Ok(()));
    database.execute("delete from feeds");
    let Err(CommitError::Conflict(why)) = write_record(&mut node, "b") else { panic!("it wrote") };
    assert!(why.contains("record_insert found 0 of 1"), "{why}");
    assert_eq!(write_record(&mut node, "b"), Ok(()), "when it is decided again");
    assert_eq!(database.ask("select key from idempotency order by key"), ["a", "b"]);
}

#[test]
fn a_feed_that_is_gone_is_noticed_before_anything_is_decided() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    refused(&mut node, "a");
    database.execute("delete from feeds");
    assert!(matches!(refused(&mut node, "b"), Outcome::Decided(..)));
    let store_errors = node.store_errors();
    assert_eq!(store_errors, ["a feed that had a row has none any more"]);
}

/// What a transaction made that was not committed is not taken for what is there.
#[test]
fn a_row_that_was_not_committed_is_made_again() {
    let database = Database::new();
    let session = database.session();
    let mut node = Node::new(&database, 0);
    session.execute("begin; lock table idempotency in access exclusive mode");
    session.execute("alter table idempotency add constraint never check (key <> 'a')");
    session.execute("commit");
    let failed = refused(&mut node, "a");
    assert!(matches!(failed, Outcome::Failed(_)), "{failed:?}");
    assert!(database.ask(FEEDS).is_empty());
    assert!(matches!(refused(&mut node, "b"), Outcome::Decided(..)));
    assert_eq!(database.ask(FEEDS), [format!("{OURS} 0")]);
}
