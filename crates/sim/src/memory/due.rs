//! What is due in a store in memory.

use std::collections::BTreeSet;

use domain::Timestamp;
use domain::id::{AccountId, WebhookEndpointId};
use domain::job::JobKind;
use domain::record::IntentKey;
use domain::world::Of;
use engine::StoreError;
use engine::cleaning::{self, DeliveryPlace, DeliverySearch, DueDelivery, Found, Search, Slice};
use engine::reads::due::{DueReads, Waiting};
use engine::reads::{ActivityFilter, FeedPage};
use engine::webhooks::WebhookState;

use super::{Data, MemoryStore};

impl DueReads for MemoryStore {
    fn jobs(&self, kind: JobKind, limit: usize) -> Result<Vec<Waiting>, StoreError> {
        let data = self.data();
        let of_kind = data.jobs.iter().filter(|((_, id), _)| id.kind == kind);
        let ready = of_kind.map(|(id, job)| (job.ready_at(), id.clone()));
        let sorted: BTreeSet<_> = ready.collect();
        let waiting = |(ready_at, job)| Waiting { ready_at, job };
        Ok(sorted.into_iter().take(limit).map(waiting).collect())
    }

    fn due_records(&self, now: Timestamp, limit: usize) -> Result<Vec<IntentKey>, StoreError> {
        let data = self.data();
        let due = data.records.values().filter_map(|record| {
            let until = record.keep_until.filter(|until| *until <= now)?;
            Some((until, record.key.clone()))
        });
        let sorted: BTreeSet<_> = due.collect();
        Ok(sorted.into_iter().take(limit).map(|(_, key)| key).collect())
    }

    fn due_entries(&self, search: Search) -> Result<Found, StoreError> {
        Ok(self.data().due_entries(search))
    }

    fn due_deliveries(&self, search: DeliverySearch) -> Result<Vec<DueDelivery>, StoreError> {
        let data = self.data();
        let over = data.deliveries.iter().filter_map(|(delivery, row)| {
            let ended_at = row.ended_at.filter(|at| *at <= search.until)?;
            let place = DeliveryPlace { ended_at, delivery: *delivery };
            Some(DueDelivery { place, attempts: row.attempts })
        });
        let mut over: Vec<_> = over.filter(|it| Some(it.place) > search.after).collect();
        over.sort_unstable_by_key(|it| it.place);
        over.truncate(search.limit);
        Ok(over)
    }

    fn due_webhooks(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Of<WebhookEndpointId>>, StoreError> {
        Ok(self.data().due_webhooks(now, limit))
    }

    fn webhook(
        &self,
        endpoint: Of<WebhookEndpointId>,
        limit: usize,
    ) -> Result<Option<WebhookState>, StoreError> {
        Ok(self.data().webhook(endpoint, limit))
    }

    fn feed_head(&self, account: AccountId) -> Result<u64, StoreError> {
        Ok(self.data().feeds.get(&account).map_or(0, |feed| feed.position))
    }

    fn feed_page(
        &self,
        account: AccountId,
        filter: &ActivityFilter,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        let data = self.data();
        let later = data.activity.range((account, filter.after.saturating_add(1))..);
        let ours = later.take_while(|((of, _), _)| *of == account).map(|(_, emitted)| emitted);
        let wanted = ours.filter(|emitted| {
            let (kinds, resources) = (&filter.kinds, &filter.resources);
            (kinds.is_empty() || kinds.contains(&emitted.activity.kind))
                && (resources.is_empty() || resources.contains(&emitted.activity.resource))
        });
        Ok(FeedPage { emitted: wanted.take(limit).cloned().collect(), is_cut: false })
    }
}

impl Data {
    fn due_entries(&self, search: Search) -> Found {
        let from = self.feeds.iter().filter(|(account, _)| search.from <= Some(**account));
        let feeds: Vec<_> = from
            .take(search.feeds)
            .map(|(account, feed)| {
                let gone = self
                    .low_water_marks
                    .get(account)
                    .map_or(0, |low_water_mark| low_water_mark.position);
                cleaning::Feed { account: *account, head: feed.position, gone }
            })
            .collect();
        let truncation = |feed: &cleaning::Feed| {
            let first = (feed.account, feed.gone.saturating_add(1));
            let rest = self.activity.range(first..=(feed.account, feed.head));
            let due =
                rest.map(|(_, emitted)| &emitted.activity).take_while(|it| it.at < search.before);
            let due: Vec<_> = due.take(search.entries).collect();
            let last = due.last()?;
            feed.truncation(Slice {
                entries: due.len() as u64,
                position: last.position,
                at: last.at,
            })
        };
        let mut rest = feeds.iter().filter(|feed| feed.gone < feed.head);
        rest.find_map(truncation).unwrap_or_else(|| Found::nothing(search, &feeds))
    }
}
