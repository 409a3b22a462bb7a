//! Pages without a credential: the documentation, what each problem means, and the way in.

use std::sync::LazyLock;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use wire::{Code, List};

use crate::app::App;
use crate::context::Context;
use crate::document::{Document, HTML};
use crate::openapi;
use crate::operations::Operation;
use crate::problem::{self, ProblemBuilder, type_of};
use crate::refusal::Refusal;
use crate::render::{JSON, bytes};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::open("/", |at| at.to(home)),
    Operation::open("/openapi.json", |at| at.to(openapi)),
    Operation::open("/docs", |at| at.to(docs)),
    Operation::open("/docs/scalar.js", |at| at.to(scalar_script)),
    Operation::open("/favicon.svg", |at| at.to(icon)),
    Operation::open("/problems", |at| at.to(problems)),
    Operation::open("/problems/{slug}", |at| at.to(problem)),
];

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    version: &'static str,
}

/// The way in.
async fn home(headers: HeaderMap) -> Response {
    static PAGE: LazyLock<Document> = LazyLock::new(|| {
        let home = Home { version: env!("CARGO_PKG_VERSION") };
        Document::page(home.render().unwrap_or_default())
    });
    PAGE.answer(&headers)
}

/// The OpenAPI document.
async fn openapi(headers: HeaderMap) -> Response {
    static TEXT: LazyLock<Document> =
        LazyLock::new(|| Document::new(JSON, openapi::document_text().into()));
    TEXT.answer(&headers)
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Docs {
    configuration: String,
}

/// The document to read and to try out.
async fn docs(headers: HeaderMap) -> Response {
    static PAGE: LazyLock<Document> = LazyLock::new(|| {
        let configuration = serde_json::json!({
            "url": "/openapi.json",
            "theme": "default",
            "telemetry": false,
            "withDefaultFonts": false,
            "hideClientButton": true,
            // The page talks to this server only, and shows nothing of anybody else's.
            "showDeveloperTools": "never",
            "agent": {"disabled": true},
            "mcp": {"disabled": true},
        });
        let docs = Docs { configuration: configuration.to_string() };
        Document::page_that_styles_itself(docs.render().unwrap_or_default())
    });
    PAGE.answer(&headers)
}

/// The page's script, out of the binary; one copy for everybody who asks.
async fn scalar_script(request: Request) -> Response {
    static SCRIPT: LazyLock<Option<Document>> = LazyLock::new(|| {
        let script = scalar_api_reference::get_asset("scalar.js")?;
        Some(Document::new("text/javascript; charset=utf-8", script.into()).kept())
    });
    // To read and to pack it the first time takes longer than other requests should wait.
    let script = tokio::task::spawn_blocking(|| LazyLock::force(&SCRIPT).as_ref()).await;
    match script.ok().flatten() {
        Some(script) => script.answer(request.headers()),
        None => Refusal::new(Code::NotFound, "The documentation's script is missing.")
            .into_response(&Context::of(request.extensions())),
    }
}

/// The picture beside the address of a page.
async fn icon(headers: HeaderMap) -> Response {
    static ICON: LazyLock<Document> = LazyLock::new(|| {
        Document::new("image/svg+xml", include_str!("../templates/favicon.svg").into()).kept()
    });
    ICON.answer(&headers)
}

#[derive(Template)]
#[template(path = "missing.html")]
struct Missing;

/// Nothing is at the address that was asked for: a page in a browser, a problem otherwise.
pub(crate) fn missing(detail: &str, request: &Request) -> Response {
    static PAGE: LazyLock<Document> =
        LazyLock::new(|| Document::page(Missing.render().unwrap_or_default()).negotiated());
    if problem::wants_html(request.headers()) {
        // Without what the browser has of it: a page that is not there is never the one that it has.
        let mut response = PAGE.answer(&HeaderMap::new());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let problem = ProblemBuilder::new(Code::NotFound)
        .detail(detail)
        .action("Check the path and the method; /openapi.json lists all of them.")
        .tip("Paths begin with /api/v1 or /v1, and do not end with a slash.");
    Refusal::from(problem).into_response(&Context::of(request.extensions()))
}

#[derive(Template)]
#[template(path = "problems.html")]
struct Problems {
    codes: Vec<(Code, problem::Entry)>,
}

/// All codes; HTML in a browser, JSON otherwise.
async fn problems(State(app): State<App>, headers: HeaderMap) -> Response {
    static PAGE: LazyLock<Document> = LazyLock::new(|| {
        let codes = openapi::codes::occurring()
            .into_iter()
            .map(|code| (code, problem::entry(code)))
            .collect();
        Document::page(Problems { codes }.render().unwrap_or_default()).negotiated()
    });
    if problem::wants_html(&headers) {
        return PAGE.answer(&headers);
    }
    let codes = openapi::codes::occurring().into_iter();
    let data = codes.map(|code| type_of(code, app.public_url.as_deref())).collect();
    let list = bytes(&List::<String> { data, next: None });
    Document::new(JSON, list.into()).negotiated().answer(&headers)
}

/// What a code means: HTML in a browser, JSON otherwise.
async fn problem(State(app): State<App>, Path(slug): Path<String>, request: Request) -> Response {
    let Some(code) = Code::from_slug(&slug) else {
        return missing("There is no such problem.", &request);
    };
    let page = problem::page(code, request.headers(), app.public_url.as_deref());
    let document = if page.content_type == HTML {
        Document::page(page.body)
    } else {
        Document::new(page.content_type, page.body.into())
    };
    document.negotiated().answer(request.headers())
}
