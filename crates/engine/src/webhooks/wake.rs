//! How the dispatcher hears of what happens: feeds that went on, and exchanges that ended. It is woken, so it need
//! not look.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use domain::World;
use domain::id::{AccountId, WebhookEndpointId};
use domain::table::Write;
use domain::webhooks::endpoint::WebhookCursor;
use domain::world::Of;

use super::outbound::Completed;
use crate::jobs::Message;

/// What is told to the dispatcher; all copies are one.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    heard: Mutex<Heard>,
    /// It was woken, and has not looked yet.
    is_awake: AtomicBool,
    sleeper: OnceLock<SyncSender<Message>>,
    /// There is a dispatcher: where nothing is delivered nobody listens.
    is_listening: AtomicBool,
}

/// What was heard since the dispatcher last looked.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Accounts whose feeds went on.
    pub(super) accounts: BTreeSet<AccountId>,
    /// Endpoints of which something was changed.
    pub(super) changed: Vec<Changed>,
    /// Exchanges that ended.
    pub(super) completed: Vec<Completed>,
}

/// An endpoint of which something was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) endpoint: Of<WebhookEndpointId>,
    /// The version that it has now.
    pub(super) version: u64,
}

fn changed(write: Write<'_, Of<WebhookEndpointId>, WebhookCursor>) -> Option<Changed> {
    match write {
        Write::Insert(key, cursor) | Write::Update(key, cursor) => {
            Some(Changed { endpoint: *key, version: cursor.version })
        }
        Write::Delete(_) => None,
    }
}

impl Wake {
    /// A batch was committed, with these rows.
    pub(crate) fn committed(&self, world: &World) {
        if !self.0.is_listening.load(Ordering::Relaxed) {
            return;
        }
        let accounts: BTreeSet<_> = world.activity.iter().map(|entry| entry.account).collect();
        let changed: Vec<_> = world.webhook_cursors.writes().filter_map(changed).collect();
        if accounts.is_empty() && changed.is_empty() {
            return;
        }
        let mut heard = self.heard();
        heard.accounts.extend(accounts);
        heard.changed.extend(changed);
        drop(heard);
        self.ring();
    }

    /// An exchange has ended.
    pub(super) fn completed(&self, completed: Completed) {
        self.heard().completed.push(completed);
        self.ring();
    }

    /// What was heard since this was last asked.
    pub(super) fn take(&self) -> Heard {
        // First this: whoever comes between the two wakes it once too often, and never too seldom.
        self.0.is_awake.store(false, Ordering::SeqCst);
        std::mem::take(&mut *self.heard())
    }

    /// Somebody will ask for what is heard from now on.
    pub(super) fn listen(&self) {
        self.0.is_listening.store(true, Ordering::Relaxed);
    }

    /// Who sleeps.
    pub(crate) fn sleeper(&self, sender: SyncSender<Message>) {
        // There is one dispatcher.
        let _second = self.0.sleeper.set(sender).is_err();
    }

    fn ring(&self) {
        if self.0.is_awake.swap(true, Ordering::SeqCst) {
            return;
        }
        if let Some(sleeper) = self.0.sleeper.get() {
            // With so many messages that there is no room, it is awake.
            let _full = sleeper.try_send(Message::Wake).is_err();
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
