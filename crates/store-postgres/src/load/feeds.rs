//! The feeds that have a row. A feed's row is locked by whoever writes to the account, and the rows that a
//! batch inserts are anchored in it: so it has to be there before anything else of its account.

use std::collections::BTreeSet;

use domain::id::AccountId;

use crate::session::{Call, Done, Param, params};
use crate::statements::FEED_CLAIM;

/// Accounts that are cached at most. More are asked for again.
const KNOWN_MAX: usize = 100_000;

/// Feeds that are known to have a row. None ever goes while a store is served.
#[derive(Debug, Default)]
pub(crate) struct Feeds {
    committed: BTreeSet<AccountId>,
    /// Those that this transaction has made.
    made: BTreeSet<AccountId>,
}

impl Feeds {
    /// What is known may be another store's.
    pub(crate) fn invalidate(&mut self) {
        *self = Self::default();
    }

    /// What a transaction made that was not committed is not there.
    pub(crate) fn begin(&mut self) {
        self.made.clear();
    }

    /// The transaction is committed.
    pub(crate) fn commit(&mut self) {
        std::mem::take(&mut self.made).into_iter().for_each(|account| self.keep(account));
    }

    /// The feeds among these that may have no row yet.
    pub(crate) fn unknown(
        &self,
        accounts: impl IntoIterator<Item = AccountId>,
    ) -> BTreeSet<AccountId> {
        let mut unknown = BTreeSet::new();
        let mut last = None;
        for account in accounts {
            // Most often one account comes many times.
            let is_new = last.replace(account) != Some(account);
            if is_new && !self.committed.contains(&account) && !self.made.contains(&account) {
                unknown.insert(account);
            }
        }
        unknown
    }

    /// A feed was claimed: others see a row that this has made once the transaction is committed.
    pub(crate) fn claimed(&mut self, account: AccountId, done: &Done) {
        if done.affected > 0 {
            self.made.insert(account);
        } else {
            self.keep(account);
        }
    }

    fn keep(&mut self, account: AccountId) {
        if self.committed.len() >= KNOWN_MAX {
            self.committed.clear();
        }
        self.committed.insert(account);
    }
}

/// Gives a feed its row, unless it has it.
pub(crate) fn claim(account: AccountId) -> Call {
    Call::new(&FEED_CLAIM, feed(account))
}

/// The parameters of a statement about one feed.
pub(super) fn feed(account: AccountId) -> Vec<Param> {
    params![account.to_string()]
}
