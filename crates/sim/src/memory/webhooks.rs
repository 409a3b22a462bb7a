//! Reads about webhooks of a store in memory.

use domain::Timestamp;
use domain::id::{AccountId, DeliveryId, WebhookEndpointId};
use domain::job::JobKind;
use domain::webhooks::delivery::{Delivery, DeliveryStatus};
use domain::webhooks::endpoint::{EndpointStatus, WebhookEndpoint};
use domain::world::Of;
use engine::StoreError;
use engine::reads::Page;
use engine::webhooks::{DeliveryFilter, DeliveryView, WebhookReads, WebhookState};

use super::{Data, MemoryStore};

impl WebhookReads for MemoryStore {
    fn endpoint(
        &self,
        account: AccountId,
        id: WebhookEndpointId,
    ) -> Result<Option<WebhookEndpoint>, StoreError> {
        Ok(self.data().webhook_endpoints.get(&(account, id)).cloned())
    }

    fn endpoints(
        &self,
        account: AccountId,
        page: Page<WebhookEndpointId>,
    ) -> Result<Vec<WebhookEndpoint>, StoreError> {
        let data = self.data();
        let newest = data.webhook_endpoints.iter().rev().filter(|((of, _), _)| *of == account);
        let below = newest.filter(|((_, id), _)| page.after.is_none_or(|after| *id < after));
        let there = below.filter(|(_, it)| it.status != EndpointStatus::Deleted);
        Ok(there.take(page.limit).map(|(_, endpoint)| endpoint.clone()).collect())
    }

    fn delivery(
        &self,
        account: AccountId,
        id: DeliveryId,
    ) -> Result<Option<DeliveryView>, StoreError> {
        let data = self.data();
        let Some(delivery) = data.deliveries.get(&(account, id)).cloned() else { return Ok(None) };
        let all = (account, id, 0)..=(account, id, u32::MAX);
        let attempts = data.delivery_attempts.range(all).map(|(_, it)| it.clone()).collect();
        Ok(Some(DeliveryView { delivery, attempts }))
    }

    fn deliveries(
        &self,
        account: AccountId,
        filter: DeliveryFilter,
        page: Page<DeliveryId>,
    ) -> Result<Vec<Delivery>, StoreError> {
        let data = self.data();
        let newest = data.deliveries.iter().rev().filter(|((of, _), _)| *of == account);
        let below = newest.filter(|((_, id), _)| page.after.is_none_or(|after| *id < after));
        let wanted = below.map(|(_, delivery)| delivery).filter(|delivery| {
            filter.endpoint.is_none_or(|endpoint| delivery.endpoint == endpoint)
                && filter.status.is_none_or(|status| delivery.status == status)
                && filter.kind.is_none_or(|kind| delivery.event.kind == kind)
        });
        Ok(wanted.take(page.limit).cloned().collect())
    }

    fn deliveries_of(
        &self,
        account: AccountId,
        position: u64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let data = self.data();
        let of_account = data.deliveries.iter().filter(|((of, _), _)| *of == account);
        let of_event = of_account.filter(|(_, it)| it.event.position == position);
        let mut found: Vec<_> = of_event.map(|(_, delivery)| delivery.clone()).collect();
        found.sort_by_key(|delivery| (delivery.endpoint, delivery.replay));
        Ok(found)
    }
}

impl Data {
    pub(super) fn due_webhooks(&self, now: Timestamp, limit: usize) -> Vec<Of<WebhookEndpointId>> {
        let of_kind = self.jobs.iter().filter(|((_, id), _)| id.kind == JobKind::Webhooks);
        let mut due: Vec<_> = of_kind
            .filter_map(|((account, id), job)| {
                let endpoint = (*account, id.id.parse().ok()?);
                let cursor = self.webhook_cursors.get(&endpoint)?;
                let head = self.feeds.get(account).map_or(0, |feed| feed.position);
                let is_enabled = self
                    .webhook_endpoints
                    .get(&endpoint)
                    .is_some_and(|it| it.status == EndpointStatus::Enabled);
                let has_work = job.due_at <= now || is_enabled && cursor.position < head;
                (job.lease_until <= now && has_work).then_some((job.ready_at(), endpoint))
            })
            .collect();
        due.sort_unstable();
        due.into_iter().take(limit).map(|(_, endpoint)| endpoint).collect()
    }

    pub(super) fn webhook(
        &self,
        endpoint: Of<WebhookEndpointId>,
        limit: usize,
    ) -> Option<WebhookState> {
        let row = self.webhook_endpoints.get(&endpoint)?.clone();
        let cursor = *self.webhook_cursors.get(&endpoint)?;
        let ours = |((account, _), it): &(&Of<DeliveryId>, &Delivery)| {
            *account == endpoint.0 && it.endpoint == endpoint.1
        };
        let mut ours: Vec<_> = self.deliveries.iter().filter(ours).map(|(_, it)| it).collect();
        ours.sort_by_key(|delivery| (delivery.event.position, delivery.replay));
        let is_pending = |it: &&&Delivery| it.status == DeliveryStatus::Pending;
        let pending = ours.iter().filter(is_pending).take(limit).map(|it| (*it).clone()).collect();
        let is_recorded =
            |it: &&&Delivery| it.event.position > cursor.position && it.replay == cursor.replay;
        let recorded = ours.iter().filter(is_recorded).map(|it| it.event.position).collect();
        Some(WebhookState { endpoint: row, cursor, pending, recorded })
    }
}
