//! What has to be remembered of rows until those that belong to them have come.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use crate::id::AccountId;
use crate::money::Money;
use crate::payment::PaymentStatus;
use crate::record::IntentKey;
use crate::resource::Resource;
use crate::time::Timestamp;

/// Where a key lies among all keys. What belongs together has one key, and is compared in one pass.
pub(super) fn place_of(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Instead of an idempotency key, which may be long: two keys with one fingerprint are not met in practice.
/// Its upper half is the key's place.
pub(super) fn fingerprint(key: &IntentKey) -> u128 {
    (u128::from(place_of(key)) << 64) | u128::from(place_of(&(key, "lower")))
}

/// The place of the key that has the fingerprint.
pub(super) const fn place_of_fingerprint(fingerprint: u128) -> u64 {
    let [high @ .., _, _, _, _, _, _, _, _] = fingerprint.to_be_bytes();
    u64::from_be_bytes(high)
}

/// The counters of a pool: as stored, and as live claimants claim them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) capacity: u64,
    pub(super) held: u64,
    pub(super) sold: u64,
    pub(super) claimed_held: u64,
    pub(super) claimed_sold: u64,
}

/// The units of an allowance: as stored, and as live claimants count them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    pub(super) stored: u64,
    pub(super) counted: u64,
}

/// Something that was sold.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) account: AccountId,
    pub(super) created_at: Timestamp,
    pub(super) changed_at: Timestamp,
    /// A hold's deadline.
    pub(super) held_until: Option<Timestamp>,
    /// Whether that is in its row of the deadlines: else nobody would end it.
    pub(super) has_deadline: bool,
    pub(super) seq: u32,
    pub(super) emitted: Emitted,
}

/// Entries of one thing, or of one feed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Emitted {
    pub(super) count: u64,
    pub(super) first: u64,
    pub(super) last: u64,
}

impl Emitted {
    pub(super) fn see(&mut self, number: u64) {
        self.first = if self.count == 0 { number } else { self.first.min(number) };
        self.last = self.last.max(number);
        self.count = self.count.saturating_add(1);
    }

    /// Whether these are all the entries after `gone`, up to `last`.
    pub(super) fn is_whole(self, gone: u64, last: u64) -> bool {
        let ends = self.count == 0 || (self.first, self.last) == (gone.saturating_add(1), last);
        ends && gone.checked_add(self.count) == Some(last)
    }
}

/// What became of an idempotency key.
#[derive(Clone, Debug, Default)]
pub(super) struct KeySeen {
    pub(super) has_record: bool,
    /// What it made: one thing, and another only after the key was forgotten.
    pub(super) made: Vec<Made>,
}

/// What a key made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) resource: Resource,
    pub(super) created_at: Timestamp,
    /// The key's record is kept for a while from here on.
    pub(super) kept_from: Timestamp,
}

/// A payment, its refunds, and who says to be paid by it.
#[derive(Clone, Debug, Default)]
pub(super) struct Paid {
    pub(super) payment: Option<Payment>,
    pub(super) refunds: Refunds,
    pub(super) claim: Option<Claim>,
}

/// What is remembered of a payment.
#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub(super) resource: Resource,
    pub(super) status: PaymentStatus,
    pub(super) amount: Money,
    pub(super) refunds: Refunds,
    /// Whether its status and its sums agree.
    pub(super) adds_up: bool,
}

/// Minor units of a payment that go back: as stored with it, or as its refunds say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Refunds {
    /// All that have not failed.
    pub(super) counted: i64,
    /// Those of them that have not ended.
    pub(super) pending: i64,
}

/// What names a payment.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) resource: Resource,
    pub(super) total: i64,
    /// Whether all of the total must have been paid.
    pub(super) is_sold: bool,
}
