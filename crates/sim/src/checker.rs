//! What clients saw, and whether it can be true.
//!
//! It knows nothing of the engine and has no model: only what was sent, what was heard, and when. A
//! client that heard an answer hears the same bytes until the answer's time is over; whoever heard
//! nothing may have been answered or not.

mod books;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::{BookingId, EventId};
use domain::record::{Answer, Fingerprint, IntentKey, NamedKey};
use domain::world::Of;
use domain::{Command, Intent, Timestamp};

use crate::intents::first_fingerprint;
use crate::model::{ANSWER_MS, TOMBSTONE_MS};
use crate::test_ports::{Fields, read};
pub use books::{Books, audit};

/// What a client heard.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'a> {
    /// An answer.
    Answer(&'a Arc<Answer>),
    /// Its fields are wrong.
    Malformed,
    /// Nothing, or that it should ask again.
    Nothing,
}

/// The answer that a key is bound to, as far as clients know.
#[derive(Debug)]
struct Bound {
    fingerprint: Fingerprint,
    answer: Arc<Answer>,
    /// When the request was first sent: it cannot have been decided before.
    sent_at: Timestamp,
}

/// What a client heard of a request under a key.
struct Hearing<'a> {
    fingerprint: Fingerprint,
    now: Timestamp,
    heard: Heard<'a>,
    fields: &'a Fields,
}

/// Everything that was sent and heard.
#[derive(Debug, Default)]
pub struct History {
    sent: BTreeMap<IntentKey, BTreeMap<Fingerprint, Timestamp>>,
    /// Keys that somebody wanted retired.
    retiring: BTreeSet<IntentKey>,
    /// What keys are called, by what earlier releases called them.
    renamed: BTreeMap<IntentKey, IntentKey>,
    bound: BTreeMap<IntentKey, Bound>,
    /// Bookings that were heard of, with every status that was.
    booked: BTreeMap<Of<BookingId>, BTreeSet<String>>,
    /// Events that were heard of.
    events: BTreeSet<Of<EventId>>,
}

impl History {
    /// A request goes out.
    pub fn send(&mut self, intent: &Intent, now: Timestamp) {
        if let Command::RetireKey(key) = &intent.command {
            self.retiring.insert(oldest_name(key).clone());
        }
        if let Some(key) = &intent.key {
            if let Some(earlier) = &key.earlier {
                self.renamed.insert(earlier.clone(), key.key.clone());
            }
            let bodies = self.sent.entry(oldest_name(key).clone()).or_default();
            bodies.entry(first_fingerprint(&intent.fingerprint)).or_insert(now);
        }
    }

    /// Its answer comes in, or does not.
    ///
    /// # Errors
    /// Why it cannot be true.
    pub fn hear(
        &mut self,
        intent: &Intent,
        now: Timestamp,
        heard: Heard<'_>,
    ) -> Result<(), String> {
        let fields = match heard {
            Heard::Answer(answer) => read(answer),
            Heard::Malformed => Fields::from([("code".to_owned(), "MALFORMED".to_owned())]),
            Heard::Nothing => return Ok(()),
        };
        self.note_booking(intent, &fields)?;
        if let (Some("EVENT"), Some(Ok(event))) =
            (fields.get("code").map(String::as_str), fields.get("event_id").map(|id| id.parse()))
        {
            self.events.insert((intent.account, event));
        }
        let Some(key) = &intent.key else { return Ok(()) };
        if matches!(&intent.command, Command::RetireKey(own) if own == key) {
            // Its own key is not bound to its answer: that says what the key is.
            return Ok(());
        }
        let fingerprint = first_fingerprint(&intent.fingerprint);
        let key = oldest_name(key);
        self.agree(key, &Hearing { fingerprint, now, heard, fields: &fields })
            .map_err(|why| format!("{key:?}: {why}; heard {fields:?}"))
    }

    /// Whether the key's answer fits what was heard before.
    fn agree(&mut self, key: &IntentKey, hearing: &Hearing<'_>) -> Result<(), String> {
        let Hearing { fingerprint, now, heard, fields } = *hearing;
        let sent_at = self.sent.get(key).and_then(|sent| sent.get(&fingerprint)).copied();
        let sent_at = sent_at.ok_or("it was never sent")?;
        if let Some(bound) = self.bound.get(key) {
            let age = now.millis_since(bound.sent_at);
            if age < ANSWER_MS + TOMBSTONE_MS {
                return bound.agree(hearing, age);
            }
        }
        match hearing.code() {
            "KEY_REUSED" if self.sent.get(key).is_some_and(|bodies| bodies.len() < 2) => {
                return Err("no other body was sent".to_owned());
            }
            "KEY_RETIRED"
                if !self.retiring.contains(key) && now.millis_since(sent_at) < ANSWER_MS =>
            {
                return Err("nobody retired it".to_owned());
            }
            _ => {}
        }
        if let Heard::Answer(answer) = heard
            && is_final(fields)
        {
            let answer = Arc::clone(answer);
            self.bound.insert(key.clone(), Bound { fingerprint, answer, sent_at });
        }
        Ok(())
    }

    /// Takes note of a booking's status, if the answer is about one.
    fn note_booking(&mut self, intent: &Intent, fields: &Fields) -> Result<(), String> {
        let (Some(id), Some(status)) = (fields.get("booking_id"), fields.get("status")) else {
            return Ok(());
        };
        let id = id.parse().map_err(|error| format!("{id}: {error}"))?;
        let statuses = self.booked.entry((intent.account, id)).or_default();
        statuses.insert(status.clone());
        Ok(())
    }
}

impl Hearing<'_> {
    fn code(&self) -> &str {
        self.fields.get("code").map(String::as_str).unwrap_or_default()
    }
}

impl Bound {
    fn agree(&self, hearing: &Hearing<'_>, age_ms: i64) -> Result<(), String> {
        let code = hearing.code();
        if hearing.fingerprint != self.fingerprint {
            let reused = code == "KEY_REUSED";
            return if reused { Ok(()) } else { Err("it is bound to another body".to_owned()) };
        }
        match hearing.heard {
            Heard::Answer(answer) if *answer == self.answer => Ok(()),
            Heard::Answer(_) if code == "KEY_RETIRED" && age_ms >= ANSWER_MS => Ok(()),
            Heard::Answer(_) | Heard::Malformed | Heard::Nothing => {
                Err(format!("a retry was answered otherwise than {:?}", read(&self.answer)))
            }
        }
    }
}

/// By this a key is remembered here, whatever it was called when it was sent.
fn oldest_name(key: &NamedKey) -> &IntentKey {
    key.earlier.as_ref().unwrap_or(&key.key)
}

/// Whether the contract makes this answer the key's for good.
fn is_final(fields: &Fields) -> bool {
    let is = |name: &str, value: &str| fields.get(name).is_some_and(|is| is == value);
    match fields.get("code").map(String::as_str) {
        Some("EVENT_NOT_FOUND" | "ZONE_NOT_FOUND") => is("named", "true"),
        Some(
            "KEY_REUSED" | "KEY_RETIRED" | "MALFORMED" | "BOOKING_NOT_FOUND" | "SEATS_NEEDED"
            | "NOT_NUMBERED" | "PRICE_INVALID" | "EXPECTED_INVALID" | "CAPACITY_FIXED"
            | "SALES_WINDOW",
        )
        | None => false,
        Some(_) => true,
    }
}
