//! The money.

use domain::World;
use domain::id::AccountId;
use domain::payment::Payment;
use rusqlite::named_params;

use crate::dictionary::Name;
use crate::errors::Error;
use crate::hash_index::Kind;
use crate::statements::{PAYMENT_INSERT, PAYMENT_UPDATE};
use crate::write::{Puts, check_named, put};
use crate::write_context::WriteContext;

pub(super) fn write(context: &mut WriteContext<'_>, world: &World) -> Result<(), Error> {
    let mut payments = Puts::new(context.session, (&PAYMENT_INSERT, &PAYMENT_UPDATE));
    for write in world.payments.writes() {
        let ((account, _), payment, is_new) = put(write, "payments")?;
        check_named(!is_new || payment.resource.is_there(*account, world), &payment.id)?;
        write_payment(context, &mut payments, ((*account, payment), is_new))?;
    }
    for write in world.refunds.writes() {
        let ((account, id), refund, _) = put(write, "refunds")?;
        check_named(world.payments.peek(&(*account, refund.payment)).is_some(), id)?;
    }
    Ok(())
}

fn write_payment(
    context: &mut WriteContext<'_>,
    payments: &mut Puts<'_>,
    ((account, payment), is_new): ((AccountId, &Payment), bool),
) -> Result<(), Error> {
    let name = payment.name();
    let hash = context.index.payment_hash(account, &name);
    let is_known = !is_new || context.is_absent(Kind::Payment, hash);
    if !is_known && context.payment((account, &name))?.is_some() {
        return Err(Error::Refused(format!("{} pays for something", payment.reference)));
    }
    let account_row = context.intern(Name::Account(account))?;
    let others = named_params! {":account": account_row};
    payments.row(is_new, (&(account, payment.id), payment), others)?;
    if is_new {
        context.index_last(Kind::Payment, hash);
    }
    Ok(())
}
