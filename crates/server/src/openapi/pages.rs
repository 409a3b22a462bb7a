//! Pages for people, and what is behind them.
#![expect(dead_code, reason = "the functions are there for their documentation only")]

use wire::{Code, List, ProblemPage};

use super::call::Call;

pub(super) const TAG: &str = "Documentation";
pub(super) const ABOUT: &str = "Pages that need no credential.";

pub(super) const CALLS: &[Call] = &[
    Call::open("home_show", &[]),
    Call::open("openapi_show", &[]),
    Call::open("docs_show", &[]),
    Call::open("docs_script_show", &[Code::NotFound]),
    Call::open("problem_list", &[]),
    Call::open("problem_show", &[Code::NotFound]),
];

/// The way in
#[utoipa::path(
    get,
    path = "/",
    operation_id = "home_show",
    tag = TAG,
    responses((
        status = 200,
        description = "A page with the addresses of all others.",
        body = String,
        content_type = "text/html",
    )),
)]
pub(super) fn home() {}

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi_show",
    tag = TAG,
    responses((status = 200, description = "OpenAPI 3.1.", body = Value)),
)]
pub(super) fn openapi() {}

/// The reference
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "docs_show",
    tag = TAG,
    responses((
        status = 200,
        description = "This document as a page to read and to try out.",
        body = String,
        content_type = "text/html",
    )),
)]
pub(super) fn docs() {}

/// The script of the reference
#[utoipa::path(
    get,
    path = "/docs/scalar.js",
    operation_id = "docs_script_show",
    tag = TAG,
    responses((
        status = 200,
        description = "The script, out of the program itself.",
        body = String,
        content_type = "text/javascript",
        headers(("Cache-Control" = String, description = "`public, max-age=86400`.")),
    )),
)]
pub(super) fn docs_script() {}

/// List all problems
#[utoipa::path(
    get,
    path = "/problems",
    operation_id = "problem_list",
    tag = TAG,
    responses((
        status = 200,
        description = "The addresses of the pages, on one page.",
        body = List<String>,
        example = json!({"data": ["/problems/insufficient-seats"], "next": null}),
    )),
)]
pub(super) fn problems() {}

/// Explain a problem
///
/// What the `type` of every problem leads to: HTML where `Accept` names `text/html`, JSON otherwise.
#[utoipa::path(
    get,
    path = "/problems/{slug}",
    operation_id = "problem_show",
    tag = TAG,
    params((
        "slug" = String,
        Path,
        description = "The code in lower case, with hyphens.",
        example = "insufficient-seats",
    )),
    responses((
        status = 200,
        description = "When it happens, what to do, and an example.",
        headers(("Vary" = String, description = "Always `Accept`.")),
        content((ProblemPage = "application/json"), (String = "text/html")),
    )),
)]
pub(super) fn problem() {}
