//! Runs scripts against `decide`, as the engine will: load what is missing, decide in order, lay the
//! changes over the world, keep final answers, save. The one place that knows the API.
//!
//! A script has one command a line; lines between `batch {` and `}` are decided over one world. The
//! transcript says of each line what was answered and which rows changed. Beyond what is shown, every
//! step is checked against the invariants, every kept answer must be replayed word for word, and
//! after every batch the whole store is audited.

mod names;
mod rows;
mod script;
mod show;
mod time;

use std::fmt::Write as _;
use std::sync::Arc;

use domain::decide::{Context, Verdict, decide};
use domain::id::Mint;
use domain::invariants::{Report, check_step};
use domain::record::{Answer, Record, RecordState};
use domain::retention::Retention;
use domain::{Change, Decision, Intent, Keys, Reject, Reply, Timestamp, World};
use expect_test::Expect;

pub(crate) use names::Names;
pub(crate) use rows::Rows;

/// Runs a script on an empty store and compares its transcript.
#[track_caller]
pub(crate) fn check(script: &str, expected: Expect) {
    expected.assert_eq(&Runner::default().run(script));
}

/// A store, its clock, and the names of what is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runner {
    pub(crate) rows: Rows,
    pub(crate) names: Names,
    pub(crate) now: Timestamp,
    mint: Mint,
    random: u64,
}

impl Runner {
    /// The store as a script leaves it.
    pub(crate) fn after(script: &str) -> Self {
        let mut runner = Self::default();
        runner.run(script);
        runner
    }

    /// Runs a script; gives its transcript.
    pub(crate) fn run(&mut self, script: &str) -> String {
        let mut transcript = String::new();
        let mut lines = script.lines().map(str::trim).filter(|line| !line.is_empty());
        while let Some(line) = lines.next() {
            if line == "batch {" {
                let batch: Vec<_> = lines.by_ref().take_while(|line| *line != "}").collect();
                let said = self.batch(&batch);
                let said: String = said.lines().map(|line| format!("  {line}\n")).collect();
                write!(transcript, "batch {{\n{said}}}\n").expect("a string takes all");
            } else if let Some(millis) = line.strip_prefix("advance ") {
                self.now = self.now.plus_millis(time::parse(millis));
                let now = time::show(self.now);
                writeln!(transcript, "{line:<32} it is {now}").expect("a string takes all");
            } else if line == "emitted" {
                let entry = self.rows.activity.last().expect("something was told");
                transcript += &self.names.translate(&show::entry(entry));
            } else {
                transcript += &self.batch(&[line]);
            }
        }
        transcript
    }

    /// What the line of a script asks for.
    pub(crate) fn intent(&mut self, line: &str) -> Intent {
        script::parse(line, &mut self.names)
    }

    /// A world with everything that `intents` need, and the keys by which it was loaded.
    pub(crate) fn load(&self, intents: &[Intent]) -> (World, Vec<Keys>) {
        let mut world = World::default();
        let mut stages = Vec::new();
        loop {
            let missing = Keys::missing(intents, &world);
            if missing.is_empty() {
                return (world, stages);
            }
            self.rows.load(&missing, &mut world);
            stages.push(missing);
        }
    }

    /// Decides one intent; nothing is applied or saved.
    pub(crate) fn decide<'a>(&mut self, world: &'a World, intent: &Intent) -> Verdict<'a> {
        let (now, retention) = (self.now, Retention::default());
        let mut random = || {
            self.random += 1;
            self.random
        };
        let mint = &mut self.mint;
        decide(world, intent, &mut Context { now, retention, mint, random: &mut random })
    }

    /// Decides one intent that was not decided before.
    pub(crate) fn decide_new(&mut self, world: &World, intent: &Intent) -> Decision {
        match self.decide(world, intent) {
            Verdict::New(decision) => decision,
            Verdict::Replay(record, _) => panic!("{record:?} is replayed"),
            Verdict::Unknown { .. } => panic!("scripts know one secret"),
        }
    }

    /// What the audit says of the store.
    pub(crate) fn audit(&self) -> Report {
        self.rows.audit().finish(self.now, Retention::default(), None)
    }

    fn batch(&mut self, lines: &[&str]) -> String {
        let intents: Vec<_> = lines.iter().map(|line| self.intent(line)).collect();
        let (mut world, _) = self.load(&intents);
        let mut transcript = String::new();
        for (line, intent) in lines.iter().zip(&intents) {
            let said = self.step(&mut world, intent);
            writeln!(transcript, "{line:<32} {said}").expect("a string takes all");
        }
        self.rows.save(&world);
        let report = self.audit();
        assert!(report.is_ok(), "{transcript}{report:?}");
        transcript
    }

    fn step(&mut self, world: &mut World, intent: &Intent) -> String {
        let decision = match self.decide(world, intent) {
            Verdict::New(decision) => decision,
            Verdict::Replay(_, answer) => return show::replay(&answer),
            Verdict::Unknown { .. } => panic!("scripts know one secret"),
        };
        check_step(world, &decision.changes).expect("a step keeps the invariants");
        assert!(
            decision.answer.is_ok() || decision.changes.is_empty(),
            "a refusal changes nothing"
        );
        self.names.learn(&decision.changes);
        let answer = self.names.translate(&show::answer(&decision.answer));
        let record = record(world, intent, &decision.answer, (&answer, self.now));
        let mut said = answer;
        let mut show = |change: &Change| {
            if let Some(shown) = show::change(change) {
                said = std::mem::take(&mut said) + " | " + &self.names.translate(&shown);
            }
        };
        for change in decision.changes {
            show(&change);
            world.apply(change);
        }
        if let Some(record) = record.filter(|record| world.keep_answer((**record).clone())) {
            show(&Change::from(*record));
        }
        check_reply(world, &decision.answer);
        self.check_replay(world, intent);
        said
    }

    /// Whatever was kept must be what a retry gets.
    fn check_replay(&self, world: &World, intent: &Intent) {
        let record = intent.key.as_ref().and_then(|key| key.record(world));
        let Some(record) = record.filter(|record| record.first_seen_at == self.now) else { return };
        match (self.clone().decide(world, intent), &record.state) {
            (Verdict::Replay(_, replayed), RecordState::Answered(kept)) => {
                assert_eq!(replayed, *kept);
            }
            (Verdict::New(decision), RecordState::Answered(_)) => {
                assert!(decision.answer.is_err(), "decided twice");
            }
            // It says again what the tombstone says.
            (Verdict::New(decision), RecordState::Retired) => {
                assert!(decision.changes.is_empty(), "decided twice");
            }
            (Verdict::Replay(..), RecordState::Retired) => panic!("replayed from a tombstone"),
            (Verdict::Unknown { .. }, _) => panic!("scripts know one secret"),
        }
    }
}

/// An answer tells what is stored.
fn check_reply(world: &World, answer: &Result<Reply, Reject>) {
    match answer {
        Ok(Reply::Booking { booking, payment, .. }) => {
            let account = booking.account;
            assert_eq!(world.bookings.get(&(account, booking.id)), Some(&**booking));
            assert_eq!(payment.as_ref().map(|payment| payment.id), booking.payment);
            if let Some(payment) = payment {
                assert_eq!(world.payments.get(&(account, payment.id)), Some(&**payment));
            }
        }
        Ok(Reply::Event { event, .. }) => {
            assert_eq!(world.events.get(&(event.account, event.id)), Some(&**event));
        }
        Ok(
            Reply::Zone(_)
            | Reply::Key(_)
            | Reply::Token { .. }
            | Reply::Leased(_)
            | Reply::Settled { .. }
            | Reply::Endpoint { .. }
            | Reply::Ping(_)
            | Reply::Delivery(_)
            | Reply::Replay { .. }
            | Reply::Deleted { .. }
            | Reply::Recorded { .. }
            | Reply::Done,
        )
        | Err(_) => {}
    }
}

/// What the engine keeps of an answer.
fn record(
    world: &World,
    intent: &Intent,
    answer: &Result<Reply, Reject>,
    (text, now): (&str, Timestamp),
) -> Option<Box<Record>> {
    let key = intent.key.as_ref()?.in_use(world).clone();
    let (status, resource) = match answer {
        Ok(reply) => (200, reply.resource()),
        Err(reject) if reject.is_final() => (409, reject.existing()),
        Err(_) => return None,
    };
    let body = text.as_bytes().to_vec();
    let answer = Answer { status, content_type: "text/plain", location: None, body };
    Some(Box::new(Record {
        key,
        fingerprint: Some(intent.fingerprint.current),
        method: intent.request.method.clone(),
        path: intent.request.path.clone(),
        state: RecordState::Answered(Arc::new(answer)),
        resource,
        first_seen_at: now,
        last_seen_at: now,
        attempts: 1,
        keep_until: Some(now.plus_millis(Retention::default().answer_ms)),
    }))
}
