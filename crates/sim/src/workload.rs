//! What clients do: rounds of requests that come from a seed, and what they have learnt from answers.
//!
//! A step is plain data with small numbers in place of ids, so that a property test can make and
//! shrink it as well as the generator. [`Known`] turns it into an intent.

mod build;
mod generate;

use domain::id::{AccountId, BookingId, EventId, PersonId, ZoneId};
use domain::tickets::intent::NewZone;
use domain::{Command, Intent};

use crate::test_ports::Fields;
pub use generate::Generator;

/// What a client does. Numbers choose among what is known, modulo how many there are; bookings and
/// requests are counted from the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Hold units.
    Reserve {
        /// For whom.
        user: u16,
        /// In which zone.
        zone: u16,
        /// Which units.
        units: Units,
        /// What the client believes or gets wrong.
        belief: Belief,
    },
    /// Buy what is held.
    Confirm {
        /// Which booking.
        booking: u16,
        /// How.
        pay: Pay,
    },
    /// Give a hold back.
    Release {
        /// Which booking.
        booking: u16,
    },
    /// Let a hold end as if its deadline had passed.
    ExpireNow {
        /// Which booking.
        booking: u16,
    },
    /// Undo a sale.
    Cancel {
        /// Which booking.
        booking: u16,
        /// Whether money is to go back.
        refund: bool,
    },
    /// Send an earlier request again.
    Repeat {
        /// Which request.
        request: u16,
    },
    /// Send another body under the key of an earlier request.
    OtherBody {
        /// Which request.
        request: u16,
    },
    /// Retire the key of an earlier request, or one that was never used.
    Retire {
        /// Which request; `None` for a new key.
        request: Option<u16>,
    },
    /// Send fields that do not pass their checks, under the key of an earlier request or a new one.
    Malformed {
        /// Which request; `None` for a new key.
        request: Option<u16>,
    },
    /// Ask for a customer's token.
    Mint {
        /// Whose.
        user: u16,
    },
    /// Put an event on sale.
    CreateEvent {
        /// Where its details come from.
        details: u64,
    },
    /// Change an event.
    PatchEvent {
        /// The event of which zone.
        zone: u16,
        /// Where the details come from.
        details: u64,
    },
    /// Change a zone.
    PatchZone {
        /// Which one.
        zone: u16,
        /// Where the details come from.
        details: u64,
    },
}

/// Which units are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// That many, whatever the zone has: the best seats where they are numbered.
    Any(u32),
    /// That many seats from the one with this number on.
    Seats(u16, u32),
    /// The best seats, or just units, in the kind of zone that has no such thing.
    Wrong(u32),
    /// A seat that is not there.
    Unlisted,
}

/// What the client believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belief {
    /// It names no total.
    None,
    /// It names the total as it last knew it.
    Total,
    /// It names another total.
    WrongTotal,
    /// It names an event that is not there.
    NoEvent,
    /// It names a zone of another event.
    OtherZone,
}

/// How a booking is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pay {
    /// Not at all.
    Nothing,
    /// With a new reference.
    Fresh,
    /// With a reference that may have paid for something else.
    Again(u16),
}

/// Who sends a step, and whether its request has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// The merchant, with an idempotency key.
    Keyed,
    /// The merchant, without; where a key is required it has one all the same.
    Bare,
    /// The customer, with a key; where customers may not, it is the merchant.
    Customer,
}

/// A step that somebody takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Who sends it.
    pub voice: Voice,
    /// What is sent.
    pub step: Step,
}

/// Steps that are decided together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// How far the clock moves before.
    pub advance_ms: u64,
    /// What clients do.
    pub steps: Vec<Sent>,
    /// Whether overdue holds end first.
    pub expire: bool,
    /// Whether counts are written.
    pub key_usage: bool,
    /// Whether clean-up runs afterwards.
    pub clean_up: bool,
}

/// A customer.
#[derive(Clone, Debug)]
pub struct KnownUser {
    /// Of which account.
    pub account: AccountId,
    /// The client's word for them.
    pub user_id: String,
    /// Which person they are, once an answer has told.
    pub person: Option<PersonId>,
}

/// A zone, as the client that created it knows it.
#[derive(Clone, Debug)]
pub(crate) struct KnownZone {
    account: AccountId,
    event: EventId,
    zone: ZoneId,
    labels: Vec<String>,
    price: i64,
}

#[derive(Clone, Debug)]
struct KnownBooking {
    account: AccountId,
    id: BookingId,
    user_id: String,
}

/// What clients know.
#[derive(Clone, Debug)]
pub struct Known {
    users: Vec<KnownUser>,
    zones: Vec<KnownZone>,
    bookings: Vec<KnownBooking>,
    /// Requests with keys.
    sent: Vec<Intent>,
    references: u64,
    bodies: u64,
    keys: u64,
}

impl Known {
    /// The accounts of the simulated world.
    pub const ACCOUNTS: [AccountId; 2] = [AccountId::from_raw(0xa1), AccountId::from_raw(0xa2)];
    const USERS_PER_ACCOUNT: u128 = 4;

    /// Some customers of each account, and nothing on sale.
    #[must_use]
    pub fn new() -> Self {
        let user = |account: AccountId, number: u128| KnownUser {
            account,
            user_id: format!("user-{number}"),
            person: None,
        };
        let users_of = |account| (1..=Self::USERS_PER_ACCOUNT).map(move |n| user(account, n));
        Self {
            users: Self::ACCOUNTS.into_iter().flat_map(users_of).collect(),
            zones: Vec::new(),
            bookings: Vec::new(),
            sent: Vec::new(),
            references: 0,
            bodies: 0,
            keys: 0,
        }
    }

    /// All customers.
    #[must_use]
    pub fn users(&self) -> &[KnownUser] {
        &self.users
    }

    /// Every request with a key that was sent.
    #[must_use]
    pub fn sent(&self) -> &[Intent] {
        &self.sent
    }

    /// Takes note of what an answer tells.
    pub fn learn(&mut self, intent: &Intent, fields: &Fields) {
        self.learn_person(intent.account, fields);
        if let Command::Reserve(new) = &intent.command {
            self.learn_booking(intent.account, &new.user.user_id, fields);
        }
        if let Command::CreateEvent(new) = &intent.command {
            self.learn_zones(intent.account, &new.zones, fields);
        }
    }

    fn learn_person(&mut self, account: AccountId, fields: &Fields) {
        let Some(Ok(person)) = fields.get("person_id").map(|id| id.parse()) else { return };
        let Some(user_id) = fields.get("user_id") else { return };
        let mut users = self.users.iter_mut();
        let told = users.find(|user| user.account == account && user.user_id == *user_id);
        if let Some(user) = told {
            user.person = Some(person);
        }
    }

    fn learn_booking(&mut self, account: AccountId, user_id: &str, fields: &Fields) {
        let Some(Ok(id)) = fields.get("booking_id").map(|id| id.parse()) else { return };
        if self.bookings.iter().all(|booking| booking.id != id) {
            self.bookings.push(KnownBooking { account, id, user_id: user_id.to_owned() });
        }
    }

    fn learn_zones(&mut self, account: AccountId, new: &[NewZone], fields: &Fields) {
        let Some(Ok(event)) = fields.get("event_id").map(|id| id.parse()) else { return };
        if self.zones.iter().any(|zone| zone.event == event) {
            return;
        }
        let ids = fields.get("zones").map(String::as_str).unwrap_or_default();
        for (id, new) in ids.split(' ').zip(new) {
            let Ok(zone) = id.parse() else { continue };
            let (labels, price) = (new.seats.clone(), new.price);
            self.zones.push(KnownZone { account, event, zone, labels, price });
        }
    }
}

impl Default for Known {
    fn default() -> Self {
        Self::new()
    }
}
