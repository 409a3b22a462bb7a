//! Errors as clients see them: RFC 9457 problem details and what retrying clients need beside them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Code;

/// The body of every answer that is not a success (`application/problem+json`).
///
/// `code`, `message`, `action` and `tip` stand here and inside `error`: reading either place is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The address that explains the code.
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, example = "/problems/insufficient-seats")
    )]
    pub kind: Cow<'static, str>,
    /// The code in words; the same for every occurrence.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "Insufficient seats"))]
    pub title: Cow<'static, str>,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(example = 409, minimum = 400, maximum = 599))]
    pub status: u16,
    /// What happened this time.
    #[cfg_attr(feature = "openapi", schema(example = "Zone A has 1 seat left, 2 were requested."))]
    pub detail: String,
    /// The path that was asked.
    #[cfg_attr(feature = "openapi", schema(example = "/api/v1/bookings/reserve"))]
    pub instance: String,
    /// Always `false`.
    #[cfg_attr(feature = "openapi", schema(example = false))]
    pub success: bool,
    /// The stable name of the error; text, so that a client can read a code newer than itself.
    #[cfg_attr(feature = "openapi", schema(value_type = Code))]
    pub code: Cow<'static, str>,
    /// The same as `detail`.
    #[cfg_attr(feature = "openapi", schema(example = "Zone A has 1 seat left, 2 were requested."))]
    pub message: String,
    /// What to do next.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, example = "Show the zone as sold out and offer another one.")
    )]
    pub action: Cow<'static, str>,
    /// Something worth knowing, if there is.
    #[cfg_attr(feature = "openapi", schema(required, value_type = Option<String>))]
    pub tip: Option<Cow<'static, str>>,
    /// Whether sending the same request with the same key may succeed.
    pub retryable: bool,
    /// The id under which this request is logged.
    #[cfg_attr(feature = "openapi", schema(example = "req_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub request_id: String,
    /// The same, for clients that look inside `error`, and how to retry.
    pub error: ProblemError,
    /// Members of one code, such as `available`, `booking_id` or `existing_id`.
    #[serde(flatten)]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = BTreeMap<String, Value>, additional_properties)
    )]
    pub extra: BTreeMap<String, Value>,
}

impl Problem {
    /// The code, if it is one of those that this crate knows.
    #[must_use]
    pub fn known_code(&self) -> Option<Code> {
        Code::from_name(&self.code)
    }
}

/// The member `error` of a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProblemError {
    /// The stable name of the error.
    #[cfg_attr(feature = "openapi", schema(value_type = Code))]
    pub code: Cow<'static, str>,
    /// What happened this time.
    #[cfg_attr(feature = "openapi", schema(example = "Zone A has 1 seat left, 2 were requested."))]
    pub message: String,
    /// Whether sending the same request with the same key may succeed.
    pub retryable: bool,
    /// How to try again, if at all.
    pub retry: Retry,
    /// Seconds to wait before that; equals the header `Retry-After`.
    #[cfg_attr(feature = "openapi", schema(required, example = 2))]
    pub retry_after: Option<u64>,
    /// What to do next.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, example = "Show the zone as sold out and offer another one.")
    )]
    pub action: Cow<'static, str>,
    /// Something worth knowing, if there is.
    #[cfg_attr(feature = "openapi", schema(required, value_type = Option<String>))]
    pub tip: Option<Cow<'static, str>>,
    /// The fields of the request that are at fault; left out when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
}

/// How to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RetryMode))]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Not at all: the same request would be refused again.
    Never,
    /// Send the same request with the same key.
    SameKey,
    /// A new attempt is a new decision: change the request and use a new key.
    NewKey,
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldProblem {
    /// Where in the request: `quantity`, `zones[0].name`.
    #[cfg_attr(feature = "openapi", schema(example = "quantity"))]
    pub field: String,
    /// What it must be.
    #[cfg_attr(feature = "openapi", schema(example = "must be between 1 and 1000"))]
    pub message: String,
}

/// What `GET /problems/<slug>` says about a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProblemPage {
    /// The address that explains the code.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(example = "/problems/insufficient-seats"))]
    pub kind: String,
    /// The code in words.
    #[cfg_attr(feature = "openapi", schema(example = "Insufficient seats"))]
    pub title: String,
    /// The HTTP status it is answered with.
    #[cfg_attr(feature = "openapi", schema(example = 409))]
    pub status: u16,
    /// The code.
    pub code: Code,
    /// Whether sending the same request with the same key may succeed.
    pub retryable: bool,
    /// How to try again, if at all.
    pub retry: Retry,
    /// What to do next.
    pub action: String,
    /// Something worth knowing, if there is.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub tip: Option<String>,
    /// When it happens, what to do, and an example.
    pub explanation: String,
}
