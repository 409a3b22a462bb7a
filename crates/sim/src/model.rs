//! A naive model of the contract: plain maps, no counters. What is left of a zone, or what a person
//! has taken, is summed up from the bookings each time.
//!
//! It shares the types of questions with the domain, and nothing of how they are answered.

mod keys;
mod tickets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::activity::ActivityKind;
use domain::id::{AccountId, BookingId, EventId, PersonId, ZoneId};
use domain::record::{Answer, Fingerprint, IntentKey, NamedKey};
use domain::world::Of;
use domain::{Command, Intent, Timestamp};

use self::tickets::{Booking, Event, Zone, words};
use crate::test_ports::{Fields, read};
pub(crate) use keys::{ANSWER_MS, TOMBSTONE_MS};

/// What is known about a key.
#[derive(Clone, Debug)]
struct Key {
    fingerprint: Option<Fingerprint>,
    /// `None` once it is retired.
    answer: Option<Arc<Answer>>,
    /// What a success is about.
    about: String,
    first_seen: Timestamp,
    keep_until: Option<Timestamp>,
}

/// The world as the contract has it.
#[derive(Clone, Debug, Default)]
pub struct Model {
    events: BTreeMap<Of<EventId>, Event>,
    zones: BTreeMap<Of<ZoneId>, Zone>,
    bookings: BTreeMap<Of<BookingId>, Booking>,
    references: BTreeSet<Of<String>>,
    /// Who is called what, as far as answers have told.
    people: BTreeMap<Of<String>, PersonId>,
    keys: BTreeMap<IntentKey, Key>,
}

/// What an intent must lead to.
#[derive(Clone, Debug)]
pub enum Predicted {
    /// These bytes again.
    Replay(Arc<Answer>),
    /// Its fields are wrong, and nothing is known about its key.
    Malformed,
    /// A new answer.
    New(Box<Expected>),
}

/// A new answer, as far as it can be known, and its effect.
#[derive(Clone, Debug)]
pub struct Expected {
    status: u16,
    code: &'static str,
    fields: Vec<(&'static str, String)>,
    is_final: bool,
    effect: Effect,
    emitted: Vec<ActivityKind>,
}

#[derive(Clone, Debug)]
enum Effect {
    Nothing,
    NewEvent(Box<Event>, Vec<Zone>),
    Event(Of<EventId>, Box<Event>),
    Zone(Of<ZoneId>, Box<Zone>),
    /// With the best seats, if which ones is for the engine to say.
    NewBooking(Box<Booking>, Option<u32>),
    Booking(Of<BookingId>, Box<Booking>),
    Retire(IntentKey),
}

impl Expected {
    /// A success.
    fn yes(status: u16, code: &'static str, fields: Vec<(&'static str, String)>) -> Self {
        Self { status, code, fields, is_final: true, effect: Effect::Nothing, emitted: Vec::new() }
    }

    /// A refusal that is the key's answer for good.
    fn no<const N: usize>(
        status: u16,
        code: &'static str,
        fields: [(&'static str, String); N],
    ) -> Self {
        Self::yes(status, code, fields.into())
    }

    fn not_final(self) -> Self {
        Self { is_final: false, ..self }
    }

    fn with(self, effect: Effect, emitted: &[ActivityKind]) -> Self {
        Self { effect, emitted: emitted.to_vec(), ..self }
    }

    /// Whether anything of it is stored for an intent with, or without, a key.
    #[must_use]
    pub fn is_stored(&self, keyed: bool) -> bool {
        let acts = !matches!(self.effect, Effect::Nothing) || !self.emitted.is_empty();
        acts || keyed && self.is_final
    }

    /// The key that it retires.
    #[must_use]
    pub const fn retires(&self) -> Option<&IntentKey> {
        if let Effect::Retire(key) = &self.effect { Some(key) } else { None }
    }
}

impl Model {
    /// What `intent` must lead to at `now`.
    #[must_use]
    pub fn predict(&self, intent: &Intent, now: Timestamp) -> Predicted {
        let key = intent.key.as_ref();
        if let Some(known) = key.and_then(|key| self.keys.get(self.name(key))) {
            let own = key.filter(|key| retired_by(intent) == Some(*key));
            if let Some(own) = own.filter(|_| known.is_tombstone_for_ever()) {
                // It hears again what it made.
                return Predicted::New(Box::new(self.retire(own)));
            }
            return known.predict(intent);
        }
        let expected = match &intent.command {
            Command::Malformed => return Predicted::Malformed,
            Command::CreateEvent(new) => Self::create_event(new),
            Command::UpdateEvent(patch) => self.patch_event(intent.account, patch),
            Command::UpdateZone(patch) => self.patch_zone(intent.account, patch),
            Command::Reserve(new) => self.reserve(intent.account, new, now),
            Command::Confirm(confirmation) => self.confirm(intent, confirmation, now),
            Command::Release(booking) => self.release(intent, *booking, now),
            Command::ExpireNow(booking) => self.expire_now(intent, *booking, now),
            Command::Cancel(cancellation) => self.cancel(intent, cancellation, now),
            Command::RetireKey(key) => self.retire(key),
            Command::MintToken { user, seconds } => {
                let ends = now.plus_seconds(*seconds).as_millis().to_string();
                let mut fields = vec![("user_id", user.user_id.clone()), ("expires_at", ends)];
                let person = self.person_named(intent.account, &user.user_id);
                fields.extend(person.map(|id| ("person_id", id.to_string())));
                Expected::yes(200, "TOKEN", fields)
            }
            Command::NoteCollision(key) => {
                let emitted: &[_] = match self.keys.contains_key(key) {
                    true => &[ActivityKind::IdempotencyCollision],
                    false => &[],
                };
                Expected::yes(200, "DONE", Vec::new()).with(Effect::Nothing, emitted)
            }
            Command::CreateEndpoint(_)
            | Command::UpdateEndpoint(_)
            | Command::DeleteEndpoint(_)
            | Command::RotateSecret(_)
            | Command::ReplayEvents(_)
            | Command::Redeliver(_)
            | Command::PingEndpoint(_)
            | Command::RecordDeliveries(_)
            | Command::DisableEndpoint { .. } => panic!("webhooks have a world of their own"),
            Command::LeaseJobs { .. } => Expected::yes(200, "LEASED", Vec::new()),
            Command::SettleJob { .. } => Expected::yes(200, "SETTLED", Vec::new()),
            Command::Expire(_)
            | Command::PutJob(_)
            | Command::CleanUpRecord(_)
            | Command::CleanUpFeed { .. }
            | Command::CleanUpDelivery(_) => Expected::yes(200, "DONE", Vec::new()),
        };
        Predicted::New(Box::new(expected))
    }

    /// Whether `answer` is what was predicted.
    ///
    /// # Errors
    /// How it differs.
    pub fn agree(
        &self,
        intent: &Intent,
        predicted: &Predicted,
        answer: &Answer,
    ) -> Result<(), String> {
        let fields = read(answer);
        match predicted {
            Predicted::Replay(known) if **known == *answer => Ok(()),
            Predicted::Replay(known) => {
                Err(format!("other bytes: {:?}, not {fields:?}", read(known)))
            }
            Predicted::Malformed => Err(format!("malformed was expected, not {fields:?}")),
            Predicted::New(expected) => {
                let code = [("code", expected.code.to_owned())];
                let wrong = |(name, value): &(&str, String)| fields.get(*name) != Some(value);
                let wrong = code.iter().chain(&expected.fields).find(|field| wrong(field));
                if answer.status != expected.status || wrong.is_some() {
                    return Err(format!("expected {expected:?} ({wrong:?}), got {fields:?}"));
                }
                self.agree_on_seats(intent, &expected.effect, &fields)
            }
        }
    }

    /// Takes over the effect of an intent that was committed at `now`, and tells which activity goes
    /// with it. `answer` is known where ids were made.
    pub fn take(
        &mut self,
        intent: &Intent,
        now: Timestamp,
        expected: &Expected,
        answer: Option<&Arc<Answer>>,
    ) -> Vec<ActivityKind> {
        let fields = answer.map(|answer| read(answer)).unwrap_or_default();
        if let (Some(key), Some(answer), true) = (&intent.key, answer, expected.is_final)
            && retired_by(intent) != Some(key)
        {
            self.keys.insert(self.name(key).clone(), Key::answered(intent, now, answer));
        }
        self.meet(intent.account, &fields);
        self.lay(intent.account, &expected.effect, now, &fields);
        expected.emitted.clone()
    }

    /// What the record of a key is called, or would be.
    fn name<'a>(&self, key: &'a NamedKey) -> &'a IntentKey {
        key.all().find(|name| self.keys.contains_key(name)).unwrap_or(&key.key)
    }

    /// Whoever is known stays the same person.
    fn person_named(&self, account: AccountId, user_id: &str) -> Option<PersonId> {
        self.people.get(&(account, user_id.to_owned())).copied()
    }

    /// Takes note of who somebody is.
    fn meet(&mut self, account: AccountId, fields: &Fields) {
        let person = fields.get("person_id").and_then(|id| id.parse().ok());
        if let (Some(user_id), Some(person)) = (fields.get("user_id"), person) {
            self.people.insert((account, user_id.clone()), person);
        }
    }

    fn lay(&mut self, account: AccountId, effect: &Effect, now: Timestamp, fields: &Fields) {
        match effect.clone() {
            Effect::Nothing => {}
            Effect::NewEvent(event, zones) => self.lay_event(account, *event, zones, fields),
            Effect::Event(key, event) => {
                self.events.insert(key, *event);
            }
            Effect::Zone(key, zone) => {
                self.zones.insert(key, *zone);
            }
            Effect::NewBooking(mut booking, best) => {
                let Some(Ok(id)) = fields.get("booking_id").map(|id| id.parse()) else { return };
                if best.is_some() {
                    booking.seats = words(fields, "seats");
                }
                self.bookings.insert((account, id), *booking);
            }
            Effect::Booking(key, booking) => {
                let reference = booking.reference.iter().cloned();
                self.references.extend(reference.map(|reference| (account, reference)));
                self.bookings.insert(key, *booking);
            }
            Effect::Retire(key) => {
                self.keys.insert(key, Key::tombstone(now));
            }
        }
    }
}

/// The key that an intent retires.
const fn retired_by(intent: &Intent) -> Option<&NamedKey> {
    if let Command::RetireKey(key) = &intent.command { Some(key) } else { None }
}
