//! Pools, allowances, people, jobs.

use domain::allowance::{Allowance, AllowanceId};
use domain::job::{Job, JobKind};
use domain::person::Person;
use domain::pool::{Pool, PoolId};
use domain::world::Of;

use crate::{Corrupt, Source, account, get, instant, parse};

/// A pool.
///
/// # Errors
/// Where the row is none.
pub fn pool<S: Source>(row: &S) -> Result<Pool, S::Error> {
    let [capacity, held, sold] = counters(row)?;
    let oversold =
        |_| Corrupt::Broken(format!("a pool of {capacity} has {held} held and {sold} sold"));
    Pool::from_parts(capacity, held, sold).map_err(|wrong| oversold(wrong).into())
}

/// Capacity, held, sold, whatever they say.
pub fn counters<S: Source>(row: &S) -> Result<[u32; 3], S::Error> {
    Ok([get(row, "capacity")?, get(row, "held")?, get(row, "sold")?])
}

/// Which pool it is.
///
/// # Errors
/// Where the row is none.
pub fn pool_id<S: Source>(row: &S) -> Result<Of<PoolId>, S::Error> {
    let id = PoolId::from_parts(parse(row, "zone_id")?, get(row, "part")?);
    Ok((account(row)?, id))
}

/// How much a user has taken.
///
/// # Errors
/// Where the row is none.
pub fn allowance<S: Source>(row: &S) -> Result<Allowance, S::Error> {
    Ok(Allowance { taken: get(row, "taken")? })
}

/// Whose allowance it is, and for which event.
///
/// # Errors
/// Where the row is none.
pub fn allowance_id<S: Source>(row: &S) -> Result<Of<AllowanceId>, S::Error> {
    let id = AllowanceId { event: parse(row, "event_id")?, person: parse(row, "person_id")? };
    Ok((account(row)?, id))
}

/// A user.
///
/// # Errors
/// Where the row is none.
pub fn person<S: Source>(row: &S) -> Result<Person, S::Error> {
    Ok(Person {
        id: parse(row, "id")?,
        user_id: get(row, "user_id")?,
        created_at: instant(row, "created_at")?,
    })
}

/// A job of this kind.
///
/// # Errors
/// Where the row is none.
pub fn job<S: Source>(kind: JobKind, row: &S) -> Result<Job, S::Error> {
    Ok(Job {
        kind,
        due_at: instant(row, "due_at")?,
        lease_until: instant(row, "lease_until")?,
        fence: get(row, "fence")?,
        attempt: get(row, "attempt")?,
    })
}
