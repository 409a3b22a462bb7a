//! What was decided, as a response.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::id::AccountId;
use domain::record::Answer;
use domain::{Reply, Timestamp};
use engine::Outcome;
use engine::credentials::Mode;
use wire::Code;

use crate::app::App;
use crate::auth::Customer;
use crate::call::Call;
use crate::problem;
use crate::refusal::{Invalid, Refusal};
use crate::render::bytes;
use crate::webhooks::views::endpoint_with_secret;
use crate::webhooks::{Signer, secret_text};

const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

impl App {
    pub(super) fn outcome(
        &self,
        call: &Call,
        outcome: Outcome,
        attached: bool,
        invalid: &[Invalid],
    ) -> Result<Response, Refusal> {
        match outcome {
            Outcome::Replayed(answer) => Ok(response(&answer, true)),
            Outcome::Decided(answer, after) => Ok(match after.reply.filter(|_| !attached) {
                Some(reply) => self.with_secret(call, &answer, reply),
                None => response(&answer, attached),
            }),
            Outcome::Malformed => {
                let unknown = || Invalid::field("body", "is not valid");
                Err(invalid.first().cloned().unwrap_or_else(unknown).into())
            }
            Outcome::Failed(what) => Err(engine::Fault::Internal(what).into()),
            Outcome::Unavailable(why) => Err(engine::Fault::Unavailable(why).into()),
        }
    }

    /// The first answer has what is not stored: a token, a secret, what a receiver said.
    fn with_secret(&self, call: &Call, answer: &Answer, reply: Box<Reply>) -> Response {
        match &*reply {
            Reply::Token { user_id, person, expires_at } => {
                let customer = Customer { user_id: user_id.clone(), person: *person };
                self.with_token(call, answer, &customer, *expires_at)
            }
            Reply::Endpoint { endpoint, has_new_secret: true, .. } => {
                let signer = Signer { account: call.caller.account, endpoint: endpoint.id };
                let Some(secret) = secret_text(&self.secrets, signer, endpoint.secret) else {
                    return unsigned(call, "The webhook endpoint's secret could not be made.");
                };
                let body = bytes(&endpoint_with_secret(endpoint, Some(secret)));
                response(&Answer { body, ..answer.clone() }, false)
            }
            Reply::Ping(_) => {
                let mut response = response(answer, false);
                let (account, mode) = (call.caller.account, call.caller.mode);
                response.extensions_mut().insert(Fresh { account, mode, reply });
                response
            }
            Reply::Endpoint { .. }
            | Reply::Event { .. }
            | Reply::Zone(_)
            | Reply::Booking { .. }
            | Reply::Key(_)
            | Reply::Delivery(_)
            | Reply::Replay { .. }
            | Reply::Deleted { .. }
            | Reply::Recorded { .. }
            | Reply::Leased(_)
            | Reply::Settled { .. }
            | Reply::Done => response(answer, false),
        }
    }

    fn with_token(
        &self,
        call: &Call,
        answer: &Answer,
        customer: &Customer,
        expires_at: Timestamp,
    ) -> Response {
        match self.auth.mint(call.caller.account, &call.caller.actor, customer, expires_at) {
            Ok(token) => {
                let token = wire::CustomerToken {
                    token: Some(token),
                    token_type: "Bearer".to_owned(),
                    user_id: customer.user_id.clone(),
                    expires_at: crate::views::instant(expires_at),
                    note: None,
                };
                response(&Answer { body: bytes(&token), ..answer.clone() }, false)
            }
            Err(error) => {
                tracing::error!(%error, "a token could not be signed");
                unsigned(call, "The token could not be signed.")
            }
        }
    }
}

/// What was decided just now, for a handler that has more to do before it answers.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    pub(crate) account: AccountId,
    pub(crate) mode: Mode,
    pub(crate) reply: Box<Reply>,
}

fn unsigned(call: &Call, why: &str) -> Response {
    Refusal::new(Code::InternalError, why).into_response(&call.cx)
}

/// An answer as it was decided.
pub(super) fn response(answer: &Answer, replayed: bool) -> Response {
    let mut response = Response::new(Body::from(answer.body.clone()));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Some(location) = answer.location.as_deref().and_then(|to| HeaderValue::from_str(to).ok())
    {
        headers.insert(header::LOCATION, location);
    }
    if replayed {
        headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    }
    if answer.content_type == problem::CONTENT_TYPE
        && let Some(code) = problem::code_in(&answer.body)
    {
        response.extensions_mut().insert(code);
    }
    response
}
