//! Events and zones: put on sale, change, look.

use axum::extract::Request;
use axum::response::Response;
use domain::allowance::{Allowance, AllowanceId};
use domain::id::{EventId, ZoneId};
use domain::pool::SeatNo;
use engine::reads::Page;

use super::{UserPath, ZonePath, parse, views};
use crate::app::App;
use crate::call::Rule;
use crate::parse::{not_found, path_id};
use crate::query::{Filling, page};
use crate::refusal::{Invalid, Refusal};

/// Events that are read at a time for a page.
const EVENTS_READ: usize = 8;

pub(crate) async fn create(app: App, rule: Rule, request: Request) -> Response {
    app.command(request, rule, |_call, body| body.read(parse::create_event)).await
}

pub(crate) async fn update(app: App, rule: Rule, event: String, request: Request) -> Response {
    app.command(request, rule, |_call, body| {
        let event = path_id(&event)?;
        body.read(|body| parse::update_event(event, body))
    })
    .await
}

pub(crate) async fn update_zone(
    app: App,
    rule: Rule,
    zone: ZonePath,
    request: Request,
) -> Response {
    app.command(request, rule, |_call, body| {
        let (event, zone) = (path_id(&zone.id)?, path_id(&zone.zone_id)?);
        body.read(|body| parse::update_zone(event, zone, body))
    })
    .await
}

pub(crate) async fn show(app: App, rule: Rule, event: String, request: Request) -> Response {
    app.look(request, rule, &[], move |reads, call, _params| {
        let id: EventId = path_id(&event)?;
        let view = reads.event(call.caller.account, id)?;
        let view = view.ok_or_else(|| not_found(&event))?;
        Ok(views::event(&view.event, &view.zones))
    })
    .await
}

pub(crate) async fn list(app: App, rule: Rule, request: Request) -> Response {
    let known = ["limit", "after"].as_slice();
    app.look(request, rule, known, move |reads, call, params| {
        let limit = params.limit()?;
        let mut after = params.get_as("after")?;
        let mut page = Filling::new(limit);
        // Events may be large, so no more are read than there is room for.
        while page.is_open() {
            let slice = Page { after, limit: EVENTS_READ };
            let read = reads.events(call.caller.account, slice)?;
            let is_last = read.len() < EVENTS_READ;
            for view in read {
                after = Some(view.event.id);
                page.push(views::event(&view.event, &view.zones));
            }
            if is_last {
                break;
            }
        }
        Ok(page.end(|event| event.id.clone()))
    })
    .await
}

pub(crate) async fn seats(app: App, rule: Rule, path: ZonePath, request: Request) -> Response {
    let known = ["limit", "after"].as_slice();
    app.look(request, rule, known, move |reads, call, params| {
        let (event, zone): (EventId, ZoneId) = (path_id(&path.id)?, path_id(&path.zone_id)?);
        let account = call.caller.account;
        let stock = reads.zone(account, zone)?.filter(|stock| stock.zone.event == event);
        let stock = stock.ok_or_else(|| not_found(&zone.to_string()))?;
        if !stock.zone.numbered {
            return Err(not_found("reserved seating in this zone"));
        }
        let limit = params.limit()?;
        let invalid = || Invalid::field("after", "must be the `next` of an earlier page");
        let after = params.get("after").map(|text| text.parse().map(SeatNo).map_err(|_| invalid()));
        let rows = Page { after: after.transpose()?, limit: limit.saturating_add(1) };
        let seats = reads.seats(account, zone, rows)?;
        let rows: Vec<_> = seats.iter().map(|seat| (seat.number.0, views::seat(seat))).collect();
        let wire::List { data, next } = page(rows, limit, |(number, _)| number.to_string());
        Ok(wire::List { data: data.into_iter().map(|(_, seat)| seat).collect(), next })
    })
    .await
}

pub(crate) async fn summary(
    app: App,
    rule: Rule,
    UserPath { id: event, user_id: user }: UserPath,
    request: Request,
) -> Response {
    let secrets = app.secrets.clone();
    app.look(request, rule, &[], move |reads, call, _params| {
        if user.contains('\0') {
            return Err(Invalid::field("user_id", "must not contain U+0000").into());
        }
        if call.caller.customer.as_ref().is_some_and(|customer| customer.user_id != user) {
            return Err(not_found("such user"));
        }
        let (id, account) = (path_id(&event)?, call.caller.account);
        let view = reads.event(account, id)?.ok_or_else(|| not_found(&event))?;
        let taken = match reads.person(account, &secrets.handles(account, &user))? {
            Some(person) => reads.allowance(account, AllowanceId { event: id, person })?,
            None => Allowance::default(),
        };
        let max = view.event.max_per_user;
        Ok::<_, Refusal>(wire::UserAllowance {
            booked_count: i64::from(taken.taken),
            max_allowed: i64::from(max),
            remaining_slots: i64::from(taken.left(max)),
        })
    })
    .await
}
