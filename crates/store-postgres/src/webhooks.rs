//! Webhooks: what readers and workers ask. All of it is written as the descriptions say.

use domain::Timestamp;
use domain::id::{AccountId, DeliveryId, WebhookEndpointId};
use domain::webhooks::delivery::{Delivery, DeliveryStatus};
use domain::webhooks::endpoint::{WebhookCursor, WebhookEndpoint};
use domain::world::Of;
use engine::StoreError;
use engine::cleaning::{DeliverySearch, DueDelivery};
use engine::reads::{Page, fill};
use engine::webhooks::{DeliveryFilter, DeliveryView, WebhookReads, WebhookState};

use crate::errors::Error;
use crate::generated;
use crate::reads::{PostgresReads, before_all};
use crate::session::{Row, Session, params};
use crate::statements::{
    ATTEMPT_LIST, DELIVERY_DUE, DELIVERY_LIST, DELIVERY_LIST_BY_ENDPOINT, DELIVERY_LIST_BY_EVENT,
    DELIVERY_LIST_PENDING, DELIVERY_RECORDED, ENDPOINT_LIST, WEBHOOK_DUE,
};
use crate::tx::rows_at_most;
use rows::readable;
use rows::webhooks::{DueAfter, due_delivery};

impl WebhookReads for PostgresReads {
    fn endpoint(
        &self,
        account: AccountId,
        id: WebhookEndpointId,
    ) -> Result<Option<WebhookEndpoint>, StoreError> {
        self.readers.autocommit_read(|session| endpoint(session, (account, id)))
    }

    fn endpoints(
        &self,
        account: AccountId,
        page: Page<WebhookEndpointId>,
    ) -> Result<Vec<WebhookEndpoint>, StoreError> {
        self.readers.read(|session| {
            fill(page, |page| {
                let after = before_all(page.after, WebhookEndpointId::PREFIX);
                let params = params![account.to_string(), after, rows_at_most(page.limit)];
                let done = session.one(&ENDPOINT_LIST, params)?;
                let endpoint = |row| Ok((rows::parse(row, "id")?, readable(rows::row(row))?));
                done.rows.iter().map(endpoint).collect::<Result<Vec<_>, Error>>()
            })
        })
    }

    fn delivery(
        &self,
        account: AccountId,
        id: DeliveryId,
    ) -> Result<Option<DeliveryView>, StoreError> {
        self.readers.read(|session| {
            let key = params![account.to_string(), vec![id.to_string()]];
            let done = session.one(&generated::of::<Delivery>().get, key)?;
            let Some(delivery) = done.rows.first().map(rows::row).transpose()? else {
                return Ok(None);
            };
            let done = session.one(&ATTEMPT_LIST, params![account.to_string(), id.to_string()])?;
            let attempts = done.rows.iter().map(rows::row).collect::<Result<_, Error>>()?;
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
        self.readers.autocommit_read(|session| {
            let params = params![account.to_string(), as_stored(position)];
            let done = session.one(&DELIVERY_LIST_BY_EVENT, params)?;
            readable_only(&done.rows)
        })
    }
}

fn deliveries(
    session: &mut Session,
    account: AccountId,
    filter: DeliveryFilter,
    page: Page<DeliveryId>,
) -> Result<Vec<Delivery>, Error> {
    let account = account.to_string();
    let status = filter.status.map(DeliveryStatus::as_str);
    let kind = filter.kind.map(|kind| kind.as_str());
    fill(page, |page| {
        let after = before_all(page.after, DeliveryId::PREFIX);
        let limit = rows_at_most(page.limit);
        let done = match filter.endpoint {
            None => {
                session.one(&DELIVERY_LIST, params![account.clone(), status, kind, after, limit])?
            }
            Some(endpoint) => {
                let endpoint = endpoint.to_string();
                let params = params![account.clone(), endpoint, status, kind, after, limit];
                session.one(&DELIVERY_LIST_BY_ENDPOINT, params)?
            }
        };
        let found = done.rows.iter().map(listed).collect::<Result<Vec<_>, Error>>()?;
        Ok(found.into_iter().map(|it| (it.id, it.delivery)).collect())
    })
}

/// A row of a list.
struct Listed {
    id: DeliveryId,
    /// `None` if this program cannot read it.
    delivery: Option<Delivery>,
}

fn listed(row: &Row) -> Result<Listed, Error> {
    Ok(Listed { id: rows::parse(row, "id")?, delivery: readable(rows::row(row))? })
}

fn readable_only(found: &[Row]) -> Result<Vec<Delivery>, Error> {
    let found = found.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
    Ok(found.into_iter().filter_map(|it| it.delivery).collect())
}

fn as_stored(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

fn endpoint(
    session: &mut Session,
    (account, id): Of<WebhookEndpointId>,
) -> Result<Option<WebhookEndpoint>, Error> {
    let params = params![account.to_string(), vec![id.to_string()]];
    let done = session.one(&generated::of::<WebhookEndpoint>().get, params)?;
    done.rows.first().map(rows::row).transpose()
}

/// Endpoints that have something to do.
pub(crate) fn due(
    session: &mut Session,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Of<WebhookEndpointId>>, Error> {
    let done = session.one(&WEBHOOK_DUE, params![now.as_millis(), rows_at_most(limit)])?;
    let endpoint = |row: &Row| Ok((rows::account(row)?, rows::parse(row, "id")?));
    done.rows.iter().map(endpoint).collect()
}

/// Deliveries that are over.
pub(crate) fn due_deliveries(
    session: &mut Session,
    search: DeliverySearch,
) -> Result<Vec<DueDelivery>, Error> {
    let DueAfter { ended_at, account, id } = DueAfter::of(search);
    let limit = rows_at_most(search.limit);
    let params = params![search.until.as_millis(), ended_at, account, id, limit];
    let done = session.one(&DELIVERY_DUE, params)?;
    done.rows.iter().map(due_delivery).collect()
}

/// An endpoint, and what is still open of it.
pub(crate) fn state(
    session: &mut Session,
    key: Of<WebhookEndpointId>,
    limit: usize,
) -> Result<Option<WebhookState>, Error> {
    let Some(endpoint) = endpoint(session, key)? else { return Ok(None) };
    let (account, id) = (key.0.to_string(), key.1.to_string());
    let params = params![account.clone(), vec![id.clone()]];
    let done = session.one(&generated::of::<WebhookCursor>().get, params)?;
    let Some(cursor) = done.rows.first().map(rows::row::<WebhookCursor, _>).transpose()? else {
        return Ok(None);
    };
    let params = params![account.clone(), id.clone(), rows_at_most(limit)];
    let pending = readable_only(&session.one(&DELIVERY_LIST_PENDING, params)?.rows)?;
    let params = params![account, id, as_stored(cursor.position), i64::from(cursor.replay)];
    let done = session.one(&DELIVERY_RECORDED, params)?;
    let recorded = done.rows.iter().map(|row| rows::get(row, "position"));
    let recorded = recorded.collect::<Result<_, Error>>()?;
    Ok(Some(WebhookState { endpoint, cursor, pending, recorded }))
}
