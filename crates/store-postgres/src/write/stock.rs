//! Pools, people, and what they may still take.

use domain::World;

use crate::errors::Error;
use crate::statements::{
    ALLOWANCE_INSERT, ALLOWANCE_UPDATE, PERSON_INSERT, POOL_INSERT, POOL_TAKE, POOL_UPDATE,
};
use crate::write::{Checked, Put, Writes, check_named, inserts, puts};

pub(super) fn write(writes: &mut Writes, world: &World) -> Result<(), Error> {
    write_pools(writes, world)?;

    let rows = inserts(world.people.writes(), "people")?;
    writes.rows(Checked::broken(&PERSON_INSERT), &rows)?;

    let rows = puts(world.allowances.writes(), "allowances")?;
    writes.rows(Checked::broken(&ALLOWANCE_INSERT), &rows.inserts)?;
    writes.rows(Checked::broken(&ALLOWANCE_UPDATE), &rows.updates)?;
    Ok(())
}

/// A seat that was never taken has no row, and whoever took it need not have looked.
fn write_pools(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = puts(world.pools.writes(), "pools")?;
    rows.inserts.iter().try_for_each(|Put { key: (account, id), .. }| {
        check_named(id.owner().is_there(*account, world), format_args!("{id:?}"))
    })?;
    let (wholes, parts): (Vec<_>, Vec<_>) =
        rows.inserts.into_iter().partition(|it| it.key.1.is_whole());
    writes.rows(Checked::broken(&POOL_INSERT), &wholes)?;
    writes.rows(Checked::conflict(&POOL_TAKE), &parts)?;
    writes.rows(Checked::broken(&POOL_UPDATE), &rows.updates)
}
