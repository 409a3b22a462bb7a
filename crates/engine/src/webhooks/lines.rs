//! The lines of an endpoint: for each resource its events in their order, of which one is on its way at a time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use domain::Timestamp;
use domain::id::DeliveryId;
use domain::webhooks::deliveries::Subject;
use domain::webhooks::delivery::EventName;

use crate::store::ActivityRow;

/// An event that has to be brought to an endpoint.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) event: EventName,
    /// Its delivery, if it has a row.
    pub(super) delivery: Option<DeliveryId>,
    /// What is said, if it was read.
    pub(super) row: Option<Arc<ActivityRow>>,
    /// Not before this instant, once it is its turn.
    pub(super) due_at: Timestamp,
}

impl Item {
    pub(super) fn subject(&self) -> Subject {
        self.delivery.map_or_else(|| Subject::New(self.event.clone()), Subject::Known)
    }
}

/// Events of one resource, in their order.
#[derive(Clone, Debug, Default)]
struct Line {
    items: VecDeque<Item>,
    /// The first is on its way, or what came of it is not written yet. None may follow before it is: whoever has to
    /// take over would send it again, after the next.
    is_busy: bool,
}

/// A place among those whose turn it is, in the order in which they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    due_at: Timestamp,
    position: u64,
}

/// All lines of an endpoint.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    lines: BTreeMap<Arc<str>, Line>,
    turns: BTreeMap<Turn, Arc<str>>,
    /// Positions of events that have no row yet.
    unwritten: BTreeSet<u64>,
    /// Deliveries that have a row and are not over.
    pending: usize,
}

impl Lines {
    /// Puts an event at the end of its resource's line.
    pub(super) fn push(&mut self, item: Item) {
        if item.delivery.is_some() {
            self.pending = self.pending.saturating_add(1);
        } else {
            self.unwritten.insert(item.event.position);
        }
        let resource: Arc<str> = item.event.resource.as_str().into();
        let line = self.lines.entry(Arc::clone(&resource)).or_default();
        line.items.push_back(item);
        if line.items.len() == 1 {
            self.enlist(&resource);
        }
    }

    /// Somebody has this resource's event on its way already.
    pub(super) fn block(&mut self, resource: &str) {
        self.leave(resource);
        self.lines.entry(resource.into()).or_default().is_busy = true;
    }

    /// The next that is to be sent at `now`; its line is busy from now on.
    pub(super) fn begin(&mut self, now: Timestamp) -> Option<&mut Item> {
        let (turn, resource) = self.turns.first_key_value()?;
        if turn.due_at > now {
            return None;
        }
        let resource = Arc::clone(resource);
        self.turns.pop_first();
        let line = self.lines.get_mut(&resource)?;
        line.is_busy = true;
        line.items.front_mut()
    }

    /// The event of a resource at a position, if it is there.
    pub(super) fn find(&self, resource: &str, position: u64) -> Option<&Item> {
        let items = &self.lines.get(resource)?.items;
        items.iter().find(|item| item.event.position == position)
    }

    /// What came of the first of a line is known, and written: it is over, or comes again.
    pub(super) fn settle(&mut self, resource: &str, after: Settled) {
        self.leave(resource);
        let Some(line) = self.lines.get_mut(resource) else { return };
        line.is_busy = false;
        match after {
            Settled::Untouched => {}
            Settled::Over { position } => {
                let is_it = |item: &Item| item.event.position == position;
                if let Some(place) = line.items.iter().position(is_it)
                    && let Some(item) = line.items.remove(place)
                {
                    self.unwritten.remove(&position);
                    if item.delivery.is_some() {
                        self.pending = self.pending.saturating_sub(1);
                    }
                }
            }
            Settled::Pending { position, delivery, due_at } => {
                let found = line.items.iter_mut().find(|item| item.event.position == position);
                if let Some(item) = found {
                    self.unwritten.remove(&position);
                    if item.delivery.is_none() {
                        self.pending = self.pending.saturating_add(1);
                    }
                    (item.delivery, item.due_at) = (Some(delivery), due_at);
                }
            }
        }
        if line.items.is_empty() && !line.is_busy {
            self.lines.remove(resource);
        } else {
            self.enlist(&Arc::from(resource));
        }
    }

    /// An event has a row from now on, and waits for the one before it.
    pub(super) fn written(&mut self, resource: &str, position: u64, delivery: DeliveryId) {
        let Some(line) = self.lines.get_mut(resource) else { return };
        let found = line.items.iter_mut().find(|item| item.event.position == position);
        if let Some(item) = found.filter(|item| item.delivery.is_none()) {
            item.delivery = Some(delivery);
            self.unwritten.remove(&position);
            self.pending = self.pending.saturating_add(1);
        }
    }

    /// Events that have no row and wait behind one that has: until it is over nothing would say that they are
    /// there, and the cursor could not pass them.
    pub(super) fn waiting_unwritten(&self, limit: usize) -> Vec<EventName> {
        let mut waiting = Vec::new();
        for line in self.lines.values() {
            let is_held = line.items.front().is_some_and(|first| first.delivery.is_some());
            if is_held && !line.is_busy {
                let unwritten = line.items.iter().filter(|item| item.delivery.is_none());
                waiting.extend(unwritten.map(|item| item.event.clone()));
            }
            if waiting.len() >= limit {
                break;
            }
        }
        waiting.truncate(limit);
        waiting
    }

    /// All that is not on its way may be tried at once.
    pub(super) fn hurry(&mut self, now: Timestamp) {
        let resources: Vec<_> = self.turns.values().cloned().collect();
        for resource in resources {
            self.leave(&resource);
            if let Some(first) = self.lines.get_mut(&resource).and_then(|it| it.items.front_mut()) {
                first.due_at = first.due_at.min(now);
            }
            self.enlist(&resource);
        }
    }

    /// When the next may be sent; `None` while there is none that could.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.turns.first_key_value().map(|(turn, _)| turn.due_at)
    }

    /// The position of the first event that has no row.
    pub(super) fn first_unwritten(&self) -> Option<u64> {
        self.unwritten.first().copied()
    }

    /// Events that have no row.
    pub(super) fn unwritten(&self) -> usize {
        self.unwritten.len()
    }

    /// Deliveries that have a row and are not over.
    pub(super) const fn pending(&self) -> usize {
        self.pending
    }

    /// Puts a line where it waits for its turn.
    fn enlist(&mut self, resource: &Arc<str>) {
        let Some(line) = self.lines.get(resource).filter(|line| !line.is_busy) else { return };
        let Some(first) = line.items.front() else { return };
        let turn = Turn { due_at: first.due_at, position: first.event.position };
        self.turns.insert(turn, Arc::clone(resource));
    }

    /// Takes a line from where it waits.
    fn leave(&mut self, resource: &str) {
        let first = self.lines.get(resource).and_then(|line| line.items.front());
        let Some(first) = first else { return };
        let turn = Turn { due_at: first.due_at, position: first.event.position };
        if self.turns.get(&turn).is_some_and(|it| **it == *resource) {
            self.turns.remove(&turn);
        }
    }
}

/// What was written of an event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Settled {
    /// Nothing.
    Untouched,
    /// It is delivered, given up or cancelled.
    Over {
        /// Its place.
        position: u64,
    },
    /// It comes again.
    Pending {
        /// Its place.
        position: u64,
        /// Its delivery.
        delivery: DeliveryId,
        /// When.
        due_at: Timestamp,
    },
}
