//! The page about a code, at `/problems/<slug>`: HTML for people, JSON for programs.

use askama::Template;
use axum::http::{HeaderMap, header};
use wire::{Code, ProblemPage, Retry};

use super::{entry, type_of};
use crate::accept;

/// A page, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its `Content-Type`. It depends on `Accept`, so the answer needs `Vary: Accept`.
    pub content_type: &'static str,
    /// Its content.
    pub body: String,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Html<'a> {
    page: &'a ProblemPage,
    /// The explanation, a paragraph and its code in turns.
    explanation: Vec<Span<'a>>,
    retry: &'static str,
}

/// A piece of an explanation.
enum Span<'a> {
    Text(&'a str),
    Code(&'a str),
}

/// The page about a code: HTML where the client prefers that, as browsers do, JSON otherwise. Clients reach the
/// server at `public_url`, if that is known.
#[must_use]
pub fn page(code: Code, headers: &HeaderMap, public_url: Option<&str>) -> Page {
    let page = content(code, public_url);
    let html = if wants_html(headers) { render(&page) } else { None };
    match html {
        Some(body) => Page { content_type: crate::document::HTML, body },
        None => Page {
            content_type: crate::render::JSON,
            body: serde_json::to_string(&page).unwrap_or_default(),
        },
    }
}

fn content(code: Code, public_url: Option<&str>) -> ProblemPage {
    let entry = entry(code);
    ProblemPage {
        kind: type_of(code, public_url),
        title: entry.title.to_owned(),
        status: entry.status,
        code,
        retryable: entry.retryable(),
        retry: entry.retry,
        action: entry.action.to_owned(),
        tip: entry.tip.map(str::to_owned),
        explanation: entry.explanation.to_owned(),
    }
}

fn render(page: &ProblemPage) -> Option<String> {
    let explanation = spans(&page.explanation);
    Html { page, explanation, retry: retry_in_words(page.retry) }.render().ok()
}

/// The pieces between back-ticks: every second one is code.
fn spans(text: &str) -> Vec<Span<'_>> {
    let pieces = text.split('`').enumerate();
    pieces
        .map(|(index, piece)| if index % 2 == 0 { Span::Text(piece) } else { Span::Code(piece) })
        .collect()
}

const fn retry_in_words(retry: Retry) -> &'static str {
    match retry {
        Retry::Never => "Do not send the same request again: the answer would be the same.",
        Retry::SameKey => "Send the same request again with the same idempotency key.",
        Retry::NewKey => "A new attempt is a new decision and needs a new idempotency key.",
    }
}

/// Whether `Accept` names HTML. Programs that take anything get JSON.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    accept::names(headers, header::ACCEPT, "text/html")
}
