//! Rows that were loaded, and which of them changed.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// One row.
#[derive(Clone, Debug)]
struct Slot<V> {
    value: Option<V>,
    stored: bool,
    dirty: bool,
}

/// Rows by key. What was not loaded is never taken for what is not there: asking for it panics.
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    slots: BTreeMap<K, Slot<V>>,
}

/// A row that has to be written.
#[derive(Clone, Copy, Debug)]
pub enum Write<'a, K, V> {
    /// It is new.
    Insert(&'a K, &'a V),
    /// It was there.
    Update(&'a K, &'a V),
    /// It was there and must go.
    Delete(&'a K),
}

impl<V> Default for Slot<V> {
    fn default() -> Self {
        Self { value: None, stored: false, dirty: false }
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { slots: BTreeMap::new() }
    }
}

impl<K: Ord + Debug, V> Table<K, V> {
    /// Takes a row as it is stored, or that there is none.
    pub fn load(&mut self, key: K, value: Option<V>) {
        let stored = value.is_some();
        self.slots.insert(key, Slot { value, stored, dirty: false });
    }

    /// Whether it is known what is stored under `key`.
    pub fn is_loaded<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.slots.contains_key(key)
    }

    /// The row, or `None` when it is known that there is none.
    ///
    /// # Panics
    /// When it was not loaded.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        match self.slots.get(key) {
            Some(slot) => slot.value.as_ref(),
            None => panic!("{key:?} was not loaded"),
        }
    }

    /// The row if it was loaded and is there. Only for finding out what else to load.
    #[must_use]
    pub fn peek(&self, key: &K) -> Option<&V> {
        self.known(key).flatten()
    }

    /// What is known of a row: nothing, that there is none, or the row.
    pub(crate) fn known(&self, key: &K) -> Option<Option<&V>> {
        self.slots.get(key).map(|slot| slot.value.as_ref())
    }

    /// Whether there is a row that is not stored yet.
    #[must_use]
    pub fn is_new(&self, key: &K) -> bool {
        self.slots.get(key).is_some_and(|slot| slot.value.is_some() && !slot.stored)
    }

    /// The row if it was loaded, to keep in step with the rows that it is derived from; it is not
    /// written. One that is absent begins empty.
    pub fn derived_mut(&mut self, key: &K) -> Option<&mut V>
    where
        V: Default,
    {
        Some(self.slots.get_mut(key)?.value.get_or_insert_default())
    }

    /// Lays a row over what was loaded.
    pub fn put(&mut self, key: K, value: V) {
        let slot = self.slots.entry(key).or_default();
        (slot.value, slot.dirty) = (Some(value), true);
    }

    /// Lays nothing over what was loaded.
    pub fn remove(&mut self, key: K) {
        let slot = self.slots.entry(key).or_default();
        (slot.value, slot.dirty) = (None, true);
    }

    /// What has to be written, by key.
    pub fn writes(&self) -> impl Iterator<Item = Write<'_, K, V>> {
        self.slots.iter().filter(|(_, slot)| slot.dirty).filter_map(|(key, slot)| {
            match (&slot.value, slot.stored) {
                (Some(value), false) => Some(Write::Insert(key, value)),
                (Some(value), true) => Some(Write::Update(key, value)),
                (None, true) => Some(Write::Delete(key)),
                (None, false) => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_the_difference_to_what_was_loaded() {
        let mut table = Table::default();
        table.load("kept", Some(1));
        table.load("changed", Some(1));
        table.load("gone", Some(1));
        table.load("absent", None);
        table.put("changed", 2);
        table.put("changed", 3);
        table.remove("gone");
        table.put("new", 4);
        table.put("brief", 5);
        table.remove("brief");
        assert_eq!(table.get(&"absent"), None);
        assert_eq!(table.get(&"gone"), None);
        let writes: Vec<_> = table.writes().map(|write| format!("{write:?}")).collect();
        assert_eq!(writes, ["Update(\"changed\", 3)", "Delete(\"gone\")", "Insert(\"new\", 4)"]);
    }

    #[test]
    #[should_panic(expected = "\"forgotten\" was not loaded")]
    fn what_was_not_loaded_is_not_absent() {
        let table: Table<&str, u32> = Table::default();
        let _never = table.get(&"forgotten");
    }
}
