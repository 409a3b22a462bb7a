//! Webhooks: what readers and workers ask. All of it is written as the descriptions say.

use domain::Timestamp;
use domain::id::{AccountId, DeliveryId, WebhookEndpointId};
use domain::webhooks::delivery::{Delivery, DeliveryAttempt, DeliveryStatus};
use domain::webhooks::endpoint::{WebhookCursor, WebhookEndpoint};
use domain::world::Of;
use engine::StoreError;
use engine::cleaning::{DeliverySearch, DueDelivery};
use engine::reads::{Page, fill};
use engine::webhooks::{DeliveryFilter, DeliveryView, WebhookReads, WebhookState};
use rusqlite::named_params;

use crate::errors::Error;
use crate::generated;
use crate::prepared::Row;
use crate::reads::{SqliteReads, before_all};
use crate::session::Session;
use crate::statements::{
    ATTEMPT_LIST, DELIVERY_DUE, DELIVERY_LIST, DELIVERY_LIST_BY_ENDPOINT, DELIVERY_LIST_BY_EVENT,
    DELIVERY_LIST_PENDING, DELIVERY_RECORDED, ENDPOINT_LIST, WEBHOOK_DUE,
};
use crate::tx::rows_at_most;
use rows::readable;
use rows::webhooks::{DueAfter, due_delivery};

impl WebhookReads for SqliteReads {
    fn endpoint(
        &self,
        account: AccountId,
        id: WebhookEndpointId,
    ) -> Result<Option<WebhookEndpoint>, StoreError> {
        self.readers.read(|session| endpoint(session, (account, id)))
    }

    fn endpoints(
        &self,
        account: AccountId,
        page: Page<WebhookEndpointId>,
    ) -> Result<Vec<WebhookEndpoint>, StoreError> {
        self.readers.read(|session| {
            fill(page, |page| {
                let params = named_params! {
                    ":account": account.to_string(),
                    ":after": before_all(page.after, WebhookEndpointId::PREFIX),
                    ":limit": rows_at_most(page.limit),
                };
                let endpoint =
                    |row: &Row<'_>| Ok((rows::parse(row, "id")?, readable(rows::row(row))?));
                session.all(&ENDPOINT_LIST, params, endpoint)
            })
        })
    }

    fn delivery(
        &self,
        account: AccountId,
        id: DeliveryId,
    ) -> Result<Option<DeliveryView>, StoreError> {
        self.readers.read(|session| {
            let mut get = session.prepared(&generated::of::<Delivery>().get);
            let Some(delivery) = get.row::<Delivery>(&(account, id))? else { return Ok(None) };
            let params =
                named_params! {":account": account.to_string(), ":delivery": id.to_string()};
            let attempt = |row: &Row<'_>| rows::row::<DeliveryAttempt, _>(row);
            let attempts = session.all(&ATTEMPT_LIST, params, attempt)?;
            Ok(Some(DeliveryView { delivery, attempts }))
        })
    }

    fn deliveries(
        &self,
        account: AccountId,
        filter: DeliveryFilter,
        page: Page<DeliveryId>,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.readers.read(|session| deliveries(session, account, filter, page))
    }

    fn deliveries_of(
        &self,
        account: AccountId,
        position: u64,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.readers.read(|session| {
            let position = i64::try_from(position).unwrap_or(i64::MAX);
            let params = named_params! {":account": account.to_string(), ":position": position};
            let found = session.all(&DELIVERY_LIST_BY_EVENT, params, listed)?;
            Ok(found.into_iter().filter_map(|it| it.delivery).collect())
        })
    }
}

fn deliveries(
    session: &Session,
    account: AccountId,
    filter: DeliveryFilter,
    page: Page<DeliveryId>,
) -> Result<Vec<Delivery>, Error> {
    let status = filter.status.map(DeliveryStatus::as_str);
    let kind = filter.kind.map(|kind| kind.as_str());
    fill(page, |page| {
        let after = before_all(page.after, DeliveryId::PREFIX);
        let limit = rows_at_most(page.limit);
        let found = match filter.endpoint {
            None => {
                let params = named_params! {
                    ":account": account.to_string(), ":status": status, ":type": kind,
                    ":after": after, ":limit": limit,
                };
                session.all(&DELIVERY_LIST, params, listed)
            }
            Some(endpoint) => {
                let params = named_params! {
                    ":account": account.to_string(), ":endpoint": endpoint.to_string(),
                    ":status": status, ":type": kind, ":after": after, ":limit": limit,
                };
                session.all(&DELIVERY_LIST_BY_ENDPOINT, params, listed)
            }
        };
        Ok(found?.into_iter().map(|it| (it.id, it.delivery)).collect())
    })
}

/// A row of a list.
struct Listed {
    id: DeliveryId,
    /// `None` if this program cannot read it.
    delivery: Option<Delivery>,
}

fn listed(row: &Row<'_>) -> Result<Listed, Error> {
    Ok(Listed { id: rows::parse(row, "id")?, delivery: readable(rows::row(row))? })
}

fn endpoint(
    session: &Session,
    key: Of<WebhookEndpointId>,
) -> Result<Option<WebhookEndpoint>, Error> {
    session.prepared(&generated::of::<WebhookEndpoint>().get).row::<WebhookEndpoint>(&key)
}

/// Endpoints that have something to do.
pub(crate) fn due(
    session: &Session,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Of<WebhookEndpointId>>, Error> {
    let params = named_params! {":now": now.as_millis(), ":limit": rows_at_most(limit)};
    session.all(&WEBHOOK_DUE, params, |row| Ok((rows::account(row)?, rows::parse(row, "id")?)))
}

/// Deliveries that are over.
pub(crate) fn due_deliveries(
    session: &Session,
    search: DeliverySearch,
) -> Result<Vec<DueDelivery>, Error> {
    let DueAfter { ended_at, account, id } = DueAfter::of(search);
    let params = named_params! {
        ":until": search.until.as_millis(), ":ended_at": ended_at, ":account": account, ":id": id,
        ":limit": rows_at_most(search.limit),
    };
    session.all(&DELIVERY_DUE, params, |row| due_delivery(row))
}

/// An endpoint, and what is still open of it.
pub(crate) fn state(
    session: &Session,
    key: Of<WebhookEndpointId>,
    limit: usize,
) -> Result<Option<WebhookState>, Error> {
    let Some(endpoint) = endpoint(session, key)? else { return Ok(None) };
    let mut get = session.prepared(&generated::of::<WebhookCursor>().get);
    let Some(cursor) = get.row::<WebhookCursor>(&key)? else { return Ok(None) };
    let (account, id) = (key.0.to_string(), key.1.to_string());
    let params =
        named_params! {":account": account, ":endpoint": id, ":limit": rows_at_most(limit)};
    let pending = session.all(&DELIVERY_LIST_PENDING, params, listed)?;
    let position = i64::try_from(cursor.position).unwrap_or(i64::MAX);
    let params = named_params! {
        ":account": account, ":endpoint": id, ":cursor": position, ":replay": cursor.replay,
    };
    let recorded = session.all(&DELIVERY_RECORDED, params, |row| rows::get(row, "position"))?;
    let pending = pending.into_iter().filter_map(|it| it.delivery).collect();
    Ok(Some(WebhookState { endpoint, cursor, pending, recorded }))
}
