//! Pools, allowances, people, deadlines, jobs.

use domain::Timestamp;
use domain::allowance::{Allowance, AllowanceId};
use domain::deadline::{Deadline, DeadlineKind, Stands};
use domain::id::{AccountId, EventId, PersonId};
use domain::job::{Job, JobId, JobKind, Payload, PayloadTooLong};
use domain::owner::Owner;
use domain::person::{Handle, Person};
use domain::pool::{Pool, PoolId};
use domain::resource::Resource;
use domain::world::Of;
use engine::reads::due::Waiting;

use crate::stored::stored;
use crate::{Corrupt, Source, Stored as _, get};

stored! {
    hot pools: Of<PoolId> => Pool;
    key |key| {
        account_id: AccountId = key.0,
        owner_id: Owner = key.1.owner(),
        part: u32 = key.1.part(),
    } made (account_id, PoolId::from_parts(owner_id, part));
    row |pool| {
        capacity: u32 = pool.capacity(),
        held: u32 = pool.held(),
        sold: u32 = pool.sold(),
    } made |_, _| of_counters([capacity, held, sold])?;

    hot allowances: Of<AllowanceId> => Allowance;
    key |key| {
        account_id: AccountId = key.0,
        event_id: EventId = key.1.event,
        person_id: PersonId = key.1.person,
    } made (account_id, AllowanceId { event: event_id, person: person_id });
    row |allowance| {
        taken: u32 = allowance.taken,
    } made |_, _| Allowance { taken };

    hot people: Of<PersonId> => Person;
    key |key| {
        account_id: AccountId = key.0,
        id: PersonId = key.1,
    } made (account_id, id);
    row |person| {
        #[fixed] user_id: String = person.user_id,
        #[fixed] created_at: Timestamp = person.created_at,
        // Not said of those whose id it is.
        #[fixed] handle: Option<Handle> =
            Some(person.handle).filter(|handle| *handle != Handle::of_id(person.id)),
    } made |_, key| {
        let handle = handle.unwrap_or_else(|| Handle::of_id(key.1));
        Person { id: key.1, handle, user_id, created_at }
    };

    // Found by the instant, so that comes first.
    #[goes]
    cold deadlines: Deadline => Stands;
    key |it| {
        due_at: Timestamp = it.due_at,
        account_id: AccountId = it.account,
        resource_id: Resource = it.resource,
        kind: DeadlineKind = it.kind,
    } made Deadline { due_at, account: account_id, resource: resource_id, kind };
    row |_stands| {} made |_, _| Stands;

    #[goes]
    cold jobs: Of<JobId> => Job;
    key |key| {
        account_id: AccountId = key.0,
        kind: JobKind = key.1.kind,
        id: String = key.1.id,
    } made (account_id, JobId { kind, id });
    row |job| {
        due_at: Timestamp = job.due_at,
        lease_until: Timestamp = job.lease_until,
        // Whoever leased it later has it.
        #[grows] fence: u64 = job.fence,
        attempt: u32 = job.attempt,
        payload_version: u16 = job.payload.version(),
        payload: Vec<u8> = job.payload.bytes(),
    } made |_, _| {
        let payload = payload_of(payload_version, payload)?;
        Job { due_at, lease_until, fence, attempt, payload }
    };
}

fn payload_of(version: u16, bytes: Vec<u8>) -> Result<Payload, Corrupt> {
    let too_long =
        |PayloadTooLong(bytes)| Corrupt::Broken(format!("a job has {bytes} bytes of payload"));
    Payload::new(version, bytes).map_err(too_long)
}

/// A job that is there, and when it can be leased.
///
/// # Errors
/// Where the row is none.
pub fn waiting<S: Source>(row: &S) -> Result<Waiting, S::Error> {
    Ok(Waiting { ready_at: get(row, "ready_at")?, job: Job::key(row)? })
}

/// A pool, of which only the counters are there.
///
/// # Errors
/// Where the row is none.
pub fn pool<S: Source>(row: &S) -> Result<Pool, S::Error> {
    Ok(of_counters(counters(row)?)?)
}

fn of_counters([capacity, held, sold]: [u32; 3]) -> Result<Pool, Corrupt> {
    let oversold =
        |_| Corrupt::Broken(format!("a pool of {capacity} has {held} held and {sold} sold"));
    Pool::from_parts(capacity, held, sold).map_err(oversold)
}

/// Capacity, held, sold, whatever they say.
pub fn counters<S: Source>(row: &S) -> Result<[u32; 3], S::Error> {
    Ok([get(row, "capacity")?, get(row, "held")?, get(row, "sold")?])
}

/// How much a user has taken, where only that is there.
///
/// # Errors
/// Where the row is none.
pub fn allowance<S: Source>(row: &S) -> Result<Allowance, S::Error> {
    Ok(Allowance { taken: get(row, "taken")? })
}
