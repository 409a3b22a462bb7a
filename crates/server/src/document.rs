//! Documents that are the same for everybody who asks: one copy of the bytes, a tag for those who have
//! them already, and what a browser may do with them.

use std::io::Write as _;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::accept;

/// Content type of pages.
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// Where a page may load from at all, who may show it in a frame, and where its forms go.
const POLICY: &str = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; \
                      frame-ancestors 'none'; img-src 'self' data: blob:; font-src 'self' data:";

/// A document.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    content_type: &'static str,
    bytes: Bytes,
    /// The same, for those who can unpack it; `None` where that would save little.
    packed: Option<Bytes>,
    tag: String,
    /// Whether clients with another `Accept` get something else.
    is_negotiated: bool,
    /// Whether browsers need not ask again for a day.
    is_kept: bool,
    /// What its scripts and styles may be, where it is a page.
    policy: Option<HeaderValue>,
}

impl Document {
    /// A document that is no page.
    pub(crate) fn new(content_type: &'static str, bytes: Bytes) -> Self {
        let hash = blake3::hash(&bytes).to_hex();
        let tag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
        Self {
            content_type,
            packed: packed(&bytes),
            bytes,
            tag,
            is_negotiated: false,
            is_kept: false,
            policy: None,
        }
    }

    /// A page that runs and looks as it stands here, and not as anybody adds to it.
    pub(crate) fn page(html: String) -> Self {
        let styles = hashes(&html, "style");
        Self::page_of(html, &styles)
    }

    /// A page whose scripts, which it names here, add styles as they go.
    pub(crate) fn page_that_styles_itself(html: String) -> Self {
        Self::page_of(html, "'unsafe-inline'")
    }

    fn page_of(html: String, styles: &str) -> Self {
        let scripts = hashes(&html, "script");
        let policy = format!("{POLICY}; script-src 'self' {scripts}; style-src 'self' {styles}");
        let policy = HeaderValue::from_str(&policy).ok();
        Self { policy, ..Self::new(HTML, html.into()) }
    }

    /// Clients with another `Accept` get something else at this address.
    pub(crate) fn negotiated(self) -> Self {
        Self { is_negotiated: true, ..self }
    }

    /// Browsers need not ask for it again for a day.
    pub(crate) fn kept(self) -> Self {
        Self { is_kept: true, ..self }
    }

    /// The document, or 304 for who has it already.
    pub(crate) fn answer(&self, asked: &HeaderMap) -> Response {
        let packed =
            self.packed.as_ref().filter(|_| accept::names(asked, header::ACCEPT_ENCODING, "gzip"));
        let tag = if packed.is_some() { packed_tag(&self.tag) } else { self.tag.clone() };
        let known = is_known(asked, &tag);
        let bytes = packed.unwrap_or(&self.bytes);
        let body = if known { Body::empty() } else { Body::from(bytes.clone()) };
        let mut response = Response::new(body);
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        let vary = match (self.is_negotiated, self.packed.is_some()) {
            (true, true) => Some("Accept, Accept-Encoding"),
            (true, false) => Some("Accept"),
            (false, true) => Some("Accept-Encoding"),
            (false, false) => None,
        };
        if let Some(vary) = vary {
            headers.insert(header::VARY, HeaderValue::from_static(vary));
        }
        if packed.is_some() && !known {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if self.is_kept {
            let kept = HeaderValue::from_static("public, max-age=86400");
            headers.insert(header::CACHE_CONTROL, kept);
        }
        if let Some(policy) = &self.policy {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
            // For browsers that do not know `frame-ancestors`.
            headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
        // No other site learns where a visitor was.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }
}

/// Bytes below which a document is sent as it is: it fits into a packet or two.
const PACKED_BYTES_MIN: usize = 4 * 1024;

/// The bytes in gzip, where that saves something.
fn packed(bytes: &Bytes) -> Option<Bytes> {
    if bytes.len() < PACKED_BYTES_MIN {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Memory takes everything.
    encoder.write_all(bytes).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < bytes.len()).then(|| packed.into())
}

/// The tag of the packed bytes: a strong one stands for one sequence of bytes (RFC 9110, section 8.8.3).
fn packed_tag(tag: &str) -> String {
    format!("{}-gzip\"", tag.trim_end_matches('"'))
}

/// The sources that allow the elements of this name which stand in the page, and no others.
fn hashes(html: &str, name: &str) -> String {
    let (opening, closing) = (format!("<{name}>"), format!("</{name}>"));
    let elements = html.split(&opening).skip(1).filter_map(|rest| rest.split(&closing).next());
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    elements.map(hash).collect::<Vec<_>>().join(" ")
}

/// Whether the client has what the tag stands for. Proxies may have made the tag a weak one.
pub(crate) fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    let known = asked.get_all(header::IF_NONE_MATCH).iter();
    let mut known =
        known.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    known.any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_run_what_stands_in_it() {
        let html = "<script src=\"/a.js\"></script><script>go()</script><style>p{}</style>";
        // As `printf 'go()' | openssl dgst -sha256 -binary | base64` has it.
        assert_eq!(hashes(html, "script"), "'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='");
        assert_eq!(hashes(html, "style"), "'sha256-gG2yISYereRMiG2lMXrbiUgi0Ubw9p7QCeWcroOvy9Y='");
        assert_eq!(hashes("<p>", "script"), "");
    }
}
