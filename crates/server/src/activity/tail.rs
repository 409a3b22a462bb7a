//! The newest entries of a feed, as all streams of its account tell them.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::response::sse::Event;
use domain::activity::ActivityKind;
use engine::reads::ActivityFilter;

use super::told::Told;

/// Entries that are kept …
pub(super) const TAIL_ENTRIES_MAX: usize = 1_000;
/// … as long as all of them together have no more than these bytes. The newest one is always kept.
pub(super) const TAIL_BYTES_MAX: usize = 2 << 20;

/// An entry in the form in which it is told.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) position: u64,
    kind: ActivityKind,
    resource: String,
    data: String,
}

impl Entry {
    pub(super) fn of(Told { kind, event }: Told) -> Arc<Self> {
        let data = serde_json::to_string(&event).unwrap_or_default();
        let position = event.position.unsigned_abs();
        Arc::new(Self { position, kind, resource: event.resource_id, data })
    }

    pub(super) fn event(&self) -> Event {
        let event = Event::default().id(self.position.to_string()).event(self.kind.as_str());
        event.data(&self.data)
    }

    fn passes(&self, filter: &ActivityFilter) -> bool {
        let ActivityFilter { after: _, kinds, resources } = filter;
        (kinds.is_empty() || kinds.contains(&self.kind))
            && (resources.is_empty() || resources.contains(&self.resource))
    }
}

/// The end of a feed, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// The newest entries, without a gap.
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// Entries after this position are kept.
    start: u64,
    /// Entries up to here were read.
    pub(super) read_to: u64,
    /// An entry comes next that only a newer program can read.
    pub(super) is_cut: bool,
    /// Where the feed ended each time that it was found to end before what had been read of it.
    falls: Vec<u64>,
}

/// What a tail has for a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Everything up to this position that passes the stream's filter has been put into its list.
    UpTo(u64),
    /// The stream is further behind than what is kept.
    Behind,
}

impl Tail {
    /// Begins again at the feed's end.
    pub(super) fn begin_at(&mut self, head: u64) {
        (self.start, self.read_to, self.is_cut) = (head, head, false);
        self.entries.clear();
        self.bytes = 0;
    }

    /// The feed ends before what was read of it.
    pub(super) fn fall_to(&mut self, head: u64) {
        self.begin_at(head);
        self.falls.push(head);
    }

    /// How often the feed has fallen back.
    pub(super) const fn falls(&self) -> usize {
        self.falls.len()
    }

    /// How far the feed fell back since it had fallen back so often.
    pub(super) fn lowest_since(&self, falls: usize) -> Option<u64> {
        self.falls.iter().skip(falls).min().copied()
    }

    /// Takes what comes next.
    pub(super) fn push(&mut self, entry: Arc<Entry>) {
        self.read_to = entry.position;
        self.bytes = self.bytes.saturating_add(entry.data.len());
        self.entries.push_back(entry);
        let is_full =
            |tail: &Self| tail.entries.len() > TAIL_ENTRIES_MAX || tail.bytes > TAIL_BYTES_MAX;
        while self.entries.len() > 1 && is_full(self) {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.start = oldest.position;
            self.bytes = self.bytes.saturating_sub(oldest.data.len());
        }
    }

    /// What comes after `seen` and passes the filter, up to `limit` entries of it.
    pub(super) fn after(
        &self,
        seen: u64,
        filter: &ActivityFilter,
        limit: usize,
        found: &mut VecDeque<Arc<Entry>>,
    ) -> Found {
        if seen < self.start {
            return Found::Behind;
        }
        let first = self.entries.partition_point(|entry| entry.position <= seen);
        for entry in self.entries.range(first..).filter(|entry| entry.passes(filter)) {
            if found.len() == limit {
                // What follows the last one has not been looked at.
                return Found::UpTo(found.back().map_or(seen, |last| last.position));
            }
            found.push_back(Arc::clone(entry));
        }
        Found::UpTo(seen.max(self.read_to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(position: u64, bytes: usize) -> Arc<Entry> {
        let kind = if position.is_multiple_of(2) {
            ActivityKind::BookingReserved
        } else {
            ActivityKind::BookingConfirmed
        };
        Arc::new(Entry { position, kind, resource: "r".to_owned(), data: "x".repeat(bytes) })
    }

    fn after(tail: &Tail, seen: u64, filter: &ActivityFilter, limit: usize) -> (Vec<u64>, Found) {
        let mut list = VecDeque::new();
        let found = tail.after(seen, filter, limit, &mut list);
        (list.iter().map(|entry| entry.position).collect(), found)
    }

    #[test]
    fn a_stream_gets_what_it_has_not_seen_and_wants() {
        let mut tail = Tail::default();
        tail.begin_at(10);
        (11..=15).for_each(|position| tail.push(entry(position, 1)));
        let all = ActivityFilter::default();
        assert_eq!(after(&tail, 9, &all, 9), (vec![], Found::Behind));
        assert_eq!(after(&tail, 10, &all, 9), (vec![11, 12, 13, 14, 15], Found::UpTo(15)));
        assert_eq!(after(&tail, 13, &all, 9), (vec![14, 15], Found::UpTo(15)));
        assert_eq!(after(&tail, 15, &all, 9), (vec![], Found::UpTo(15)));
        assert_eq!(after(&tail, 99, &all, 9), (vec![], Found::UpTo(99)), "it has read itself");
        let even = ActivityFilter { kinds: vec![ActivityKind::BookingReserved], ..all };
        assert_eq!(after(&tail, 10, &even, 9), (vec![12, 14], Found::UpTo(15)));
        assert_eq!(after(&tail, 10, &even, 1), (vec![12], Found::UpTo(12)));
        let other = ActivityFilter { resources: vec!["s".to_owned()], ..even };
        assert_eq!(after(&tail, 10, &other, 9), (vec![], Found::UpTo(15)));
    }

    #[test]
    fn it_keeps_so_many_entries_and_bytes_and_no_more() {
        let all = ActivityFilter::default();
        let kept = |bytes: usize, count: usize| {
            let mut tail = Tail::default();
            (1..).take(count).for_each(|position| tail.push(entry(position, bytes)));
            let (start, size) = (tail.start, tail.bytes);
            assert_eq!(after(&tail, start, &all, count).1, Found::UpTo(tail.read_to));
            assert!(start == 0 || after(&tail, start - 1, &all, count).1 == Found::Behind);
            (tail.entries.len(), start, size)
        };
        assert_eq!(kept(1, TAIL_ENTRIES_MAX), (TAIL_ENTRIES_MAX, 0, TAIL_ENTRIES_MAX));
        assert_eq!(kept(1, TAIL_ENTRIES_MAX + 1), (TAIL_ENTRIES_MAX, 1, TAIL_ENTRIES_MAX));
        assert_eq!(kept(TAIL_BYTES_MAX / 2, 2), (2, 0, TAIL_BYTES_MAX));
        assert_eq!(kept(TAIL_BYTES_MAX / 2 + 1, 2), (1, 1, TAIL_BYTES_MAX / 2 + 1));
        assert_eq!(kept(TAIL_BYTES_MAX + 1, 3), (1, 2, TAIL_BYTES_MAX + 1), "one is always there");
    }

    #[test]
    fn how_far_it_fell_back_since() {
        let mut tail = Tail::default();
        tail.begin_at(10);
        assert_eq!(tail.lowest_since(0), None);
        for head in [3, 8, 7] {
            tail.fall_to(head);
        }
        assert_eq!((tail.lowest_since(0), tail.lowest_since(1)), (Some(3), Some(7)));
        assert_eq!((tail.lowest_since(3), tail.falls(), tail.read_to), (None, 3, 7));
    }
}
