//! A store is moved here from SQLite: all of it, whatever happens on the way, and only one of the two
//! can be served at any moment.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::Command;
use domain::policy::{Term, Terms};
use domain::tickets::intent::Cancellation;
use domain::webhooks::deliveries::Release;
use engine::batch::Chores;
use engine::failpoint::Failpoints;
use engine::reads::due::DueReads as _;
use engine::reads::{ActivityFilter, Reads as _};
use engine::transfer::{
    Error, Kind, Outcome, Progress, Refusal, Rows, Source as _, Target as _, abandon, carry_out,
};
use engine::{Outcome as Answered, execute};
use peers::cluster::Database;
use rows::TABLES;
use sim::backend::Backend as _;
use sim::intents::{
    EventZone, confirm, create_endpoint, create_event, endpoint_of, event_at, event_zones, intent,
    lease_endpoints, leases, record_failed, with_seats,
};
use sim::run::{Options, run};
use sim::test_ports::TestPorts;
use store_postgres::{OpenError, PostgresCredentials, PostgresReads, PostgresStore};

use crate::migrate_source::{SqliteFolder, assert_same, check, move_it, target};
use crate::node::{Node, OURS, answer, fields, hold, options, starts_at};

fn calm() -> Failpoints {
    Failpoints::default()
}

/// A store with a life behind it.
fn lived(options: &Options, seed: u64) -> SqliteFolder {
    let folder = SqliteFolder::new();
    folder.add_credentials();
    run(seed, options, &folder).unwrap_or_else(|failure| panic!("{failure}"));
    folder
}

#[track_caller]
fn moved(outcome: Result<Outcome, Error>) -> Vec<Rows> {
    match outcome {
        Ok(Outcome::Moved(rows)) => rows,
        other => panic!("{other:?}"),
    }
}

/// Why the target cannot be opened.
fn refusal_there(database: &Database) -> Option<OpenError> {
    PostgresReads::open(&database.url(), &options(1, calm())).err()
}

#[test]
fn every_column_is_moved() {
    let database = Database::new();
    drop(target(&database, 9, calm()));
    let mut here: BTreeSet<String> = BTreeSet::new();
    for table in &TABLES {
        for column in table.columns {
            let (kind, name) = (column.kind, column.name);
            let data_type = match kind {
                Kind::Integer => "bigint",
                Kind::Flag => "boolean",
                Kind::Text => "text",
                Kind::Bytes => "bytea",
            };
            here.insert(format!("{}.{name} {data_type}", table.name));
        }
    }
    // What is left out belongs to the schema, to the writers of this store, or is taken over at the end.
    let there = "select c.table_name || '.' || c.column_name || ' ' || c.data_type
        from information_schema.columns as c
        join pg_tables as t on t.tablename = c.table_name and t.schemaname = c.table_schema
        where c.table_schema = 'public' and c.table_name not in
            ('refinery_schema_history', 'bootstrap', 'writers', 'store_meta')";
    assert_eq!(here, database.ask(there).into_iter().collect());
    for table in &TABLES {
        let key = format!(
            "select a.attname from pg_constraint c
             cross join unnest(c.conkey) with ordinality as k (number, at)
             join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number
             where c.contype = 'p' and c.conrelid = '{}'::regclass order by k.at",
            table.name
        );
        assert_eq!(database.ask(&key), table.key, "{}", table.name);
    }
}

#[test]
fn all_rows_are_there_and_the_same() {
    let filled = SqliteFolder::new();
    filled.add_credentials();
    fill(&filled);
    let places = [(filled, 2), (lived(&Options::CALM, 3), 3), (lived(&Options::STORMY, 4), 40)];
    let mut seen = BTreeSet::new();
    for (folder, chunk_rows) in places {
        let database = Database::new();
        for Rows { table, source, target } in
            moved(move_it(&folder, &database, &calm(), chunk_rows))
        {
            assert_eq!(source, target);
            if source > 0 {
                seen.insert(table);
            }
        }
        assert_same(&folder, &database);
        let here = folder.reads();
        let there = PostgresReads::open(&database.url(), &options(1, calm())).expect("it opens");
        assert_eq!(here.last_instant(), there.last_instant());
        let identity = (here.identity().expect("one"), there.identity().expect("one"));
        assert_eq!(identity.0.store_id, identity.1.store_id);
    }
    // No table goes untested because these leave it empty.
    assert_eq!(seen, TABLES.iter().map(|table| table.name).collect());
}

#[test]
fn moved_once_it_is_moved_and_only_the_target_is_served() {
    let (folder, database) = (lived(&Options::CALM, 1), Database::new());
    moved(move_it(&folder, &database, &calm(), 1_000));
    let before = database.ask("select key || value from store_meta order by key");
    assert_eq!(move_it(&folder, &database, &calm(), 1_000), Ok(Outcome::AlreadyMoved));
    assert_eq!(database.ask("select key || value from store_meta order by key"), before);
    let refused = folder.open(calm()).err().expect("it is gone").to_string();
    assert!(refused.contains("was moved to 127.0.0.1:") && !refused.contains('@'), "{refused}");
    let refused = std::panic::catch_unwind(|| folder.credentials());
    assert!(refused.is_err(), "nor are keys added to it");
    // Reads go on.
    let audit = &mut domain::invariants::Audit::default();
    folder.reads().audit(audit, &mut |_| {}).expect("it can be checked");
    let elsewhere = Database::new();
    let refused = move_it(&folder, &elsewhere, &calm(), 1_000);
    assert!(matches!(refused, Err(Error::Refused(Refusal::MovedElsewhere(_)))), "{refused:?}");
    let mut source = folder.source(calm());
    let late = abandon(&mut source, &mut target(&database, 10, calm()));
    assert_eq!(late, Err(Error::Refused(Refusal::TooLate)));
    drop(PostgresStore::open(&database.url(), &options(1, calm())).expect("it is served"));
}

/// Fails when it is asked for the `nth` time, counted from 0; and how often it was asked.
fn failing(nth: usize) -> (Failpoints, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    (Failpoints::new(move |_| count.fetch_add(1, Ordering::SeqCst) == nth), asked)
}

/// At no moment may both be served, and neither may be while the target is not whole.
#[track_caller]
fn assert_one_at_most(folder: &SqliteFolder, database: &Database, why: &str) {
    let here = folder.open(calm()).is_ok();
    let there = refusal_there(database).is_none();
    let mut target = target(database, 9, calm());
    let is_empty = target.find().expect("it is there").is_empty;
    assert!(!there || is_empty || !here, "both are served: {why}");
    assert!(here || !there || !is_empty || folder.source(calm()).mark().is_ok(), "{why}");
    if there && !is_empty {
        let counts = TABLES.iter().map(|table| target.count(table).expect("a count"));
        let mut source = folder.source(calm());
        let wanted = TABLES.iter().map(|table| source.count(table).expect("a count"));
        assert!(counts.eq(wanted), "served, but not whole: {why}");
    }
}

/// The places at which a move can be interrupted are looked at in so many tests, side by side.
const PARTS: usize = 4;

#[test]
fn it_is_resumed_wherever_it_was_interrupted_first_part() {
    interrupt_at_each_of(0);
}

#[test]
fn it_is_resumed_wherever_it_was_interrupted_second_part() {
    interrupt_at_each_of(1);
}

#[test]
fn it_is_resumed_wherever_it_was_interrupted_third_part() {
    interrupt_at_each_of(2);
}

#[test]
fn it_is_resumed_wherever_it_was_interrupted_fourth_part() {
    interrupt_at_each_of(3);
}

/// At every place of this part, until there are no more.
fn interrupt_at_each_of(part: usize) {
    let (original, database) = (SqliteFolder::new(), Database::new());
    original.add_credentials();
    fill(&original);
    drop(target(&database, 9, calm()));
    for nth in (part..).step_by(PARTS) {
        // As good as a new database, and sooner there.
        let tables = TABLES.map(|table| table.name).join(", ");
        database.execute(&format!(
            "truncate {tables}; delete from store_meta where key <> 'min_writer_version'"
        ));
        let folder = original.copy();
        let (failpoints, asked) = failing(nth);
        let outcome = move_it(&folder, &database, &failpoints, 8);
        if asked.load(Ordering::SeqCst) <= nth {
            moved(outcome);
            assert!(nth > 60, "only {nth} places to fail at");
            break;
        }
        let why = format!("failed at place {nth}: {outcome:?}");
        assert!(outcome.is_err(), "{why}");
        assert_one_at_most(&folder, &database, &why);
        match move_it(&folder, &database, &calm(), 8) {
            Ok(Outcome::Moved(_) | Outcome::AlreadyMoved) => {}
            other => panic!("{why}, then {other:?}"),
        }
        // Each table takes a while.
        if (nth / PARTS).is_multiple_of(8) {
            assert_same(&folder, &database);
        }
        assert_one_at_most(&folder, &database, &why);
        assert!(folder.open(calm()).is_err(), "{why}");
    }
}

#[test]
fn it_is_resumed_however_often_it_was_interrupted() {
    let (folder, database) = (lived(&Options::STORMY, 2), Database::new());
    for attempt in 0..1_000 {
        // What is done already is looked at again, so it needs a little more each time.
        let (failpoints, _) = failing(20 + attempt * 3);
        match move_it(&folder, &database, &failpoints, 20) {
            Ok(outcome) => {
                assert!(attempt > 5, "{attempt} attempts only");
                assert!(!matches!(outcome, Outcome::Failed(..)), "{outcome:?}");
                return assert_same(&folder, &database);
            }
            Err(Error::Store(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("it never comes to an end");
}

#[test]
fn while_it_is_not_finished_nobody_serves_either_unless_it_is_given_up() {
    let (folder, database) = (lived(&Options::CALM, 6), Database::new());
    let (failpoints, _) = failing(40);
    move_it(&folder, &database, &failpoints, 5).expect_err("it is interrupted");
    assert_eq!(refusal_there(&database), Some(OpenError::Unfinished));
    let store = PostgresStore::open(&database.url(), &options(1, calm()));
    assert_eq!(store.err(), Some(OpenError::Unfinished));
    let credentials = PostgresCredentials::open(&database.url(), &options(1, calm()));
    assert_eq!(credentials.err(), Some(OpenError::Unfinished));
    let refused = folder.open(calm()).err().expect("it is on its way").to_string();
    assert!(refused.contains("is being moved to 127.0.0.1:"), "{refused}");

    // Not into another database, and not from another store.
    let elsewhere = Database::new();
    let refused = move_it(&folder, &elsewhere, &calm(), 5);
    assert!(matches!(refused, Err(Error::Refused(Refusal::MovingElsewhere(_)))), "{refused:?}");
    let other = lived(&Options::CALM, 7);
    let refused = move_it(&other, &database, &calm(), 5);
    assert!(matches!(refused, Err(Error::Refused(Refusal::TakenByMove(_)))), "{refused:?}");
    drop(other.open(calm()).expect("a refusal changes nothing"));
    let mut source = folder.source(calm());
    let refused = abandon(&mut source, &mut target(&elsewhere, 11, calm()));
    assert!(matches!(refused, Err(Error::Refused(Refusal::MovingElsewhere(_)))), "{refused:?}");

    abandon(&mut source, &mut target(&database, 12, calm())).expect("it is given up");
    drop(source);
    drop(folder.open(calm()).expect("it is served again"));
    assert_eq!(refusal_there(&database), None);
    moved(move_it(&folder, &elsewhere, &calm(), 1_000));
    assert_same(&folder, &elsewhere);
    moved(move_it(&other, &database, &calm(), 1_000));
}

#[test]
fn what_is_somebody_elses_is_left_alone() {
    let folder = lived(&Options::CALM, 8);
    let database = Database::new();
    let mut node = Node::new(&database, 1);
    let zones = node.event(&[5], &[]);
    let before = database.ask("select value from store_meta order by key");
    let refused = move_it(&folder, &database, &calm(), 5);
    assert_eq!(refused, Err(Error::Refused(Refusal::Taken)));
    // A store that is only served, and empty, is somebody's as well.
    let served = Database::new();
    drop(Node::new(&served, 1));
    assert_eq!(move_it(&folder, &served, &calm(), 5), Err(Error::Refused(Refusal::Taken)));
    assert_eq!(database.ask("select value from store_meta order by key"), before);
    node.execute(&[hold("still", zones[0], 1)]);
    let store = folder.open(calm()).expect("a refusal changes nothing");
    let refused = move_it(&folder, &Database::new(), &calm(), 5).expect_err("it is served");
    assert!(refused.to_string().contains("another process serves"), "{refused}");
    drop(store);
}

#[test]
fn a_database_that_was_made_again_is_filled_from_the_beginning() {
    let (folder, database) = (lived(&Options::CALM, 9), Database::new());
    let (failpoints, _) = failing(60);
    move_it(&folder, &database, &failpoints, 5).expect_err("it is interrupted");
    database.execute("drop schema public cascade; create schema public");
    moved(move_it(&folder, &database, &calm(), 1_000));
    assert_same(&folder, &database);
}

#[test]
fn a_target_that_is_not_as_it_should_be_is_not_finished() {
    let (folder, database) = (lived(&Options::CALM, 10), Database::new());
    let mut source = folder.source(calm());
    let mut there = target(&database, 9, calm());
    let outcome = carry_out(&mut source, &mut there, check(), &mut |progress| {
        if matches!(progress, Progress::Copied { table: "jobs", .. }) {
            database.execute("update pools set held = 0, sold = 0");
        }
    });
    drop((source, there));
    let Ok(Outcome::Failed(rows, report)) = outcome else { panic!("{outcome:?}") };
    assert!(report.leaked > 0 && rows.iter().all(|rows| rows.source == rows.target), "{report:?}");
    assert_eq!(refusal_there(&database), Some(OpenError::Unfinished));
    assert!(folder.open(calm()).is_err(), "nor is the source served by mistake");

    let oldest = "(select min(position) from activity)";
    database.execute(&format!("delete from activity where position = {oldest}"));
    let outcome = move_it(&folder, &database, &calm(), 100);
    let Ok(Outcome::Failed(rows, _)) = outcome else { panic!("{outcome:?}") };
    let differ = rows.iter().filter(|rows| rows.source != rows.target).map(|rows| rows.table);
    assert_eq!(differ.collect::<Vec<_>>(), ["activity"]);

    abandon(&mut folder.source(calm()), &mut target(&database, 10, calm())).expect("given up");
    moved(move_it(&folder, &database, &calm(), 100));
    assert_same(&folder, &database);
}

#[test]
fn a_text_that_cannot_be_stored_here_is_reported_with_its_row() {
    let (folder, database) = (SqliteFolder::new(), Database::new());
    let sold = sold_there(&fill(&folder)[0]);
    let mut ports = TestPorts::new(6).ports();
    let mut store = folder.open(calm()).expect("it opens");
    let mut odd = hold("odd", sold, 9);
    let other = with_seats(create_event(starts_at(), &[9]), &["A-1"]);
    let chores = Chores { due: false, key_usage: false };
    let made = execute(store.as_mut(), &mut ports, &[intent(OURS, "more", other)], chores);
    let more = sold_there(&made.expect("it is made").outcomes[0]);
    if let Command::Reserve(booking) = &mut odd.command {
        booking.event = more.event;
        booking.zone = more.zone;
        booking.user.user_id = "nul\0".to_owned();
    }
    execute(store.as_mut(), &mut ports, &[odd], chores).expect("it is stored");
    drop(store);
    let told = move_it(&folder, &database, &calm(), 100);
    let Err(Error::Unstorable(why)) = told else { panic!("{told:?}") };
    let start = "column user_id of the row of people with account_id \"";
    assert!(why.starts_with(start) && why.ends_with("which PostgreSQL cannot store"), "{why}");
    abandon(&mut folder.source(calm()), &mut target(&database, 10, calm())).expect("given up");
    drop(folder.open(calm()).expect("it is served again"));
}

/// An event with seats, and a few bookings; what was answered.
fn fill(folder: &SqliteFolder) -> Vec<Answered> {
    let mut ports = TestPorts::new(5).ports();
    let mut store = folder.open(calm()).expect("it opens");
    let chores = Chores { due: true, key_usage: true };
    let mut execute = |intents: &[domain::Intent]| {
        let executed = execute(store.as_mut(), &mut ports, intents, chores);
        executed.unwrap_or_else(|error| panic!("{error}")).outcomes
    };
    let mut event = with_seats(create_event(starts_at(), &[3]), &["A-1", "A-2", "B-1"]);
    if let Command::CreateEvent(event) = &mut event {
        let all = Term { before_start_ms: 0, refund_percent: 100 };
        let half = Term { before_start_ms: -1, refund_percent: 50 };
        event.terms = Terms(vec![all, half]);
    }
    let mut outcomes = execute(&[intent(OURS, "event", event)]);
    let zone = sold_there(outcomes.first().expect("an answer"));
    outcomes.extend(execute(&[1, 2, 3, 4].map(|user| hold(&format!("hold-{user}"), zone, user))));
    // The first is paid for, and gets the money back.
    let booking =
        fields(outcomes.get(1).expect("a hold")).get("booking_id").and_then(|id| id.parse().ok());
    let booking = booking.expect("a booking");
    outcomes.extend(execute(&[intent(OURS, "confirm", confirm(booking, "a card"))]));
    let cancel = Command::Cancel(Cancellation { booking, reason: None, refund: true });
    outcomes.extend(execute(&[intent(OURS, "cancel", cancel)]));
    // An endpoint that was told of something.
    let made = execute(&[intent(OURS, "", create_endpoint("*"))]);
    let endpoint = endpoint_of(made.first().expect("an endpoint"));
    let leased = leases(&execute(&[lease_endpoints(OURS, &[endpoint], 0)]));
    let [lease] = leased.as_slice() else { panic!("one lease: {leased:?}") };
    execute(&[record_failed(lease, event_at(1), Release::Keep { lease_ms: 0 })]);
    outcomes
}

fn sold_there(outcome: &Answered) -> EventZone {
    *event_zones(&fields(outcome)).first().expect("a zone")
}

#[test]
fn the_engine_goes_on_where_it_was() {
    let (folder, database) = (SqliteFolder::new(), Database::new());
    let answered = fill(&folder);
    let sold = sold_there(&answered[0]);
    moved(move_it(&folder, &database, &calm(), 2));
    let mut node = Node::new(&database, 1);
    let head = node.store.reads().feed_head(OURS).expect("a feed");
    assert!(head > 0);
    for user in [1, 2, 3, 4] {
        let again = node.execute(&[hold(&format!("hold-{user}"), sold, user)]);
        assert!(matches!(again[0], Answered::Replayed(_)), "{again:?}");
        assert_eq!(answer(&again[0]), answer(&answered[usize::try_from(user).expect("small")]));
    }
    assert_eq!(node.store.reads().feed_head(OURS), Ok(head), "a replay changes nothing");
    let more = node.execute(&[hold("hold-5", sold, 5), hold("hold-6", sold, 6)]);
    assert_eq!(fields(&more[0]).get("code").map(String::as_str), Some("BOOKING"));
    assert_eq!(fields(&more[1]).get("code").map(String::as_str), Some("INSUFFICIENT_SEATS"));
    let filter = ActivityFilter { after: head, ..ActivityFilter::default() };
    let told = node.store.reads().activity(OURS, &filter, 10).expect("activity");
    assert_eq!(told.first().map(|told| told.activity.position), Some(head + 1));
    crate::node::check(&database, &node.store);
}
