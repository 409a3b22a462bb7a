//! An example of each problem, made where possible by what makes the real ones.

use domain::Reject;
use domain::limits::{OutOfBounds, QUANTITY};
use domain::reject::KeyReject;
use wire::{Code, Problem};

use super::examples::{BOOKING, REQUEST_ID, RETRY_SECONDS};
use crate::auth::AuthError;
use crate::call::BODY_BYTES_MAX;
use crate::chapters::{CHAPTERS, Chapter};
use crate::context::HEADER_BYTES_MAX;
use crate::key_header::KeyError;
use crate::problem::ProblemBuilder;
use crate::refusal::{Invalid, Refusal, unavailable};
use crate::render::problem;

/// An example of the code.
pub(super) fn example(code: Code) -> Problem {
    let of_chapter = |chapter: &Chapter| (chapter.example)(code);
    let found = of_request(code).or_else(|| CHAPTERS.iter().find_map(of_chapter));
    let found = found.unwrap_or_else(|| Met::at_reserve(ProblemBuilder::new(code)));
    found.problem.build(&format!("/api/v1{}", found.path), REQUEST_ID)
}

/// A problem as somebody meets it.
pub(crate) struct Met {
    /// Where the request went, below where the API is mounted.
    pub(crate) path: String,
    /// What was answered.
    pub(crate) problem: ProblemBuilder,
}

impl Met {
    /// By a request that reserves.
    pub(crate) fn at_reserve(problem: ProblemBuilder) -> Self {
        Self { path: "/bookings/reserve".to_owned(), problem }
    }
}

/// Problems with the request itself.
fn of_request(code: Code) -> Option<Met> {
    let told = |detail: String| ProblemBuilder::new(code).detail(detail);
    let found = [
        (Code::InvalidRequest, made(Invalid::field("event_id", "is required"))),
        (
            Code::InvalidQuantity,
            made(Invalid::coded(
                Code::InvalidQuantity,
                "quantity",
                &OutOfBounds(QUANTITY).to_string(),
            )),
        ),
        (
            Code::IdempotencyKeyRequired,
            told("Send the header Idempotency-Key: this request takes stock or money.".to_owned()),
        ),
        (Code::IdempotencyKeyInvalid, told(KeyError::Space.to_string())),
        (Code::IdempotencyKeyReused, problem(&Reject::Key(KeyReject::Reused))),
        (
            Code::KeyRetired,
            problem(&Reject::Key(KeyReject::Retired { existing: Some(BOOKING.to_owned()) })),
        ),
        (
            Code::RequestInProgress,
            told("A request with this key is being decided.".to_owned()).retry_after(RETRY_SECONDS),
        ),
        (Code::Unauthorized, made(AuthError::Missing)),
        (Code::Forbidden, told("The credential lacks the scope `book`.".to_owned())),
        (Code::NotFound, told(format!("There is no {BOOKING} in this account."))),
        (Code::BodyTooLarge, told(format!("The body has more than {BODY_BYTES_MAX} bytes."))),
        (
            Code::UnsupportedMediaType,
            told("The body must be sent with Content-Type: application/json.".to_owned()),
        ),
        (Code::TooManyRequests, ProblemBuilder::rate_limited(RETRY_SECONDS)),
        (
            Code::HeadersTooLarge,
            told(format!("The headers have more than {HEADER_BYTES_MAX} bytes.")),
        ),
        (
            Code::NotImplemented,
            told("Bodies are read as they are, or with Transfer-Encoding: chunked.".to_owned()),
        ),
        (Code::InternalError, told("Something went wrong on our side.".to_owned())),
        (
            Code::ServiceUnavailable,
            made(unavailable("The store cannot be reached now. Ask again with the same key.")),
        ),
    ];
    let (_, problem) = found.into_iter().find(|(known, _)| *known == code)?;
    let is_gone = code == Code::NotFound;
    Some(if is_gone {
        Met { path: format!("/bookings/{BOOKING}"), problem }
    } else {
        Met::at_reserve(problem)
    })
}

fn made(refusal: impl Into<Refusal>) -> ProblemBuilder {
    *refusal.into().0
}
