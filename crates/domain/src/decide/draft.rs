//! A decision in the making: the changes so far, and the place in the activity feed.

use crate::activity::{Activity, ActivityKind, Fact, Facts, Feed};
use crate::decide::people::{self, Named};
use crate::decide::{Context, Decision};
use crate::id::{AccountId, ActivityId, PersonId};
use crate::intent::Intent;
use crate::payment::Payment;
use crate::person::{Person, User};
use crate::reply::Reply;
use crate::tickets::booking::{Booking, Status};
use crate::world::{Change, World};

/// Facts that are told of a booking at most.
const BOOKING_FACTS_MAX: usize = 17;

/// What is to be told of a change.
pub(crate) struct Entry {
    pub(crate) kind: ActivityKind,
    pub(crate) resource: String,
    pub(crate) resource_seq: u32,
    pub(crate) before: Facts,
    pub(crate) after: Facts,
    pub(crate) data: Facts,
}

/// A booking, and what was paid for it.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) booking: &'a Booking,
    pub(crate) payment: Option<&'a Payment>,
}

pub(crate) struct Draft<'a> {
    world: &'a World,
    intent: &'a Intent,
    feed: Feed,
    changes: Vec<Change>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(world: &'a World, intent: &'a Intent) -> Self {
        let feed = world.feeds.get(&intent.account).copied().unwrap_or_default();
        Self { world, intent, feed, changes: Vec::new() }
    }

    pub(crate) const fn account(&self) -> AccountId {
        self.intent.account
    }

    pub(crate) const fn world(&self) -> &'a World {
        self.world
    }

    pub(crate) fn put(&mut self, change: impl Into<Change>) {
        self.changes.push(change.into());
    }

    /// The person that a client names: whoever is there, or else somebody new.
    pub(crate) fn person(&mut self, cx: &mut Context<'_>, user: &User) -> PersonId {
        let Named { id, new } = people::named(self.world, self.intent, cx, user);
        self.changes.extend(new);
        id
    }

    /// Whether the person is one of its changes.
    pub(crate) fn makes(&self, person: PersonId) -> bool {
        Change::rows::<Person>(&self.changes).any(|((_, id), _)| *id == person)
    }

    /// Puts an entry at the end of the feed.
    pub(crate) fn emit(&mut self, cx: &mut Context<'_>, entry: Entry) {
        self.feed.position = self.feed.position.checked_add(1).expect("2^64 entries are enough");
        let activity = Activity {
            id: ActivityId::from_raw(cx.fresh()),
            account: self.intent.account,
            position: self.feed.position,
            kind: entry.kind,
            resource: entry.resource,
            resource_seq: entry.resource_seq,
            at: cx.now,
            actor: self.intent.actor.clone(),
            request_id: self.intent.request.id.clone(),
            correlation_id: self.intent.request.correlation_id.clone(),
            before: entry.before,
            after: entry.after,
            data: entry.data,
        };
        self.put(Change::Activity(Box::new(activity)));
    }

    /// Tells what became of a booking with its payment, and puts the booking.
    pub(crate) fn put_booking(
        &mut self,
        cx: &mut Context<'_>,
        kind: ActivityKind,
        before: Option<Status>,
        told: Told<'_>,
    ) {
        let booking = told.booking;
        let status = |status: Status| vec![("status", Fact::Text(status.as_str().to_owned()))];
        let entry = Entry {
            kind,
            resource: booking.id.to_string(),
            resource_seq: booking.seq,
            before: before.map(status).unwrap_or_default(),
            after: status(booking.status),
            data: booking_facts(told),
        };
        self.emit(cx, entry);
        self.put(booking.clone());
    }

    pub(crate) fn done(mut self, reply: Reply) -> Decision {
        if self.world.feeds.get(&self.intent.account).copied().unwrap_or_default() != self.feed {
            self.put(Change::put(self.intent.account, self.feed));
        }
        Decision { answer: Ok(reply), changes: self.changes }
    }
}

/// The number of the next activity of something.
pub(crate) fn next_seq(seq: u32) -> u32 {
    seq.checked_add(1).expect("2^32 changes of one thing are enough")
}

/// What subscribers are told of a booking: nothing that names a person in the client's words, and no
/// free text, in which people name people. Its id is the entry's.
fn booking_facts(Told { booking, payment }: Told<'_>) -> Facts {
    let mut facts = Vec::with_capacity(BOOKING_FACTS_MAX);
    facts.extend([
        ("status", Fact::Text(booking.status.as_str().to_owned())),
        ("event_id", Fact::Text(booking.event.to_string())),
        ("zone_id", Fact::Text(booking.zone.to_string())),
        ("person_id", Fact::Text(booking.person.to_string())),
        ("quantity", Fact::Number(i64::from(booking.quantity))),
        ("total_amount", Fact::Amount(booking.total)),
        ("total_currency", Fact::Text(booking.total.currency.code().to_owned())),
        ("created_at", Fact::Instant(booking.created_at)),
    ]);
    if !booking.seats.is_empty() {
        let labels = booking.seats.iter().map(|seat| seat.label.clone()).collect();
        facts.push(("seats", Fact::List(labels)));
    }
    if let Some(code) = &booking.confirmation_code {
        facts.push(("confirmation_code", Fact::Text(code.clone())));
    }
    if let Some(payment) = payment {
        facts.extend([
            ("payment_id", Fact::Text(payment.id.to_string())),
            ("payment_status", Fact::Text(payment.status.told().as_str().to_owned())),
            ("refunded_amount", Fact::Amount(payment.returned())),
            ("refund_pending_amount", Fact::Amount(payment.to_return())),
        ]);
    }
    // A sale has no deadline.
    let expires_at = booking.confirmed_at.is_none().then_some(booking.expires_at);
    let instants = [
        ("expires_at", expires_at),
        ("confirmed_at", booking.confirmed_at),
        ("ended_at", booking.ended_at),
    ];
    facts.extend(instants.into_iter().filter_map(|(name, at)| Some((name, Fact::Instant(at?)))));
    facts
}
