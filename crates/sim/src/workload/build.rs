//! From a step to an intent: numbers become ids that are known.

use domain::id::{AccountId, EventId, KeyId};
use domain::intent::{NewPayment, Request};
use domain::money::{Currency, Decimal};
use domain::payment::Method;
use domain::person::{Handle, Handles, User};
use domain::policy::{Term, Terms};
use domain::record::{Fingerprint, Fingerprints, IntentKey, KeyScope, NamedKey};
use domain::tickets::intent::{
    Cancellation, Confirmation, EventPatch, NewBooking, NewEvent, NewZone, Wanted, ZonePatch,
};
use domain::time::DAY_MS;
use domain::{Actor, Command, Intent, Timestamp};

use super::{Belief, Known, KnownBooking, KnownUser, KnownZone, Pay, Sent, Step, Units, Voice};
use crate::intents::{self, first_fingerprint};
use crate::rng::Rng;

/// Secrets are rotated after so many bodies.
const BODIES_PER_SECRET: u64 = 40;
/// How many there are.
const SECRETS: u8 = 8;
/// Before that many bodies, requests are as an earlier release had them: keys of customers are called by what these
/// are called.
const BODIES_BEFORE_UPGRADE: u64 = 60;

/// Secret keys of the merchants.
const MERCHANT: KeyId = KeyId::from_raw(7);

impl Known {
    /// The intent of a step; `None` when nothing is known that it could be about.
    pub fn intent(&mut self, sent: &Sent, now: Timestamp) -> Option<Intent> {
        let Sent { voice, step } = sent;
        match step {
            Step::Repeat { request } => self.again(*request),
            Step::OtherBody { request } => {
                let mut other = self.again(*request)?;
                other.fingerprint = self.body();
                Some(other)
            }
            Step::Malformed { request } => {
                let mut malformed = match request {
                    Some(request) => self.again(*request)?,
                    None => self.merchant(Self::first_account(), Command::Malformed, Voice::Keyed),
                };
                malformed.command = Command::Malformed;
                Some(malformed)
            }
            Step::Retire { request } => self.retire(*request, *voice),
            Step::Mint { user } => {
                let KnownUser { account, user_id, .. } = newest(&self.users, *user)?.clone();
                let command =
                    Command::MintToken { user: self.named(account, user_id), seconds: 3_600 };
                Some(self.merchant(account, command, *voice))
            }
            Step::Reserve { .. } => self.reserve(step, *voice),
            Step::Confirm { booking, pay } => self.confirm(*booking, *pay, *voice),
            Step::Release { booking } => {
                let booking = newest(&self.bookings, *booking)?.clone();
                Some(self.by_holder(&booking, Command::Release(booking.id), *voice))
            }
            Step::ExpireNow { booking } => {
                let KnownBooking { account, id, .. } = *newest(&self.bookings, *booking)?;
                Some(self.merchant(account, Command::ExpireNow(id), *voice))
            }
            Step::Cancel { booking, refund } => {
                let KnownBooking { account, id, .. } = *newest(&self.bookings, *booking)?;
                let cancellation =
                    Cancellation { booking: id, reason: Some("ill".to_owned()), refund: *refund };
                Some(self.merchant(account, Command::Cancel(cancellation), *voice))
            }
            Step::CreateEvent { details } => {
                let mut rng = Rng::new(*details);
                let account = *rng.pick(&Self::ACCOUNTS)?;
                let command = Command::CreateEvent(new_event(&mut rng, now));
                Some(self.merchant(account, command, Voice::Keyed))
            }
            Step::PatchEvent { zone, details } => {
                let KnownZone { account, event, .. } = *newest(&self.zones, *zone)?;
                let command = Command::UpdateEvent(event_patch(event, *details, now));
                Some(self.merchant(account, command, *voice))
            }
            Step::PatchZone { zone, details } => {
                let known = newest(&self.zones, *zone)?.clone();
                let command = Command::UpdateZone(zone_patch(&known, *details));
                Some(self.merchant(known.account, command, *voice))
            }
        }
    }

    /// Takes note that a request was sent.
    pub fn note(&mut self, intent: &Intent) {
        let known = |sent: &Intent| sent.fingerprint == intent.fingerprint;
        if intent.key.is_some() && !self.sent.iter().any(known) {
            self.sent.push(intent.clone());
        }
    }

    const fn first_account() -> AccountId {
        let [first, _] = Self::ACCOUNTS;
        first
    }

    fn request(&self, number: u16) -> Option<&Intent> {
        newest(&self.sent, number)
    }

    fn retire(&mut self, request: Option<u16>, voice: Voice) -> Option<Intent> {
        let key = match request {
            Some(request) => self.called_now(self.request(request)?.key.clone()?),
            None => self.key(Self::first_account(), None),
        };
        let own = (request.is_none() && voice == Voice::Keyed).then(|| key.clone());
        let intent = self.merchant(key.key.account, Command::RetireKey(key), voice);
        // A key that was never used may retire itself.
        Some(Intent { key: own.or(intent.key), ..intent })
    }

    fn reserve(&mut self, step: &Step, voice: Voice) -> Option<Intent> {
        let Step::Reserve { user, zone, units, belief } = step else { return None };
        let zone = newest(&self.zones, *zone)?.clone();
        let ours = self.users.iter().filter(|user| user.account == zone.account);
        let user = newest(&ours.cloned().collect::<Vec<_>>(), *user)?.clone();
        let wanted = wanted(&zone, *units);
        let total = zone.price.saturating_mul(i64::from(wanted.quantity()));
        // Dollars, with a zero more than they need where they are right. In yen it is another sum, or none.
        let right = Decimal { units: total.saturating_mul(10), scale: 3 };
        let wrong = Decimal { units: total.saturating_add(1), scale: 2 };
        let elsewhere = |known: &&KnownZone| known.event != zone.event;
        let new = NewBooking {
            event: match belief {
                Belief::NoEvent => EventId::from_raw(1),
                Belief::OtherZone => self.zones.iter().find(elsewhere)?.event,
                Belief::None | Belief::Total | Belief::WrongTotal => zone.event,
            },
            zone: zone.zone,
            wanted,
            user: self.named(zone.account, user.user_id.clone()),
            expected_amount: match belief {
                Belief::Total => Some(right),
                Belief::WrongTotal => Some(wrong),
                Belief::None | Belief::NoEvent | Belief::OtherZone => None,
            },
        };
        let command = Command::Reserve(new);
        // A key is required to take stock.
        Some(match voice {
            Voice::Customer => self.customer(user, command),
            Voice::Keyed | Voice::Bare => self.merchant(zone.account, command, Voice::Keyed),
        })
    }

    fn confirm(&mut self, booking: u16, pay: Pay, voice: Voice) -> Option<Intent> {
        let KnownBooking { account, id, .. } = *newest(&self.bookings, booking)?;
        let number = match pay {
            Pay::Nothing => None,
            Pay::Fresh => {
                self.references = self.references.saturating_add(1);
                Some(self.references)
            }
            Pay::Again(number) => u64::from(number).checked_rem(self.references.max(1)),
        };
        let payment = number.map(|number| NewPayment {
            method: Method::External,
            reference: format!("ref-{number}"),
        });
        let command = Command::Confirm(Confirmation { booking: id, payment });
        Some(self.merchant(account, command, voice))
    }

    /// A command that the booking's customer may give; sometimes another one tries.
    fn by_holder(&mut self, booking: &KnownBooking, command: Command, voice: Voice) -> Intent {
        if voice != Voice::Customer {
            return self.merchant(booking.account, command, voice);
        }
        let others = self.bodies.is_multiple_of(5);
        let someone = |user: &&KnownUser| {
            user.account == booking.account && (user.user_id == booking.user_id) != others
        };
        let Some(user) = self.users.iter().find(someone).cloned() else {
            return self.merchant(booking.account, command, voice);
        };
        self.customer(user, command)
    }

    /// A command of a customer, once they have a token.
    fn customer(&mut self, customer: KnownUser, command: Command) -> Intent {
        let KnownUser { account, user_id, person } = customer;
        let Some(person) = person else { return self.merchant(account, command, Voice::Keyed) };
        let key = self.key(account, Some(user_id));
        let mut intent = self.merchant(account, command, Voice::Bare);
        intent.actor = Actor::Customer(person);
        intent.key = Some(key);
        intent
    }

    fn merchant(&mut self, account: AccountId, command: Command, voice: Voice) -> Intent {
        let key = match voice {
            Voice::Keyed | Voice::Customer => Some(self.key(account, None)),
            Voice::Bare => None,
        };
        Intent {
            account,
            actor: Actor::Key(MERCHANT),
            key,
            fingerprint: self.body(),
            request: Request {
                method: "POST".to_owned(),
                path: "/".to_owned(),
                ..Request::default()
            },
            command,
        }
    }

    /// A new key, of a customer or of the merchant.
    fn key(&mut self, account: AccountId, user_id: Option<String>) -> NamedKey {
        self.keys = self.keys.saturating_add(1);
        let scope = user_id.map_or(KeyScope::SHARED, KeyScope::of_user);
        let key = IntentKey { account, scope, key: format!("key-{}", self.keys) };
        self.called_now(key.into())
    }

    /// A request that was sent already, as it is sent since the upgrade.
    pub(crate) fn as_sent_now(&self, mut intent: Intent) -> Intent {
        intent.key = intent.key.map(|key| self.called_now(key));
        if let Command::RetireKey(key) = &mut intent.command {
            *key = self.called_now(key.clone());
        }
        intent
    }

    /// What a key is called by now: customers' have another name since the upgrade.
    pub(crate) fn called_now(&self, key: NamedKey) -> NamedKey {
        let NamedKey { key, earlier } = key;
        let is_theirs =
            |user: &&KnownUser| user.account == key.account && user.user_id == key.scope.as_str();
        let person = self.users.iter().find(is_theirs).and_then(|user| user.person);
        match person.filter(|_| self.bodies >= BODIES_BEFORE_UPGRADE) {
            Some(person) => {
                let scope = KeyScope::of_person(person);
                NamedKey { key: IntentKey { scope, ..key.clone() }, earlier: Some(key) }
            }
            None => NamedKey { key, earlier },
        }
    }

    /// An earlier request as it is sent now: by now secrets may have been rotated.
    fn again(&self, request: u16) -> Option<Intent> {
        let mut intent = self.request(request)?.clone();
        let first = first_fingerprint(&intent.fingerprint);
        intent.fingerprint = self.by_all_secrets(first);
        Some(self.as_sent_now(intent))
    }

    /// The fingerprint of a body that was not sent before.
    fn body(&mut self) -> Fingerprints {
        self.bodies = self.bodies.saturating_add(1);
        let mut hash = [0; 32];
        for (to, from) in hash.iter_mut().zip(self.bodies.to_be_bytes()) {
            *to = from;
        }
        self.by_all_secrets(Fingerprint::new(1, hash))
    }

    /// Number of the secret in use.
    fn secret(&self) -> u8 {
        let rotations = u8::try_from(self.bodies / BODIES_PER_SECRET).unwrap_or(SECRETS);
        SECRETS.min(rotations.saturating_add(1))
    }

    /// Somebody as they are named now.
    fn named(&self, account: AccountId, user_id: String) -> User {
        let bytes = user_id.bytes().map(u128::from);
        let hash = bytes.fold(account.raw(), |hash, byte| (hash << 8) | byte);
        let current = self.secret();
        let with = |secret: u8| Handle::new(secret, hash ^ (u128::from(secret) << 120));
        let others = (1..=SECRETS).filter(|secret| *secret != current).map(with).collect();
        User { user_id, handles: Handles { of_new: with(current), others } }
    }

    /// What each of the secrets makes of a body: each hashes otherwise, and one is in use. All are known from
    /// the beginning, as where they are staged: a request that is under way may be older than a rotation.
    fn by_all_secrets(&self, first: Fingerprint) -> Fingerprints {
        let current = self.secret();
        let hash: [u8; 32] = first.stored().try_into().expect("it is the first secret's");
        let with = |secret: u8| Fingerprint::new(secret, hash.map(|byte| byte ^ (secret - 1)));
        let others = (1..=SECRETS).filter(|secret| *secret != current).map(with).collect();
        Fingerprints { current: with(current), others }
    }
}

/// One of them, counted from the last.
fn newest<T>(items: &[T], number: u16) -> Option<&T> {
    let back = usize::from(number).checked_rem(items.len())?;
    items.iter().rev().nth(back)
}

fn wanted(zone: &KnownZone, units: Units) -> Wanted {
    let numbered = !zone.labels.is_empty();
    match units {
        Units::Any(quantity) if numbered => Wanted::Best(quantity),
        Units::Any(quantity) => Wanted::Units(quantity),
        Units::Wrong(quantity) if numbered => Wanted::Units(quantity),
        Units::Wrong(quantity) => Wanted::Best(quantity),
        Units::Unlisted => Wanted::Seats(vec!["nowhere".to_owned()]),
        Units::Seats(..) if !numbered => Wanted::Seats(vec!["A1".to_owned()]),
        Units::Seats(first, quantity) => {
            let first = usize::from(first).checked_rem(zone.labels.len()).unwrap_or(0);
            let around = zone.labels.iter().cycle().skip(first).take(zone.labels.len());
            let quantity = usize::try_from(quantity).unwrap_or(1);
            Wanted::Seats(around.take(quantity).cloned().collect())
        }
    }
}

fn later(rng: &mut Rng, now: Timestamp, days: u64) -> Timestamp {
    let ms = rng.below(days.saturating_mul(DAY_MS.unsigned_abs())).saturating_add(1_000);
    now.plus_millis(i64::try_from(ms).unwrap_or(i64::MAX))
}

fn new_event(rng: &mut Rng, now: Timestamp) -> NewEvent {
    let yen = rng.chance(200);
    let currency = Currency::new(if yen { "JPY" } else { "USD" }).expect("a code");
    let zones = 1 + rng.below(3);
    NewEvent {
        name: "concert".to_owned(),
        starts_at: later(rng, now, 10),
        currency,
        max_per_user: 2 + rng.small(4),
        hold_seconds: 5 + rng.small(120),
        sales_open_at: rng.chance(80).then(|| now.plus_millis(30_000)),
        sales_close_at: rng.chance(80).then(|| later(rng, now, 2)),
        terms: terms(rng),
        zones: (0..zones).map(|number| new_zone(rng, number)).collect(),
    }
}

fn terms(rng: &mut Rng) -> Terms {
    let term = |rng: &mut Rng| Term {
        before_start_ms: i64::from(rng.small(8)) * DAY_MS,
        refund_percent: rng.small(5) * 25,
    };
    Terms((0..rng.below(3)).map(|_| term(rng)).collect())
}

fn new_zone(rng: &mut Rng, number: u64) -> NewZone {
    let price = if rng.chance(300) { 0 } else { 100 * i64::from(1 + rng.small(50)) };
    let mut seats = Vec::new();
    if rng.chance(500) {
        for row in ["A", "B", "C"].into_iter().take(1 + usize::from(rng.chance(500))) {
            let length = 2 + rng.below(4);
            seats.extend((1..=length).map(|seat| format!("{row}{seat}")));
        }
    }
    let capacity = u32::try_from(seats.len()).ok().filter(|seats| *seats > 0);
    let capacity = capacity.unwrap_or_else(|| 2 + rng.small(7));
    NewZone { name: format!("zone {number}"), capacity, price, seats }
}

fn event_patch(event: EventId, details: u64, now: Timestamp) -> EventPatch {
    let mut rng = Rng::new(details);
    let rng = &mut rng;
    let event = if rng.chance(30) { EventId::from_raw(2) } else { event };
    let mut patch = intents::event_patch(event);
    match rng.below(7) {
        0 => patch.name = Some(format!("concert {}", rng.below(3))),
        1 => patch.starts_at = Some(later(rng, now, 5)),
        2 => patch.max_per_user = Some(1 + rng.small(6)),
        3 => patch.hold_seconds = Some(1 + rng.small(60)),
        4 => patch.sales_open_at = Some(rng.chance(300).then(|| later(rng, now, 1))),
        5 => patch.sales_close_at = Some(rng.chance(200).then(|| later(rng, now, 2))),
        _ => patch.terms = Some(terms(rng)),
    }
    patch
}

fn zone_patch(zone: &KnownZone, details: u64) -> ZonePatch {
    let mut rng = Rng::new(details);
    let units = i64::from(rng.small(5_000));
    ZonePatch {
        event: if rng.chance(30) { EventId::from_raw(2) } else { zone.event },
        zone: zone.zone,
        name: rng.chance(200).then(|| "stalls".to_owned()),
        capacity: rng.chance(600).then(|| 1 + rng.small(10)),
        price: rng.chance(400).then(|| Decimal { units, scale: rng.small(4) }),
    }
}
