//! What was decided, as a response.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::Reply;
use domain::record::Answer;
use engine::Outcome;
use wire::Code;

use crate::app::App;
use crate::auth::Customer;
use crate::call::Call;
use crate::refusal::{Invalid, Refusal};
use crate::render::bytes;

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
                Some(reply) => self.with_secret(call, &answer, &reply),
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

    /// The first answer to a token request has the token; what is stored has not.
    fn with_secret(&self, call: &Call, answer: &Answer, reply: &Reply) -> Response {
        let Reply::Token { user_id, person, expires_at } = reply else {
            return response(answer, false);
        };
        let customer = Customer { user_id: user_id.clone(), person: *person };
        match self.auth.mint(call.caller.account, &call.caller.actor, &customer, *expires_at) {
            Ok(token) => {
                let token = wire::CustomerToken {
                    token: Some(token),
                    token_type: "Bearer".to_owned(),
                    user_id: user_id.clone(),
                    expires_at: crate::views::instant(*expires_at),
                    note: None,
                };
                response(&Answer { body: bytes(&token), ..answer.clone() }, false)
            }
            Err(error) => {
                tracing::error!(%error, "a token could not be signed");
                Refusal::new(Code::InternalError, "The token could not be signed.")
                    .into_response(&call.cx)
            }
        }
    }
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
    response
}
