//! Answers as flat JSON with texts only, and how to read them back.

use std::collections::BTreeMap;

use domain::activity::{Fact, Facts};
use domain::payment::Payment;
use domain::record::{Answer, RecordState};
use domain::reject::{KeyReject, PaymentReject};
use domain::tickets::booking::Booking;
use domain::tickets::event::ZoneStock;
use domain::tickets::reject::{BookingReject, TicketReject, Wanted};
use domain::{Intent, Reject, Reply, Timestamp};
use engine::Render;

/// `Content-Type` of an answer that says yes.
pub const CONTENT_TYPE: &str = "application/json";
/// `Content-Type` of a refusal.
pub const PROBLEM_TYPE: &str = "application/problem+json";

/// The fields of an answer.
pub type Fields = BTreeMap<String, String>;

/// Renders everything as flat JSON whose values are texts. The request's id is in it, so that no two
/// first answers are equal.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestRender;

impl Render for TestRender {
    fn answer(&self, intent: &Intent, answer: Result<&Reply, &Reject>) -> Answer {
        let (status, code, fields) = match answer {
            Ok(reply) => said_yes(reply),
            Err(reject) => said_no(reject),
        };
        let head = [("code", code), ("request_id", intent.request.id.clone())];
        let body = object(head.into_iter().chain(fields)).into_bytes();
        let location = (status == 201).then(|| answer.ok().and_then(Reply::resource)).flatten();
        let content_type = if status < 300 { CONTENT_TYPE } else { PROBLEM_TYPE };
        Answer { status, content_type, location, body }
    }

    fn facts(&self, facts: &Facts) -> String {
        object(facts.iter().map(|(name, fact)| (*name, fact_text(fact))))
    }
}

type Said = (u16, String, Vec<(&'static str, String)>);

fn said_yes(reply: &Reply) -> Said {
    let (status, code, fields) = match reply {
        Reply::Event { event, zones, created } => {
            let zones: Vec<_> = zones.iter().map(|stock| stock.zone.id.to_string()).collect();
            let fields = vec![("event_id", event.id.to_string()), ("zones", zones.join(" "))];
            (if *created { 201 } else { 200 }, "EVENT", fields)
        }
        Reply::Zone(stock) => (200, "ZONE", zone_fields(stock)),
        Reply::Booking { booking, payment, created } => {
            let status = if *created { 201 } else { 200 };
            (status, "BOOKING", booking_fields(booking, payment.as_deref()))
        }
        Reply::Key(record) => {
            let state = match record.state {
                RecordState::Answered(_) => "answered",
                RecordState::Retired => "retired",
            };
            let fields = vec![("key", record.key.key.clone()), ("state", state.to_owned())];
            (200, "KEY", fields)
        }
        Reply::Token { user_id, person, expires_at } => {
            let fields = vec![
                ("user_id", user_id.clone()),
                ("person_id", person.to_string()),
                ("expires_at", instant(*expires_at)),
            ];
            (200, "TOKEN", fields)
        }
        Reply::Endpoint { endpoint, is_new, .. } => {
            let fields = vec![("endpoint_id", endpoint.id.to_string())];
            (if *is_new { 201 } else { 200 }, "ENDPOINT", fields)
        }
        Reply::Ping(endpoint) => (200, "PING", vec![("endpoint_id", endpoint.id.to_string())]),
        Reply::Delivery(delivery) => {
            (200, "DELIVERY", vec![("delivery_id", delivery.id.to_string())])
        }
        Reply::Replay { endpoint, .. } => {
            (200, "REPLAY", vec![("endpoint_id", endpoint.to_string())])
        }
        Reply::Deleted { id } => (200, "DELETED", vec![("id", id.clone())]),
        Reply::Recorded { .. } => (200, "RECORDED", Vec::new()),
        Reply::Leased(_) => (200, "LEASED", Vec::new()),
        Reply::Settled { .. } => (200, "SETTLED", Vec::new()),
        Reply::Done => (200, "DONE", Vec::new()),
    };
    (status, code.to_owned(), fields)
}

fn zone_fields(stock: &ZoneStock) -> Vec<(&'static str, String)> {
    vec![
        ("zone_id", stock.zone.id.to_string()),
        ("price", stock.zone.price.minor.to_string()),
        ("capacity", stock.pool.capacity().to_string()),
        ("held", stock.pool.held().to_string()),
        ("sold", stock.pool.sold().to_string()),
    ]
}

fn booking_fields(booking: &Booking, payment: Option<&Payment>) -> Vec<(&'static str, String)> {
    let seats: Vec<_> = booking.seats.iter().map(|seat| seat.label.clone()).collect();
    let mut fields = vec![
        ("booking_id", booking.id.to_string()),
        ("status", booking.status.as_str().to_owned()),
        ("event_id", booking.event.to_string()),
        ("zone_id", booking.zone.to_string()),
        ("user_id", booking.user_id.clone()),
        ("person_id", booking.person.to_string()),
        ("quantity", booking.quantity.to_string()),
        ("seats", seats.join(" ")),
        ("total", booking.total.minor.to_string()),
        ("expires_at", instant(booking.expires_at)),
        ("created_at", instant(booking.created_at)),
    ];
    let instants = [("confirmed_at", booking.confirmed_at), ("ended_at", booking.ended_at)];
    fields.extend(instants.into_iter().filter_map(|(name, at)| Some((name, instant(at?)))));
    let codes =
        [("confirmation_code", &booking.confirmation_code), ("reason", &booking.cancel_reason)];
    fields.extend(codes.into_iter().filter_map(|(name, code)| Some((name, code.clone()?))));
    if let Some(payment) = payment {
        fields.push(("payment_id", payment.id.to_string()));
        fields.push(("reference", payment.reference.clone()));
        fields.push(("payment_status", payment.status.as_str().to_owned()));
        fields.push(("refunded", payment.refunded.to_string()));
    }
    fields
}

fn said_no(reject: &Reject) -> Said {
    match reject {
        Reject::Malformed => no(400, "MALFORMED", []),
        Reject::Key(KeyReject::Reused) => no(422, "KEY_REUSED", []),
        Reject::Key(KeyReject::Unused) => no(404, "KEY_UNUSED", []),
        Reject::Key(KeyReject::Retired { existing }) => {
            no(409, "KEY_RETIRED", [("existing_id", existing.clone().unwrap_or_default())])
        }
        Reject::Webhook(reject) => no(409, "WEBHOOK", [("why", format!("{reject:?}"))]),
        Reject::Ticket(reject) => said_no_ticket(reject),
        Reject::Booking(BookingReject::NotFound(id)) => {
            no(404, "BOOKING_NOT_FOUND", [("booking_id", id.to_string())])
        }
        Reject::Booking(BookingReject::Status { wanted, booking, payment }) => {
            let code = match wanted {
                Wanted::Confirm => "CANNOT_CONFIRM",
                Wanted::Release => "CANNOT_RELEASE",
                Wanted::Cancel => "CANNOT_CANCEL",
                Wanted::Expire => "CANNOT_EXPIRE",
            };
            (409, code.to_owned(), booking_fields(booking, payment.as_deref()))
        }
        Reject::Payment(PaymentReject::Required { total }) => {
            no(402, "PAYMENT_REQUIRED", [("total", total.minor.to_string())])
        }
        Reject::Payment(PaymentReject::ReferenceUsed { reference }) => {
            no(409, "REFERENCE_USED", [("reference", reference.clone())])
        }
    }
}

fn said_no_ticket(reject: &TicketReject) -> Said {
    match reject {
        TicketReject::EventNotFound { named, .. } => {
            no(404, "EVENT_NOT_FOUND", [("named", named.to_string())])
        }
        TicketReject::ZoneNotFound { named, .. } => {
            no(404, "ZONE_NOT_FOUND", [("named", named.to_string())])
        }
        TicketReject::SeatNotFound { index, .. } => {
            no(404, "SEAT_NOT_FOUND", [("index", index.to_string())])
        }
        TicketReject::SalesClosed { .. } => no(409, "SALES_CLOSED", []),
        TicketReject::SeatsNeeded => no(400, "SEATS_NEEDED", []),
        TicketReject::NotNumbered => no(400, "NOT_NUMBERED", []),
        TicketReject::PriceChanged { total } => {
            no(409, "PRICE_CHANGED", [("total", total.minor.to_string())])
        }
        TicketReject::PriceInvalid => no(400, "PRICE_INVALID", []),
        TicketReject::ExpectedAmountInvalid { .. } => no(400, "EXPECTED_INVALID", []),
        TicketReject::MaxTicketsExceeded { max, taken, .. } => {
            let fields = [("max", max.to_string()), ("taken", taken.to_string())];
            no(409, "MAX_TICKETS_EXCEEDED", fields)
        }
        TicketReject::InsufficientSeats { available, .. } => {
            no(409, "INSUFFICIENT_SEATS", [("available", available.to_string())])
        }
        TicketReject::SeatTaken { labels } => no(409, "SEAT_TAKEN", [("labels", labels.join(" "))]),
        TicketReject::BelowTaken { taken } => {
            no(409, "BELOW_TAKEN", [("taken", taken.to_string())])
        }
        TicketReject::CapacityFixed { .. } => no(400, "CAPACITY_FIXED", []),
        TicketReject::SalesWindow => no(400, "SALES_WINDOW", []),
    }
}

fn no<const N: usize>(status: u16, code: &str, fields: [(&'static str, String); N]) -> Said {
    (status, code.to_owned(), fields.into())
}

fn instant(at: Timestamp) -> String {
    at.as_millis().to_string()
}

fn fact_text(fact: &Fact) -> String {
    match fact {
        Fact::Text(text) => text.clone(),
        Fact::Number(number) => number.to_string(),
        Fact::Instant(at) => instant(*at),
        Fact::Amount(amount) => format!("{amount:?}"),
        Fact::List(texts) => texts.join(" "),
        Fact::Objects(list) => format!("{list:?}"),
        Fact::Flag(flag) => flag.to_string(),
        Fact::Nothing => String::new(),
    }
}

fn object<'a>(fields: impl Iterator<Item = (&'a str, String)>) -> String {
    let mut text = String::from("{");
    for (name, value) in fields {
        if text.len() > 1 {
            text.push(',');
        }
        text.push('"');
        text.push_str(name);
        text.push_str("\":\"");
        text.push_str(&plain(value));
        text.push('"');
    }
    text.push('}');
    text
}

/// The value without what would have to be escaped: what it is read back from stays simple.
fn plain(value: String) -> String {
    let special = |letter: char| matches!(letter, '"' | '\\') || letter.is_control();
    if value.contains(special) { value.replace(special, "?") } else { value }
}

/// The fields of an answer that [`TestRender`] made; empty for one that it did not.
#[must_use]
pub fn read(answer: &Answer) -> Fields {
    let text = String::from_utf8_lossy(&answer.body);
    // `{`, name, `:`, value, `,`, name, `:`, value, `}`
    let mut parts = text.split('"').skip(1);
    let mut fields = Fields::new();
    while let (Some(name), Some(":"), Some(value)) = (parts.next(), parts.next(), parts.next()) {
        fields.insert(name.to_owned(), value.to_owned());
        if parts.next() != Some(",") {
            break;
        }
    }
    fields
}
