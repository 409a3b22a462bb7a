//! Pools, allowances, people, jobs.

use domain::allowance::{Allowance, AllowanceId};
use domain::job::{Job, JobKind};
use domain::person::Person;
use domain::pool::{Pool, PoolId};
use domain::world::Of;

use crate::errors::Error;
use crate::prepared::Row;
use crate::rows::{account, count, get, instant, parse};

pub(crate) fn pool(row: &Row<'_>) -> Result<Pool, Error> {
    let [capacity, held, sold] = counters(row)?;
    let oversold =
        |_| Error::Broken(format!("a pool of {capacity} has {held} held and {sold} sold"));
    Pool::from_parts(capacity, held, sold).map_err(oversold)
}

/// Capacity, held, sold, whatever they say.
pub(crate) fn counters(row: &Row<'_>) -> Result<[u32; 3], Error> {
    Ok([get(row, "capacity")?, get(row, "held")?, get(row, "sold")?])
}

pub(crate) fn pool_id(row: &Row<'_>) -> Result<Of<PoolId>, Error> {
    let id = PoolId::from_parts(parse(row, "zone_id")?, get(row, "part")?);
    Ok((account(row)?, id))
}

pub(crate) fn allowance(row: &Row<'_>) -> Result<Allowance, Error> {
    Ok(Allowance { taken: get(row, "taken")? })
}

pub(crate) fn allowance_id(row: &Row<'_>) -> Result<Of<AllowanceId>, Error> {
    let id = AllowanceId { event: parse(row, "event_id")?, person: parse(row, "person_id")? };
    Ok((account(row)?, id))
}

pub(crate) fn person(row: &Row<'_>) -> Result<Person, Error> {
    Ok(Person {
        id: parse(row, "id")?,
        user_id: get(row, "user_id")?,
        created_at: instant(row, "created_at")?,
    })
}

pub(crate) fn job(kind: JobKind, row: &Row<'_>) -> Result<Job, Error> {
    Ok(Job {
        kind,
        due_at: instant(row, "due_at")?,
        lease_until: instant(row, "lease_until")?,
        fence: count(row, "fence")?,
        attempt: get(row, "attempt")?,
    })
}
