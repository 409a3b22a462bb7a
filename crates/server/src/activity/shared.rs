//! What several streams have in common: there is one of each while somebody has it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// One value of each key, as long as somebody has it.
#[derive(Debug)]
pub(super) struct Shared<K, V> {
    known: Mutex<HashMap<K, Weak<V>>>,
    count: AtomicUsize,
}

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self { known: Mutex::default(), count: AtomicUsize::new(0) }
    }
}

impl<K: Eq + Hash, V> Shared<K, V> {
    /// The value of a key, if somebody has it. Where nobody has any that takes no lock.
    pub(super) fn get(&self, key: &K) -> Option<Arc<V>> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.known().get(key).and_then(Weak::upgrade)
    }

    /// The value of a key, if somebody has it and it is `alive`, else the one that `make` makes.
    pub(super) fn get_or_make(
        &self,
        key: K,
        alive: impl Fn(&V) -> bool,
        make: impl FnOnce() -> Arc<V>,
    ) -> Arc<V> {
        let mut known = self.known();
        if let Some(value) = known.get(&key).and_then(Weak::upgrade).filter(|value| alive(value)) {
            return value;
        }
        let made = make();
        known.insert(key, Arc::downgrade(&made));
        self.count.store(known.len(), Ordering::Release);
        made
    }

    /// Forgets a key whose value nobody has any more.
    pub(super) fn forget(&self, key: &K) {
        let mut known = self.known();
        if known.get(key).is_some_and(|value| value.strong_count() == 0) {
            known.remove(key);
            self.count.store(known.len(), Ordering::Release);
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<K, Weak<V>>> {
        // What is known is whole after each of its steps.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_of_each_while_somebody_has_it() {
        let shared = Shared::default();
        let make = |value: u32| shared.get_or_make("a", |_| true, || Arc::new(value));
        assert_eq!(shared.get(&"a"), None);
        let first = make(1);
        assert_eq!((*make(2), shared.get(&"a").as_deref()), (1, Some(&1)));
        shared.forget(&"a");
        assert_eq!(*make(3), 1, "somebody has it");
        drop(first);
        assert_eq!(shared.get(&"a"), None);
        shared.forget(&"a");
        assert_eq!(shared.count.load(Ordering::Acquire), 0);
        let dead = make(4);
        assert_eq!(*shared.get_or_make("a", |_| false, || Arc::new(5)), 5, "not that one");
        assert_eq!(*dead, 4);
    }
}
