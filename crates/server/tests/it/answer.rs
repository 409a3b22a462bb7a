//! Answers, and what must hold of each of them, whatever was asked.

use serde_json::Value;

use super::documented;
use super::http::Ask;

/// An answer, as it came over the wire.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Where a server is reached that is told so; what others call problems has no host.
pub(crate) const PUBLIC_URL: &str = "https://tickets.example:8443";

/// Chapter 2 of the contract: each code with its status. Written out again, so that the server's own
/// table is checked by another.
const CODES: [(u16, &[&str]); 13] = [
    (
        400,
        &[
            "INVALID_REQUEST",
            "INVALID_QUANTITY",
            "IDEMPOTENCY_KEY_REQUIRED",
            "IDEMPOTENCY_KEY_INVALID",
        ],
    ),
    (401, &["UNAUTHORIZED"]),
    (402, &["INSUFFICIENT_BALANCE", "PAYMENT_REQUIRED"]),
    (403, &["FORBIDDEN", "QUEUE_PASS_REQUIRED", "QUEUE_PASS_INVALID", "QUEUE_PASS_EXPIRED"]),
    (404, &["NOT_FOUND"]),
    (405, &["METHOD_NOT_ALLOWED"]),
    (
        409,
        &[
            "INSUFFICIENT_SEATS",
            "SEAT_TAKEN",
            "ROOM_UNAVAILABLE",
            "MAX_TICKETS_EXCEEDED",
            "ALREADY_CONFIRMED",
            "ALREADY_RELEASED",
            "ALREADY_CANCELLED",
            "EXPIRED",
            "NOT_CONFIRMABLE",
            "PRICE_CHANGED",
            "DUPLICATE_RESERVATION",
            "ORDER_IN_PROGRESS",
            "REQUEST_IN_PROGRESS",
            "KEY_RETIRED",
            "SALES_CLOSED",
            "BELOW_TAKEN",
            "REFUND_EXCEEDS_PAYMENT",
            "PAYMENT_REFERENCE_USED",
            "CHECKOUT_EXPIRED",
            "ALREADY_RESOLVED",
            "TOO_MANY_ENDPOINTS",
            "ENDPOINT_DISABLED",
        ],
    ),
    (413, &["BODY_TOO_LARGE"]),
    (415, &["UNSUPPORTED_MEDIA_TYPE"]),
    (
        422,
        &[
            "IDEMPOTENCY_KEY_REUSED",
            "OFFER_EXPIRED",
            "OFFER_UNAVAILABLE",
            "OFFER_ALREADY_BOOKED",
            "INVALID_PASSENGER",
            "INVALID_STAY",
        ],
    ),
    (429, &["TOO_MANY_REQUESTS"]),
    (431, &["HEADERS_TOO_LARGE"]),
    (500, &["INTERNAL_ERROR"]),
];

/// The codes that the same key may be sent again with.
const RETRYABLE: [&str; 4] =
    ["TOO_MANY_REQUESTS", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "REQUEST_IN_PROGRESS"];

/// Refusals of the stored statuses that are not stored all the same.
const NOT_KEPT: [&str; 3] = ["REQUEST_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED", "KEY_RETIRED"];

fn status_of(code: &str) -> Option<u16> {
    let listed = CODES.iter().find(|(_, codes)| codes.contains(&code));
    listed.map(|(status, _)| *status).or_else(|| (code == "SERVICE_UNAVAILABLE").then_some(503))
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {:?} {}", self.status, self.headers, self.body.escape_ascii())
    }
}

impl Answer {
    /// The answer that stands in `bytes`, whole.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let (head, body) = bytes.split_at(end);
        let mut lines = str::from_utf8(head).ok()?.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers = lines.map(header).collect::<Option<Vec<_>>>()?;
        let answer = Self { status, headers, body: body[4..].to_vec() };
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().ok()?;
            let bodiless = answer.body.is_empty();
            assert!(
                bodiless || length == answer.body.len(),
                "a body of another length: {answer:?}"
            );
        }
        Some(answer)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "the header {name} stands twice");
        value
    }

    pub(crate) fn is_replay(&self) -> bool {
        self.header("idempotent-replayed").is_some_and(|value| {
            assert_eq!(value, "true");
            true
        })
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("bodies are UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        let parsed = serde_json::from_slice(&self.body);
        parsed.unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// A member, by its pointer without the first slash.
    #[track_caller]
    pub(crate) fn at(&self, pointer: &str) -> Value {
        let json = self.json();
        let found = json.pointer(&format!("/{pointer}"));
        found.unwrap_or_else(|| panic!("no {pointer} in {json:#}")).clone()
    }

    /// A member that is text.
    #[track_caller]
    pub(crate) fn str(&self, pointer: &str) -> String {
        let found = self.at(pointer);
        found.as_str().unwrap_or_else(|| panic!("{pointer} is {found}")).to_owned()
    }

    /// The same answer, if it has that status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The same answer, if it is a problem of that code.
    #[track_caller]
    pub(crate) fn fails(self, code: &str) -> Self {
        assert!(self.status >= 400, "{} instead of {code}: {}", self.status, self.text());
        assert_eq!(self.str("code"), code, "{}", self.text());
        self
    }

    /// The same answer, if it names a field that is wrong.
    #[track_caller]
    pub(crate) fn names(self, field: &str) -> Self {
        assert!(self.fields().iter().any(|it| it == field), "{field}: {}", self.text());
        self
    }

    /// The fields that a problem names.
    #[track_caller]
    pub(crate) fn fields(&self) -> Vec<String> {
        let fields = self.json().pointer("/error/fields").cloned().unwrap_or_default();
        let fields = fields.as_array().cloned().unwrap_or_default();
        fields.iter().map(|field| field["field"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Whether the key keeps this answer.
    pub(crate) fn is_kept(&self) -> bool {
        match self.status {
            200..=299 => true,
            // Only where the body names what is not there: then the field is told.
            404 => !self.fields().is_empty(),
            402 | 409 | 422 => !NOT_KEPT.contains(&self.str("code").as_str()),
            _ => false,
        }
    }

    /// What every answer of the API owes its client.
    #[track_caller]
    pub(crate) fn check(&self, ask: &Ask) {
        let what = format!("{} {}: {self:?}", ask.method, ask.target);
        let id = self.header("x-request-id").unwrap_or_else(|| panic!("no X-Request-Id: {what}"));
        match ask.header_value("X-Request-Id") {
            Some(sent) if is_sane(sent) => assert_eq!(id, sent, "{what}"),
            _ => assert!(id.starts_with("req_") && id.len() == 30, "{what}"),
        }
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{what}");
        // What names keys or shows credentials is kept by no cache; a preflight shows none.
        if ["/idempotency_keys/", "/customer_tokens"].iter().any(|part| ask.path().contains(part)) {
            let kept_by_nobody = self.header("cache-control") == Some("no-store");
            let shows_none = self.status >= 300 || ask.method == "OPTIONS";
            assert!(shows_none || kept_by_nobody, "{what}");
        }
        let is_problem = self.header("content-type") == Some("application/problem+json");
        // Readiness is no call of the API: its 503 tells what it looked at.
        let is_readiness = self.status == 503 && ask.path() == "/readyz";
        // A browser that goes astray is shown a page.
        let is_page = self.header("content-type") == Some("text/html; charset=utf-8");
        let is_astray = self.status == 404 && is_page && ask.header_value("Accept").is_some();
        assert_eq!(is_problem, self.status >= 400 && !is_readiness && !is_astray, "{what}");
        if is_problem && ask.method != "HEAD" {
            self.check_problem(ask, id);
        }
        if ask.method == "GET" || ask.method == "HEAD" {
            assert!(!self.is_replay(), "{what}");
        }
        documented::check(self, ask);
    }

    /// Chapter 2 of the contract, member by member.
    #[track_caller]
    fn check_problem(&self, ask: &Ask, id: &str) {
        let problem = self.json();
        let what = format!("{} {}: {problem:#}", ask.method, ask.target);
        let code = problem["code"].as_str().unwrap_or_else(|| panic!("no code: {what}"));
        let slug = code.to_lowercase().replace('_', "-");
        let kind = problem["type"].as_str().expect("a text");
        let path = kind.strip_prefix(PUBLIC_URL).unwrap_or(kind);
        assert_eq!(path, format!("/problems/{slug}"), "{what}");
        assert_eq!(Some(self.status), status_of(code), "{what}");
        assert_eq!(problem["status"], self.status, "{what}");
        assert_eq!(problem["success"], false, "{what}");
        assert_eq!(problem["message"], problem["detail"], "{what}");
        for member in ["title", "detail", "message", "action"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{what}");
        }
        for member in ["code", "message", "action", "tip", "retryable"] {
            assert!(problem.get(member).is_some(), "no {member}: {what}");
            assert_eq!(problem["error"].get(member), problem.get(member), "{member}: {what}");
        }
        let retryable = RETRYABLE.contains(&code);
        assert_eq!(problem["retryable"], retryable, "{what}");
        let retry = problem["error"]["retry"].as_str().unwrap_or_default();
        assert_eq!(retry == "same_key", retryable, "{what}");
        assert!(["never", "same_key", "new_key"].contains(&retry), "{what}");
        let retry_after = problem["error"].get("retry_after").expect("retry_after always stands");
        let header = self.header("retry-after").map(|value| value.parse::<u64>().expect("seconds"));
        assert_eq!(retry_after.as_u64(), header, "{what}");
        if !self.is_replay() {
            assert_eq!(problem["request_id"], id, "{what}");
            assert_eq!(problem["instance"], ask.path(), "{what}");
        }
    }
}

/// Whether the server takes a client's request id as it is.
fn is_sane(id: &str) -> bool {
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (1..=128).contains(&id.len()) && id.bytes().all(sane)
}
