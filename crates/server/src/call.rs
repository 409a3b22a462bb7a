//! Calls: requests whose sender is known and may ask for this. What their fields mean is the handlers'
//! to say.

use std::sync::Arc;
use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::Response;
use domain::record::{IntentKey, KeyScope, NamedKey};
use engine::credentials::{Mode, Scope};
use tokio::time::{Instant, timeout_at};
use wire::Code;

use crate::app::App;
use crate::auth::{AuthError, Caller};
use crate::context::Context;
use crate::key_header::idempotency_key;
use crate::levers::Lever;
use crate::limit::{Empty, Level};
use crate::problem::ProblemBuilder;
use crate::refusal::{Refusal, unavailable};

/// Bytes of a request's body.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Bytes of the body that creates an event: a hall of 100,000 named seats has to fit. More than
/// [`BODY_BYTES_MAX`] is read from those only who may create one.
pub const EVENT_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Seconds from a request's head to its answer, whatever happens: to receive the body, to find the sender,
/// and to decide.
pub const REQUEST_SECONDS: u64 = 10;
/// Seconds that reading the store may take. A request reads twice at most: its credential, and what it
/// asks for.
pub const READ_SECONDS: u64 = REQUEST_SECONDS / 2;

/// Who may make a call, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) scope: Scope,
    pub(crate) customers: bool,
    pub(crate) key_required: bool,
    pub(crate) body_bytes_max: usize,
    pub(crate) is_test_only: bool,
}

impl Rule {
    const fn new(scope: Scope) -> Self {
        let body_bytes_max = BODY_BYTES_MAX;
        Self { scope, customers: false, key_required: false, body_bytes_max, is_test_only: false }
    }

    /// Making and changing bookings.
    pub(crate) const BOOK: Self = Self::new(Scope::Book);
    /// Seeing things.
    pub(crate) const READ: Self = Self::new(Scope::Read);
    /// Catalogue and credentials.
    pub(crate) const ADMIN: Self = Self::new(Scope::Admin);

    /// Customers may do it as well, for themselves.
    pub(crate) const fn customers(self) -> Self {
        Self { customers: true, ..self }
    }

    /// It takes stock or money, so it must have a name.
    pub(crate) const fn key_required(self) -> Self {
        Self { key_required: true, ..self }
    }

    /// It is for trying things out: never with live data.
    pub(crate) const fn test_only(self) -> Self {
        Self { is_test_only: true, ..self }
    }

    /// Its body may be larger.
    pub(crate) const fn body_bytes_max(self, body_bytes_max: usize) -> Self {
        Self { body_bytes_max, ..self }
    }
}

/// When a request that has arrived must be answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// After that nobody waits for the answer.
    pub(crate) deadline: Instant,
    /// The same by the engine's clock: after that nothing is decided.
    pub(crate) give_up_at_micros: u64,
}

impl Arrival {
    /// Of a request whose head has just been read.
    pub(crate) fn now(app: &App) -> Self {
        Self {
            deadline: Instant::now() + Duration::from_secs(REQUEST_SECONDS),
            give_up_at_micros: app.clock.micros().saturating_add(REQUEST_SECONDS * 1_000_000),
        }
    }

    /// What is left of its time.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) cx: Arc<Context>,
    pub(crate) caller: Caller,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// When it must be answered.
    pub(crate) arrival: Arrival,
    /// How full the caller's bucket is; `None` when it has none.
    pub(crate) level: Option<Level>,
    /// What is provoked for the sake of a test.
    pub(crate) lever: Option<Lever>,
    /// The caller's bucket is empty: only what is known already may be answered.
    pub(crate) exhausted: Option<Empty>,
}

/// Why a call may not be made.
pub(crate) struct NotAdmitted {
    pub(crate) refusal: Refusal,
    /// How full the bucket of the caller is who is known and refused.
    pub(crate) level: Option<Level>,
}

impl NotAdmitted {
    pub(crate) fn into_response(self, app: &App, cx: &Context) -> Response {
        let mut response = self.refusal.into_response(cx);
        put_rate_headers(app, self.level, &mut response);
        response
    }
}

impl Call {
    /// The call that a request's head is. Whoever is known and refused still learns how full the
    /// bucket is.
    pub(crate) async fn admit(
        app: &App,
        head: Parts,
        rule: Rule,
        arrival: Arrival,
    ) -> Result<Self, NotAdmitted> {
        let refuse = |level| move |refusal: Refusal| NotAdmitted { refusal, level };
        let late = |_| refuse(None)(unavailable("The credential could not be read in time."));
        let cx = Context::of(&head.extensions);
        let caller = timeout_at(arrival.deadline, app.auth.caller(&head.headers)).await;
        let caller = caller.map_err(late)?;
        if let Some(sender) = caller.as_ref().map_or_else(AuthError::sender, |it| Some(it.sender()))
        {
            cx.sent_by(sender);
        }
        let caller = caller.map_err(|error| refuse(None)(error.into()))?;
        let (level, exhausted) = match caller.buckets.as_ref().map(|buckets| buckets.request()) {
            None => (None, None),
            Some(Ok(level)) => (Some(level), None),
            Some(Err(empty)) => (Some(empty.level), Some(empty)),
        };
        let forbid = |detail: &str| Err(refuse(level)(Refusal::new(Code::Forbidden, detail)));
        if !caller.scopes.allows(rule.scope) {
            return forbid(&format!("The credential lacks the scope `{}`.", rule.scope.as_str()));
        }
        if caller.customer.is_some() && !rule.customers {
            let problem = ProblemBuilder::new(Code::Forbidden)
                .detail("Customer tokens may not do this.")
                .action("Send this request from your server, with a secret key.");
            return Err(refuse(level)(problem.into()));
        }
        if rule.is_test_only && caller.mode != Mode::Test {
            return forbid("This is for test data: use a key that begins with bo_test_.");
        }
        let lever = Lever::pulled(&head.headers, caller.mode, !head.method.is_safe());
        let lever = lever.map_err(refuse(level))?;
        if let Some(provoked) = lever.and_then(Lever::refusal) {
            return Err(refuse(level)(provoked));
        }
        let Parts { uri, headers, .. } = head;
        Ok(Self { cx, caller, uri, headers, arrival, level, lever, exhausted })
    }

    /// 429, unless there is room.
    pub(crate) fn within_rate(&self, app: &App) -> Result<(), Refusal> {
        let Some(empty) = self.exhausted else { return Ok(()) };
        app.metrics.rate_limited.inc();
        Err(ProblemBuilder::rate_limited(empty.retry_after_seconds).into())
    }

    /// The key in the scope of the caller.
    pub(crate) fn key(&self) -> Result<Option<NamedKey>, Refusal> {
        let key = idempotency_key(&self.headers);
        let key =
            key.map_err(|error| Refusal::new(Code::IdempotencyKeyInvalid, error.to_string()))?;
        Ok(key.map(|key| self.intent_key(key)))
    }

    /// A key in the scope of the caller.
    pub(crate) fn intent_key(&self, key: String) -> NamedKey {
        let account = self.caller.account;
        let Some(customer) = &self.caller.customer else {
            return IntentKey { account, scope: KeyScope::SHARED, key }.into();
        };
        let scope = KeyScope::of_user(customer.user_id.clone());
        let earlier = Some(IntentKey { account, scope, key: key.clone() });
        let scope = KeyScope::of_person(customer.person);
        NamedKey { key: IntentKey { account, scope, key }, earlier }
    }

    pub(crate) fn query(&self) -> &str {
        self.uri.query().unwrap_or("")
    }
}

/// An answer with a credential or a key in it: for whoever asked, and for no cache on the way.
pub(crate) fn unstored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Puts the caller's rate limit on an answer, in both header families.
pub(crate) fn put_rate_headers(app: &App, level: Option<Level>, response: &mut Response) {
    let Some(level) = level else { return };
    let now_seconds = u64::try_from(app.clock.now().as_millis() / 1_000).unwrap_or(0);
    let full_at = now_seconds.saturating_add(level.full_in_seconds);
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    let Level { limit, remaining, full_in_seconds, window_seconds } = level;
    put("x-ratelimit-limit", limit.to_string());
    put("x-ratelimit-remaining", remaining.to_string());
    put("x-ratelimit-reset", full_at.to_string());
    put("ratelimit", format!("\"default\";r={remaining};t={full_in_seconds}"));
    put("ratelimit-policy", format!("\"default\";q={limit};w={window_seconds}"));
}
