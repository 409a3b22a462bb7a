//! The script language: one line, one intent.
//!
//! Words with `=` are options wherever they stand; text with blanks is quoted. Every line takes
//! `key=` (idempotency key; `old=` as earlier releases called a customer's), `body=` (what the key is bound to, else the line itself), `as=` (the
//! customer who asks, else a secret key) and `in=` (the account, else `live`).

use std::collections::{BTreeMap, VecDeque};

use domain::activity::{LowWaterMark, Truncation};
use domain::id::{AccountId, KeyId};
use domain::intent::{Actor, Command, Intent, NewPayment, Request};
use domain::job::{Availability, JobId, JobKind, Lease, NewJob, Payload, Settlement};
use domain::money::{Currency, Decimal};
use domain::payment::Method;
use domain::policy::{Term, Terms};
use domain::record::{Fingerprints, IntentKey, KeyScope, NamedKey};
use domain::tickets::intent::{
    Cancellation, Confirmation, EventPatch, NewBooking, NewEvent, NewZone, Wanted, ZonePatch,
};
use domain::time::DAY_MS;
use domain::world::Of;

use super::names::{Names, hash};
use super::time;

pub(crate) fn parse(text: &str, names: &mut Names) -> Intent {
    let mut line = Line::new(text);
    let account = names.account(&line.option("in").unwrap_or_else(|| "live".to_owned()));
    let user = line.option("as");
    let person = user.as_ref().map(|user| names.person(account, user));
    let scope = person.map_or(KeyScope::SHARED, KeyScope::of_person);
    let scope = |key| IntentKey { account, scope: scope.clone(), key };
    let earlier = |key: IntentKey| {
        let user = KeyScope::of_user(user.clone()?);
        Some(IntentKey { scope: user, ..key })
    };
    let named = |key: String| {
        let key = scope(key);
        NamedKey { earlier: earlier(key.clone()), key }
    };
    let old = line.option("old");
    let old = old.map(|key| NamedKey::from(earlier(scope(key)).expect("a customer's")));
    let key = line.option("key").map(named).or(old);
    let body = line.option("body").unwrap_or_else(|| without_key(text));
    let mut actor = match person {
        Some(person) => Actor::Customer(person),
        None => Actor::Key(KeyId::from_raw(1)),
    };
    let command = line.word();
    let of_system = [
        "expire", "collide", "cleanup", "truncate", "job", "lease", "keep", "finish", "postpone",
        "end",
    ];
    if of_system.contains(&command.as_str()) {
        actor = Actor::System;
    }
    let command = match command.as_str() {
        "event" => Command::CreateEvent(new_event(&mut line)),
        "reserve" => Command::Reserve(new_booking(&mut line, account, names)),
        "confirm" => Command::Confirm(confirmation(&mut line, names)),
        "release" => Command::Release(names.booking(&line.word())),
        "expire" => Command::Expire(names.booking(&line.word())),
        "expire-now" => Command::ExpireNow(names.booking(&line.word())),
        "cancel" => Command::Cancel(cancellation(&mut line, names)),
        "retire" => Command::RetireKey(named(line.word())),
        "collide" => Command::NoteCollision(scope(line.word())),
        "cleanup" => Command::CleanUpRecord(scope(line.word())),
        "token" => Command::MintToken {
            user: Names::user(account, &line.word()),
            seconds: seconds(&line.word()),
        },
        "malformed" => Command::Malformed,
        "job" => Command::PutJob(new_job(&mut line, account)),
        "lease" => Command::LeaseJobs {
            jobs: line.word().split(',').map(|id| job(account, id).1).collect(),
            lease_ms: time::parse(&line.word()),
            availability: Availability::Due,
        },
        "keep" | "finish" | "postpone" | "end" => settle(&command, &mut line, (account, names)),
        "truncate" => truncation(&mut line, (account, names)),
        "patch-event" => Command::UpdateEvent(event_patch(&mut line, names)),
        "patch-zone" => Command::UpdateZone(zone_patch(&mut line, names)),
        _ => panic!("no such command: {text}"),
    };
    assert!(line.is_done(), "too much was said: {line:?}");
    let request = Request { id: "req".to_owned(), ..Request::default() };
    Intent {
        account,
        actor,
        key,
        fingerprint: Fingerprints::of(fingerprint(&body)),
        request,
        command,
    }
}

fn without_key(text: &str) -> String {
    let words = text
        .split_whitespace()
        .filter(|word| !word.starts_with("key=") && !word.starts_with("old="));
    words.collect::<Vec<_>>().join(" ")
}

fn fingerprint(body: &str) -> [u8; 32] {
    let half = hash(body).to_be_bytes();
    core::array::from_fn(|index| half.get(index % half.len()).copied().unwrap_or_default())
}

/// `event NAME [options] | ZONE CAPACITY @ PRICE | ZONE seats LABEL… @ PRICE`.
fn new_event(line: &mut Line) -> NewEvent {
    let currency = line.option("currency").unwrap_or_else(|| "USD".to_owned());
    let currency = Currency::new(&currency).expect("a currency");
    let name = line.word();
    let mut zones = Vec::new();
    while line.words.pop_front().is_some_and(|word| word == "|") {
        zones.push(new_zone(line, currency));
    }
    NewEvent {
        name,
        starts_at: time::instant(&line.option("start").unwrap_or_else(|| "30d".to_owned())),
        currency,
        max_per_user: line.option("max").map_or(4, |max| number(&max)),
        hold_seconds: line.option("hold").map_or(600, |hold| seconds(&hold)),
        sales_open_at: line.option("open").map(|at| time::instant(&at)),
        sales_close_at: line.option("close").map(|at| time::instant(&at)),
        terms: line.option("policy").map(|steps| terms(&steps)).unwrap_or_default(),
        zones,
    }
}

fn new_zone(line: &mut Line, currency: Currency) -> NewZone {
    let name = line.word();
    let units = line.word();
    let mut seats = Vec::new();
    if units == "seats" {
        while line.words.front().is_some_and(|word| word != "@") {
            seats.extend(labels(&line.word()));
        }
    }
    let capacity = u32::try_from(seats.len()).expect("not so many");
    let capacity = if seats.is_empty() { number(&units) } else { capacity };
    assert_eq!(line.word(), "@");
    let price = decimal(&line.word()).minor(currency).expect("a price");
    let zone = NewZone { name, capacity, price, seats };
    assert_eq!(zone.check_seats(), Ok(()));
    zone
}

/// `A-1` is itself, `A-1..3` is `A-1`, `A-2`, `A-3`.
fn labels(word: &str) -> Vec<String> {
    let Some((first, last)) = word.split_once("..") else { return vec![word.to_owned()] };
    let row = first.trim_end_matches(|c: char| c.is_ascii_digit());
    let first = first.strip_prefix(row).expect("it begins with its row");
    (number(first)..=number(last)).map(|seat| format!("{row}{seat}")).collect()
}

/// `reserve ZONE QUANTITY USER`; for the quantity also `best:2` and `A-1,A-2`.
fn new_booking(line: &mut Line, account: AccountId, names: &mut Names) -> NewBooking {
    let (event, zone) = names.zone(&line.word());
    let wanted = line.word();
    let wanted = match (wanted.parse(), wanted.strip_prefix("best:")) {
        (Ok(units), _) => Wanted::Units(units),
        (_, Some(seats)) => Wanted::Best(number(seats)),
        _ => Wanted::Seats(wanted.split(',').map(str::to_owned).collect()),
    };
    let user = Names::user(account, &line.word());
    let expected_amount = line.option("expect").map(|amount| decimal(&amount));
    NewBooking { event, zone, wanted, user, expected_amount }
}

/// `confirm BOOKING [ext:REFERENCE]`.
fn confirmation(line: &mut Line, names: &mut Names) -> Confirmation {
    let booking = names.booking(&line.word());
    let payment = line.words.pop_front().map(|word| {
        let reference = word.strip_prefix("ext:").expect("a reference").to_owned();
        NewPayment { method: Method::External, reference }
    });
    Confirmation { booking, payment }
}

/// `cancel BOOKING [reason=TEXT] [refund=no]`.
fn cancellation(line: &mut Line, names: &mut Names) -> Cancellation {
    let refund = line.option("refund").is_none_or(|word| word != "no");
    Cancellation { booking: names.booking(&line.word()), reason: line.option("reason"), refund }
}

/// There is one kind; the text of the id is the name.
fn job(account: AccountId, id: &str) -> Of<JobId> {
    (account, JobId { kind: JobKind::CleanUp, id: id.to_owned() })
}

/// `job NAME [due=INSTANT] [says=TEXT]`.
fn new_job(line: &mut Line, account: AccountId) -> NewJob {
    let due_at = time::instant(&line.option("due").unwrap_or_else(|| "0s".to_owned()));
    let says = line.option("says").unwrap_or_default().into_bytes();
    let payload = Payload::new(1, says).expect("it is short");
    NewJob { job: job(account, &line.word()), due_at, payload }
}

/// `NAME LEASE`: leases are counted from 1, over all jobs.
fn lease(line: &mut Line, (account, names): (AccountId, &Names)) -> Lease {
    let job = job(account, &line.word());
    Lease { job, fence: names.fence(&line.word()) }
}

/// `keep NAME LEASE DURATION`, `finish NAME LEASE due=INSTANT`, `postpone` likewise, `end NAME LEASE`.
fn settle(how: &str, line: &mut Line, (account, names): (AccountId, &Names)) -> Command {
    let lease = lease(line, (account, names));
    let due_at = line.option("due").map(|at| time::instant(&at));
    let settlement = match (how, due_at) {
        ("keep", None) => Settlement::Keep { lease_ms: time::parse(&line.word()) },
        ("finish", Some(due_at)) => Settlement::Finish { due_at },
        ("postpone", Some(due_at)) => Settlement::Postpone { due_at },
        ("end", None) => Settlement::End,
        _ => panic!("{how} {due_at:?}"),
    };
    Command::SettleJob { lease, settlement }
}

/// `truncate NAME LEASE AFTER LAST at=INSTANT`.
fn truncation(line: &mut Line, (account, names): (AccountId, &Names)) -> Command {
    let lease = lease(line, (account, names));
    let mut count = || line.word().parse().expect("a number");
    let (after, position) = (count(), count());
    let at = time::instant(&line.option("at").expect("when the last one was written"));
    Command::CleanUpFeed {
        lease,
        truncation: Truncation { after, low_water_mark: LowWaterMark { position, at } },
    }
}

fn event_patch(line: &mut Line, names: &mut Names) -> EventPatch {
    let instant = |at: String| (at != "none").then(|| time::instant(&at));
    EventPatch {
        event: names.event(&line.word()),
        name: line.option("name"),
        starts_at: line.option("start").map(|at| time::instant(&at)),
        max_per_user: line.option("max").map(|max| number(&max)),
        hold_seconds: line.option("hold").map(|hold| seconds(&hold)),
        sales_open_at: line.option("open").map(instant),
        sales_close_at: line.option("close").map(instant),
        terms: line.option("policy").map(|steps| terms(&steps)),
    }
}

fn zone_patch(line: &mut Line, names: &mut Names) -> ZonePatch {
    let (event, zone) = names.zone(&line.word());
    let capacity = line.option("cap").map(|cap| number(&cap));
    let price = line.option("price").map(|price| decimal(&price));
    ZonePatch { event, zone, name: line.option("name"), capacity, price }
}

/// `7:50,0:10`: days before the start, and percent; `none` for no steps.
fn terms(steps: &str) -> Terms {
    let step = |step: &str| {
        let (days, percent) = step.split_once(':').expect("days:percent");
        let before_start_ms = i64::from(number(days)) * DAY_MS;
        Term { before_start_ms, refund_percent: number(percent) }
    };
    Terms(steps.split(',').filter(|step| *step != "none").map(step).collect())
}

fn decimal(text: &str) -> Decimal {
    let (_, fraction) = text.split_once('.').unwrap_or_default();
    let scale = u32::try_from(fraction.len()).expect("not so long");
    Decimal { units: text.replace('.', "").parse().expect("digits"), scale }
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn seconds(text: &str) -> u32 {
    u32::try_from(time::parse(text) / 1000).expect("it fits")
}

#[derive(Debug)]
struct Line {
    words: VecDeque<String>,
    options: BTreeMap<String, String>,
}

impl Line {
    fn new(text: &str) -> Self {
        let mut quoted = false;
        let split = |c: char| {
            quoted ^= c == '\'';
            c == ' ' && !quoted
        };
        let words: Vec<_> = text.split(split).filter(|word| !word.is_empty()).collect();
        let (options, words): (Vec<_>, Vec<_>) = words.into_iter().partition(|w| w.contains('='));
        let option = |word: &str| {
            let (name, value) = word.split_once('=').expect("it has one");
            (name.to_owned(), value.trim_matches('\'').to_owned())
        };
        Self {
            words: words.into_iter().map(str::to_owned).collect(),
            options: options.into_iter().map(option).collect(),
        }
    }

    fn word(&mut self) -> String {
        self.words.pop_front().unwrap_or_else(|| panic!("a word is missing: {self:?}"))
    }

    fn option(&mut self, name: &str) -> Option<String> {
        self.options.remove(name)
    }

    fn is_done(&self) -> bool {
        self.words.is_empty() && self.options.is_empty()
    }
}
