//! One attempt at a batch, in one transaction.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::activity::{Activity, SCHEMA_VERSION};
use domain::deadline::Deadline;
use domain::decide::{Context, Decision, Verdict, decide};
use domain::invariants::check_step;
use domain::keys::Split;
use domain::record::{Answer, Fingerprints, Record, RecordState};
use domain::reject::KeyReject;
use domain::table::Write;
use domain::{Actor, Command, Intent, Keys, Reject, Reply, Timestamp, World};

use crate::batch::{
    After, DUE_MAX, Executed, NotKept, Outcome, Overdue, Task, settle, unknown_secret,
};
use crate::error::{CommitError, StoreError};
use crate::failpoint;
use crate::ports::{BatchReport, Ports, SeenKey};
use crate::store::{ActivityRow, Batch, BatchId, Store, Tx};

/// An attempt that succeeded.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    pub(super) executed: Executed,
    pub(super) report: BatchReport,
}

/// An attempt that wrote nothing, as far as is known.
#[derive(Debug)]
pub(super) enum AttemptError {
    Store(StoreError),
    Refused(String),
    Conflict(String),
    /// The commit's answer was lost, and it turned out not to have taken effect.
    Unsettled(String),
}

impl From<StoreError> for AttemptError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(why) => Self::Conflict(why),
            // Bisecting the batch finds whose it is.
            StoreError::Unreadable(why) => Self::Refused(why),
            StoreError::Unavailable(_) | StoreError::Broken(_) | StoreError::Failed(_) => {
                Self::Store(error)
            }
        }
    }
}

pub(super) fn attempt(
    store: &mut dyn Store,
    ports: &mut Ports,
    id: BatchId,
    Task { intents, chores, passed_over, share }: Task<'_>,
) -> Result<Attempt, AttemptError> {
    fail_at(ports, failpoint::BEGIN)?;
    let mut tx = store.begin()?;
    let now = tx.now(ports.clock.now())?;
    let tried = match share {
        Some(share) => share.due.to_vec(),
        None if chores.due => due(tx.as_mut(), now, passed_over)?,
        None => Vec::new(),
    };
    let overdue = intents_of(&tried);
    let mut world = load(tx.as_mut(), &overdue, intents)?;
    // A store that waited for its locks decides at the instant at which it got them.
    let now = tx.now(ports.clock.now())?;
    fail_at(ports, failpoint::LOADED)?;

    let mut work = Work {
        ports: &mut *ports,
        world: &mut world,
        now,
        report: BatchReport::default(),
        seen: Vec::new(),
    };
    let Kept { count: kept, failed } = work.keep(&tried, &overdue);
    let outcomes: Vec<_> = intents.iter().map(|intent| work.decide(intent)).collect();
    let (mut report, seen) = (work.report, work.seen);
    world.activity.iter().for_each(|entry| report.emitted.see(entry.kind));
    fail_at(ports, failpoint::DECIDED)?;

    let next_deadline = next_deadline(&world);
    let before_commit = ports.clock.micros();
    let account = share.map(|share| share.account);
    let key_usage = if chores.key_usage { ports.key_usage().take(account) } else { Vec::new() };
    let batch = Batch { id, now, world: &world, emitted: &[], key_usage: &key_usage };
    let committed = commit(tx, ports, batch).or_else(|error| match error {
        CommitError::NotWritten(error) => Err(AttemptError::Store(error)),
        CommitError::Refused(why) => Err(AttemptError::Refused(why)),
        CommitError::Conflict(why) => Err(AttemptError::Conflict(why)),
        CommitError::Unknown(why) => {
            ports.observer.store_error(&why);
            if settle(store, ports, id)? { Ok(()) } else { Err(AttemptError::Unsettled(why)) }
        }
    });
    if let Err(trouble) = committed {
        ports.key_usage().put_back(key_usage);
        return Err(trouble);
    }
    ports.note(&seen, now);
    ports.wake.committed(&world);
    report.commit_micros = ports.clock.micros().saturating_sub(before_commit);
    if ports.failpoints.hit(failpoint::BEFORE_ANSWERS) {
        let lost = "failpoint: the answers are lost".to_owned();
        return Err(AttemptError::Store(StoreError::Unavailable(lost)));
    }
    let overdue = Overdue { tried, failed };
    let executed = Executed { outcomes, now, kept, next_deadline, overdue };
    Ok(Attempt { executed, report })
}

fn fail_at(ports: &Ports, name: &str) -> Result<(), StoreError> {
    if ports.failpoints.hit(name) {
        Err(StoreError::Unavailable(format!("failpoint {name}")))
    } else {
        Ok(())
    }
}

/// Deadlines that are due, as [`due`] has them, asked for in a transaction of their own.
pub(super) fn ask_due(
    store: &mut dyn Store,
    ports: &Ports,
    passed_over: &BTreeSet<Deadline>,
) -> Result<Vec<Deadline>, StoreError> {
    let mut tx = store.begin()?;
    let now = tx.now(ports.clock.now())?;
    due(tx.as_mut(), now, passed_over)
}

/// Deadlines that are due, up to [`DUE_MAX`] of them besides those that are passed over.
fn due(
    tx: &mut dyn Tx,
    now: Timestamp,
    passed_over: &BTreeSet<Deadline>,
) -> Result<Vec<Deadline>, StoreError> {
    let mut due = tx.due(now, DUE_MAX.saturating_add(passed_over.len()))?;
    due.retain(|deadline| !passed_over.contains(deadline));
    due.truncate(DUE_MAX);
    Ok(due)
}

/// What keeps them.
pub(super) fn intents_of(deadlines: &[Deadline]) -> Vec<Intent> {
    deadlines.iter().map(|deadline| system(deadline.account, deadline.command())).collect()
}

/// An intent of the engine's own.
pub(crate) fn system(account: domain::id::AccountId, command: Command) -> Intent {
    Intent {
        account,
        actor: Actor::System,
        key: None,
        fingerprint: Fingerprints::NONE,
        request: domain::intent::Request::default(),
        command,
    }
}

/// Everything that the intents name, and what those rows name: first the rows that name others, then
/// the counters, all at once.
///
/// A key that the store does not answer would be asked for without end: whoever needs it fails alone.
fn load(tx: &mut dyn Tx, overdue: &[Intent], intents: &[Intent]) -> Result<World, AttemptError> {
    let mut world = World::default();
    let missing = |world: &World| Keys::missing(overdue.iter().chain(intents), world).split();
    let Split { mut names, mut counters } = missing(&world);
    while !names.is_empty() || !counters.is_empty() {
        let asked = if names.is_empty() { counters } else { names };
        tx.load(&asked, &mut world)?;
        Split { names, counters } = missing(&world);
        if let Some(unanswered) = asked.first_of(&[&names, &counters]) {
            return Err(AttemptError::Refused(format!("the store did not answer {unanswered}")));
        }
    }
    Ok(world)
}

struct Work<'a> {
    ports: &'a mut Ports,
    world: &'a mut World,
    now: Timestamp,
    report: BatchReport,
    /// Counted once the batch stands: it may have to be decided again.
    seen: Vec<SeenKey>,
}

/// What became of deadlines.
struct Kept {
    count: usize,
    failed: Vec<NotKept>,
}

impl Work<'_> {
    /// Keeps deadlines.
    fn keep(&mut self, deadlines: &[Deadline], intents: &[Intent]) -> Kept {
        let mut failed = Vec::new();
        for (deadline, intent) in deadlines.iter().zip(intents) {
            if let Outcome::Failed(why) = self.decide(intent) {
                failed.push(NotKept { deadline: *deadline, why });
            }
        }
        let is_kept = |deadline: &&Deadline| {
            self.world.deadlines.is_loaded(*deadline)
                && self.world.deadlines.get(deadline).is_none()
        };
        Kept { count: deadlines.iter().filter(is_kept).count(), failed }
    }

    /// Decides one intent and lays its changes over the world. A panic leaves the world as it was:
    /// deciding only reads it.
    fn decide(&mut self, intent: &Intent) -> Outcome {
        let Self { ports, world, now, report, seen } = self;
        let mut mint = ports.mint;
        let mut cx = Context {
            now: *now,
            retention: ports.retention,
            mint: &mut mint,
            random: &mut *ports.random,
        };
        let verdict = catch_unwind(AssertUnwindSafe(|| decide(world, intent, &mut cx)));
        ports.mint = mint;
        match verdict {
            Ok(Verdict::Replay(record, answer)) => {
                report.replays = report.replays.saturating_add(1);
                seen.push(SeenKey { key: record.key.clone(), is_replay: true });
                Outcome::Replayed(answer)
            }
            Ok(Verdict::New(decision)) => self.take(intent, decision),
            Ok(Verdict::Unknown { secret }) => {
                let why = unknown_secret(secret);
                ports.observer.store_error(&why);
                Outcome::Unavailable(why)
            }
            Err(panic) => self.failed(panic.as_ref()),
        }
    }

    fn failed(&self, panic: &(dyn Any + Send)) -> Outcome {
        let what = panic_text(panic);
        self.ports.observer.panicked(&what);
        Outcome::Failed(what)
    }

    fn take(&mut self, intent: &Intent, decision: Decision) -> Outcome {
        let Decision { answer, changes } = decision;
        debug_assert!(answer.is_ok() || changes.is_empty(), "a refusal changes nothing");
        debug_assert_eq!(check_step(self.world, &changes), Ok(()), "{:?}", intent.command);
        if matches!(answer, Err(Reject::Malformed)) {
            return Outcome::Malformed;
        }
        // Before anything is laid over the world: what cannot be said is not done.
        let render = || self.ports.render.answer(intent, answer.as_ref());
        let rendered = match catch_unwind(AssertUnwindSafe(render)) {
            Ok(rendered) => Arc::new(rendered),
            Err(panic) => return self.failed(panic.as_ref()),
        };
        self.report.removed.count(&intent.command, &changes);
        for change in changes {
            self.world.apply(change);
        }
        if matches!(answer, Err(Reject::Key(KeyReject::Reused))) {
            self.note_collision(intent);
        }
        let is_final = answer.as_ref().map_or_else(Reject::is_final, |_| true);
        let record = is_final.then(|| self.record(intent, &answer, &rendered)).flatten();
        let is_kept = record.is_some_and(|record| self.world.keep_answer(record));
        let is_asked_for = |reply: &Reply| {
            matches!(
                reply,
                Reply::Token { .. }
                    | Reply::Endpoint { has_new_secret: true, .. }
                    | Reply::Ping(_)
                    | Reply::Leased(_)
                    | Reply::Settled { .. }
                    | Reply::Recorded { .. }
            )
        };
        let reply = answer.ok().filter(is_asked_for);
        Outcome::Decided(rendered, After { is_kept, reply: reply.map(Box::new) })
    }

    fn note_collision(&mut self, intent: &Intent) {
        self.report.collisions = self.report.collisions.saturating_add(1);
        let key = intent.key.as_ref().map(|key| key.in_use(self.world).clone());
        self.seen.extend(key.map(|key| SeenKey { key, is_replay: false }));
    }

    /// The record that goes with the effect, in the same commit.
    fn record(
        &self,
        intent: &Intent,
        answer: &Result<Reply, Reject>,
        rendered: &Arc<Answer>,
    ) -> Option<Record> {
        let resource = match answer {
            Ok(reply) => reply.resource(),
            Err(reject) => reject.existing(),
        };
        Some(Record {
            key: intent.key.as_ref()?.in_use(self.world).clone(),
            fingerprint: Some(intent.fingerprint.current),
            method: intent.request.method.clone(),
            path: intent.request.path.clone(),
            state: RecordState::Answered(Arc::clone(rendered)),
            resource,
            first_seen_at: self.now,
            last_seen_at: self.now,
            attempts: 1,
            keep_until: Some(self.now.plus_millis(self.ports.retention.answer_ms)),
        })
    }
}

fn commit(tx: Box<dyn Tx + '_>, ports: &Ports, batch: Batch<'_>) -> Result<(), CommitError> {
    if !batch.world.has_writes() && batch.key_usage.is_empty() {
        return Ok(());
    }
    let render_all =
        || -> Vec<_> { batch.world.activity.iter().map(|it| render(ports, it)).collect() };
    // One intent did what cannot be rendered: bisecting the batch finds it.
    let emitted = catch_unwind(AssertUnwindSafe(render_all))
        .map_err(|panic| CommitError::Refused(panic_text(panic.as_ref())))?;
    tx.commit(&Batch { emitted: &emitted, ..batch })
}

/// The facts become text; the entry beside them holds none, as in what is read.
fn render(ports: &Ports, activity: &Activity) -> ActivityRow {
    ActivityRow {
        before: ports.render.facts(&activity.before),
        after: ports.render.facts(&activity.after),
        data: ports.render.facts(&activity.data),
        schema_version: SCHEMA_VERSION,
        activity: activity.without_facts(),
    }
}

/// The earliest of the deadlines that were set.
fn next_deadline(world: &World) -> Option<Timestamp> {
    let set = world.deadlines.writes().filter_map(|write| match write {
        Write::Insert(deadline, _) | Write::Update(deadline, _) => Some(deadline.due_at),
        Write::Delete(_) => None,
    });
    set.min()
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("unknown panic payload").to_owned()
}
