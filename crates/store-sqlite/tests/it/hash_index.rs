//! What the hash index finds: in the memtable or in the sorted run, during a compaction, after a restart, after a
//! failure, for the writer and for readers, always the same as in a plain map.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::Keys;
use domain::id::PersonId;
use domain::person::{Handle, Person};
use domain::record::Record;
use domain::world::Change;
use engine::failpoint::Failpoints;
use engine::reads::{Page, Reads};
use engine::tickets::{BookingFilter, TicketReads as _};
use store_sqlite::{Options, SqliteReads, SqliteStore};

use crate::fixture::{OURS, Scratch, answered, at, catalogue, commit, key, load};

/// Numbers that look random and are the same each time (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Fails before the statement with this number, counted from when it is set; 0 is never.
#[derive(Clone, Default)]
struct Fuse {
    left: Arc<AtomicU32>,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Fuse {
    fn failpoints(&self) -> Failpoints {
        let fuse = self.clone();
        Failpoints::new(move |name| {
            fuse.asked.lock().expect("nobody panics here").insert(name.to_owned());
            let left = fuse.left.load(Ordering::Relaxed);
            fuse.left.store(left.saturating_sub(1), Ordering::Relaxed);
            left == 1
        })
    }
}

/// A store, and the keys that it should know with how often each was seen.
struct Pair {
    scratch: Scratch,
    store: Option<SqliteStore>,
    fuse: Fuse,
    memtable_max: usize,
    read_budget: usize,
    model: BTreeMap<String, u32>,
    batches: u128,
}

impl Pair {
    /// Has filters of the whole run after a batch.
    fn new(memtable_max: usize) -> Self {
        Self::with_budget(memtable_max, 1 << 20)
    }

    fn with_budget(memtable_max: usize, read_budget: usize) -> Self {
        let (scratch, fuse) = (Scratch::new(), Fuse::default());
        let (store, model) = (None, BTreeMap::new());
        let mut pair = Self { scratch, store, fuse, memtable_max, read_budget, model, batches: 0 };
        pair.restart();
        pair
    }

    fn options(&self) -> Options {
        let failpoints = self.fuse.failpoints();
        let (memtable_max, read_budget) = (self.memtable_max, self.read_budget);
        Options { fresh: 7, memtable_max, read_budget, failpoints, ..Options::default() }
    }

    fn restart(&mut self) {
        self.store = None;
        self.store = Some(self.scratch.open_with(self.options()));
    }

    fn store(&mut self) -> &mut SqliteStore {
        self.store.as_mut().expect("it is open")
    }

    /// Changes that make, change and delete records, and what is there afterwards.
    fn some(&self, dice: &mut Dice) -> (Vec<Change>, BTreeMap<String, u32>) {
        let (mut changes, mut then) = (Vec::new(), self.model.clone());
        let mut taken = BTreeSet::new();
        for _ in 0..=dice.roll(6) {
            let name = format!("k-{}", dice.roll(300));
            if !taken.insert(name.clone()) {
                continue;
            }
            if then.contains_key(&name) && dice.roll(3) == 0 {
                then.remove(&name);
                changes.push(Change::Record(key(&name), None));
            } else {
                let attempts = u32::try_from(dice.roll(1_000)).expect("few");
                let record = Record { attempts, ..answered(&name) };
                then.insert(name, attempts);
                changes.push(Change::from(record));
            }
        }
        (changes, then)
    }

    /// A batch, by this writer or by one of another process.
    fn commit(&mut self, dice: &mut Dice, is_foreign: bool) {
        let (changes, then) = self.some(dice);
        self.batches += 1;
        let batch = self.batches;
        if is_foreign {
            let mut other = self.scratch.open_with(self.options());
            commit(&mut other, batch, changes).expect("nothing fails");
        } else {
            commit(self.store(), batch, changes).expect("nothing fails");
        }
        self.model = then;
    }

    /// A batch that fails before one of its statements, or does not.
    fn try_commit(&mut self, dice: &mut Dice) {
        let (changes, then) = self.some(dice);
        self.batches += 1;
        let batch = self.batches;
        let fails_at = u32::try_from(dice.roll(40)).expect("few") + 1;
        self.fuse.left.store(fails_at, Ordering::Relaxed);
        let done = commit(self.store(), batch, changes);
        self.fuse.left.store(0, Ordering::Relaxed);
        // Lost answers are among the failures, so the store is asked.
        let was_committed = engine::Store::was_committed(self.store(), engine::BatchId(batch));
        assert!(done.is_err() || was_committed == Ok(true));
        if was_committed.expect("it can be asked") {
            self.model = then;
        }
    }

    fn check(&mut self, name: &str) {
        let expected = self.model.get(name).copied();
        let standalone = SqliteReads::open(&self.scratch.path(), Duration::from_secs(5));
        let beside = self.store().reads();
        let readers: [&dyn Reads; 2] = [&beside, &standalone.expect("the store is there")];
        for reads in readers {
            let found = reads.record(&key(name)).expect("it can be read");
            assert_eq!(found.map(|record| record.attempts), expected, "{name}");
        }
        let keys = Keys { records: [key(name)].into(), ..Keys::default() };
        let world = load(self.store(), &keys);
        let found = world.records.get(&key(name)).map(|record| record.attempts);
        assert_eq!(found, expected, "{name}, to the writer");
        // And once more, now that the writer has seen what others wrote.
        let found = beside.record(&key(name)).expect("it can be read");
        assert_eq!(found.map(|record| record.attempts), expected, "{name}, again");
    }

    fn count(&self, table: &str) -> i64 {
        let count = format!("select count(*) from {table}");
        self.scratch.raw().query_row(&count, [], |row| row.get(0)).expect("a count")
    }
}

#[test]
fn whatever_comes_between_every_key_is_found() {
    // A budget of a thousand gives each batch a part of the run.
    for (seed, memtable_max, read_budget) in
        [(1, 1, 1 << 20), (2, 7, 1_000), (3, 40, 0), (4, 7, 1 << 20)]
    {
        let (mut pair, mut dice) = (Pair::with_budget(memtable_max, read_budget), Dice(seed));
        for _ in 0..120 {
            match dice.roll(10) {
                0 => pair.restart(),
                1 => pair.commit(&mut dice, true),
                2..=4 => pair.try_commit(&mut dice),
                _ => pair.commit(&mut dice, false),
            }
            for _ in 0..2 {
                let name = format!("k-{}", dice.roll(300));
                pair.check(&name);
            }
        }
        for name in (0..300).step_by(3) {
            pair.check(&format!("k-{name}"));
        }
        let rows = i64::try_from(pair.model.len()).unwrap();
        assert_eq!(pair.count("idempotency"), rows);
        // A restart begins a compaction again, so only now one is sure to end.
        for _ in 0..200 {
            pair.commit(&mut dice, false);
        }
        assert!(pair.count("lookups") > rows / 2, "most were compacted");
        let left = pair.count("lookup_log");
        assert!(left < 60, "what was compacted went from the index WAL, but for {left}");
        let asked = pair.fuse.asked.lock().unwrap().clone();
        let compacting = ["lookup_put", "lookup_remove", "lookup_log_insert", "lookup_log_delete"];
        for statement in compacting {
            assert!(asked.contains(statement), "{statement}");
        }
    }
}

/// What the statements were asked for since last looked.
fn asked(pair: &Pair) -> BTreeSet<String> {
    std::mem::take(&mut *pair.fuse.asked.lock().expect("nobody panics here"))
}

#[test]
fn what_is_new_is_not_looked_for_on_the_disk() {
    for (read_budget, is_known) in [(1 << 20, true), (0, false)] {
        let (mut pair, mut dice) = (Pair::with_budget(1, read_budget), Dice(8));
        for _ in 0..40 {
            pair.commit(&mut dice, false);
        }
        for restarted in [false, true] {
            if restarted {
                pair.restart();
                pair.commit(&mut dice, false);
            }
            assert!(pair.count("lookups") > 20);
            asked(&pair);
            let mut looked = 0;
            for no in 0..100 {
                pair.check(&format!("new-{no}"));
                let names =
                    Keys { records: [key(&format!("other-{no}"))].into(), ..Keys::default() };
                asked(&pair);
                load(pair.store(), &names);
                looked += u32::from(asked(&pair).contains("lookup_get"));
            }
            assert_eq!(looked > 90, !is_known, "{looked} of 100");
            assert!(!(5..=90).contains(&looked), "{looked} of 100");
        }
        for name in 0..300 {
            pair.check(&format!("k-{name}"));
        }
    }
}

#[test]
fn a_restart_finds_everything_however_much_there_is() {
    let mut pair = Pair::new(16);
    let mut dice = Dice(9);
    for _ in 0..40 {
        pair.commit(&mut dice, false);
        pair.restart();
        let names: Vec<String> = pair.model.keys().cloned().collect();
        for name in names {
            let keys = Keys { records: [key(&name)].into(), ..Keys::default() };
            let world = load(pair.store(), &keys);
            assert!(world.records.get(&key(&name)).is_some(), "{name}");
        }
    }
}

#[test]
fn a_shard_of_many_rows_with_one_hash_each_is_compacted_whole() {
    let scratch = Scratch::new();
    let mut store =
        scratch.open_with(Options { fresh: 7, memtable_max: 100, ..Options::default() });
    commit(&mut store, 1, catalogue()).unwrap();
    let person = |no: u128| {
        let (id, user_id) = (PersonId::from_raw(no), format!("user-{no}"));
        Change::of(OURS, Person { id, handle: Handle::of_id(id), user_id, created_at: at(1) })
    };
    for batch in 0..30_u128 {
        let people = (0..20).map(|no| person(1_000 + batch * 20 + no)).collect();
        commit(&mut store, 2 + batch, people).unwrap();
    }
    let reads = store.reads();
    for no in 1_000..1_600 {
        let id = PersonId::from_raw(no);
        let keys = Keys { people: [(OURS, id)].into(), ..Keys::default() };
        assert!(load(&mut store, &keys).people.get(&(OURS, id)).is_some(), "{no}");
        let filter = BookingFilter { person: Some(id), ..BookingFilter::default() };
        let page = Page { after: None, limit: 1 };
        assert_eq!(reads.bookings(OURS, filter, page), Ok(Vec::new()));
    }
}

#[test]
fn entries_that_lead_nowhere_do_no_harm() {
    let mut pair = Pair::new(1);
    let mut dice = Dice(4);
    for _ in 0..30 {
        pair.commit(&mut dice, false);
    }
    // Every hash also leads to every row, and to some that are not there.
    pair.scratch.break_it(
        "insert or ignore into lookups
         select l.kind, l.hash, r.no from lookups l, (select no from idempotency limit 20) r;
         insert or ignore into lookups select kind, hash, 1000000 + no from lookups limit 50;",
    );
    for name in 0..300 {
        pair.check(&format!("k-{name}"));
    }
}
