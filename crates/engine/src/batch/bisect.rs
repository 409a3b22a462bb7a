//! Taking a batch apart whose rows the store does not take, until what is to blame stands alone.

use super::attempt::{ask_due, intents_of};
use super::{Chores, Executed, NotKept, Outcome, Overdue, Share, Task, carry_out, execute};
use crate::error::ExecuteError;
use crate::ports::Ports;
use crate::store::Store;

/// Something in the batch has a row that the store will never take. Chores come first, each apart; then
/// each half of the intents is carried out on its own, until the one to blame stands alone.
pub(super) fn bisect(
    store: &mut dyn Store,
    ports: &mut Ports,
    task: Task<'_>,
    why: &str,
) -> Result<Executed, ExecuteError> {
    ports.observer.store_error(why);
    let Task { intents, chores, .. } = task;
    if chores.due {
        let kept = keep_apart(store, ports, task)?;
        let share = task.share.map(|share| Share { due: &[], ..share });
        let rest = Task { chores: Chores { due: false, ..chores }, share, ..task };
        return Ok(joined(kept, carry_out(store, ports, rest)?));
    }
    if chores.key_usage {
        if !intents.is_empty() {
            // The counts are written with a later batch.
            return execute(store, ports, intents, Chores::default());
        }
        let account = task.share.map(|share| share.account);
        // A record may be counted wrong; nothing else may stop because of that.
        let dropped = ports.key_usage().take(account).len();
        ports.observer.store_error(&format!("{dropped} counts of keys were dropped: {why}"));
        return Ok(Executed { now: ports.clock.now(), ..Executed::default() });
    }
    if intents.len() <= 1 {
        let outcomes = intents.iter().map(|_| Outcome::Failed(why.to_owned())).collect();
        return Ok(Executed { outcomes, now: ports.clock.now(), ..Executed::default() });
    }
    let (first, second) = intents.split_at(intents.len() / 2);
    let done = execute(store, ports, first, Chores::default())?;
    match execute(store, ports, second, Chores::default()) {
        Ok(rest) => Ok(joined(done, rest)),
        // The first half is committed: its answers stand, whatever became of the second.
        Err(ExecuteError::Unavailable(why)) => {
            let outcomes = second.iter().map(|_| Outcome::Unavailable(why.clone())).collect();
            Ok(joined(done, Executed { outcomes, ..Executed::default() }))
        }
        Err(fatal @ ExecuteError::Fatal(_)) => Err(fatal),
    }
}

/// Keeps the deadlines that are due in a batch of their own, which is bisected as any other.
fn keep_apart(
    store: &mut dyn Store,
    ports: &mut Ports,
    task: Task<'_>,
) -> Result<Executed, ExecuteError> {
    let tried = match task.share {
        Some(share) => share.due.to_vec(),
        None => ask_due(store, ports, task.passed_over)?,
    };
    let intents = intents_of(&tried);
    let done = execute(store, ports, &intents, Chores::default())?;
    let failed = tried.iter().zip(&done.outcomes).filter_map(|(deadline, outcome)| match outcome {
        Outcome::Failed(why) => Some(NotKept { deadline: *deadline, why: why.clone() }),
        Outcome::Decided(..)
        | Outcome::Replayed(_)
        | Outcome::Malformed
        | Outcome::Unavailable(_) => None,
    });
    let failed = failed.collect();
    Ok(Executed { outcomes: Vec::new(), overdue: Overdue { tried, failed }, ..done })
}

/// What two parts of a batch came to, which were carried out one after the other.
pub(super) fn joined(mut first: Executed, second: Executed) -> Executed {
    first.outcomes.extend(second.outcomes);
    first.now = first.now.max(second.now);
    first.kept = first.kept.saturating_add(second.kept);
    let deadlines = [first.next_deadline, second.next_deadline];
    first.next_deadline = deadlines.into_iter().flatten().min();
    first.overdue.tried.extend(second.overdue.tried);
    first.overdue.failed.extend(second.overdue.failed);
    first
}
