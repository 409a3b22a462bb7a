//! What a batch says to the database: each statement is about all rows of its kind, so that their number
//! does not grow with the batch.

use peers::cluster::Database;

use crate::node::{Node, hold};

/// The statements of a batch, in order.
fn statements(holds: u32) -> Vec<String> {
    let database = Database::new();
    let (names, mut node) = Node::recorded(&database);
    let zones = node.event(&[10_000], &[]);
    let zone = *zones.first().expect("one zone");
    let batch = |run: u32| -> Vec<_> {
        (0..holds).map(|it| hold(&format!("{run}-{it}"), zone, 1_000 * run + it)).collect()
    };
    // Whatever is done once has been done.
    node.execute(&batch(1));
    names.lock().expect("nobody panics meanwhile").clear();
    node.execute(&batch(2));
    names.lock().expect("nobody panics meanwhile").clone()
}

#[test]
fn a_batch_says_the_same_however_many_it_holds() {
    let names = statements(1);
    assert_eq!(statements(300), names);
    // In six rounds: begin and clock, what is overdue (only where something may be), names, counters,
    // writes, commit.
    let expected = [
        "begin",
        "clock_now",
        "writer_last_instant",
        "meta_get",
        "deadline_due",
        "record_get",
        "event_get",
        "zone_get",
        "person_get_by_handle",
        "pool_get",
        "event_get",
        "zone_get",
        "feed_lock",
        "clock_now",
        "writer_last_instant",
        "deadline_insert",
        "pool_update",
        "person_insert",
        "allowance_insert",
        "booking_insert",
        "record_insert",
        "activity_insert",
        "feed_put",
        "writer_put",
        "before_commit",
        "commit",
        "after_commit",
    ];
    assert_eq!(names, expected);
}
