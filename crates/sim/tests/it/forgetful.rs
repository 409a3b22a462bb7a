//! A store that does not answer a key, of whatever kind, is found out at once, and only whoever needs the
//! key suffers.

use std::collections::BTreeSet;

use domain::activity::{LowWaterMark, Truncation};
use domain::id::BookingId;
use domain::job::{Availability, JobId, Lease};
use domain::tickets::intent::{Cancellation, EventPatch, Wanted};
use domain::{Command, Keys};
use engine::batch::Chores;
use engine::{Outcome, Ports, execute};
use sim::intents::{confirm, create_event, event_zones, intent, reserve, with_seats};
use sim::memory::MemoryStore;
use sim::test_ports::{Fields, TestClock, TestPorts};

use crate::running::{ACCOUNT, fields};
use crate::scripted::{Script, ScriptedStore};

/// Takes the last of a set of keys away, if there is one.
fn take<K: Ord>(keys: &mut BTreeSet<K>) -> bool {
    keys.pop_last().is_some()
}

/// Keys of every kind.
const KINDS: [(&str, fn(&mut Keys) -> bool); 15] = [
    ("records", |keys| take(&mut keys.records)),
    ("events", |keys| take(&mut keys.events)),
    ("event_zones", |keys| take(&mut keys.event_zones)),
    ("zones", |keys| take(&mut keys.zones)),
    ("layouts", |keys| take(&mut keys.layouts)),
    ("taken_seats", |keys| take(&mut keys.taken_seats)),
    ("pools", |keys| take(&mut keys.pools)),
    ("allowances", |keys| take(&mut keys.allowances)),
    ("handles", |keys| take(&mut keys.handles)),
    ("bookings", |keys| take(&mut keys.bookings)),
    ("payments", |keys| take(&mut keys.payments)),
    ("payment_references", |keys| take(&mut keys.payment_references)),
    ("feeds", |keys| take(&mut keys.feeds)),
    ("jobs", |keys| take(&mut keys.jobs)),
    ("low_water_marks", |keys| take(&mut keys.low_water_marks)),
];

struct Bench {
    script: Script,
    store: ScriptedStore,
    ports: Ports,
}

impl Bench {
    fn execute(&mut self, name: &str, command: Command) -> Fields {
        let intents = [intent(ACCOUNT, name, command)];
        let done = execute(&mut self.store, &mut self.ports, &intents, Chores::default());
        fields(done.expect("it is carried out").outcomes.first().expect("an outcome"))
    }
}

fn id<T: std::str::FromStr>(fields: &Fields, name: &str) -> T {
    fields.get(name).and_then(|id| id.parse().ok()).expect("an id")
}

/// A store with a sale, and commands that together need keys of every kind.
fn bench() -> (Bench, Vec<Command>) {
    let script = Script::default();
    let store = ScriptedStore::new(MemoryStore::new(), script.clone());
    let mut bench = Bench { script, store, ports: TestPorts::new(3).ports() };
    let starts_at = TestClock::START.plus_seconds(1_000_000);
    let created = bench.execute("event", with_seats(create_event(starts_at, &[10]), &["A-1"]));
    let [floor, stalls] = event_zones(&created)[..] else { panic!("two zones") };
    let event = floor.event;
    let floor = |user| reserve(floor, user, Wanted::Units(1));
    let sold: BookingId = id(&bench.execute("sold", floor(1)), "booking_id");
    bench.execute("pay", confirm(sold, "paid"));
    let held: BookingId = id(&bench.execute("held", floor(2)), "booking_id");
    let lease = Lease { job: JobId::clean_up(), fence: 1 };
    let truncation =
        Truncation { after: 0, low_water_mark: LowWaterMark { position: 1, at: TestClock::START } };
    let patch = EventPatch {
        event,
        name: Some("renamed".to_owned()),
        starts_at: None,
        max_per_user: None,
        hold_seconds: None,
        sales_open_at: None,
        sales_close_at: None,
        terms: None,
    };
    let commands = vec![
        floor(3),
        reserve(stalls, 4, Wanted::Best(1)),
        confirm(held, "another"),
        Command::Cancel(Cancellation { booking: sold, reason: None, refund: true }),
        Command::UpdateEvent(patch),
        Command::LeaseJobs {
            jobs: [JobId::clean_up().1].into(),
            lease_ms: 1,
            availability: Availability::Due,
        },
        Command::CleanUpFeed { lease, truncation },
    ];
    (bench, commands)
}

#[test]
fn a_store_that_forgets_a_key_is_found_out() {
    for (kind, forgets) in KINDS {
        let (mut bench, commands) = bench();
        bench.script.forget(Some(forgets));
        let mut said = Vec::new();
        for (number, command) in commands.into_iter().enumerate() {
            let intents = [intent(ACCOUNT, &format!("k-{number}"), command)];
            let (store, ports) = (&mut bench.store, &mut bench.ports);
            let done = execute(store, ports, &intents, Chores::default());
            for outcome in done.expect("it is carried out").outcomes {
                if let Outcome::Failed(why) = outcome {
                    said.push(why);
                }
            }
        }
        assert!(bench.script.forgot(), "no command needs {kind}");
        let words = format!("the store did not answer {kind} ");
        assert!(!said.is_empty(), "{kind}: nobody noticed");
        assert!(said.iter().all(|said| said.starts_with(&words)), "{kind}: {said:?}");
    }
}

#[test]
fn only_those_suffer_who_need_a_key_that_is_not_answered() {
    let (mut bench, commands) = bench();
    let [first, second, ..] = commands.as_slice() else { panic!("two reservations") };
    bench.script.forget(Some(|keys| take(&mut keys.taken_seats)));
    let of = |name: &str, command: &Command| intent(ACCOUNT, name, command.clone());
    let intents = [of("a", first), of("seats", second), of("b", first)];
    let done = execute(&mut bench.store, &mut bench.ports, &intents, Chores::default());
    let outcomes = done.expect("it is carried out").outcomes;
    let [Outcome::Decided(..), Outcome::Failed(_), Outcome::Decided(..)] = outcomes.as_slice()
    else {
        panic!("{outcomes:?}")
    };
}
