//! What was decided, as the bytes that are answered and kept: the engine calls this on its own thread,
//! once per decision.

use std::sync::Arc;

use domain::activity::{Fact, Facts};
use domain::record::Answer;
use domain::{Intent, Reject, Reply};
use engine::Render;
use serde::Serialize;
use serde_json::Value;
use wire::Code;

use crate::json::Object;
use crate::problem::{ProblemBuilder, to_bytes};
use crate::{reject, tickets, views, webhooks};

/// Content type of answers.
pub(crate) const JSON: &str = "application/json";
/// Content type of refusals (RFC 9457).
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Tells a client that replays a token request why the token is missing.
pub(crate) const TOKEN_NOT_KEPT: &str =
    "Tokens are shown once and never stored. Ask for a new one with a new idempotency key.";

/// About as many bytes as a fact takes.
const FACTS_BYTES: usize = 48;

/// Renders answers as the contract has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct JsonRender {
    /// Where clients reach the server, if that is known.
    pub(crate) public_url: Option<Arc<str>>,
}

impl Render for JsonRender {
    fn answer(&self, intent: &Intent, answer: Result<&Reply, &Reject>) -> Answer {
        match answer {
            Ok(reply) => reply_answer(reply),
            Err(reject) => {
                let problem = problem(reject).at(self.public_url.as_ref());
                let problem = problem.build(&intent.request.path, &intent.request.id);
                let (status, body) = (problem.status, to_bytes(&problem));
                Answer { status, content_type: PROBLEM_JSON, location: None, body }
            }
        }
    }

    fn facts(&self, facts: &Facts) -> String {
        object_text(facts)
    }
}

fn object_text(facts: &Facts) -> String {
    let mut object = Object::with_capacity(FACTS_BYTES * facts.len());
    for (name, fact) in facts {
        put(&mut object, name, fact);
    }
    object.end()
}

fn put(object: &mut Object, name: &str, fact: &Fact) {
    match fact {
        Fact::Text(text) => object.text(name, text),
        Fact::Number(number) => object.number(name, *number),
        Fact::Instant(at) => object.plain(name, views::instant(*at)),
        Fact::List(texts) => object.texts(name, texts.iter().map(String::as_str)),
        Fact::Objects(list) => {
            let texts: Vec<String> = list.iter().map(object_text).collect();
            object.json(name, &format!("[{}]", texts.join(",")));
        }
        Fact::Flag(flag) => object.flag(name, *flag),
        Fact::Nothing => object.null(name),
        Fact::Amount(money) => object.plain(name, views::amount(*money)),
    }
}

fn reply_answer(reply: &Reply) -> Answer {
    match reply {
        Reply::Event { event, zones, created } => {
            let location = format!("/api/v1/events/{}", event.id);
            ok(*created, location, &tickets::views::event(event, zones))
        }
        Reply::Zone(stock) => ok(false, String::new(), &tickets::views::zone(stock)),
        Reply::Booking { booking, payment, created } => {
            let location = format!("/api/v1/bookings/{}", booking.id);
            let body = tickets::views::booking_text(booking, payment.as_deref()).into_bytes();
            answer(*created, location, body)
        }
        Reply::Key(record) => ok(false, String::new(), &views::key_record(record)),
        Reply::Token { user_id, person: _, expires_at } => {
            let token = wire::CustomerToken {
                token: None,
                token_type: "Bearer".to_owned(),
                user_id: user_id.clone(),
                expires_at: views::instant(*expires_at),
                note: Some(TOKEN_NOT_KEPT.to_owned()),
            };
            Answer { location: None, ..ok(true, String::new(), &token) }
        }
        Reply::Endpoint { endpoint, is_new, has_new_secret } => {
            let location = format!("/api/v1/webhook_endpoints/{}", endpoint.id);
            let body = if *has_new_secret {
                webhooks::views::endpoint_with_secret(endpoint, None)
            } else {
                webhooks::views::endpoint(endpoint)
            };
            ok(*is_new, location, &body)
        }
        Reply::Ping(endpoint) => {
            let body = wire::WebhookTest {
                endpoint_id: endpoint.id.to_string(),
                delivered: None,
                attempt: None,
                note: Some(webhooks::views::TEST_NOT_KEPT.to_owned()),
            };
            ok(false, String::new(), &body)
        }
        Reply::Delivery(delivery) => ok(false, String::new(), &webhooks::views::delivery(delivery)),
        Reply::Replay { endpoint, after, until } => {
            let position = |position: u64| i64::try_from(position).unwrap_or(i64::MAX);
            let (after, until) = (position(*after), position(*until));
            let body = wire::WebhookReplay { endpoint_id: endpoint.to_string(), after, until };
            ok(false, String::new(), &body)
        }
        Reply::Deleted { id } => {
            ok(false, String::new(), &wire::Deleted { id: id.clone(), deleted: true })
        }
        Reply::Recorded { .. } | Reply::Leased(_) | Reply::Settled { .. } | Reply::Done => {
            ok(false, String::new(), &Value::Null)
        }
    }
}

/// The problem that a refusal is.
pub(crate) fn problem(refused: &Reject) -> ProblemBuilder {
    match refused {
        Reject::Key(reject) => reject::key(reject),
        Reject::Ticket(reject) => tickets::reject::ticket(reject),
        Reject::Booking(reject) => tickets::reject::booking(reject),
        Reject::Payment(reject) => reject::payment(reject),
        Reject::Webhook(reject) => webhooks::reject::webhook(*reject),
        Reject::Malformed => ProblemBuilder::new(Code::InvalidRequest),
    }
}

/// 201 with its `Location` where a thing was created, else 200.
fn ok(created: bool, location: String, body: &impl Serialize) -> Answer {
    answer(created, location, bytes(body))
}

fn answer(created: bool, location: String, body: Vec<u8>) -> Answer {
    let (status, location) = if created { (201, Some(location)) } else { (200, None) };
    Answer { status, content_type: JSON, location, body }
}

/// JSON text of a wire type: none of them has a map with keys that are not text.
pub(crate) fn bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be written as JSON");
        b"null".to_vec()
    })
}
