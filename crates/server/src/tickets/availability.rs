//! How many units of a zone are left: a moment old at most, and no work for the writer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use domain::id::{EventId, ZoneId};
use domain::world::Of;
use wire::Code;

use super::{ZonePath, views};
use crate::app::App;
use crate::call::{Call, Rule, put_rate_headers};
use crate::context::Context;
use crate::document::is_known;
use crate::reading::json;
use crate::refusal::{Invalid, Refusal};

/// Counters that were read are shown again for so long.
const TRUST_MICROS: u64 = 500_000;
/// Zones whose counters are kept.
const ZONES_KEPT_MAX: usize = 10_000;

#[derive(Clone, Debug)]
struct Kept {
    event: EventId,
    availability: wire::Availability,
    read_at_micros: u64,
}

/// Counters that were read a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Availabilities(Mutex<HashMap<Of<ZoneId>, Arc<Kept>>>);

impl Availabilities {
    fn get(&self, key: Of<ZoneId>, now_micros: u64) -> Option<Arc<Kept>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(&key)?;
        let age = now_micros.saturating_sub(kept.read_at_micros);
        (age < TRUST_MICROS).then(|| Arc::clone(kept))
    }

    fn put(&self, key: Of<ZoneId>, entry: Arc<Kept>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= ZONES_KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, entry);
    }
}

/// The counters of a zone.
pub(crate) async fn show(app: App, rule: Rule, zone: ZonePath, request: Request) -> Response {
    let cx = Context::of(request.extensions());
    let (head, _body) = request.into_parts();
    let call = match app.admit_read(head, rule, &[]).await {
        Ok(admitted) => admitted.call,
        Err(refused) => return refused.into_response(&app, &cx),
    };
    let shown = counters(&app, &call, &zone).await;
    let mut response = match shown {
        Ok(availability) => conditional(&call, &availability),
        Err(refusal) => refusal.into_response(&cx),
    };
    put_rate_headers(&app, call.level, &mut response);
    response
}

async fn counters(app: &App, call: &Call, path: &ZonePath) -> Result<wire::Availability, Refusal> {
    let none = |_| Refusal::from(Invalid::not_found());
    let event: EventId = path.id.parse().map_err(none)?;
    let zone: ZoneId = path.zone_id.parse().map_err(none)?;
    let key = (call.caller.account, zone);
    let now_micros = app.clock.micros();
    let kept = match app.availabilities.get(key, now_micros) {
        Some(kept) => kept,
        None => {
            let as_of = app.clock.now();
            let stock = app.read(move |reads| reads.zone(key.0, key.1)).await?;
            let missing = || Refusal::new(Code::NotFound, "There is no such zone in this account.");
            let stock = stock.ok_or_else(missing)?;
            let availability = views::availability(stock.pool, as_of);
            let event = stock.zone.event;
            let kept = Arc::new(Kept { event, availability, read_at_micros: now_micros });
            app.availabilities.put(key, Arc::clone(&kept));
            kept
        }
    };
    if kept.event == event {
        Ok(kept.availability.clone())
    } else {
        Err(Invalid::not_found().into())
    }
}

/// 304 where the client has these counters already. The tag leaves `as_of` out: it is about stock.
fn conditional(call: &Call, availability: &wire::Availability) -> Response {
    let wire::Availability { available: _, held, sold, capacity, as_of: _ } = availability;
    let tag = format!("\"{held}-{sold}-{capacity}\"");
    let mut response = if is_known(&call.headers, &tag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        json(availability)
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    // The server's own copy may be half a second old, so nobody else keeps one without asking.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}
