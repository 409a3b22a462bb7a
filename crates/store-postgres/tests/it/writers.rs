//! Several writers on one database: nothing is sold twice, every key is answered once, and nobody waits
//! in a circle.

use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use domain::money::Decimal;
use domain::pool::PoolId;
use domain::tickets::intent::{Cancellation, EventPatch, Wanted, ZonePatch};
use domain::{Command, Intent, Keys, World};
use engine::reads::Reads as _;
use engine::tickets::TicketReads as _;
use engine::{Outcome, Store as _};
use sim::intents::{EventZone, confirm, event_patch, intent, reserve};
use sim::rng::Rng;
use sim::test_ports::TestClock;
use store_postgres::{Options, PostgresStore, schema_version};

use crate::node::{Node, OURS, answer, bookings, check, fields, hold};
use peers::cluster::Database;

/// Lets writers loose at the same moment, and gives back what each made of it.
fn race<T: Send>(database: &Database, nodes: u64, run: impl Fn(u64, Node) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(usize::try_from(nodes).expect("few nodes"));
    std::thread::scope(|scope| {
        let node = |number| {
            let (run, start) = (&run, &start);
            scope.spawn(move || {
                let node = Node::new(database, number);
                start.wait();
                run(number, node)
            })
        };
        let threads: Vec<_> = (1..=nodes).map(node).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends well")).collect()
    })
}

#[test]
fn a_duplicate_on_another_node_receives_the_first_answer() {
    let database = Database::new();
    let mut first = Node::new(&database, 0);
    let zones = first.event(&[50], &[]);
    let zone = zones[0];
    let batch: Vec<_> = (0..40).map(|user| hold(&format!("k-{user}"), zone, user)).collect();
    let outcomes = race(&database, 3, |number, mut node| {
        let mut batch = batch.clone();
        if number == 2 {
            batch.reverse();
        }
        let mut outcomes = node.execute(&batch);
        if number == 2 {
            outcomes.reverse();
        }
        outcomes
    });
    for user in 0..batch.len() {
        let of_user: Vec<_> = outcomes.iter().map(|outcomes| &outcomes[user]).collect();
        let decided = of_user.iter().filter(|it| matches!(it, Outcome::Decided(..))).count();
        assert_eq!(decided, 1, "{of_user:?}");
        assert!(of_user.iter().all(|it| answer(it) == answer(of_user[0])), "{of_user:?}");
    }
    let stock = first.store.reads().zone(OURS, zone.zone).unwrap().unwrap();
    assert_eq!(stock.pool.held(), 40);
    check(&database, &first.store);
}

#[test]
fn a_hot_pool_is_never_oversold() {
    let database = Database::new();
    let mut first = Node::new(&database, 0);
    let zones = first.event(&[100], &["A1", "A2", "A3", "A4", "A5", "A6", "A7"]);
    let held = race(&database, 4, |number, mut node| {
        let mut held = (0, 0);
        for round in 0..4 {
            let name = |it: u32| format!("k-{number}-{round}-{it}");
            let units: Vec<_> = (0..20_u32)
                .map(|it| hold(&name(it), zones[0], it + 20 * u32::try_from(number).unwrap()))
                .collect();
            held.0 += bookings(&node.execute(&units));
            let best =
                |it: u32| intent(OURS, &name(99 + it), reserve(zones[1], it, Wanted::Best(1)));
            held.1 += bookings(&node.execute(&[best(0), best(1)]));
        }
        held
    });
    assert_eq!(held.iter().map(|it| it.0).sum::<usize>(), 100);
    assert_eq!(held.iter().map(|it| it.1).sum::<usize>(), 7);
    check(&database, &first.store);
}

fn cents(minor: i64) -> Decimal {
    Decimal { units: minor, scale: 2 }
}

#[test]
fn writers_with_any_batches_do_not_wait_in_a_circle() {
    let database = Database::new();
    let mut first = Node::new(&database, 0);
    let labels = ["A1", "A2", "A3", "A4", "A5", "A6"];
    let zones = first.event(&[60, 30, 9], &labels);
    let store_errors = race(&database, 4, |number, mut node| {
        let mut rng = Rng::new(number);
        let mut known: Vec<domain::id::BookingId> = Vec::new();
        for round in 0..12 {
            let batch: Vec<Intent> = (0..rng.small(24) + 1)
                .map(|it| {
                    let command = any_command(&mut rng, &zones, &known);
                    // Some keys are also the other writers'.
                    let shared = rng.chance(200).then(|| format!("shared-{round}-{it}"));
                    let name = shared.unwrap_or_else(|| format!("own-{number}-{round}-{it}"));
                    intent(OURS, &name, command)
                })
                .collect();
            for outcome in node.execute(&batch) {
                if matches!(outcome, Outcome::Malformed | Outcome::Failed(_)) {
                    panic!("{outcome:?}");
                }
                let booking = fields(&outcome).get("booking_id").and_then(|id| id.parse().ok());
                known.extend(booking.into_iter().collect::<Vec<domain::id::BookingId>>());
            }
            node.machine.clock.advance(7_000);
        }
        node.store_errors()
    });
    check(&database, &first.store);
    let conflicts = |why: &&String| !why.contains("23505") && !why.contains("as they were loaded");
    let others: Vec<_> = store_errors.iter().flatten().filter(conflicts).collect();
    assert!(others.is_empty(), "{others:?}");
}

fn any_command(rng: &mut Rng, zones: &[EventZone], known: &[domain::id::BookingId]) -> Command {
    let of = *rng.pick(zones).expect("there are zones");
    let EventZone { event, zone } = of;
    let user = rng.small(30);
    let booking = rng.pick(known).copied();
    match (rng.below(20), booking) {
        (0, _) => Command::UpdateZone(ZonePatch {
            event,
            zone,
            name: None,
            capacity: None,
            price: Some(cents(1_000 + i64::from(user))),
        }),
        (1, _) => Command::UpdateEvent(EventPatch {
            name: Some(format!("event {user}")),
            ..event_patch(event)
        }),
        (2..=5, Some(booking)) => confirm(booking, &format!("ref-{}", rng.small(1_000))),
        (6..=8, Some(booking)) => Command::Release(booking),
        (9..=10, Some(booking)) => {
            Command::Cancel(Cancellation { booking, reason: None, refund: true })
        }
        (11..=13, _) => reserve(*zones.last().expect("a zone"), user, Wanted::Best(2)),
        _ => reserve(of, user, Wanted::Units(1)),
    }
}

/// Carries out a hold while somebody else has answered its key, but has not ended yet: it waits, and
/// sees what came of it.
fn beside_another_answer(end: &str) -> Outcome {
    let database = Database::new();
    let mut first = Node::new(&database, 0);
    let zones = first.event(&[5], &[]);
    let zone = *zones.first().expect("one zone");
    let answered = first.execute(&[hold("k", zone, 1)]);
    assert!(matches!(answered.first(), Some(Outcome::Decided(..))), "{answered:?}");
    // Its record is taken away and put back by a transaction that goes on.
    database.execute("create table kept as select * from idempotency where key = 'k'");
    database.execute("delete from idempotency where key = 'k'");
    let other = database.session();
    other.execute("begin; insert into idempotency select * from kept");

    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let database = &database;
        scope.spawn(move || {
            let mut second = Node::new(database, 1);
            sender.send(None).expect("the test receives it");
            sender.send(Some(second.execute(&[hold("k", zone, 1)]))).expect("the test receives it");
        });
        assert!(receiver.recv().expect("the test receives it").is_none());
        let early = receiver.recv_timeout(Duration::from_millis(500));
        assert!(early.is_err(), "it waits: {early:?}");
        other.execute(end);
        receiver.recv().expect("the test receives it").expect("outcomes").remove(0)
    })
}

#[test]
fn a_key_that_is_being_answered_is_waited_for() {
    let replayed = beside_another_answer("commit");
    assert!(matches!(replayed, Outcome::Replayed(_)), "{replayed:?}");
    let decided = beside_another_answer("rollback");
    assert!(matches!(decided, Outcome::Decided(..)), "the key came free: {decided:?}");
}

#[test]
fn what_changed_before_the_pools_were_locked_is_seen() {
    let database = Database::new();
    let mut first = Node::new(&database, 0);
    let mut second = Node::new(&database, 1);
    let zones = first.event(&[5], &[]);
    let EventZone { event, zone } = zones[0];
    let names =
        Keys { events: [(OURS, event)].into(), zones: [(OURS, zone)].into(), ..Keys::default() };
    let counters = Keys { pools: [(OURS, PoolId::zone(zone))].into(), ..Keys::default() };
    let mut world = World::default();
    let mut tx = first.store.begin().unwrap();
    tx.load(&names, &mut world).unwrap();
    assert_eq!(world.zones.get(&(OURS, zone)).unwrap().price.minor, 1_000);
    let dearer = ZonePatch { event, zone, name: None, capacity: None, price: Some(cents(7_700)) };
    second.execute(&[intent(OURS, "dearer", Command::UpdateZone(dearer))]);
    tx.load(&counters, &mut world).unwrap();
    assert_eq!(world.zones.get(&(OURS, zone)).unwrap().price.minor, 7_700);
}

#[test]
fn deadlines_that_two_writers_find_are_kept_once() {
    let database = Database::new();
    let mut first = Node::new(&database, 0);
    let mut second = Node::new(&database, 1);
    let zones = first.event(&[9], &[]);
    first.execute(&[hold("a", zones[0], 1), hold("b", zones[0], 2)]);
    let later = TestClock::START.plus_seconds(61);
    let due = first.store.begin().unwrap().due(later, 9).unwrap();
    assert_eq!(due.len(), 2);
    assert_eq!(second.store.begin().unwrap().due(later, 9), Ok(due), "looking locks nothing");
    let nodes = [&mut first, &mut second];
    let kept = std::thread::scope(|scope| {
        let ends = nodes.map(|node| {
            node.machine.clock.advance_to(later);
            scope.spawn(|| node.try_execute(&[]).map(|executed| executed.kept))
        });
        ends.map(|end| end.join().unwrap().unwrap())
    });
    assert_eq!(kept.iter().sum::<usize>(), 2);
    assert_eq!(first.store.begin().unwrap().due(later, 9), Ok(Vec::new()));
    check(&database, &first.store);
}

#[test]
fn nodes_that_start_at_once_make_one_store() {
    // They meet in the catalogue in several ways, each of them now and then.
    for _ in 0..3 {
        start_at_once(&Database::new());
    }
}

fn start_at_once(database: &Database) {
    let start = Barrier::new(5);
    let names = std::thread::scope(|scope| {
        let open = |fresh: u128| {
            let (url, start) = (database.url(), &start);
            scope.spawn(move || {
                let options = Options { fresh, ..Options::default() };
                start.wait();
                let store = PostgresStore::open(&url, &options).expect("it opens");
                store.reads().identity().expect("it has a name")
            })
        };
        let threads: Vec<_> = (1..=5).map(open).collect();
        threads.into_iter().map(|it| it.join().expect("it opens")).collect::<Vec<_>>()
    });
    let first = names.first().expect("five of them");
    assert!(names.iter().all(|it| it == first), "{names:?}");
    assert_eq!(first.schema_version, schema_version());
}

#[test]
fn the_clock_is_the_databases() {
    let database = Database::new();
    let options = Options { fresh: 1, ..Options::default() };
    let mut store = PostgresStore::open(&database.url(), &options).unwrap();
    let now = || {
        let millis = database.ask("select (extract(epoch from clock_timestamp()) * 1000)::bigint");
        domain::Timestamp::from_millis(millis[0].parse().unwrap())
    };
    let before = now();
    let told = store.begin().unwrap().now(TestClock::START).unwrap();
    assert!(before <= told && told <= now(), "{told:?}");
}

#[test]
fn what_postgresql_cannot_keep_fails_alone() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    let zones = node.event(&[9], &[]);
    let odd = hold("nul\0", zones[0], 2);
    let batch = [hold("a", zones[0], 1), odd.clone(), hold("b", zones[0], 3)];
    let outcomes = node.execute(&batch);
    assert!(matches!(outcomes[1], Outcome::Failed(_)), "{outcomes:?}");
    assert_eq!(bookings(&[outcomes[0].clone(), outcomes[2].clone()]), 2);
    assert_eq!(node.store.reads().record(&odd.key.unwrap().key), Ok(None));
    let shared = Arc::new(node.store.reads());
    assert!(shared.records_of(OURS, "\0").unwrap().is_empty());
}
