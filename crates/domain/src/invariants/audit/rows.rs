//! What a pass remembers.

use std::collections::BTreeMap;

use super::facts::{Emitted, KeySeen, Paid, Seen, Taken, Tally, place_of, place_of_fingerprint};
use super::range::Range;
use super::report::Report;
use crate::activity::LowWaterMark;
use crate::allowance::AllowanceId;
use crate::id::{AccountId, EventId, PaymentId, ZoneId};
use crate::owner::Owner;
use crate::pool::PoolId;
use crate::resource::Resource;
use crate::world::Of;

/// An account's feed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FeedSeen {
    pub(super) emitted: Emitted,
    pub(super) head: u64,
    pub(super) low_water_mark: LowWaterMark,
}

/// Something that was seen to be wrong while rows came; it counts if its key is still in the pass's
/// range when the pass ends.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) place: u64,
    pub(super) count: fn(&mut Report) -> &mut u64,
    pub(super) detail: String,
}

/// What a pass remembers.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) events: BTreeMap<EventId, AccountId>,
    pub(super) zones: BTreeMap<ZoneId, EventId>,
    pub(super) feeds: BTreeMap<AccountId, FeedSeen>,
    pub(super) pools: BTreeMap<Of<PoolId>, Tally>,
    pub(super) allowances: BTreeMap<Of<AllowanceId>, Taken>,
    pub(super) sold: BTreeMap<Resource, Seen>,
    pub(super) keys: BTreeMap<u128, KeySeen>,
    pub(super) payments: BTreeMap<PaymentId, Paid>,
    pub(super) findings: Vec<Finding>,
}

impl Rows {
    /// Whose an owner of pools is, if it is there.
    pub(super) fn account_of(&self, owner: Owner) -> Option<AccountId> {
        match owner {
            Owner::Zone(zone) => self.events.get(self.zones.get(&zone)?).copied(),
        }
    }

    /// Keys of which there may be any number.
    pub(super) fn count(&self) -> usize {
        let tables = [
            self.pools.len(),
            self.allowances.len(),
            self.sold.len(),
            self.keys.len(),
            self.payments.len(),
            self.findings.len(),
        ];
        tables.into_iter().sum()
    }

    /// Forgets the keys beyond the range.
    pub(super) fn shrink(&mut self, range: Range) {
        self.pools.retain(|key, _| range.has(place_of(key)));
        self.allowances.retain(|key, _| range.has(place_of(key)));
        self.sold.retain(|key, _| range.has(place_of(key)));
        self.keys.retain(|key, _| range.has(place_of_fingerprint(*key)));
        self.payments.retain(|key, _| range.has(place_of(key)));
        self.findings.retain(|finding| range.has(finding.place));
    }
}
