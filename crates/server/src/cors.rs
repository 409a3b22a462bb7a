//! Browsers whose pages come from elsewhere: which of them may send a customer's token, and what they may
//! read of an answer.
//!
//! What a browser asks beforehand (the preflight) is answered here, and every answer on a route that customers
//! may call is marked, whoever made it: one that is not marked, a page cannot read, not even its status. That
//! is why it is no layer of the router, which has refusals and shorter ways outside of it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use crate::context::NOWHERE;
use crate::operations::{self, MOUNTS, Operation};

/// Routes that customers may call, below where the API is mounted.
static ROUTES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let paths: BTreeSet<_> = for_customers().map(|operation| operation.path).collect();
    paths.into_iter().collect()
});
/// What customers send there.
static METHODS: LazyLock<HeaderValue> = LazyLock::new(|| {
    let verbs: BTreeSet<_> = for_customers().map(|operation| operation.verb).collect();
    let methods: Vec<_> = verbs.into_iter().map(|verb| verb.method().to_string()).collect();
    HeaderValue::try_from(methods.join(", ")).expect("methods are tokens")
});

fn for_customers() -> impl Iterator<Item = &'static Operation> {
    operations::all().filter(|operation| operation.is_for_customers())
}

/// Headers of requests that mean something to the API, besides those that any page may send.
const SENT: &str = "authorization, content-type, idempotency-key, x-idempotency-key, if-none-match, prefer, \
                    x-correlation-id, x-request-id, bookonce-test";
/// Headers of answers that a page has to read to retry as it should.
const READ: &str = "etag, idempotent-replayed, location, ratelimit, ratelimit-policy, retry-after, \
                    x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-request-id";
/// Seconds until a browser asks again what it may send; the most that they grant.
const KEPT_SECONDS: &str = "7200";

/// The origins whose pages may send customers' tokens.
#[derive(Debug)]
pub(crate) struct Cors {
    origins: Vec<HeaderValue>,
}

/// What is to be said of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// The page's origin, if it may read the answer.
    origin: Option<HeaderValue>,
}

impl Cors {
    /// Lets pages of these origins in; each must have passed [`is_origin`].
    pub(crate) fn new(origins: &[String]) -> Self {
        let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
        Self { origins: origins.collect() }
    }

    /// What is to be said of the answer to a request on the route of that pattern; nothing if no page of
    /// another origin may read it.
    pub(crate) fn mark(&self, route: &str, uri: &Uri, headers: &HeaderMap) -> Option<Mark> {
        if self.origins.is_empty() || !(is_for_customers(route) || is_nowhere(route, uri)) {
            return None;
        }
        let origin = headers.get(header::ORIGIN);
        Some(Mark { origin: origin.filter(|origin| self.origins.contains(origin)).cloned() })
    }
}

/// Whether customers may call the route of that pattern.
fn is_for_customers(route: &str) -> bool {
    let mut below = MOUNTS.iter().filter_map(|mount| route.strip_prefix(mount));
    below.any(|below| ROUTES.contains(&below))
}

/// Whether the API has no such route: a page may read that as well.
fn is_nowhere(route: &str, uri: &Uri) -> bool {
    let below =
        |mount: &str| uri.path().strip_prefix(mount).is_some_and(|rest| rest.starts_with('/'));
    route == NOWHERE && MOUNTS.into_iter().any(below)
}

impl Mark {
    /// The answer to a browser that asks what its page may send; nothing if this is no such question, or
    /// its page is none of ours.
    pub(crate) fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response> {
        let asks = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if method != Method::OPTIONS || !asks || self.origin.is_none() {
            return None;
        }
        let may = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS.clone()),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(SENT)),
            (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(KEPT_SECONDS)),
        ];
        Some((StatusCode::NO_CONTENT, may).into_response())
    }

    /// Marks the answer. Tokens are sent by scripts and never by the browser itself, so credentials of its own
    /// stay forbidden.
    pub(crate) fn put(self, response: &mut Response) {
        let headers = response.headers_mut();
        // Also where the page is none of ours: a cache must not show it what another may read.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = self.origin else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(READ));
    }
}

/// Whether the text is an origin as browsers send it.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    // A browser leaves the default port out.
    let default = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return false,
    };
    let Ok(uri) = text.parse::<Uri>() else { return false };
    // It sends no user, no path, and all in lower case; a `*` is never part of a host.
    let whole = uri.authority().is_some_and(|parsed| parsed.as_str() == authority);
    let odd = |byte: u8| byte.is_ascii_uppercase() || b"@*".contains(&byte);
    whole && !authority.bytes().any(odd) && !authority.ends_with(default) && has_port(&uri)
}

/// Whether what stands behind the host's colon is a port, where there is one.
fn has_port(uri: &Uri) -> bool {
    let Some((host, authority)) = uri.host().zip(uri.authority()) else { return false };
    !host.is_empty() && (host.len() == authority.as_str().len() || uri.port_u16().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_send() {
        for text in [
            "https://shop.example",
            "http://localhost:5173",
            "http://127.0.0.1",
            "https://[::1]:8443",
            "https://xn--bcher-kva.example",
        ] {
            assert!(is_origin(text), "{text}");
        }
        for text in [
            "*",
            "null",
            "",
            "shop.example",
            "https://",
            "https://:1",
            "https://shop.example/",
            "https://shop.example/path",
            "https://shop.example?x",
            "https://shop.example#x",
            "https://Shop.example",
            "HTTPS://shop.example",
            "https://shop.example:443",
            "http://shop.example:80",
            "https://shop.example:",
            "https://shop.example:x",
            "https://shop.example:65536",
            "https://*.example",
            "https://ann@shop.example",
            "https://bücher.example",
            "https://a.example,https://b.example",
            "ftp://shop.example",
            "capacitor://localhost",
            " https://shop.example",
            "https://shop.example ",
        ] {
            assert!(!is_origin(text), "{text}");
        }
    }

    #[test]
    fn routes_are_known_below_both_mounts_and_nowhere_else() {
        for route in ["/api/v1/events", "/v1/bookings/{id}/release", "/v1/idempotency_keys/{key}"] {
            assert!(is_for_customers(route), "{route}");
        }
        for route in ["/events", "/v2/events", "/api/v1/customer_tokens", "/v1/activity", "other"] {
            assert!(!is_for_customers(route), "{route}");
        }
        let is_nowhere = |path: &str| is_nowhere(NOWHERE, &path.parse().unwrap());
        assert!(is_nowhere("/v1/x") && is_nowhere("/api/v1/x/y"));
        assert!(!is_nowhere("/x") && !is_nowhere("/v1x") && !is_nowhere("/v1"));
    }
}
