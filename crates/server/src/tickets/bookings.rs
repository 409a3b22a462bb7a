//! Bookings: reserve, confirm, release, cancel, look.

use axum::extract::Request;
use axum::response::Response;
use domain::Command;
use domain::id::{BookingId, PersonId};
use domain::tickets::booking::Status;
use engine::reads::{Page, Reads};
use engine::tickets::{BookingFilter, BookingView};
use wire::Code;

use super::{parse, views};
use crate::app::App;
use crate::call::{Call, Rule};
use crate::parse::{Nothing, not_found, path_id};
use crate::query::page;
use crate::refusal::{Invalid, Refusal};

pub(crate) async fn reserve(app: App, rule: Rule, request: Request) -> Response {
    app.command(request, rule, |call, body| {
        body.read(|body| parse::reserve(call, &app.secrets, body))
    })
    .await
}

pub(crate) async fn confirm(app: App, rule: Rule, booking: String, request: Request) -> Response {
    app.command(request, rule, |_call, body| {
        let booking = path_id(&booking)?;
        body.read(|body| parse::confirm(booking, body))
    })
    .await
}

pub(crate) async fn release(app: App, rule: Rule, booking: String, request: Request) -> Response {
    app.command(request, rule, |_call, body| {
        let booking = path_id(&booking)?;
        body.read(|Nothing {}| Ok(Command::Release(booking)))
    })
    .await
}

pub(crate) async fn cancel(app: App, rule: Rule, booking: String, request: Request) -> Response {
    app.command(request, rule, |_call, body| {
        let booking = path_id(&booking)?;
        body.read(|body| parse::cancel(booking, body))
    })
    .await
}

pub(crate) async fn expire(app: App, rule: Rule, booking: String, request: Request) -> Response {
    app.command(request, rule, |_call, body| {
        let booking = path_id(&booking)?;
        body.read(|Nothing {}| Ok(Command::ExpireNow(booking)))
    })
    .await
}

pub(crate) async fn show(app: App, rule: Rule, booking: String, request: Request) -> Response {
    app.look(request, rule, &[], move |reads, call, _params| {
        let view = visible(reads, call, &booking)?;
        Ok(views::booking(&view.booking, view.payment.as_ref()))
    })
    .await
}

/// The booking that the path names, if the caller may see it.
pub(super) fn visible(reads: &dyn Reads, call: &Call, id: &str) -> Result<BookingView, Refusal> {
    let parsed: BookingId = path_id(id)?;
    let own = |person: PersonId| {
        call.caller.customer.as_ref().is_none_or(|customer| customer.person == person)
    };
    let view = reads.booking(call.caller.account, parsed)?;
    view.filter(|view| own(view.booking.person)).ok_or_else(|| not_found(id))
}

pub(crate) async fn list(app: App, rule: Rule, request: Request) -> Response {
    let known = ["limit", "after", "user_id", "event_id", "status"].as_slice();
    let secrets = app.secrets.clone();
    app.look(request, rule, known, move |reads, call, params| {
        let account = call.caller.account;
        let whose = match (&call.caller.customer, params.get("user_id")) {
            (Some(customer), Some(asked)) if asked != customer.user_id => {
                let message = "must be the token's own user";
                return Err(Invalid::coded(Code::Forbidden, "user_id", message).into());
            }
            (Some(customer), _) => Some(Some(customer.person)),
            (None, Some(user)) => Some(reads.person(account, &secrets.handles(account, user))?),
            (None, None) => None,
        };
        let status = params.get("status").map(|word| {
            let words = Status::ALL.map(Status::as_str).join(", ");
            let unknown = || Invalid::field("status", &format!("must be one of: {words}"));
            Status::from_word(word).ok_or_else(unknown)
        });
        let filter = BookingFilter {
            person: whose.flatten(),
            event: params.get_as("event_id")?,
            status: status.transpose()?,
        };
        let limit = params.limit()?;
        let rows = Page { after: params.get_as("after")?, limit: limit.saturating_add(1) };
        let rows = match whose {
            // Nobody is called that.
            Some(None) => Vec::new(),
            Some(Some(_)) | None => reads.bookings(account, filter, rows)?,
        };
        let view = |view: &BookingView| views::booking(&view.booking, view.payment.as_ref());
        Ok(page(rows.iter().map(view).collect(), limit, |booking| booking.id.clone()))
    })
    .await
}
