//! Refusals of the edge: what is answered before or instead of a decision, never stored.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use engine::{Fault, StoreError};
use wire::{Code, FieldProblem};

use crate::auth::AuthError;
use crate::canonical::{FieldError, SyntaxError, WRONG_FIELDS_MAX};
use crate::context::Context;
use crate::problem::{self, ProblemBuilder};

/// Seconds after which an overloaded or unreachable store is worth another try.
const RETRY_UNAVAILABLE_SECONDS: u64 = 1;
/// Seconds after which a running request is worth asking for again.
pub(crate) const RETRY_IN_PROGRESS_SECONDS: u64 = 2;

/// What is wrong with the fields of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    /// `INVALID_REQUEST`, or a more telling code.
    pub code: Code,
    /// Which fields, and what they must be.
    pub fields: Vec<FieldProblem>,
}

impl Invalid {
    /// One field is wrong.
    #[must_use]
    pub(crate) fn field(field: &str, message: &str) -> Self {
        Self::coded(Code::InvalidRequest, field, message)
    }

    /// One field is wrong, and there is a code for it.
    #[must_use]
    pub(crate) fn coded(code: Code, field: &str, message: &str) -> Self {
        let field = FieldProblem { field: field.to_owned(), message: message.to_owned() };
        Self { code, fields: vec![field] }
    }

    /// Some fields have the wrong form, and what was found of the others besides.
    #[must_use]
    pub(crate) fn unreadable(mut wrong: Vec<FieldProblem>, others: Option<Self>) -> Self {
        let is_told = |field: &FieldProblem| {
            wrong.iter().any(|known| {
                field.field == known.field
                    || field
                        .field
                        .strip_prefix(known.field.as_str())
                        .is_some_and(|rest| rest.starts_with(['.', '[']))
            })
        };
        let others = others.into_iter().flat_map(|others| others.fields);
        let others: Vec<_> = others.filter(|field| !is_told(field)).collect();
        wrong.extend(others);
        wrong.truncate(WRONG_FIELDS_MAX);
        Self { code: Code::InvalidRequest, fields: wrong }
    }

    /// The path names something that cannot exist.
    #[must_use]
    pub(crate) const fn not_found() -> Self {
        Self { code: Code::NotFound, fields: Vec::new() }
    }
}

impl From<FieldError> for Invalid {
    fn from(error: FieldError) -> Self {
        Self { code: Code::InvalidRequest, fields: vec![error.field()] }
    }
}

/// Gathers what is wrong with the fields of a request, so that one answer lists all of it.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    wrong: Vec<FieldProblem>,
    /// The only code so far.
    code: Option<Code>,
    /// Why the fields do not matter.
    barred: Option<Invalid>,
}

impl Checks {
    /// What a field means; `None` where it is wrong, which [`end`](Self::end) will say.
    pub(crate) fn of<T>(&mut self, checked: Result<T, Invalid>) -> Option<T> {
        let invalid = match checked {
            Ok(value) => return Some(value),
            Err(invalid) => invalid,
        };
        if !matches!(invalid.code, Code::InvalidRequest | Code::InvalidQuantity) {
            self.barred.get_or_insert(invalid);
            return None;
        }
        let code = if self.code.is_none_or(|code| code == invalid.code) {
            invalid.code
        } else {
            Code::InvalidRequest
        };
        self.code = Some(code);
        self.wrong.extend(invalid.fields);
        None
    }

    /// That nothing was wrong.
    ///
    /// # Errors
    /// Everything that was.
    pub(crate) fn end(self) -> Result<(), Invalid> {
        let is_right = self.wrong.is_empty() && self.barred.is_none();
        if is_right { Ok(()) } else { Err(self.invalid()) }
    }

    /// What was wrong; for a place that knows that something was.
    pub(crate) fn invalid(mut self) -> Invalid {
        self.wrong.truncate(WRONG_FIELDS_MAX);
        let code = self.code.unwrap_or(Code::InvalidRequest);
        self.barred.unwrap_or(Invalid { code, fields: self.wrong })
    }
}

/// A problem to answer.
#[derive(Debug)]
pub(crate) struct Refusal(pub Box<ProblemBuilder>);

impl Refusal {
    /// A problem of that code.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        ProblemBuilder::new(code).detail(detail).into()
    }

    /// As a response.
    pub(crate) fn into_response(self, cx: &Context) -> Response {
        let code = self.0.code();
        let problem = self.0.at(cx.public_url.as_ref()).build(&cx.path, &cx.id);
        let mut response = Response::new(Body::from(problem::to_bytes(&problem)));
        *response.status_mut() =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
        if let Some(seconds) = problem.error.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if problem.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(code);
        response
    }
}

impl From<ProblemBuilder> for Refusal {
    fn from(problem: ProblemBuilder) -> Self {
        Self(Box::new(problem))
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        let mut problem = ProblemBuilder::new(invalid.code);
        if let [first, others @ ..] = invalid.fields.as_slice() {
            // Some end with a question.
            let stop = if first.message.ends_with('?') { "" } else { "." };
            let more = match others {
                [] => String::new(),
                [_] => " One more field is wrong.".to_owned(),
                others => format!(" {} more fields are wrong.", others.len()),
            };
            problem = problem.detail(format!("`{}` {}{stop}{more}", first.field, first.message));
        }
        if invalid.code == Code::Forbidden {
            problem =
                problem.action("A customer token acts for its own user only: leave the field out.");
        }
        for field in invalid.fields {
            problem = problem.field(field.field, field.message);
        }
        problem.into()
    }
}

impl From<SyntaxError> for Refusal {
    fn from(error: SyntaxError) -> Self {
        let problem = ProblemBuilder::new(Code::InvalidRequest)
            .detail(format!("The request cannot be read: {error}."));
        let path = error.path.to_string();
        if error.path.is_root() {
            return problem.into();
        }
        problem.field(path, error.reason.to_string()).into()
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => {
                Self::new(Code::Unauthorized, "Send a credential: Authorization: Bearer bo_live_…")
            }
            AuthError::Unknown | AuthError::Expired | AuthError::Revoked { .. } => {
                Self::new(Code::Unauthorized, "The credential is invalid or has been revoked.")
            }
            AuthError::Unavailable(error) => error.into(),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        // What the store says is for the log; the client can only wait.
        tracing::warn!(%error, "a request could not be served");
        match error {
            StoreError::Unreadable(_) => unavailable(
                "A newer version of the server has written this, and this one cannot read it; nothing \
                 was decided.",
            ),
            StoreError::Unavailable(_)
            | StoreError::Conflict(_)
            | StoreError::Broken(_)
            | StoreError::Failed(_) => {
                unavailable("The store cannot be reached now; nothing was decided.")
            }
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable(_) => {
                unavailable("The store cannot be reached now. Ask again with the same key.")
            }
            Fault::QueueFull => unavailable("Too many requests wait already; nothing was decided."),
            Fault::TimedOut => unavailable("The request waited too long; nothing was decided."),
            Fault::Stopping => unavailable("The server is stopping; nothing was decided."),
            Fault::Internal(_) => ProblemBuilder::new(Code::InternalError)
                .detail("Something went wrong on our side; nothing was changed.")
                .into(),
        }
    }
}

/// The server ends before there is an answer: whether anything was committed, the key will tell.
pub(crate) fn stopping() -> Refusal {
    unavailable("The server is stopping. Ask again with the same key.")
}

/// 503, to be asked again soon.
pub(crate) fn unavailable(detail: &str) -> Refusal {
    ProblemBuilder::new(Code::ServiceUnavailable)
        .detail(detail)
        .retry_after(RETRY_UNAVAILABLE_SECONDS)
        .into()
}
