//! Reads of a store in memory.

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;
use domain::activity::LowWaterMark;
use domain::allowance::{Allowance, AllowanceId};
use domain::id::{AccountId, PersonId};
use domain::invariants::Audit;
use domain::person::Handles;
use domain::record::{IntentKey, Record};
use engine::StoreError;
use engine::reads::{Identity, Reads};

use super::MemoryStore;

impl Reads for MemoryStore {
    fn identity(&self) -> Result<Identity, StoreError> {
        Ok(Identity { store_id: "memory".to_owned(), incarnation: 1, schema_version: 1 })
    }

    fn person(
        &self,
        account: AccountId,
        handles: &Handles,
    ) -> Result<Option<PersonId>, StoreError> {
        let data = self.data();
        let found = handles.all().find_map(|handle| data.found_by((account, handle)));
        Ok(found.map(|person| person.id))
    }

    fn allowance(&self, account: AccountId, id: AllowanceId) -> Result<Allowance, StoreError> {
        Ok(self.data().allowances.get(&(account, id)).copied().unwrap_or_default())
    }

    fn record(&self, key: &IntentKey) -> Result<Option<Record>, StoreError> {
        Ok(self.data().records.get(key).cloned())
    }

    fn records_of(&self, account: AccountId, resource: &str) -> Result<Vec<Record>, StoreError> {
        let data = self.data();
        let about = |record: &&Record| {
            record.key.account == account && record.resource.as_deref() == Some(resource)
        };
        let mut records: Vec<_> = data.records.values().filter(about).cloned().collect();
        records.sort_by_key(|record| record.first_seen_at);
        Ok(records)
    }

    fn users(
        &self,
        account: AccountId,
        people: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, String>, StoreError> {
        let data = self.data();
        let user = |id: &PersonId| Some((*id, data.people.get(&(account, *id))?.user_id.clone()));
        Ok(people.iter().filter_map(user).collect())
    }

    fn low_water_mark(&self, account: AccountId) -> Result<LowWaterMark, StoreError> {
        Ok(self.data().low_water_marks.get(&account).copied().unwrap_or_default())
    }

    fn audit(&self, audit: &mut Audit, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        let data = self.data();
        data.events.values().for_each(|event| audit.event(event));
        data.zones.values().for_each(|zone| audit.zone(zone));
        for (id, pool) in &data.pools {
            audit.pool(*id, [pool.capacity(), pool.held(), pool.sold()]);
        }
        data.allowances.iter().for_each(|(id, allowance)| audit.allowance(*id, *allowance));
        data.bookings.values().for_each(|booking| audit.booking(booking));
        data.deadlines.keys().for_each(|deadline| audit.deadline(deadline));
        data.records.values().for_each(|record| audit.record(record));
        data.payments.values().for_each(|payment| audit.payment(payment));
        data.refunds.values().for_each(|refund| audit.refund(refund));
        for ((account, position), emitted) in &data.activity {
            let (resource, seq) =
                (emitted.activity.resource.as_str(), emitted.activity.resource_seq);
            audit.activity(*account, *position, resource, seq);
        }
        data.feeds.iter().for_each(|(account, feed)| audit.feed(*account, *feed));
        data.low_water_marks
            .iter()
            .for_each(|(account, low_water_mark)| audit.low_water_mark(*account, *low_water_mark));
        let rows = data.bookings.len().saturating_add(data.records.len());
        progress(rows as u64);
        Ok(())
    }

    fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    fn last_instant(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.data().last_instant)
    }
}
