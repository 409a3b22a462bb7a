//! What goes around every request: its id, its log line, its metrics, and the last resort when a
//! handler panics.

use std::borrow::Cow;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::id::RequestId;
use percent_encoding::percent_decode_str;
use wire::Code;

use crate::app::App;
use crate::key_header::request_id;
use crate::metrics::{RequestLabels, RouteLabels};
use crate::refusal::{Refusal, stopping};
use crate::request_log::{Answered, Sender};

/// Method, address and all header lines of a request together, names and values.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;

/// The route of whatever has none.
pub(crate) const NOWHERE: &str = "other";

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// What is known of a request before anything of it is understood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    pub(crate) id: String,
    pub(crate) correlation_id: Option<String>,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Where clients reach the server, if that is known.
    pub(crate) public_url: Option<Arc<str>>,
    /// Who sent it, once that is known: for the log.
    pub(crate) sender: OnceLock<Sender>,
}

impl Context {
    /// The context that [`around`] gave the request, which goes around every route.
    pub(crate) fn of(extensions: &Extensions) -> Arc<Self> {
        extensions.get::<Arc<Self>>().map(Arc::clone).unwrap_or_default()
    }

    /// The request comes from them, as the log may tell.
    pub(crate) fn sent_by(&self, sender: Sender) {
        // A request is let in once.
        let _known = self.sender.set(sender).is_err();
    }

    fn new(app: &App, request: &Request) -> Self {
        let headers = request.headers();
        let fresh = || RequestId::from_raw(app.fresh_id()).to_string();
        Self {
            id: request_id(headers).map_or_else(fresh, str::to_owned),
            correlation_id: correlation_id(headers),
            method: request.method().as_str().to_owned(),
            path: request.uri().path().to_owned(),
            public_url: app.public_url.clone(),
            sender: OnceLock::new(),
        }
    }
}

/// The client's name for the business process, held to the same rule as request ids.
fn correlation_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(X_CORRELATION_ID)?.clone();
    let alone = HeaderMap::from_iter([(X_REQUEST_ID, value)]);
    request_id(&alone).map(str::to_owned)
}

/// Goes around every request that the router answers.
pub(crate) async fn around_route(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or(Cow::Borrowed(NOWHERE), |route| route.as_str().to_owned().into());
    around(&app, request, route, |request| next.run(request)).await
}

/// Goes around every request: `next` answers it, on the route of that pattern.
pub(crate) async fn around<F: Future<Output = Response>>(
    app: &App,
    mut request: Request,
    route: Cow<'static, str>,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let started = app.clock.micros();
    let cx = Arc::new(Context::new(app, &request));
    let mark = app.cors.mark(&route, request.uri(), request.headers());
    let preflight =
        mark.as_ref().and_then(|mark| mark.preflight(request.method(), request.headers()));
    request.extensions_mut().insert(Arc::clone(&cx));
    let mut response = match (unreadable(&request), preflight) {
        (Some(refusal), _) => refusal.into_response(&cx),
        (None, Some(preflight)) => preflight,
        (None, None) => {
            // Pinned where it is made: it is large, and would be copied into each wrapper around it.
            let mut answer = pin!(next(request));
            poll_fn(|task| poll_in_time(app, &cx, || answer.as_mut().poll(task))).await
        }
    };
    if let Some(mark) = mark {
        mark.put(&mut response);
    }
    finish(app, &cx, route, started, &mut response);
    response
}

/// The answer to somebody of whose request nothing is known.
pub(crate) fn unheard(app: &App, refusal: Refusal) -> Response {
    let cx = Context {
        id: RequestId::from_raw(app.fresh_id()).to_string(),
        public_url: app.public_url.clone(),
        ..Context::default()
    };
    let mut response = refusal.into_response(&cx);
    finish(app, &cx, Cow::Borrowed(NOWHERE), app.clock.micros(), &mut response);
    response
}

/// What every answer has, and what is counted of it.
fn finish(
    app: &App,
    cx: &Context,
    route: Cow<'static, str>,
    started_micros: u64,
    response: &mut Response,
) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&cx.id) {
        headers.insert(X_REQUEST_ID, id);
    }
    // Nothing is taken for what it does not say it is.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    record(app, cx, route, started_micros, response);
}

/// What is answered, or 503 once the server stops and has waited for long enough, or 500 where the handler panics.
/// Whoever gives the word to stop wakes the connections as well.
fn poll_in_time(app: &App, cx: &Context, poll: impl FnOnce() -> Poll<Response>) -> Poll<Response> {
    match catch_unwind(AssertUnwindSafe(poll)) {
        Ok(Poll::Pending) if app.gives_up() => Poll::Ready(stopping().into_response(cx)),
        Ok(polled @ (Poll::Ready(_) | Poll::Pending)) => polled,
        Err(_panic) => {
            app.metrics.panics.inc();
            tracing::error!(request_id = cx.id, "a handler panicked");
            let what = "Something went wrong on our side.";
            Poll::Ready(Refusal::new(Code::InternalError, what).into_response(cx))
        }
    }
}

/// Why no route gets to see the request.
fn unreadable(request: &Request) -> Option<Refusal> {
    if head_bytes(request) > HEADER_BYTES_MAX {
        let detail = format!("The headers have more than {HEADER_BYTES_MAX} bytes.");
        return Some(Refusal::new(Code::HeadersTooLarge, detail));
    }
    if !has_host(request) {
        let detail = "Send the header Host once, with the server's name.";
        return Some(Refusal::new(Code::InvalidRequest, detail));
    }
    if !is_coding_known(request.headers()) {
        let detail = "Bodies are read as they are, or with Transfer-Encoding: chunked.";
        return Some(Refusal::new(Code::NotImplemented, detail));
    }
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or(""));
    if !is_utf8(path) {
        return Some(Refusal::new(Code::InvalidRequest, "The path is not UTF-8."));
    }
    let refuse = || Refusal::new(Code::InvalidRequest, "The query string is not UTF-8.");
    (!is_utf8(query)).then(refuse)
}

/// What may stand in a host and a port besides letters and digits: RFC 3986, 3.2.2.
const HOST_MARKS: &[u8] = b"-._~:[]%!$&'()*+,;=";

/// Whether one server is asked, and it is clear which: RFC 9112, 3.2.
fn has_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            let may_stand = |byte: &u8| byte.is_ascii_alphanumeric() || HOST_MARKS.contains(byte);
            host.as_bytes().iter().all(may_stand)
        }
        (Some(_), Some(_)) => false,
        (None, _) => request.version() < Version::HTTP_11,
    }
}

/// Whether the body comes in chunks at most: it is never unpacked. RFC 9112, 6.1.
fn is_coding_known(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_chunked = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"chunked");
    codings.next().is_none_or(is_chunked) && codings.next().is_none()
}

/// Whether the text is UTF-8 once its escapes are bytes.
fn is_utf8(text: &str) -> bool {
    !text.contains('%') || percent_decode_str(text).decode_utf8().is_ok()
}

fn head_bytes(request: &Request) -> usize {
    let uri = request.uri();
    let line = request.method().as_str().len()
        + uri.path().len()
        + uri.query().map_or(0, |query| query.len() + 1);
    let headers = request.headers().iter();
    line + headers.map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>()
}

fn record(
    app: &App,
    cx: &Context,
    route: Cow<'static, str>,
    started_micros: u64,
    response: &Response,
) {
    let micros = app.clock.micros().saturating_sub(started_micros);
    let status = response.status().as_u16();
    let labels = RequestLabels { method: known_method(&cx.method), route, status };
    app.metrics.requests.get_or_create(&labels).inc();
    let timed = RouteLabels { route: labels.route.clone() };
    let seconds = std::time::Duration::from_micros(micros).as_secs_f64();
    app.metrics.request_seconds.get_or_create(&timed).observe(seconds);
    let code = response.extensions().get::<Code>().copied();
    let (method, route) = (labels.method, &*labels.route);
    app.request_log.tell(Answered { cx, method, route, status, code, micros });
}

/// The method as a label: clients may make up as many as they like, the metrics have room for few.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}
