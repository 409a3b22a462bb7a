//! The activity feed: a list, and a live stream (chapter 9 of the contract).

mod follower;
mod live;
mod shared;
mod standing;
mod tail;
#[cfg(test)]
mod tests;
pub(crate) mod told;

use std::time::Duration;

use axum::extract::Request;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use domain::activity::ActivityKind;
use engine::reads::ActivityFilter;

use crate::app::App;
use crate::call::{NotAdmitted, Rule, put_rate_headers};
use crate::context::Context;
use crate::operations::Operation;
use crate::query::{Params, page};
use crate::reading::AdmittedRead;
use crate::refusal::Invalid;
pub(crate) use follower::Followers;
pub(crate) use standing::Standings;
use told::FeedOf;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::get("/activity", "activity_list", Rule::READ, |at| at.to(list)).paged(),
    Operation::get("/activity/stream", "activity_stream", Rule::READ, |at| at.to(stream)),
];

const KNOWN: &[&str] = &["limit", "after", "type", "resource_id"];
const KNOWN_TO_STREAM: &[&str] = &["after", "type", "resource_id"];

/// A stream without entries still shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A page, oldest first.
async fn list(app: App, rule: Rule, request: Request) -> Response {
    app.look(request, rule, KNOWN, move |reads, call, params| {
        let limit = params.limit()?;
        let filter = filter(params)?;
        let feed = FeedOf::caller(&call.caller);
        let told = feed.page(reads, &filter, limit.saturating_add(1))?.told;
        let rows = told.into_iter().map(|told| told.event).collect();
        let page = page(rows, limit, |entry: &wire::ActivityEvent| entry.position.to_string());
        // Read after the entries: what goes in between may be said to be missed, never the other way round.
        let removed = reads.low_water_mark(call.caller.account)?.position;
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
    let (level, opened) = match app.admit_read(head, rule, KNOWN_TO_STREAM).await {
        Ok(AdmittedRead { call, params }) => (call.level, live::open(&app, &call, &params).await),
        Err(NotAdmitted { refusal, level }) => (level, Err(refusal)),
    };
    let mut response = match opened {
        Ok(feed) => {
            let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
            let mut response = Sse::new(live::entries(feed)).keep_alive(keep_alive).into_response();
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
