//! Errors on their way out: from a code and what happened to problem details and their bytes.

mod page;
mod prose;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use wire::{Code, FieldProblem, Problem, ProblemError, Retry};

use crate::json::Object;

pub(crate) use self::page::wants_html;
pub use self::page::{Page, page};
pub use self::prose::{Entry, entry};

/// Of every answer that is a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Members that every problem has; an extra one may not take their place.
const MEMBERS: [&str; 13] = [
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "success",
    "code",
    "message",
    "action",
    "tip",
    "retryable",
    "request_id",
    "error",
];

/// A problem while it is being told.
#[derive(Clone, Debug)]
#[must_use]
pub struct ProblemBuilder {
    code: Code,
    public_url: Option<Arc<str>>,
    detail: Option<String>,
    action: Cow<'static, str>,
    tip: Option<Cow<'static, str>>,
    retry_after: Option<u64>,
    fields: Vec<FieldProblem>,
    extra: BTreeMap<String, Value>,
}

impl ProblemBuilder {
    /// A problem of that code, with what its entry says.
    pub fn new(code: Code) -> Self {
        let entry = entry(code);
        Self {
            code,
            public_url: None,
            detail: None,
            action: entry.action.into(),
            tip: entry.tip.map(Cow::from),
            retry_after: None,
            fields: Vec::new(),
            extra: BTreeMap::new(),
        }
    }

    /// An empty bucket, in the words of the contract.
    pub fn rate_limited(seconds: u64) -> Self {
        let detail = format!("Rate limit exceeded. Please retry after {seconds} second(s).");
        Self::new(Code::TooManyRequests).detail(detail).retry_after(seconds)
    }

    /// Which problem it is.
    pub(crate) const fn code(&self) -> Code {
        self.code
    }

    /// Its `type` is below where clients reach the server, if that is known.
    pub(crate) fn at(mut self, public_url: Option<&Arc<str>>) -> Self {
        self.public_url = public_url.map(Arc::clone);
        self
    }

    /// What happened this time; the title and a full stop unless given.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// What to do next, where the entry's advice does not fit.
    pub fn action(mut self, action: impl Into<Cow<'static, str>>) -> Self {
        self.action = action.into();
        self
    }

    /// Something worth knowing, instead of what the entry has.
    pub fn tip(mut self, tip: impl Into<Cow<'static, str>>) -> Self {
        self.tip = Some(tip.into());
        self
    }

    /// A field of the request that is at fault, and what it must be.
    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.push(FieldProblem { field: field.into(), message: message.into() });
        self
    }

    /// Seconds to wait before the next attempt. The answer needs the header `Retry-After` as well.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A member of this code, such as `available`.
    pub fn extra(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        debug_assert!(!MEMBERS.contains(&key), "{key} is a member of every problem");
        self.extra.insert(key.to_owned(), value.into());
        self
    }

    /// The problem that the request for `instance` met.
    #[must_use]
    pub fn build(self, instance: &str, request_id: &str) -> Problem {
        let entry = entry(self.code);
        let detail = self.detail.unwrap_or_else(|| format!("{}.", entry.title));
        Problem {
            kind: type_of(self.code, self.public_url.as_deref()).into(),
            title: entry.title.into(),
            status: entry.status,
            detail: detail.clone(),
            instance: instance.to_owned(),
            success: false,
            code: self.code.as_str().into(),
            message: detail.clone(),
            action: self.action.clone(),
            tip: self.tip.clone(),
            retryable: entry.retryable(),
            request_id: request_id.to_owned(),
            error: ProblemError {
                code: self.code.as_str().into(),
                message: detail,
                retryable: entry.retryable(),
                retry: entry.retry,
                retry_after: self.retry_after,
                action: self.action,
                tip: self.tip,
                fields: self.fields,
            },
            extra: self.extra,
        }
    }
}

/// About as many bytes as a problem's text has.
const PROBLEM_BYTES: usize = 1_280;

/// The problem as a body: what serde makes of it, written at once. In a rush most answers are this.
#[must_use]
pub fn to_bytes(problem: &Problem) -> Vec<u8> {
    let mut object = Object::with_capacity(PROBLEM_BYTES);
    object.text("type", &problem.kind);
    object.text("title", &problem.title);
    object.number("status", i64::from(problem.status));
    object.text("detail", &problem.detail);
    object.text("instance", &problem.instance);
    object.flag("success", problem.success);
    object.text("code", &problem.code);
    object.text("message", &problem.message);
    object.text("action", &problem.action);
    object.text_or_null("tip", problem.tip.as_deref());
    object.flag("retryable", problem.retryable);
    object.text("request_id", &problem.request_id);
    object.json("error", &error_text(&problem.error));
    for (name, value) in &problem.extra {
        object.json(name, &value.to_string());
    }
    object.end().into_bytes()
}

/// The code of a problem that was written before.
pub(crate) fn code_in(body: &[u8]) -> Option<Code> {
    // Inside of a text its quotes would be escaped.
    const BEFORE: &[u8] = br#","code":""#;
    let at = body.windows(BEFORE.len()).position(|bytes| bytes == BEFORE)?;
    let name = body.get(at + BEFORE.len()..)?.split(|byte| *byte == b'"').next()?;
    Code::from_name(str::from_utf8(name).ok()?)
}

fn error_text(error: &ProblemError) -> String {
    let mut object = Object::with_capacity(PROBLEM_BYTES / 2);
    object.text("code", &error.code);
    object.text("message", &error.message);
    object.flag("retryable", error.retryable);
    let retry = match error.retry {
        Retry::Never => "never",
        Retry::SameKey => "same_key",
        Retry::NewKey => "new_key",
    };
    object.plain("retry", retry);
    match error.retry_after {
        Some(seconds) => object.json("retry_after", &seconds.to_string()),
        None => object.null("retry_after"),
    }
    object.text("action", &error.action);
    object.text_or_null("tip", error.tip.as_deref());
    if !error.fields.is_empty() {
        // Text always has its JSON.
        object.json("fields", &serde_json::to_string(&error.fields).unwrap_or_default());
    }
    object.end()
}

/// The address of the page about a code: absolute where it is known where clients reach the server.
pub(crate) fn type_of(code: Code, public_url: Option<&str>) -> String {
    format!("{}/problems/{}", public_url.unwrap_or_default(), code.slug())
}

#[cfg(test)]
mod tests;
