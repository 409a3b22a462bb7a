//! The activity feed: a list, and a live stream (chapter 9 of the contract).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use domain::activity::ActivityKind;
use domain::id::AccountId;
use engine::reads::{ActivityFilter, Reads};
use engine::{StoreError, Told};
use futures_util::Stream;
use tokio::sync::watch;

use crate::app::App;
use crate::auth::AuthError;
use crate::call::{Call, Rule, put_rate_headers};
use crate::context::Context;
use crate::metrics::Metrics;
use crate::operations::Operation;
use crate::query::{Params, page};
use crate::refusal::{Invalid, Refusal};
use crate::views;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::get("/activity", "activity_list", Rule::READ, |at| at.to(list)).paged(),
    Operation::get("/activity/stream", "activity_stream", Rule::READ, |at| at.to(stream)),
];

const KNOWN: &[&str] = &["limit", "after", "type", "resource_id"];
const KNOWN_TO_STREAM: &[&str] = &["after", "type", "resource_id"];

/// What a stream begins with when entries are gone that the client has not seen.
const REMOVED: &str = "activity.removed";
/// What is told when the client has seen more than there is: the store was restored, or its database has
/// failed over to a standby that was behind.
const AHEAD: &str = "activity.ahead";
/// Entries that a stream reads at a time.
const STREAM_PAGE_ROWS: usize = 200;
/// A stream looks for new entries this often. Other nodes and programs may have written them.
const STREAM_PERIOD: Duration = Duration::from_millis(200);
/// Pages between two looks whether the feed still reaches as far as the client has seen: some 5 seconds where
/// nothing happens.
const PAGES_BETWEEN_LOOKS: u32 = 25;
/// A stream without entries still shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A page, oldest first.
async fn list(app: App, rule: Rule, request: Request) -> Response {
    app.look(request, (rule, KNOWN), move |reads, call, params| {
        let limit = params.limit()?;
        let filter = filter(params)?;
        let told = reads.activity(call.caller.account, &filter, limit.saturating_add(1))?;
        let rows = told.iter().map(views::activity).collect();
        let page = page(rows, limit, |entry: &wire::ActivityEvent| entry.position.to_string());
        // Read after the entries: what goes in between may be said to be missed, never the other way round.
        let removed = reads.feed_cleaned(call.caller.account)?.position;
        // After the entries as well: it is never lower than one of them.
        let head = reads.feed_head(call.caller.account)?;
        Ok(wire::ActivityList {
            data: page.data,
            next: page.next,
            removed_up_to: i64::try_from(removed).unwrap_or(i64::MAX),
            head: i64::try_from(head).unwrap_or(i64::MAX),
        })
    })
    .await
}

fn filter(params: &Params) -> Result<ActivityFilter, Invalid> {
    let kinds = params.get("type").map(kinds).transpose()?.unwrap_or_default();
    let resources = params.get("resource_id").map(str::to_owned).into_iter().collect();
    let after = params.get("after").map(|text| position("after", text)).transpose()?.unwrap_or(0);
    Ok(ActivityFilter { after, kinds, resources })
}

/// Kinds by name, separated by commas; `booking.*` is all that begin so, `*` is all.
fn kinds(text: &str) -> Result<Vec<ActivityKind>, Invalid> {
    let mut kinds = Vec::new();
    for word in text.split(',') {
        let before = kinds.len();
        let fits = |kind: &ActivityKind| match word.strip_suffix('*') {
            Some(prefix) => kind.as_str().starts_with(prefix),
            None => kind.as_str() == word,
        };
        kinds.extend(ActivityKind::ALL.into_iter().filter(fits));
        if kinds.len() == before {
            let known = ActivityKind::ALL.map(ActivityKind::as_str).join(", ");
            return Err(Invalid::field("type", &format!("must be among: {known}")));
        }
    }
    Ok(kinds)
}

fn position(field: &str, text: &str) -> Result<u64, Invalid> {
    let position = text.parse().ok().filter(|position| *position <= i64::MAX.cast_unsigned());
    position.ok_or_else(|| Invalid::field(field, "must be the position of an entry"))
}

/// A stream: from `Last-Event-ID` or `after`, else from now on.
async fn stream(app: App, rule: Rule, request: Request) -> Response {
    let cx = Context::of(request.extensions());
    let (head, _body) = request.into_parts();
    let (level, opened) = match app.admit_read(head, (rule, KNOWN_TO_STREAM)).await {
        Ok((call, params)) => (call.level, open(&app, &call, &params).await),
        Err((refusal, level)) => (level, Err(refusal)),
    };
    let mut response = match opened {
        Ok(feed) => {
            let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
            let mut response = Sse::new(entries(feed)).keep_alive(keep_alive).into_response();
            // Proxies must pass entries on as they come.
            let headers = response.headers_mut();
            let no = axum::http::HeaderValue::from_static("no");
            headers.insert(axum::http::HeaderName::from_static("x-accel-buffering"), no);
            response
        }
        Err(refusal) => refusal.into_response(&cx),
    };
    put_rate_headers(&app, level, &mut response);
    response
}

/// A stream in the making.
struct Feed {
    app: App,
    /// With the credential that opened it.
    headers: HeaderMap,
    account: AccountId,
    filter: ActivityFilter,
    /// What has become of the position from which the client goes on: that is told next.
    lost: Option<Lost>,
    /// Pages until it looks whether the feed has fallen back; after a failed read it looks at once.
    pages_until_look: u32,
    ready: std::vec::IntoIter<Told>,
    stopping: watch::Receiver<bool>,
    _open: Open,
}

/// Why a client cannot go on from where it was.
#[derive(Clone, Copy, Debug)]
enum Lost {
    /// Entries up to here are gone that it has not seen.
    Removed(u64),
    /// The feed ends here, before the entry that it has seen last.
    Ahead(u64),
}

impl Lost {
    /// Told as an event whose id is where the client is now, so that it is told once.
    fn event(self) -> Event {
        let (position, kind, data) = match self {
            Self::Removed(position) => {
                (position, REMOVED, serde_json::json!({"removed_up_to": position}))
            }
            Self::Ahead(position) => (position, AHEAD, serde_json::json!({"head": position})),
        };
        Event::default().id(position.to_string()).event(kind).data(data.to_string())
    }
}

/// Counts the stream while it lives.
struct Open(Arc<Metrics>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.streams.dec();
    }
}

async fn open(app: &App, call: &Call, params: &Params) -> Result<Feed, Refusal> {
    let mut filter = filter(params)?;
    let account = call.caller.account;
    let mut is_resumed = params.get("after").is_some();
    match call.headers.get("last-event-id") {
        Some(last) => {
            filter.after = position("Last-Event-ID", last.to_str().unwrap_or(""))?;
            is_resumed = true;
        }
        None if params.get("after").is_none() => {
            filter.after = app.read(move |reads| reads.feed_head(account)).await?;
        }
        None => {}
    }
    // Position 0 is no entry that somebody has seen: it asks for what there is.
    let lost = if is_resumed && filter.after > 0 {
        let after = filter.after;
        app.read(move |reads| lost(reads, account, after)).await?
    } else {
        None
    };
    if let Some(Lost::Ahead(head)) = lost {
        // What comes after the restore has positions from here on.
        filter.after = head;
    }
    app.metrics.streams.inc();
    let open = Open(Arc::clone(&app.metrics));
    let (app, stopping, headers) = (app.clone(), app.stopping.clone(), call.headers.clone());
    let (ready, pages_until_look) = (Vec::new().into_iter(), PAGES_BETWEEN_LOOKS);
    Ok(Feed { app, headers, account, filter, lost, pages_until_look, ready, stopping, _open: open })
}

fn lost(reads: &dyn Reads, account: AccountId, after: u64) -> Result<Option<Lost>, StoreError> {
    let head = reads.feed_head(account)?;
    if head < after {
        return Ok(Some(Lost::Ahead(head)));
    }
    let removed = reads.feed_cleaned(account)?.position;
    Ok((removed > after).then_some(Lost::Removed(removed)))
}

fn entries(feed: Feed) -> impl Stream<Item = Result<Event, Infallible>> {
    futures_util::stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(event), feed))
    })
}

fn entry(told: &Told) -> Event {
    Event::default()
        .id(told.activity.position.to_string())
        .event(told.activity.kind.as_str())
        .data(serde_json::to_string(&views::activity(told)).unwrap_or_default())
}

impl Feed {
    /// The next event, once there is one; `None` when the server stops, or the credential was revoked.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(lost) = self.lost.take() {
                return Some(lost.event());
            }
            if let Some(told) = self.ready.next() {
                self.filter.after = told.activity.position;
                return Some(entry(&told));
            }
            let caller = self.app.auth.caller(&self.headers).await;
            if let Err(AuthError::Missing | AuthError::Invalid) = caller {
                return None;
            }
            // While the store is away the stream waits; nothing is skipped, it goes by position. Where it
            // was lost, another one may have taken its place that is behind.
            if self.read().await.is_err() {
                self.pages_until_look = 0;
            }
            if self.lost.is_none() && self.ready.len() == 0 {
                let stopped = self.stopping.wait_for(|stopping| *stopping);
                if tokio::time::timeout(STREAM_PERIOD, stopped).await.is_ok() {
                    return None;
                }
            }
        }
    }

    /// Reads the next page, or finds that the feed ends before the place where the client is.
    async fn read(&mut self) -> Result<(), Refusal> {
        let account = self.account;
        if self.pages_until_look == 0 {
            let head = self.app.read(move |reads| reads.feed_head(account)).await?;
            self.pages_until_look = PAGES_BETWEEN_LOOKS;
            if head < self.filter.after {
                self.filter.after = head;
                self.lost = Some(Lost::Ahead(head));
                return Ok(());
            }
        }
        let filter = self.filter.clone();
        let read = move |reads: &dyn Reads| reads.activity(account, &filter, STREAM_PAGE_ROWS);
        self.ready = self.app.read(read).await?.into_iter();
        self.pages_until_look -= 1;
        Ok(())
    }
}
