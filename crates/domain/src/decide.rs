//! The rules: what an intent leads to, given the rows it touches.
//!
//! [`decide`] is pure. It reads the world, never changes it, and says what should happen; the engine
//! lays the changes over the world and commits them together with the answer. Each command checks
//! everything first and changes afterwards, so a refusal changes nothing.

mod command;
pub(crate) mod draft;
mod feeds;
mod jobs;
mod keys;
mod people;
pub(crate) mod rule;
pub(crate) mod stock;
mod tokens;

use std::sync::Arc;

pub use command::Command;
pub use rule::Lane;

use crate::id::{BookingId, Mint};
use crate::intent::{Actor, Intent};
use crate::record::{Answer, Likeness, Record, RecordState};
use crate::reject::{KeyReject, Reject};
use crate::reply::Reply;
use crate::retention::Retention;
use crate::tickets::booking::Booking;
use crate::tickets::reject::BookingReject;
use crate::time::Timestamp;
use crate::world::{Change, World};

/// What a decision needs from outside: the instant, fresh ids, settings.
pub struct Context<'a> {
    /// The instant of the whole batch.
    pub now: Timestamp,
    /// How long records are kept.
    pub retention: Retention,
    /// Makes ids, in the order of the decisions.
    pub mint: &'a mut Mint,
    /// Random bits.
    pub random: &'a mut dyn FnMut() -> u64,
}

impl core::fmt::Debug for Context<'_> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_struct("Context").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Context<'_> {
    /// A fresh number for an id.
    pub fn fresh(&mut self) -> u128 {
        let random = (self.random)();
        self.mint.next(self.now, random)
    }

    /// A number that grows from one batch to the next, as ids do.
    pub(crate) fn tick(&mut self) -> u64 {
        Mint::tick_of(self.fresh())
    }

    /// A code that a guest shows at the door: ten characters, 50 random bits.
    pub(crate) fn code(&mut self) -> String {
        // Crockford's digits: none that people mistake for another.
        const DIGITS: [char; 32] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G',
            'H', 'J', 'K', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
        ];
        let bits = (self.random)();
        let digit =
            |place: u32| DIGITS.get(((bits >> (5_u32.saturating_mul(place))) & 31) as usize);
        (0..10).filter_map(digit).collect()
    }
}

/// What an intent leads to.
#[derive(Clone, Debug)]
pub enum Verdict<'a> {
    /// The key was answered before: the same answer again.
    Replay(&'a Record, Arc<Answer>),
    /// Something to answer now, and perhaps to write.
    New(Decision),
    /// Nothing, as it cannot be told whether the key is bound to this request: this node was not given the
    /// secret with that number.
    Unknown {
        /// Which.
        secret: u8,
    },
}

/// An answer and the changes that go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What to tell.
    pub answer: Result<Reply, Reject>,
    /// What to write; nothing when the answer is a refusal.
    pub changes: Vec<Change>,
}

impl From<Result<Self, Reject>> for Decision {
    fn from(result: Result<Self, Reject>) -> Self {
        result.unwrap_or_else(|reject| Self { answer: Err(reject), changes: Vec::new() })
    }
}

/// What `intent` leads to in `world`.
///
/// # Panics
/// When the world lacks a row that the intent needs ([`Keys::missing`](crate::Keys::missing)).
pub fn decide<'a>(world: &'a World, intent: &Intent, cx: &mut Context<'_>) -> Verdict<'a> {
    let record = intent.key.as_ref().and_then(|key| key.record(world));
    match record {
        Some(record) if retires_itself(record, intent) => {
            Verdict::New(intent.command.with(|rule| rule.decide(world, intent, cx)).into())
        }
        Some(record) => by_record(record, intent),
        None => {
            let decision = intent.command.with(|rule| rule.decide(world, intent, cx));
            Verdict::New(decision.into())
        }
    }
}

/// The same request that retired its own key comes again: a tombstone has no answer to replay, but what it
/// says is what was answered.
fn retires_itself(record: &Record, intent: &Intent) -> bool {
    let is_own =
        matches!(&intent.command, Command::RetireKey(key) if key.all().any(|it| *it == record.key));
    is_own && record.is_retired() && record.likeness(&intent.fingerprint) == Likeness::Same
}

/// The key was seen before. Another body is refused first, so that nothing of the answer leaks.
fn by_record<'a>(record: &'a Record, intent: &Intent) -> Verdict<'a> {
    match record.likeness(&intent.fingerprint) {
        Likeness::Same => {}
        Likeness::Other => return Verdict::New(Err(Reject::Key(KeyReject::Reused)).into()),
        Likeness::Unknown(secret) => return Verdict::Unknown { secret },
    }
    let reject = match &record.state {
        RecordState::Answered(answer) => return Verdict::Replay(record, Arc::clone(answer)),
        RecordState::Retired => KeyReject::Retired { existing: record.resource.clone() },
    };
    Verdict::New(Err(Reject::Key(reject)).into())
}

/// The booking, if there is one that the actor may see.
pub(crate) fn visible<'a>(
    world: &'a World,
    intent: &Intent,
    id: BookingId,
) -> Result<&'a Booking, Reject> {
    let booking = world.bookings.get(&(intent.account, id)).filter(|booking| match intent.actor {
        Actor::Key(_) | Actor::System => true,
        Actor::Customer(person) => booking.person == person,
    });
    booking.ok_or(Reject::Booking(BookingReject::NotFound(id)))
}
