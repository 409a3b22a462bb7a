//! What a batch still has to load: computed from its commands, and from the rows that are already
//! there where those name further ones.

use std::collections::BTreeSet;
use std::fmt::Debug;

use crate::decide::rule::Needs;
use crate::intent::Intent;
use crate::table::Table;
use crate::world::World;

pub use crate::tables::{Keys, Split};

impl Keys {
    /// What `intents` need and `world` does not hold yet. Load it and ask again: rows may name
    /// further rows. Empty when the batch can be decided.
    #[must_use]
    pub fn missing<'a>(intents: impl IntoIterator<Item = &'a Intent>, world: &World) -> Self {
        let mut keys = Self::default();
        for intent in intents {
            keys.need_intent(intent, world);
        }
        keys
    }

    fn need_intent(&mut self, intent: &Intent, world: &World) {
        let mut needs = Needs { account: intent.account, world, keys: self };
        if let Some(key) = &intent.key
            && needs.named(key)
        {
            // The record alone decides; counters are left to those who may change them.
            return;
        }
        intent.command.with(|rule| rule.needs(&mut needs));
    }
}

/// The row, if it was loaded and is there; if it was not, its key is missing.
pub(crate) fn need<'a, K: Ord + Debug + Clone, V>(
    keys: &mut BTreeSet<K>,
    table: &'a Table<K, V>,
    key: &K,
) -> Option<&'a V> {
    match table.known(key) {
        Some(row) => row,
        None => {
            keys.insert(key.clone());
            None
        }
    }
}
