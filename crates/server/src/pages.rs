//! Pages without a credential: the documentation, what each problem means, and the way in.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use wire::{Code, List};

use crate::context::Context;
use crate::problem;
use crate::refusal::Refusal;
use crate::{openapi, reading};

const HTML: &str = "text/html; charset=utf-8";

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    version: &'static str,
}

/// `GET /`
pub(crate) async fn home() -> Response {
    let home = Home { version: env!("CARGO_PKG_VERSION") };
    body(HTML, home.render().unwrap_or_default())
}

/// `GET /openapi.json`
pub(crate) async fn openapi() -> Response {
    body("application/json", openapi::document_text())
}

/// `GET /docs`
pub(crate) async fn docs() -> Response {
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
    let page = scalar_api_reference::scalar_html(&configuration, Some("/docs/scalar.js"));
    body(HTML, page)
}

/// `GET /docs/scalar.js`: the page's script, out of the binary.
pub(crate) async fn scalar_script(request: Request) -> Response {
    match scalar_api_reference::get_asset_with_mime("scalar.js") {
        Some((_, script)) => {
            let mut response = body("text/javascript; charset=utf-8", script);
            let kept = HeaderValue::from_static("public, max-age=86400");
            response.headers_mut().insert(header::CACHE_CONTROL, kept);
            response
        }
        None => Refusal::new(Code::NotFound, "The documentation's script is missing.")
            .into_response(&Context::of(request.extensions())),
    }
}

#[derive(Template)]
#[template(path = "problems.html")]
struct Problems {
    codes: Vec<(Code, problem::Entry)>,
}

/// `GET /problems`: all codes; HTML in a browser, JSON otherwise.
pub(crate) async fn problems(request: Request) -> Response {
    let mut response = if problem::wants_html(request.headers()) {
        let codes = Code::ALL.iter().map(|code| (*code, problem::entry(*code))).collect();
        body(HTML, Problems { codes }.render().unwrap_or_default())
    } else {
        let slugs = Code::ALL.iter().map(|code| format!("/problems/{}", code.slug())).collect();
        reading::json(&List::<String> { data: slugs, next: None })
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}

/// `GET /problems/{slug}`: HTML in a browser, JSON otherwise.
pub(crate) async fn problem(Path(slug): Path<String>, request: Request) -> Response {
    let Some(code) = Code::from_slug(&slug) else {
        let refusal = Refusal::new(Code::NotFound, "There is no such problem.");
        return refusal.into_response(&Context::of(request.extensions()));
    };
    let page = problem::page(code, request.headers());
    let mut response = body(page.content_type, page.body);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}

fn body(content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
