//! "Explain this booking": every attempt, decision, payment and event, in order.

mod summary;

use axum::extract::Request;
use axum::response::Response;
use domain::record::{Record, RecordState};
use engine::ActivityRow;
use engine::reads::ActivityFilter;
use serde_json::{Value, json};
use wire::{TimelineEntry, TimelineKind};

use self::summary::summary;
use super::bookings::visible;
use crate::activity::told::{FeedOf, Told};
use crate::app::App;
use crate::call::Rule;
use crate::views;

/// Entries of a timeline. A booking changes four times at most, and its payment twice.
const ENTRIES_MAX: usize = 1_000;

pub(crate) async fn show(app: App, rule: Rule, booking: String, request: Request) -> Response {
    app.look(request, rule, &[], move |reads, call, _params| {
        let account = call.caller.account;
        let view = visible(reads, call, &booking)?;
        let id = view.booking.id.to_string();
        let mut resources = vec![id.clone()];
        resources.extend(view.payment.map(|payment| payment.id.to_string()));
        let filter = ActivityFilter { resources, ..ActivityFilter::default() };
        let rows = reads.activity(account, &filter, ENTRIES_MAX)?;
        let told = FeedOf::caller(&call.caller).tell(reads, &rows)?;
        let records = reads.records_of(account, &id)?;
        let mut entries: Vec<_> = records.iter().map(attempt).collect();
        entries.extend(rows.iter().zip(told).flat_map(|(row, told)| decision_and_event(row, told)));
        // Sorted by time; what happened in one commit keeps the order in which it was written.
        entries.sort_by(|one, other| one.at.cmp(&other.at));
        Ok(wire::List { data: entries, next: None })
    })
    .await
}

fn attempt(record: &Record) -> TimelineEntry {
    let status = match &record.state {
        RecordState::Answered(answer) => Some(answer.status),
        RecordState::Retired => None,
    };
    let request = match record.method.as_str() {
        // Of a tombstone it is not known any more which request it was.
        "" => "A request".to_owned(),
        method => format!("{method} {}", record.path),
    };
    TimelineEntry {
        at: views::instant(record.first_seen_at),
        kind: TimelineKind::Attempt,
        summary: summary::attempts(&request, record.attempts),
        request_id: None,
        actor: None,
        data: json!({
            "idempotency_key": record.key.key,
            "attempts": record.attempts,
            "response_status": status,
            "last_seen_at": views::instant(record.last_seen_at),
        }),
    }
}

/// The decision as it changed things, and the event that subscribers were told.
fn decision_and_event(row: &ActivityRow, told: Told) -> [TimelineEntry; 2] {
    let activity = &row.activity;
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let request_id = (!activity.request_id.is_empty()).then(|| activity.request_id.clone());
    let is_of_money = activity.kind.as_str().starts_with("payment.");
    let kind = if is_of_money { TimelineKind::Payment } else { TimelineKind::Decision };
    let decision = TimelineEntry {
        at: views::instant(activity.at),
        kind,
        summary: summary(activity.kind, &told.event.data),
        request_id: request_id.clone(),
        actor: Some(activity.actor.to_string()),
        data: json!({
            "before": parsed(&row.before),
            "after": parsed(&row.after),
            "correlation_id": activity.correlation_id,
        }),
    };
    let event = TimelineEntry {
        at: views::instant(activity.at),
        kind: TimelineKind::Event,
        summary: format!("Event {} emitted", activity.kind.as_str()),
        request_id,
        actor: None,
        data: json!({
            "id": told.event.id,
            "position": told.event.position,
            "resource_seq": told.event.resource_seq,
            "data": told.event.data,
        }),
    };
    [decision, event]
}
