//! A batch in parts, each of them about one account, one after the other: for a store on which a commit that
//! is about several accounts costs more, or that can lose one account and still have the others.

use std::collections::BTreeMap;

use domain::Intent;
use domain::deadline::Deadline;
use domain::id::AccountId;

use super::attempt::ask_due;
use super::{Chores, Executed, Outcome, Share, Task, bisect, together};
use crate::error::ExecuteError;
use crate::ports::Ports;
use crate::store::Store;

/// What a batch has of one account.
#[derive(Default)]
struct Part {
    due: Vec<Deadline>,
    intents: Vec<Intent>,
    /// Where its intents stand in the batch.
    places: Vec<usize>,
    has_key_usage: bool,
}

/// Whether a batch may be about several accounts. What the store's own account does is about others by
/// its nature, and stays together.
pub(super) fn may_be_mixed(task: Task<'_>) -> bool {
    let Task { intents, chores, share, .. } = task;
    let is_of_store = intents.iter().any(|intent| intent.account == AccountId::SYSTEM);
    let mut accounts = intents.iter().map(|intent| intent.account);
    let first = accounts.next();
    let is_mixed = accounts.any(|account| Some(account) != first);
    share.is_none() && !is_of_store && (is_mixed || chores.due || chores.key_usage)
}

/// Carries out the parts, in the order of accounts. Where an account cannot be written now, the others are
/// all the same.
pub(super) fn carry_out(
    store: &mut dyn Store,
    ports: &mut Ports,
    task: Task<'_>,
) -> Result<Executed, ExecuteError> {
    let mut done = Executed::default();
    let mut outcomes = vec![None; task.intents.len()];
    let (mut is_done, mut outage) = (false, None);
    for (account, part) in parts(store, ports, task)? {
        let share = Some(Share { account, due: &part.due });
        let chores = Chores { due: !part.due.is_empty(), key_usage: part.has_key_usage };
        let mine =
            match together(store, ports, Task { intents: &part.intents, chores, share, ..task }) {
                Ok(mut executed) => {
                    is_done = true;
                    let mine = std::mem::take(&mut executed.outcomes);
                    done = bisect::joined(done, executed);
                    mine
                }
                Err(ExecuteError::Unavailable(why)) => {
                    let unavailable = Outcome::Unavailable(why.clone());
                    if let Some(before) = outage.replace(why) {
                        ports.observer.store_error(&before);
                    }
                    vec![unavailable; part.intents.len()]
                }
                Err(fatal @ ExecuteError::Fatal(_)) => return Err(fatal),
            };
        for (place, outcome) in part.places.iter().zip(mine) {
            if let Some(slot) = outcomes.get_mut(*place) {
                *slot = Some(outcome);
            }
        }
    }
    match outage {
        // Nobody was answered: whoever asked tells of it.
        Some(why) if !is_done => return Err(ExecuteError::Unavailable(why)),
        Some(why) => ports.observer.store_error(&why),
        None if !is_done => done.now = ports.clock.now(),
        None => {}
    }
    done.outcomes = outcomes.into_iter().flatten().collect();
    assert_eq!(done.outcomes.len(), task.intents.len(), "each intent is in one part");
    Ok(done)
}

fn parts(
    store: &mut dyn Store,
    ports: &mut Ports,
    task: Task<'_>,
) -> Result<BTreeMap<AccountId, Part>, ExecuteError> {
    let mut parts: BTreeMap<AccountId, Part> = BTreeMap::new();
    if task.chores.due {
        for deadline in ask_due(store, ports, task.passed_over)? {
            parts.entry(deadline.account).or_default().due.push(deadline);
        }
    }
    for (place, intent) in task.intents.iter().enumerate() {
        let part = parts.entry(intent.account).or_default();
        part.intents.push(intent.clone());
        part.places.push(place);
    }
    if task.chores.key_usage {
        for account in ports.key_usage().accounts() {
            parts.entry(account).or_default().has_key_usage = true;
        }
    }
    Ok(parts)
}
