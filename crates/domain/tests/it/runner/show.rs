//! Answers and changed rows in a few words. Ids are written in full; the runner puts names in.

use domain::activity::{Activity, Fact, Facts};
use domain::intent::Actor;
use domain::job::{Job, JobId, Leased};
use domain::payment::Payment;
use domain::pool::Pool;
use domain::record::{Answer, Record, RecordState};
use domain::reject::{PaymentReject, Reject};
use domain::tickets::booking::{Booking, Status};
use domain::tickets::event::{Event, ZoneStock};
use domain::tickets::reject::{BookingReject, TicketReject};
use domain::{Change, Money, Reply, Timestamp};

use super::time;

pub(crate) fn answer(answer: &Result<Reply, Reject>) -> String {
    match answer {
        Ok(answer) => reply(answer),
        Err(no) if no.is_final() => format!("no: {}", reject(no)),
        Err(no) => format!("no (not kept): {}", reject(no)),
    }
}

pub(crate) fn replay(answer: &Answer) -> String {
    format!("replay {}: {}", answer.status, String::from_utf8_lossy(&answer.body))
}

fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Event { event, created: true, .. } => format!("created {}", event.id),
        Reply::Event { event, zones, created: false } => {
            let zones: Vec<_> = zones.iter().map(zone).collect();
            format!("{}: {}", show_event(event), zones.join(", "))
        }
        Reply::Zone(stock) => zone(stock),
        Reply::Booking { booking, payment, created } => {
            let what = if *created { "created " } else { "" };
            let payment = payment.as_deref().map(|payment| format!(", {}", show_payment(payment)));
            format!("{what}{}{}", show_booking(booking), payment.unwrap_or_default())
        }
        Reply::Key(record) => show_record(record),
        Reply::Token { user_id, person: _, expires_at } => {
            format!("token of {user_id} until {}", time::show(*expires_at))
        }
        Reply::Leased(leased) if leased.is_empty() => "not to be had".to_owned(),
        Reply::Leased(leased) => leased.iter().map(show_leased).collect::<Vec<_>>().join(", "),
        Reply::Settled { was_ours: true } => "settled".to_owned(),
        Reply::Settled { was_ours: false } => "lost".to_owned(),
        Reply::Done => "done".to_owned(),
        Reply::Endpoint { .. }
        | Reply::Ping(_)
        | Reply::Delivery(_)
        | Reply::Replay { .. }
        | Reply::Deleted { .. }
        | Reply::Recorded { .. } => panic!("scripts have no webhooks: {reply:?}"),
    }
}

fn reject(reject: &Reject) -> String {
    match reject {
        Reject::Ticket(TicketReject::SalesClosed { opens_at, closes_at }) => {
            let (open, close) = (time::show_some(*opens_at), time::show_some(*closes_at));
            format!("SalesClosed, open {open}, close {close}")
        }
        Reject::Ticket(TicketReject::PriceChanged { total }) => {
            format!("PriceChanged, total {}", money(*total))
        }
        Reject::Payment(PaymentReject::Required { total }) => {
            format!("PaymentRequired, total {}", money(*total))
        }
        Reject::Booking(BookingReject::Status { wanted, booking, payment }) => {
            let payment = payment.as_deref().map(|payment| format!(", {}", show_payment(payment)));
            format!("{wanted:?}: {}{}", show_booking(booking), payment.unwrap_or_default())
        }
        Reject::Key(reject) => format!("Key{reject:?}"),
        Reject::Ticket(reject) => format!("{reject:?}"),
        Reject::Booking(reject) => format!("{reject:?}"),
        Reject::Payment(reject) => format!("Payment{reject:?}"),
        Reject::Webhook(reject) => format!("{reject:?}"),
        Reject::Malformed => "Malformed".to_owned(),
    }
}

/// A row that changed. Events, bookings, payments and heads of feeds are told by what else is shown.
pub(crate) fn change(change: &Change) -> Option<String> {
    show_counter(change).or_else(|| show_feed(change)).or_else(|| show_kept(change))
}

fn show_counter(change: &Change) -> Option<String> {
    if let Change::Pool((_, id), pool) = change {
        let part = if id.is_whole() { String::new() } else { format!("#{}", id.part()) };
        Some(format!("{}{part} {}", id.owner(), show_pool(**pool)))
    } else if let Change::Allowance((_, id), allowance) = change {
        Some(format!("{} has {}", id.person, allowance.taken))
    } else if let Change::Refund(_, refund) = change {
        Some(format!("refund {} of {}: {}", money(refund.amount), refund.payment, refund.reason))
    } else {
        None
    }
}

fn show_feed(change: &Change) -> Option<String> {
    if let Change::Activity(entry) = change {
        let Activity { position, kind, resource_seq, .. } = &**entry;
        Some(format!("feed {position} {} #{resource_seq}", kind.as_str()))
    } else if let Change::FeedTruncated(_, truncation) = change {
        let (from, to) = (truncation.after.saturating_add(1), truncation.low_water_mark.position);
        Some(format!("entries {from} to {to} go"))
    } else {
        None
    }
}

fn show_kept(change: &Change) -> Option<String> {
    if let Change::Record(key, record) = change {
        let forgotten = || format!("{} forgotten", key.key);
        Some(record.as_deref().map_or_else(forgotten, show_record))
    } else if let Change::Job((_, id), job) = change {
        let goes = || format!("{} goes", id.id);
        Some(job.as_deref().map_or_else(goes, |job| show_job(id, job)))
    } else if let Change::Person(_, person) = change {
        Some(format!("new {}", person.user_id))
    } else {
        None
    }
}

/// An entry of the feed in full.
pub(crate) fn entry(entry: &Activity) -> String {
    let actor = match &entry.actor {
        Actor::Key(_) => "a secret key".to_owned(),
        actor @ (Actor::Customer(_) | Actor::System) => actor.to_string(),
    };
    let head = format!("{} of {} by {actor}", entry.kind.as_str(), entry.resource);
    let facts = [("before", &entry.before), ("after", &entry.after), ("data", &entry.data)];
    let lines = facts.into_iter().flat_map(|(name, facts)| {
        let line =
            move |(fact, value): &(&str, Fact)| format!("  {name} {fact}: {}\n", show_fact(value));
        facts.iter().map(line)
    });
    format!("{head}\n{}", lines.collect::<String>())
}

fn show_fact(fact: &Fact) -> String {
    match fact {
        Fact::Text(text) => text.clone(),
        Fact::Number(number) => number.to_string(),
        Fact::Instant(at) => time::show(*at),
        Fact::Amount(amount) => money(*amount),
        Fact::List(list) => format!("[{}]", list.join(" ")),
        Fact::Objects(list) => {
            let value = |(name, it): &(_, _)| format!("{name} {}", show_fact(it));
            let object = |it: &Facts| it.iter().map(value).collect::<Vec<_>>().join(", ");
            format!("[{}]", list.iter().map(object).collect::<Vec<_>>().join("; "))
        }
        Fact::Flag(flag) => flag.to_string(),
        Fact::Nothing => "-".to_owned(),
    }
}

fn show_event(event: &Event) -> String {
    let Event { id, name, max_per_user, hold_seconds, .. } = event;
    let mut shown = format!("{id} {name:?} starts {}", time::show(event.starts_at));
    shown += &format!(" max {max_per_user} hold {hold_seconds}s");
    for (word, at) in [("open", event.sales_open_at), ("close", event.sales_close_at)] {
        shown += &at.map(|at| format!(" {word} {}", time::show(at))).unwrap_or_default();
    }
    for step in &event.policy.0 {
        shown += &format!(" {}% until {}", step.refund_percent, time::show(step.until));
    }
    shown
}

fn zone(ZoneStock { zone, pool }: &ZoneStock) -> String {
    let numbered = if zone.numbered { " seats" } else { "" };
    format!("{} {:?} {}{numbered} @ {}", zone.id, zone.name, show_pool(*pool), money(zone.price))
}

fn show_pool(pool: Pool) -> String {
    format!("{}h/{}s/{}", pool.held(), pool.sold(), pool.capacity())
}

fn show_booking(booking: &Booking) -> String {
    let Booking { id, quantity, zone, user_id, .. } = booking;
    assert_eq!(booking.confirmed_at.is_some(), booking.confirmation_code.is_some());
    assert!(booking.confirmation_code.as_ref().is_none_or(|code| code.len() == 10));
    let mut shown = format!("{id} {}", booking.status.as_str());
    shown += &match (booking.status, booking.ended_at.or(booking.confirmed_at)) {
        (Status::Reserved, _) => format!(" until {}", time::show(booking.expires_at)),
        (_, Some(at)) => format!(" at {}", time::show(at)),
        (_, None) => format!(" since {}", time::show(booking.expires_at)),
    };
    if let Some(reason) = &booking.cancel_reason {
        shown += &format!(" ({reason})");
    }
    let labels: Vec<_> = booking.seats.iter().map(|seat| seat.label.as_str()).collect();
    let seats = if labels.is_empty() { String::new() } else { format!(" [{}]", labels.join(" ")) };
    format!("{shown}, {quantity} of {zone}{seats} for {user_id}, {}", money(booking.total))
}

fn show_payment(payment: &Payment) -> String {
    let Payment { id, reference, amount, .. } = payment;
    let mut shown = format!("{id} {} {reference} {}", payment.status.as_str(), money(*amount));
    if payment.refunded > 0 {
        shown += &format!(" refunded {}", money(Money::new(payment.refunded, amount.currency)));
    }
    shown
}

fn show_record(record: &Record) -> String {
    let key = &record.key.key;
    let state = match &record.state {
        RecordState::Answered(answer) => format!("kept {}", answer.status),
        RecordState::Retired => "retired".to_owned(),
    };
    let resource = record.resource.as_deref().map(|resource| format!(" {resource}"));
    let until = record.keep_until.map_or_else(|| "ever".to_owned(), time::show);
    format!("{key} {state}{} until {until}", resource.unwrap_or_default())
}

fn show_leased(Leased { lease, attempt, payload }: &Leased) -> String {
    let (id, says) = (&lease.job.1.id, String::from_utf8_lossy(payload.bytes()));
    let says = if says.is_empty() { String::new() } else { format!(" ({says})") };
    format!("leased {id}{says} as <{id} {}>, attempt {attempt}", lease.fence)
}

fn show_job(JobId { id, .. }: &JobId, job: &Job) -> String {
    let (due, until) = (time::show(job.due_at), time::show(job.lease_until));
    let held = if job.lease_until == Timestamp::default() {
        String::new()
    } else {
        format!(", <{id} {}> until {until}", job.fence)
    };
    format!("{id} due {due}{held}, attempt {}", job.attempt)
}

fn money(money: Money) -> String {
    let digits = money.currency.digits();
    let unit = 10_i64.pow(digits);
    let code = money.currency.code();
    let width = digits as usize;
    match digits {
        0 => format!("{} {code}", money.minor),
        _ => format!("{}.{:0width$} {code}", money.minor / unit, money.minor % unit),
    }
}
