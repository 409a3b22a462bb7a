//! Pages for people, and what is behind them.
#![expect(dead_code, reason = "the functions are there for their documentation only")]

use wire::{List, ProblemPage};

use super::describe;

const TAG: &str = "Documentation";
const ABOUT: &str = "Pages that need no credential.";

describe! {
    /// The way in
    home_show(
        responses((
            status = 200,
            description = "A page with the addresses of all others.",
            body = String,
            content_type = "text/html",
        )),
    )

    /// This document
    openapi_show(
        responses((status = 200, description = "OpenAPI 3.1.", body = Value)),
    )

    /// The reference
    docs_show(
        responses((
            status = 200,
            description = "This document as a page to read and to try out.",
            body = String,
            content_type = "text/html",
        )),
    )

    /// The script of the reference
    docs_script_show(
        responses((
            status = 200,
            description = "The script, out of the program itself.",
            body = String,
            content_type = "text/javascript",
            headers(("Cache-Control" = String, description = "`public, max-age=86400`.")),
        )),
    )

    /// List all problems
    problem_list(
        responses((
            status = 200,
            description = "The addresses of the pages, on one page.",
            body = List<String>,
            example = json!({"data": ["/problems/insufficient-seats"], "next": null}),
        )),
    )

    /// Explain a problem
    ///
    /// What the `type` of every problem leads to: HTML where `Accept` names `text/html`, JSON otherwise.
    problem_show(
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
    )
}
