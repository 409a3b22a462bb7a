//! Beside a newer program: what it does to the schema is noticed by whoever writes, and what it writes
//! that this program does not know stands in nobody's way.

use domain::Command;
use domain::id::{BookingId, EventId, KeyId};
use engine::credentials::{Account, Credentials as _, Key, Mode, Scope, Scopes};
use engine::failpoint::Failpoints;
use engine::reads::{ActivityFilter, Page, Reads as _};
use engine::tickets::{BookingFilter, TicketReads as _};
use engine::{ExecuteError, Outcome, StoreError, Superseded};
use peers::cluster::Database;
use sim::intents::{EventZone, confirm, create_event, intent};
use sim::test_ports::TestClock;
use store_postgres::{Options, PostgresCredentials, schema_version};

use crate::node::{Node, OURS, bookings, check, fields, hold, options, starts_at};

const RAISE: &str = "update store_meta set value = '999' where key = 'min_writer_version'";

#[test]
fn a_writer_that_is_too_old_writes_nothing_and_says_why() {
    let database = Database::new();
    let superseded = Superseded::default();
    let options = Options { superseded: superseded.clone(), ..options(0, Failpoints::default()) };
    let mut node = Node::at(&database.url(), options);
    let zones = node.event(&[9], &[]);
    assert_eq!(superseded.why(), None);
    database.execute(RAISE);
    let batch = [hold("a", zones[0], 1)];
    for _ in 0..2 {
        let Err(ExecuteError::Unavailable(why)) = node.try_execute(&batch) else {
            panic!("it wrote");
        };
        let program = schema_version();
        let expected = format!(
            "a newer program has changed the store: its schema version is 999, this program knows \
             versions up to {program}"
        );
        assert_eq!((why.as_str(), superseded.why()), (expected.as_str(), Some(expected.as_str())));
    }
    let stock = node.store.reads().zone(OURS, zones[0].zone).unwrap().unwrap();
    assert_eq!(stock.pool.held(), 0, "what there is can be read");
    let open = "select pid from pg_stat_activity
         where datname = current_database() and state = 'idle in transaction'";
    assert_eq!(database.ask(open), [""; 0], "nobody waits for it");
}

/// Three holds, of which the second has a status of a newer program; and the sale of a fourth, whose
/// payment has one.
fn with_unknown_values(node: &mut Node, database: &Database) -> (Vec<BookingId>, EventZone) {
    let zones = node.event(&[9], &[]);
    let zone = *zones.first().expect("a zone");
    let holds: Vec<_> = (0..4).map(|user| hold(&format!("h-{user}"), zone, user)).collect();
    let outcomes = node.execute(&holds);
    let id = |outcome| fields(outcome).get("booking_id").and_then(|id| id.parse().ok());
    let ids: Vec<BookingId> = outcomes.iter().map(|it| id(it).expect("a booking")).collect();
    let [_, second, _, fourth] = ids.as_slice() else { panic!("four of them: {ids:?}") };
    node.execute(&[intent(OURS, "pay", confirm(*fourth, "ref-1"))]);
    database.execute(&format!(
        "update bookings set status = 'boarded' where id = '{second}';
         update payments set status = 'disputed'"
    ));
    (ids, zone)
}

#[test]
fn a_row_with_an_unknown_word_fails_whoever_needs_it_and_nobody_else() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    let (ids, zone) = with_unknown_values(&mut node, &database);
    let release = |name, at: usize| intent(OURS, name, Command::Release(ids[at]));
    let batch = [release("a", 0), release("b", 1), hold("c", zone, 9)];
    let outcomes = node.execute(&batch);
    let Outcome::Failed(why) = &outcomes[1] else { panic!("{outcomes:?}") };
    assert!(why.contains("status") && why.contains("boarded"), "{why}");
    assert_eq!(bookings(&[outcomes[0].clone(), outcomes[2].clone()]), 2, "{outcomes:?}");
    let one = node.store.reads().booking(OURS, ids[1]);
    assert!(matches!(one, Err(StoreError::Unreadable(_))), "{one:?}");
    database.execute("update bookings set status = 'reserved' where status = 'boarded'");
    database.execute("update payments set status = 'captured'");
    assert_eq!(bookings(&node.execute(&[release("b", 1)])), 1, "nothing was stored for its key");
    check(&database, &node.store);
}

#[test]
fn lists_pass_over_rows_with_unknown_values() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    let (ids, zone) = with_unknown_values(&mut node, &database);
    let reads = node.store.reads();
    let list = |after, limit| {
        let page = Page { after, limit };
        let views = reads.bookings(OURS, BookingFilter::default(), page).expect("it reads");
        views.into_iter().map(|view| view.booking.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 9), [ids[2], ids[0]]);
    assert_eq!(list(None, 2), [ids[2], ids[0]], "the page is full");
    assert_eq!(list(None, 1), [ids[2]]);
    assert_eq!(list(Some(ids[2]), 1), [ids[0]]);

    let created = node.execute(&[intent(OURS, "another", create_event(starts_at(), &[1]))]);
    let newer: EventId = fields(&created[0]).get("event_id").unwrap().parse().unwrap();
    let page = || Page { after: None, limit: 1 };
    let events = || {
        let views = reads.events(OURS, page()).expect("it reads");
        views.into_iter().map(|view| view.event.id).collect::<Vec<_>>()
    };
    assert_eq!(events(), [newer]);
    database.execute(&format!(
        "update events set cancellation_policy = '{{\"newer\":1}}' where id = '{newer}'"
    ));
    assert_eq!(events(), [zone.event]);
}

#[test]
fn an_unknown_scope_allows_nothing() {
    let database = Database::new();
    let options = options(0, Failpoints::default());
    let credentials = PostgresCredentials::open(&database.url(), &options).expect("it opens");
    let (created_at, mode) = (TestClock::START, Mode::Live);
    let account = Account { id: OURS, name: "main".to_owned(), mode, created_at };
    let account = credentials.account(account).expect("an account");
    let stored = Key {
        id: KeyId::from_raw(7),
        account: account.id,
        mode,
        hash: [7; 32],
        scopes: Scopes::of(&[Scope::Admin]),
        rate: None,
        created_at,
        revoked_at: None,
    };
    credentials.add_key(&stored).expect("it is added");
    database.execute("update keys set scopes = 'read,checkin'");
    let read = Key { scopes: Scopes::of(&[Scope::Read]), ..stored };
    assert_eq!(credentials.key_by_hash(&read.hash), Ok(Some(read.clone())));
    assert_eq!(credentials.keys(), Ok(vec![(read, account)]));
}

#[test]
fn a_feed_is_read_up_to_an_entry_of_an_unknown_kind() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    let (ids, _) = with_unknown_values(&mut node, &database);
    database.execute("update activity set type = 'booking.boarded' where position = 3");
    let reads = node.store.reads();
    let positions = |filter: ActivityFilter| {
        let emitted = reads.activity(OURS, &filter, 9).expect("it reads");
        emitted.iter().map(|emitted| emitted.activity.position).collect::<Vec<_>>()
    };
    assert_eq!(positions(ActivityFilter::default()), [1, 2]);
    let after = |after| ActivityFilter { after, ..ActivityFilter::default() };
    assert_eq!(positions(after(2)), [] as [u64; 0], "whoever follows misses nothing");
    assert_eq!(positions(after(3)), [4, 5, 6, 7]);
    let of = |id: BookingId| ActivityFilter { resources: vec![id.to_string()], ..after(0) };
    assert_eq!(positions(of(ids[1])), [] as [u64; 0]);
    assert_eq!(positions(of(ids[3])), [5, 6]);
    let all = ids.iter().map(BookingId::to_string).collect();
    assert_eq!(positions(ActivityFilter { resources: all, ..after(0) }), [2], "of each as far");
}
