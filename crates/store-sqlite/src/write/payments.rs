//! The money.

use domain::World;
use domain::id::PaymentId;
use domain::payment::Payment;
use domain::world::Of;
use rusqlite::named_params;

use crate::dictionary::Name;
use crate::errors::Error;
use crate::statements::{PAYMENT_INSERT, PAYMENT_UPDATE};
use crate::write::{Put, Puts, check_named, put};
use crate::write_context::WriteContext;

pub(super) fn write(context: &mut WriteContext<'_>, world: &World) -> Result<(), Error> {
    let mut payments = Puts::new(context.session, &PAYMENT_INSERT, &PAYMENT_UPDATE);
    for write in world.payments.writes() {
        let put = put(write, "payments")?;
        let Put { key: (account, id), row: payment, is_new } = put;
        check_named(!is_new || payment.resource.is_there(*account, world), id)?;
        write_payment(context, &mut payments, put)?;
    }
    for write in world.refunds.writes() {
        let Put { key: (account, id), row: refund, .. } = put(write, "refunds")?;
        check_named(world.payments.peek(&(*account, refund.payment)).is_some(), id)?;
    }
    Ok(())
}

fn write_payment(
    context: &mut WriteContext<'_>,
    payments: &mut Puts<'_>,
    put: Put<'_, Of<PaymentId>, Payment>,
) -> Result<(), Error> {
    let Put { key: (account, _), row: payment, is_new } = put;
    let account = *account;
    let name = payment.name();
    let index_key = context.index.key_of_payment(account, &name);
    let is_known = !is_new || context.is_absent(index_key);
    if !is_known && context.payment(account, &name)?.is_some() {
        return Err(Error::Refused(format!("{} pays for something", payment.reference)));
    }
    let account_row = context.intern(Name::Account(account))?;
    let others = named_params! {":account": account_row};
    payments.row(&put, others)?;
    if is_new {
        context.index_last(index_key);
    }
    Ok(())
}
