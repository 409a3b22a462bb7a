//! What must hold of the money of one decision: payments and refunds go the ways that there are, and what is
//! refunded of a payment moves exactly as its refunds do.

use std::collections::BTreeMap;

use crate::id::PaymentId;
use crate::payment::{Payment, Refund, RefundStatus};
use crate::world::{Change, Of, World};

/// Minor units of a payment that go back, and those of them that are pending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Moved {
    refunded: i64,
    pending: i64,
}

impl Moved {
    fn add(&mut self, refunded: i64, pending: i64) {
        self.refunded = self.refunded.saturating_add(refunded);
        self.pending = self.pending.saturating_add(pending);
    }
}

pub(super) fn check_money(world: &World, changes: &[Change]) -> Result<(), String> {
    let mut moved: BTreeMap<Of<PaymentId>, Moved> = BTreeMap::new();
    for (key, payment) in Change::rows::<Payment>(changes) {
        let before = world.payments.peek(key);
        check_payment(before, payment)?;
        let units = moved.entry(*key).or_default();
        let zero = before.map_or((0, 0), |it| (it.refunded, it.refund_pending));
        units.add(payment.refunded, payment.refund_pending);
        units.add(zero.0.saturating_neg(), zero.1.saturating_neg());
    }
    for (key, refund) in Change::rows::<Refund>(changes) {
        let before = world.refunds.peek(key);
        check_refund(before, refund)?;
        let units = moved.entry((key.0, refund.payment)).or_default();
        let Moved { refunded, pending } = before.map(counted).unwrap_or_default();
        units.add(refunded, pending);
        let Moved { refunded, pending } = counted(refund);
        units.add(refunded.saturating_neg(), pending.saturating_neg());
    }
    match moved.into_iter().find(|(_, moved)| *moved != Moved::default()) {
        Some(((_, id), Moved { refunded, pending })) => Err(format!(
            "payment {id} has {refunded} refunded and {pending} pending beyond its refunds"
        )),
        None => Ok(()),
    }
}

/// What a refund takes of its payment, and what of that is pending.
fn counted(refund: &Refund) -> Moved {
    let minor = refund.amount.minor;
    match refund.status {
        RefundStatus::Pending => Moved { refunded: minor, pending: minor },
        RefundStatus::Succeeded => Moved { refunded: minor, pending: 0 },
        RefundStatus::Failed => Moved::default(),
    }
}

fn check_payment(before: Option<&Payment>, after: &Payment) -> Result<(), String> {
    let Payment { id, status, refunded, refund_pending, amount, .. } = after;
    let status = status.as_str();
    if !after.adds_up() {
        return Err(format!(
            "payment {id} is {status} with {refunded} refunded and {refund_pending} pending of {amount:?}"
        ));
    }
    let Some(before) = before else {
        return if after.status.can_begin() {
            Ok(())
        } else {
            Err(format!("payment {id} begins {status}"))
        };
    };
    if !before.status.can_become(after.status) {
        return Err(format!("payment {id} was {} and is {status}", before.status.as_str()));
    }
    let fixed = Payment {
        status: after.status,
        refunded: after.refunded,
        refund_pending: after.refund_pending,
        seq: after.seq,
        ..before.clone()
    };
    if fixed == *after { Ok(()) } else { Err(format!("payment {id} is another one")) }
}

fn check_refund(before: Option<&Refund>, after: &Refund) -> Result<(), String> {
    let (id, status) = (after.id, after.status.as_str());
    if after.amount.minor <= 0 {
        return Err(format!("refund {id} is of {:?}", after.amount));
    }
    if (after.status == RefundStatus::Pending) != after.ended_at.is_none() {
        return Err(format!("refund {id} is {status} and has ended at {:?}", after.ended_at));
    }
    let Some(before) = before else {
        return if after.status.counts() {
            Ok(())
        } else {
            Err(format!("refund {id} begins {status}"))
        };
    };
    if !before.status.can_become(after.status) {
        return Err(format!("refund {id} was {} and is {status}", before.status.as_str()));
    }
    let fixed = Refund {
        status: after.status,
        reference: after.reference.clone(),
        ended_at: after.ended_at,
        ..before.clone()
    };
    if fixed == *after { Ok(()) } else { Err(format!("refund {id} is another one")) }
}
