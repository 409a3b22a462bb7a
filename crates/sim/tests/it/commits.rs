//! What becomes of a batch whose commit goes wrong in each of the ways in which one can.

use domain::Command;
use domain::id::AccountId;
use domain::tickets::booking::Status;
use domain::tickets::intent::Wanted;
use engine::batch::{
    CONFLICT_PAUSE_MAX_MICROS, CONFLICT_PAUSE_MICROS, CONFLICT_REPEATS_MAX, Chores, Executed,
    Overdue, SETTLE_ATTEMPTS_MAX,
};
use engine::reads::{Page, Reads};
use engine::tickets::{BookingFilter, TicketReads as _};
use engine::{ExecuteError, Fault, Outcome, Ports, execute};
use sim::intents::{EventZone, create_event, event_zones, intent, key, reserve, with_other_body};
use sim::memory::MemoryStore;
use sim::test_ports::{TestClock, TestPorts, read};

use crate::scripted::{Script, ScriptedStore, Turn};

const ACCOUNT: AccountId = AccountId::from_raw(1);
const NO_CHORES: Chores = Chores { due: false, key_usage: false };
const EXPIRE: Chores = Chores { due: true, key_usage: false };
const COUNT: Chores = Chores { due: false, key_usage: true };

struct Bench {
    memory: MemoryStore,
    script: Script,
    store: ScriptedStore,
    machine: TestPorts,
    ports: Ports,
}

impl Bench {
    fn new() -> Self {
        let (memory, script, machine) = (MemoryStore::new(), Script::default(), TestPorts::new(3));
        let store = ScriptedStore::new(memory.clone(), script.clone());
        let ports = machine.ports();
        Self { memory, script, store, machine, ports }
    }

    fn execute(
        &mut self,
        name: &str,
        command: Command,
        chores: Chores,
    ) -> Result<Executed, ExecuteError> {
        execute(&mut self.store, &mut self.ports, &[intent(ACCOUNT, name, command)], chores)
    }

    /// An event with one zone of ten units.
    fn event(&mut self) -> EventZone {
        let command = create_event(TestClock::START.plus_seconds(1_000_000), &[10]);
        let done = self.execute("create", command, NO_CHORES).expect("it is carried out");
        let Some(Outcome::Decided(answer, _)) = done.outcomes.first() else { panic!("{done:?}") };
        let fields = read(answer);
        *event_zones(&fields).first().expect("one zone")
    }

    fn bookings(&self, status: Option<Status>) -> usize {
        let filter = BookingFilter { status, ..BookingFilter::default() };
        let page = Page { after: None, limit: 100 };
        self.memory.bookings(ACCOUNT, filter, page).expect("it reads").len()
    }

    fn attempts(&self, name: &str) -> u32 {
        let record = self.memory.record(&key(ACCOUNT, name)).expect("it reads");
        record.expect("it is there").attempts
    }
}

fn hold(zone: EventZone, user: u32) -> Command {
    reserve(zone, user, Wanted::Units(1))
}

#[test]
fn who_was_slower_decides_again() {
    let mut bench = Bench::new();
    let zone = bench.event();
    bench.script.next(&vec![Turn::Conflict; CONFLICT_REPEATS_MAX]);
    let done = bench.execute("a", hold(zone, 1), NO_CHORES).expect("the last try succeeds");
    assert!(matches!(done.outcomes.as_slice(), [Outcome::Decided(..)]), "{done:?}");
    assert_eq!(bench.bookings(None), 1);

    bench.script.next(&vec![Turn::Conflict; CONFLICT_REPEATS_MAX + 1]);
    let error = bench.execute("b", hold(zone, 1), NO_CHORES).unwrap_err();
    assert!(matches!(error, ExecuteError::Unavailable(_)), "{error:?}");
    assert_eq!(bench.bookings(None), 1);
}

/// Rivals that met must not meet again: each waits for a time of its own, longer each time, and not for
/// long.
#[test]
fn who_was_slower_waits_for_a_random_time() {
    let mut bench = Bench::new();
    let zone = bench.event();
    for name in ["a", "b", "c", "d"] {
        bench.script.next(&vec![Turn::Conflict; CONFLICT_REPEATS_MAX]);
        bench.execute(name, hold(zone, 1), NO_CHORES).expect("the last try succeeds");
    }
    let pauses = bench.machine.clock.pauses();
    assert_eq!(pauses.len(), 4 * CONFLICT_REPEATS_MAX, "one before each repeat");
    let micros: Vec<_> = pauses.iter().map(std::time::Duration::as_micros).collect();
    let tries: Vec<_> = micros.chunks(CONFLICT_REPEATS_MAX).collect();
    for (repeat, longest) in (0..CONFLICT_REPEATS_MAX).map(|repeat| (repeat, longest(repeat))) {
        let of_repeat: Vec<_> = tries.iter().map(|tries| tries[repeat]).collect();
        assert!(of_repeat.iter().all(|micros| *micros <= longest), "{repeat}: {of_repeat:?}");
    }
    let different: std::collections::BTreeSet<_> = micros.iter().collect();
    assert!(different.len() > micros.len() / 2, "they are random: {micros:?}");
    assert!(micros.iter().any(|micros| *micros > CONFLICT_PAUSE_MICROS.into()), "they grow");
}

fn longest(repeat: usize) -> u128 {
    u128::from(CONFLICT_PAUSE_MAX_MICROS.min(CONFLICT_PAUSE_MICROS << repeat))
}

/// The half of a batch that was committed stands; whoever was in the other hears that it can be asked
/// again, and not that nothing was written.
#[test]
fn half_a_batch_that_finds_the_store_away_is_unavailable() {
    for (turn, written) in [(Turn::NotWritten, 1), (Turn::LostAndAway, 2)] {
        let mut bench = Bench::new();
        let zone = bench.event();
        let batch = ["a", "bad", "b"].map(|name| intent(ACCOUNT, name, hold(zone, 1)));
        bench.script.refuse(&["bad"]);
        bench.script.next(&[Turn::Well, turn]);
        let done = execute(&mut bench.store, &mut bench.ports, &batch, NO_CHORES);
        let outcomes = done.expect("the first half stands").outcomes;
        let [a, bad, b] = outcomes.as_slice() else { panic!("{outcomes:?}") };
        assert!(matches!(a, Outcome::Decided(..)), "{a:?}");
        assert!(matches!(bad, Outcome::Failed(_)), "{bad:?}");
        assert!(matches!(b.clone().or_fault(), Err(Fault::Unavailable(_))), "{b:?}");
        assert_eq!(bench.bookings(None), written);
    }
}

#[test]
fn a_lost_answer_is_settled_by_asking() {
    let mut bench = Bench::new();
    let zone = bench.event();
    bench.script.next(&[Turn::LostAfter]);
    let done = bench.execute("a", hold(zone, 1), NO_CHORES).expect("it took effect");
    assert!(matches!(done.outcomes.as_slice(), [Outcome::Decided(..)]), "{done:?}");
    assert_eq!((bench.script.settled(), bench.bookings(None)), (1, 1));

    bench.script.next(&[Turn::LostBefore, Turn::LostAfter]);
    let done = bench.execute("b", hold(zone, 1), NO_CHORES).expect("the second try did");
    assert!(matches!(done.outcomes.as_slice(), [Outcome::Decided(..)]), "{done:?}");
    assert_eq!((bench.script.settled(), bench.bookings(None)), (3, 2));
}

#[test]
fn what_cannot_be_settled_is_settled_by_its_key() {
    let mut bench = Bench::new();
    let zone = bench.event();
    bench.script.next(&[Turn::LostAfter]);
    bench.script.be_away(false);
    let store = bench.memory.clone();
    // The commit takes effect, and then nobody can be asked.
    let away = bench.script.clone();
    let machine = &mut bench.machine;
    machine.failpoints = engine::failpoint::Failpoints::new(move |name| {
        away.be_away(name == engine::failpoint::DECIDED);
        false
    });
    bench.ports = machine.ports();
    let error = bench.execute("a", hold(zone, 1), NO_CHORES).unwrap_err();
    assert!(matches!(error, ExecuteError::Unavailable(_)), "{error:?}");
    assert_eq!(usize::try_from(bench.script.settled()), Ok(SETTLE_ATTEMPTS_MAX + 1));
    assert!(store.record(&key(ACCOUNT, "a")).expect("it reads").is_some(), "it took effect");
    bench.script.be_away(false);
    let done = bench.execute("a", hold(zone, 1), NO_CHORES).expect("it is back");
    assert!(matches!(done.outcomes.as_slice(), [Outcome::Replayed(_)]), "{done:?}");
    assert_eq!(bench.bookings(None), 1);
}

#[test]
fn what_was_not_written_was_not_decided() {
    let mut bench = Bench::new();
    let zone = bench.event();
    bench.script.next(&[Turn::NotWritten]);
    let error = bench.execute("a", hold(zone, 1), NO_CHORES).unwrap_err();
    assert!(matches!(error, ExecuteError::Unavailable(_)), "{error:?}");
    bench.script.next(&[Turn::Broken]);
    let error = bench.execute("a", hold(zone, 1), NO_CHORES).unwrap_err();
    assert!(matches!(error, ExecuteError::Fatal(_)), "{error:?}");
    assert_eq!(bench.bookings(None), 0);
    let done = bench.execute("a", hold(zone, 1), NO_CHORES).expect("it works again");
    assert!(matches!(done.outcomes.as_slice(), [Outcome::Decided(..)]), "{done:?}");
}

/// A hold whose end the store never takes must not take others with it.
#[test]
fn no_intent_is_to_blame_for_a_hold_that_cannot_end() {
    let mut bench = Bench::new();
    let zone = bench.event();
    bench.execute("held", hold(zone, 1), NO_CHORES).expect("it is carried out");
    bench.machine.clock.advance(60_000);
    bench.script.refuse_expiry(true);
    let done = bench.execute("a", hold(zone, 2), EXPIRE).expect("it is carried out");
    assert!(matches!(done.outcomes.as_slice(), [Outcome::Decided(..)]), "{done:?}");
    let ended = execute(&mut bench.store, &mut bench.ports, &[], EXPIRE).expect("it is tried");
    let Overdue { tried, failed } = ended.overdue;
    assert_eq!((ended.kept, tried.len(), failed.len()), (0, 1, 1), "it is not silent");
    bench.script.refuse_expiry(false);
    execute(&mut bench.store, &mut bench.ports, &[], EXPIRE).expect("it ends");
    assert_eq!(bench.bookings(Some(Status::Expired)), 1);
}

/// A batch that is decided three times has seen each key once.
#[test]
fn a_repeated_batch_counts_once() {
    let mut bench = Bench::new();
    let zone = bench.event();
    let first = intent(ACCOUNT, "a", hold(zone, 1));
    let other = with_other_body(first.clone());
    bench.execute("a", hold(zone, 1), NO_CHORES).expect("it is carried out");
    bench.script.next(&[Turn::Conflict, Turn::LostBefore]);
    let batch = [first, other, intent(ACCOUNT, "b", hold(zone, 1))];
    execute(&mut bench.store, &mut bench.ports, &batch, NO_CHORES).expect("it is carried out");
    let collisions = bench.ports.key_usage.lock().expect("no panic").take_collisions();
    assert_eq!(collisions, [key(ACCOUNT, "a")]);
    execute(&mut bench.store, &mut bench.ports, &[], COUNT).expect("it is carried out");
    assert_eq!(bench.attempts("a"), 2);
}

/// Counts that could not be written are written later.
#[test]
fn an_outage_loses_no_count() {
    let mut bench = Bench::new();
    let zone = bench.event();
    for _ in 0..3 {
        bench.execute("a", hold(zone, 1), NO_CHORES).expect("it is carried out");
    }
    bench.script.next(&[Turn::NotWritten]);
    execute(&mut bench.store, &mut bench.ports, &[], COUNT).unwrap_err();
    assert_eq!(bench.attempts("a"), 1);
    execute(&mut bench.store, &mut bench.ports, &[], COUNT).expect("it is carried out");
    assert_eq!(bench.attempts("a"), 3);
}
