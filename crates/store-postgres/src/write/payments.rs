//! The money.

use domain::World;

use crate::errors::Error;
use crate::statements::{PAYMENT_INSERT, PAYMENT_UPDATE};
use crate::write::{Checked, Writes, check_named, puts};

pub(super) fn write(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = puts(world.payments.writes(), "payments")?;
    rows.inserts
        .iter()
        .try_for_each(|it| check_named(it.value.resource.is_there(it.key.0, world), it.value.id))?;
    writes.rows(Checked::broken(&PAYMENT_INSERT), &rows.inserts)?;
    writes.rows(Checked::broken(&PAYMENT_UPDATE), &rows.updates)?;

    let rows = puts(world.refunds.writes(), "refunds")?;
    rows.inserts.iter().try_for_each(|it| {
        let payment = world.payments.peek(&(it.key.0, it.value.payment));
        check_named(payment.is_some(), it.value.id)
    })
}
