//! Cleaning up: what a store is asked for, and how it remembers what is gone of feeds.
//!
//! The low-water mark of a feed is store metadata, under a name for each account, written in
//! the commit that removes the entries. So whoever looks for holes in a feed knows where it begins.

use domain::activity::{LowWaterMark, Truncation};
use domain::id::{AccountId, DeliveryId};
use domain::record::RecordState;
use domain::world::{Change, Of};
use domain::{Command, Timestamp};

/// Feeds that one slice of clean-up looks at.
pub const SLICE_FEEDS_MAX: usize = 64;
/// Records that one slice looks at, and entries of a feed, deliveries and attempts that it takes away, at most. A delivery
/// goes in one piece: one that was tried more often than that is a slice of its own.
pub const SLICE_ROWS_MAX: usize = 256;

/// What the names of these values begin with.
pub const NAME_PREFIX: &str = "activity_cleaned.";

/// The name of the value of an account's feed.
#[must_use]
pub fn name(account: AccountId) -> String {
    format!("{NAME_PREFIX}{account}")
}

/// The value as text.
#[must_use]
pub fn text(LowWaterMark { position, at }: LowWaterMark) -> String {
    format!("{position} {}", at.as_millis())
}

/// The account with this name; `None` where the name is another value's.
#[must_use]
pub fn account_of(name: &str) -> Option<AccountId> {
    name.strip_prefix(NAME_PREFIX)?.parse().ok()
}

/// The value with this text.
#[must_use]
pub fn parse(text: &str) -> Option<LowWaterMark> {
    let (position, at) = text.split_once(' ')?;
    let at = Timestamp::from_millis(at.parse().ok()?);
    Some(LowWaterMark { position: position.parse().ok()?, at })
}

/// Where to look for a feed that has to be cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// The first account that is looked at; accounts come in the order of their ids.
    pub from: Option<AccountId>,
    /// Entries that were written before this instant have to go.
    pub before: Timestamp,
    /// Feeds that are looked at, at most; two or more.
    pub feeds: usize,
    /// Entries that go at most.
    pub entries: usize,
}

/// What a search has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The first feed of which something has to go, and its next slice. A slice has no holes: where one
    /// is missing, nothing goes, so that it can still be found.
    pub truncation: Option<Of<Truncation>>,
    /// Where to look next; `None` once all feeds were looked at.
    pub next: Option<AccountId>,
}

/// A feed that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Whose.
    pub account: AccountId,
    /// Position of its last entry.
    pub head: u64,
    /// Position of the last entry that is gone.
    pub gone: u64,
}

/// What is stored of the first entries of a feed that have to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// How many there are.
    pub entries: u64,
    /// The highest position among them.
    pub position: u64,
    /// The latest instant among them.
    pub at: Timestamp,
}

impl Found {
    /// Nothing was found among `feeds`, as many as `search` asked for unless there are no more.
    #[must_use]
    pub fn nothing(search: Search, feeds: &[Feed]) -> Self {
        let is_end = feeds.len() < search.feeds;
        Self { truncation: None, next: feeds.last().filter(|_| !is_end).map(|feed| feed.account) }
    }
}

impl Feed {
    /// The slice that goes, out of what is stored of the first entries that have to.
    #[must_use]
    pub fn truncation(self, slice: Slice) -> Option<Found> {
        let Slice { entries, position, at } = slice;
        let is_whole = entries > 0 && self.gone.checked_add(entries) == Some(position);
        let truncation =
            Truncation { after: self.gone, low_water_mark: LowWaterMark { position, at } };
        is_whole.then_some(Found {
            truncation: Some((self.account, truncation)),
            next: Some(self.account),
        })
    }
}

/// Where to look for deliveries whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliverySearch {
    /// They were over by this instant.
    pub until: Timestamp,
    /// They come after this place; `None` is the first of all.
    pub after: Option<DeliveryPlace>,
    /// So many at most.
    pub limit: usize,
}

/// The place of a delivery that is over among all of them: those come first that were over first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryPlace {
    /// When it was over.
    pub ended_at: Timestamp,
    /// Whose it is, and which one.
    pub delivery: Of<DeliveryId>,
}

/// A delivery whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// Where it was found.
    pub place: DeliveryPlace,
    /// Its attempts, which go with it.
    pub attempts: u32,
}

/// What a batch took away because its time was over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Answers, of which a tombstone is left.
    pub answers: u64,
    /// Tombstones, whose keys are new again.
    pub tombstones: u64,
    /// Entries of feeds.
    pub activity: u64,
    /// Deliveries of webhooks, with their attempts.
    pub deliveries: u64,
}

impl Removed {
    /// Counts what clean-up decided; what is done by hand is not its doing.
    pub(crate) fn count(&mut self, command: &Command, changes: &[Change]) {
        for change in changes {
            match (command, change) {
                (Command::CleanUpRecord(_), Change::Record(_, Some(record))) => {
                    let is_retired = matches!(record.state, RecordState::Retired);
                    self.answers = self.answers.saturating_add(u64::from(is_retired));
                }
                (Command::CleanUpRecord(_), Change::Record(_, None)) => {
                    self.tombstones = self.tombstones.saturating_add(1);
                }
                (Command::CleanUpFeed { .. }, Change::FeedTruncated(_, truncation)) => {
                    self.activity = self.activity.saturating_add(truncation.entries());
                }
                (Command::CleanUpDelivery(_), Change::Delivery(_, None)) => {
                    self.deliveries = self.deliveries.saturating_add(1);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId::from_raw(7);

    #[test]
    fn values_are_read_as_they_were_written() {
        let low_water_mark = LowWaterMark { position: u64::MAX, at: Timestamp::from_millis(-5) };
        for value in [low_water_mark, LowWaterMark::default()] {
            assert_eq!(parse(&text(value)), Some(value));
        }
        assert_eq!(account_of(&name(ACCOUNT)), Some(ACCOUNT));
        for wrong in ["", "5", "5 ", " 5", "-1 5", "5 5 5", "5 x"] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
        for other in ["", "store_id", NAME_PREFIX, "activity_cleaned.x"] {
            assert_eq!(account_of(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_slice_with_a_hole_stays() {
        let feed = Feed { account: ACCOUNT, head: 9, gone: 3 };
        let at = Timestamp::from_millis(1);
        let truncation = |entries, position| {
            feed.truncation(Slice { entries, position, at }).and_then(|found| found.truncation)
        };
        let whole = Truncation { after: 3, low_water_mark: LowWaterMark { position: 5, at } };
        assert_eq!(truncation(2, 5), Some((ACCOUNT, whole)));
        assert_eq!(truncation(1, 5), None, "4 is missing");
        assert_eq!(truncation(0, 3), None);
        assert_eq!(truncation(u64::MAX, 5), None);
    }

    #[test]
    fn the_last_feeds_are_known_by_their_number() {
        let search = Search { from: None, before: Timestamp::default(), feeds: 2, entries: 1 };
        let feed = Feed { account: ACCOUNT, head: 1, gone: 0 };
        let next = |feeds: &[Feed]| Found::nothing(search, feeds).next;
        assert_eq!(next(&[]), None);
        assert_eq!(next(&[feed]), None);
        assert_eq!(next(&[feed, feed]), Some(ACCOUNT));
    }
}
