//! Levers of test mode: what a client has to survive can be provoked with a key for test data, so that
//! integrators see their retries work before a bad day does it for them.

use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;
use engine::credentials::Mode;
use wire::Code;

use crate::echo;
use crate::problem::ProblemBuilder;
use crate::refusal::{RETRY_IN_PROGRESS_SECONDS, Refusal, unavailable};

/// The header that pulls one.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("bookonce-test");
/// Seconds after which what was provoked is worth another try.
const RETRY_RATE_LIMITED_SECONDS: u64 = 1;

domain::words! {
    /// What is provoked. The words are those of the header.
    pub(crate) enum Lever {
        /// The bucket is empty.
        RateLimited = "rate_limited",
        /// The store is out of reach.
        Unavailable = "unavailable",
        /// The first request with the key is still being decided.
        InProgress = "in_progress",
        /// It is decided and committed, and the connection is cut before the answer.
        LostAnswer = "lost_answer",
    }
}

impl Lever {
    /// The lever that a request pulls, if it pulls one.
    ///
    /// # Errors
    /// Live data is never touched, other words are none, and who only looks meets neither the third nor the fourth.
    pub(crate) fn pulled(
        headers: &HeaderMap,
        mode: Mode,
        is_change: bool,
    ) -> Result<Option<Self>, Refusal> {
        let Some(value) = headers.get(HEADER) else { return Ok(None) };
        if mode != Mode::Test {
            let detail =
                "The header Bookonce-Test is for test data: use a key that begins with bo_test_.";
            return Err(ProblemBuilder::new(Code::Forbidden)
                .detail(detail)
                .action("Leave the header out, or use a key for test data.")
                .into());
        }
        let word = value.to_str().unwrap_or_default();
        let words = Self::ALL.map(Self::as_str).join(", ");
        let wrong = |message: String| {
            ProblemBuilder::new(Code::InvalidRequest)
                .detail(format!("The header Bookonce-Test {message}."))
                .field("Bookonce-Test", message)
        };
        let Some(lever) = Self::from_word(word) else {
            let given = echo::cut(word);
            return Err(wrong(format!("must be one of: {words}; it is `{given}`")).into());
        };
        if !is_change && matches!(lever, Self::InProgress | Self::LostAnswer) {
            return Err(wrong(format!("may be `{word}` where something is changed only")).into());
        }
        Ok(Some(lever))
    }

    /// What is answered instead of doing anything, if that is what is provoked.
    pub(crate) fn refusal(self) -> Option<Refusal> {
        match self {
            Self::RateLimited => {
                Some(ProblemBuilder::rate_limited(RETRY_RATE_LIMITED_SECONDS).into())
            }
            Self::Unavailable => {
                Some(unavailable("The header Bookonce-Test asked for this; nothing was decided."))
            }
            Self::InProgress => Some(
                ProblemBuilder::new(Code::RequestInProgress)
                    .detail("The header Bookonce-Test asked for this; nothing is being decided.")
                    .retry_after(RETRY_IN_PROGRESS_SECONDS)
                    .into(),
            ),
            Self::LostAnswer => None,
        }
    }

    /// Whether the answer is lost on its way.
    pub(crate) const fn loses_answer(self) -> bool {
        matches!(self, Self::LostAnswer)
    }
}

/// Marks an answer that is not to be sent.
#[derive(Clone, Copy, Debug)]
struct Lost;

/// The connection is cut instead of answering.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a test asked for its answer to be lost")]
pub(crate) struct LostAnswer;

/// Has the answer lost.
pub(crate) fn lose(response: &mut Response) {
    response.extensions_mut().insert(Lost);
}

/// The answer, unless it is to be lost.
pub(crate) fn unless_lost(response: Response) -> Result<Response, LostAnswer> {
    if response.extensions().get::<Lost>().is_some() { Err(LostAnswer) } else { Ok(response) }
}
