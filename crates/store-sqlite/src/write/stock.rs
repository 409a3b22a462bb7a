//! Pools, people, and what they may still take.

use domain::World;
use domain::allowance::{Allowance, AllowanceId};
use domain::id::AccountId;
use domain::person::Person;
use domain::world::Of;
use rusqlite::named_params;

use crate::dictionary::Name;
use crate::errors::Error;
use crate::prepared::Prepared;
use crate::session::Session;
use crate::statements::{
    ALLOWANCE_INSERT, ALLOWANCE_UPDATE, PERSON_INSERT, POOL_INSERT, POOL_TAKE, POOL_UPDATE,
};
use crate::write::{Put, Puts, check_named, insert, put};
use crate::write_context::WriteContext;

pub(super) fn write(context: &mut WriteContext<'_>, world: &World) -> Result<(), Error> {
    let session = context.session;
    write_pools(session, world)?;
    let mut people = session.prepared(&PERSON_INSERT);
    for write in world.people.writes() {
        let Put { key: (account, _), row: person, .. } = insert(write, "people")?;
        write_person(context, &mut people, *account, person)?;
    }
    let mut allowances = Puts::new(session, &ALLOWANCE_INSERT, &ALLOWANCE_UPDATE);
    for write in world.allowances.writes() {
        write_allowance(context, &mut allowances, put(write, "allowances")?)?;
    }
    Ok(())
}

fn write_pools(session: &Session, world: &World) -> Result<(), Error> {
    let mut wholes = Puts::new(session, &POOL_INSERT, &POOL_UPDATE);
    // A seat that was never taken has no row, and whoever took it need not have looked.
    let mut parts = Puts::new(session, &POOL_TAKE, &POOL_UPDATE);
    for write in world.pools.writes() {
        let put = put(write, "pools")?;
        let (account, id) = *put.key;
        check_named(!put.is_new || id.owner().is_there(account, world), &format_args!("{id:?}"))?;
        let pools = if id.is_whole() { &mut wholes } else { &mut parts };
        pools.row(&put, &[])?;
    }
    Ok(())
}

fn write_person(
    context: &mut WriteContext<'_>,
    people: &mut Prepared<'_>,
    account: AccountId,
    person: &Person,
) -> Result<(), Error> {
    let index_key = context.index.key_of_person(account, person.handle);
    let handle = (account, person.handle);
    if !context.is_absent(index_key) && context.person_of(handle)?.is_some() {
        return Err(Error::Refused(format!("{} is there already", person.id)));
    }
    let account_row = context.intern(Name::Account(account))?;
    let others = named_params! {":account": account_row};
    people.execute_row(&(account, person.id), person, others)?;
    let row_id = context.index_last(index_key);
    context.cache_person((account, person.id), row_id);
    Ok(())
}

fn write_allowance(
    context: &mut WriteContext<'_>,
    allowances: &mut Puts<'_>,
    put: Put<'_, Of<AllowanceId>, Allowance>,
) -> Result<(), Error> {
    let (account, id) = *put.key;
    let person = context.person_row_id((account, id.person))?;
    check_named(person.is_some(), &"an allowance")?;
    let event = context.intern(Name::Event(id.event))?;
    let others = named_params! {":person": person, ":event": event};
    allowances.row(&put, others)
}
