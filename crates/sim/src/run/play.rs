//! One round: requests go out, a batch is carried out, answers come in or do not.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use domain::id::AccountId;
use domain::intent::Request;
use domain::record::{Fingerprints, IntentKey};
use domain::world::Of;
use domain::{Actor, Command, Intent, Timestamp};
use engine::batch::Chores;
use engine::reads::Reads;
use engine::{Clock, ExecuteError, Outcome, Ports, Store, execute};

use super::feeds::RETENTION;
use super::workers::Workers;
use super::{Finding, FoundBy, Options, Stats};
use crate::backend::Backend;
use crate::checker::{Books, Heard, History, audit};
use crate::faulty::{Faults, FaultyDue, FaultyStore};
use crate::model::Model;
use crate::rng::Rng;
use crate::test_ports::{TestPorts, read};
use crate::workload::{Known, Round};

/// Openings of a store that fails on purpose at most.
const OPENINGS_MAX: u32 = 100;
/// Rounds after which all books are checked.
const CHECK_ROUNDS: u64 = 8;

pub(super) struct World<'a> {
    pub(super) options: &'a Options,
    backend: &'a dyn Backend,
    pub(super) reads: Arc<dyn Reads>,
    pub(super) machine: TestPorts,
    pub(super) faults: Faults,
    /// Absent only while the process is dead.
    store: Option<Box<dyn Store>>,
    pub(super) ports: Ports,
    pub(super) known: Known,
    pub(super) model: Model,
    pub(super) history: History,
    /// How far each feed was read.
    pub(super) heads: BTreeMap<AccountId, u64>,
    /// When each entry of a feed was written.
    pub(super) emitted: BTreeMap<Of<u64>, Timestamp>,
    /// Errors of the store that were told so far.
    pub(super) outages: usize,
    /// Requests without an answer.
    pub(super) pending: Vec<Intent>,
    pub(super) workers: Workers,
    /// What workers look for.
    pub(super) due: FaultyDue,
    pub(super) rng: Rng,
    rounds: u64,
    pub(super) stats: Stats,
}

impl<'a> World<'a> {
    pub(super) fn new(
        seed: u64,
        options: &'a Options,
        backend: &'a dyn Backend,
    ) -> Result<Self, Finding> {
        let mut rng = Rng::new(seed ^ 0x5eed);
        let faults = Faults::new(rng.split(), options.rates);
        let mut machine = TestPorts::new(rng.draw());
        machine.failpoints = faults.steps();
        let ports = machine.ports();
        let due = FaultyDue::new(backend.reads(), faults.clone());
        let mut world = Self {
            options,
            backend,
            reads: backend.reads(),
            machine,
            faults,
            store: None,
            ports,
            known: Known::new(),
            model: Model::default(),
            history: History::default(),
            heads: BTreeMap::new(),
            emitted: BTreeMap::new(),
            outages: 0,
            pending: Vec::new(),
            workers: Workers::new(),
            due,
            rng,
            rounds: 0,
            stats: Stats::default(),
        };
        world.open()?;
        Ok(world)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.machine.clock.now()
    }

    pub(super) fn let_things_fail(&self) {
        self.faults.turn(true);
    }

    /// The process starts, perhaps after it died.
    fn open(&mut self) -> Result<(), Finding> {
        self.store = None;
        for _ in 0..OPENINGS_MAX {
            self.faults.restart();
            match self.backend.open(self.faults.statements()) {
                Ok(store) => {
                    self.store = Some(Box::new(FaultyStore::new(store, self.faults.clone())));
                    self.ports = self.machine.ports();
                    self.ports.retention = RETENTION;
                    return Ok(());
                }
                Err(error) if self.options.rates.statement == 0 => {
                    return Err(Finding::new(FoundBy::Engine, error.to_string()));
                }
                Err(_) => {}
            }
        }
        Err(Finding::new(FoundBy::Liveness, "the store cannot be opened"))
    }

    /// The store of the living process.
    pub(super) fn store(&mut self) -> &mut dyn Store {
        self.store.as_deref_mut().expect("a dead process is started before anything else")
    }

    /// Starts the process again if it died.
    pub(super) fn revive(&mut self) -> Result<(), Finding> {
        if !self.faults.has_crashed() {
            return Ok(());
        }
        self.stats.crashes += 1;
        self.open()
    }

    pub(super) fn play(&mut self, round: &Round) -> Result<(), Finding> {
        self.machine.clock.advance(round.advance_ms);
        let mut intents = self.retries();
        let now = self.now();
        for step in &round.steps {
            if let Some(intent) = self.known.intent(step, now) {
                self.known.note(&intent);
                intents.push(intent);
            }
        }
        self.refuse_some(&intents);
        let chores = Chores { due: round.expire, key_usage: round.key_usage };
        self.batch(intents, chores)?;
        if round.key_usage {
            self.note_collisions()?;
        }
        self.work(round.clean_up)?;
        self.rounds += 1;
        if self.rounds.is_multiple_of(CHECK_ROUNDS) {
            self.check(None)?;
        }
        Ok(())
    }

    /// Half of the requests without an answer are sent again.
    fn retries(&mut self) -> Vec<Intent> {
        let rng = &mut self.rng;
        let (now, later): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|_| rng.chance(500));
        self.pending = later;
        now.into_iter().map(|intent| self.known.as_sent_now(intent)).collect()
    }

    /// Some of the rows will never be taken, as long as this round lasts.
    fn refuse_some(&mut self, intents: &[Intent]) {
        for key in intents.iter().filter_map(|intent| intent.key.as_ref()) {
            let key = &key.key;
            if self.options.refused > 0 && self.rng.chance(self.options.refused) {
                self.faults.refuse(key.clone());
            }
        }
    }

    /// Carries out a batch; what the clients heard, and what became of it, must fit everything before.
    pub(super) fn batch(
        &mut self,
        mut intents: Vec<Intent>,
        chores: Chores,
    ) -> Result<Vec<Option<Outcome>>, Finding> {
        let now = self.now();
        for intent in &mut intents {
            self.stats.requests += 1;
            intent.request.id = format!("req-{}", self.stats.requests);
            self.history.send(intent, now);
        }
        let store = self.store.as_deref_mut().expect("the process lives");
        let executed = execute(store, &mut self.ports, &intents, chores);
        self.faults.forgive();
        let outcomes: Vec<_> = match executed {
            Ok(done) if done.outcomes.len() == intents.len() && done.now == now => {
                done.outcomes.into_iter().map(|outcome| self.heard(outcome)).collect()
            }
            Ok(done) => return Err(Finding::new(FoundBy::Engine, format!("{done:?}"))),
            Err(ExecuteError::Fatal(why)) if !self.faults.has_crashed() => {
                return Err(Finding::new(FoundBy::Engine, why));
            }
            Err(_) => vec![None; intents.len()],
        };
        self.revive()?;
        if let Some(panic) = self.machine.observer.first_panic() {
            return Err(Finding::new(FoundBy::Engine, format!("a decision panicked: {panic}")));
        }
        self.judge(&intents, &outcomes, chores)?;
        self.answer_clients(intents, &outcomes)?;
        Ok(outcomes)
    }

    /// What a client hears of an outcome: a fault of ours is as good as no answer.
    fn heard(&mut self, outcome: Outcome) -> Option<Outcome> {
        match outcome {
            Outcome::Failed(_) | Outcome::Unavailable(_) => None,
            Outcome::Replayed(_) => {
                self.stats.replayed += 1;
                Some(outcome)
            }
            Outcome::Decided(..) | Outcome::Malformed => {
                self.stats.decided += 1;
                Some(outcome)
            }
        }
    }

    fn answer_clients(
        &mut self,
        intents: Vec<Intent>,
        outcomes: &[Option<Outcome>],
    ) -> Result<(), Finding> {
        let now = self.now();
        for (mut intent, outcome) in intents.into_iter().zip(outcomes) {
            let heard = match outcome {
                Some(Outcome::Decided(answer, _) | Outcome::Replayed(answer)) => {
                    let fields = read(answer);
                    self.known.learn(&intent, &fields);
                    let code = fields.get("code").cloned().unwrap_or_default();
                    *self.stats.codes.entry(code).or_default() += 1;
                    Heard::Answer(answer)
                }
                Some(Outcome::Malformed) => Heard::Malformed,
                Some(Outcome::Failed(_) | Outcome::Unavailable(_)) | None => Heard::Nothing,
            };
            let heard = self.history.hear(&intent, now, heard);
            heard.map_err(|why| Finding::new(FoundBy::History, why))?;
            if outcome.is_none() {
                self.stats.unanswered += 1;
                if intent.actor != Actor::System {
                    intent.request.id = String::new();
                    self.pending.push(intent);
                }
            }
        }
        Ok(())
    }

    /// Writes how often keys were seen, and tells of those that were used with another body.
    fn note_collisions(&mut self) -> Result<(), Finding> {
        let key_usage = self.ports.key_usage.clone();
        let collided = key_usage.lock().unwrap_or_else(PoisonError::into_inner).take_collisions();
        let note = |key: IntentKey| system(key.account, Command::NoteCollision(key));
        let notes = collided.into_iter().map(note).collect();
        self.batch(notes, Chores { due: false, key_usage: true })?;
        Ok(())
    }

    /// Whether everything stored adds up.
    pub(super) fn check(&self, overdue_before: Option<Timestamp>) -> Result<(), Finding> {
        let now = self.now();
        let reads = self.reads.as_ref();
        let books = Books::read(reads, &Known::ACCOUNTS);
        let books = books.map_err(|error| Finding::new(FoundBy::Books, error.to_string()))?;
        let checked = self.history.check_books(reads, &books, now);
        checked.map_err(|why| Finding::new(FoundBy::Books, why))?;
        audit(reads, now, overdue_before).map_err(|why| Finding::new(FoundBy::Audit, why))
    }
}

/// An intent of the engine's own.
fn system(account: AccountId, command: Command) -> Intent {
    Intent {
        account,
        actor: Actor::System,
        key: None,
        fingerprint: Fingerprints::NONE,
        request: Request::default(),
        command,
    }
}
