//! Confirm: turn a hold into a sale.

use crate::activity::{ActivityKind, Fact};
use crate::claimant::Claimant as _;
use crate::decide::draft::{Draft, Entry, Told, next_seq};
use crate::decide::rule::{Lane, Needs, Rule};
use crate::decide::{Context, Decision, visible};
use crate::id::PaymentId;
use crate::intent::{Intent, NewPayment};
use crate::payment::{Payment, PaymentStatus};
use crate::reject::{PaymentReject, Reject};
use crate::reply::Reply;
use crate::resource::Resource;
use crate::tickets::booking::{Booking, Transition};
use crate::tickets::end::{payment_of, refuse};
use crate::tickets::intent::Confirmation;
use crate::tickets::reject::Wanted;
use crate::world::{Change, World};

impl Rule for Confirmation {
    fn lane(&self) -> Lane {
        Lane::Booking(self.booking)
    }

    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
        if let Some(payment) = &self.payment {
            needs.reference(payment.name());
        }
        needs.booking(self.booking);
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let booking = visible(world, intent, self.booking)?;
        let next = booking.status.next(Transition::Confirm);
        let Ok(status) = next else { return Err(refuse(world, cx, booking, Wanted::Confirm)) };
        if booking.is_overdue(cx.now) {
            return Err(refuse(world, cx, booking, Wanted::Confirm));
        }
        let paid = check_payment(world, intent, booking, self.payment.as_ref());
        let paid = paid.map_err(Reject::Payment)?;

        // After this point the sale must succeed.
        let mut draft = Draft::new(world, intent);
        let payment = paid.map(|paid| Payment {
            id: PaymentId::from_raw(cx.fresh()),
            resource: booking.id.into(),
            method: paid.method,
            reference: paid.reference.clone(),
            status: PaymentStatus::Captured,
            amount: booking.total,
            refunded: 0,
            refund_pending: 0,
            created_at: cx.now,
            seq: 1,
        });
        let mut confirmed = booking.clone();
        confirmed.status = status;
        confirmed.confirmed_at = Some(cx.now);
        confirmed.confirmation_code = Some(cx.code());
        confirmed.payment = payment.as_ref().map(|payment| payment.id);
        confirmed.seq = next_seq(booking.seq);
        draft.move_stock(Some(booking.stage()), &confirmed);
        let told = Told { booking: &confirmed, payment: payment.as_ref() };
        draft.put_booking(cx, ActivityKind::BookingConfirmed, Some(booking.status), told);
        if let Some(payment) = &payment {
            put_payment(&mut draft, cx, ActivityKind::PaymentCaptured, None, payment);
        }
        let payment = payment.map(Box::new);
        Ok(draft.done(Reply::Booking { booking: Box::new(confirmed), payment, created: false }))
    }
}

/// The payment to take, if the booking costs anything.
fn check_payment<'a>(
    world: &World,
    intent: &Intent,
    booking: &Booking,
    payment: Option<&'a NewPayment>,
) -> Result<Option<&'a NewPayment>, PaymentReject> {
    if booking.total.minor == 0 {
        return Ok(None);
    }
    let payment = payment.ok_or(PaymentReject::Required { total: booking.total })?;
    match world.payment_references.get(&(intent.account, payment.name())) {
        Some(_) => Err(PaymentReject::ReferenceUsed { reference: payment.reference.clone() }),
        None => Ok(Some(payment)),
    }
}

/// Tells what became of a payment, and puts it.
pub(super) fn put_payment(
    draft: &mut Draft<'_>,
    cx: &mut Context<'_>,
    kind: ActivityKind,
    before: Option<&Payment>,
    payment: &Payment,
) {
    let Resource::Booking(paid_for) = payment.resource;
    let mut data = vec![
        ("resource_id", Fact::Text(paid_for.to_string())),
        ("method", Fact::Text(payment.method.as_str().to_owned())),
        ("reference", Fact::Text(payment.reference.clone())),
        ("amount", Fact::Amount(payment.amount)),
        ("currency", Fact::Text(payment.amount.currency.code().to_owned())),
        ("created_at", Fact::Instant(payment.created_at)),
    ];
    data.extend(changing(payment));
    let entry = Entry {
        kind,
        resource: payment.id.to_string(),
        resource_seq: payment.seq,
        before: before.map(|before| changing(before).into()).unwrap_or_default(),
        after: changing(payment).into(),
        data,
    };
    draft.emit(cx, entry);
    draft.put(Change::of(draft.account(), payment.clone()));
}

/// What can change of a payment.
fn changing(payment: &Payment) -> [(&'static str, Fact); 3] {
    [
        ("status", Fact::Text(payment.status.told().as_str().to_owned())),
        ("refunded_amount", Fact::Amount(payment.returned())),
        ("refund_pending_amount", Fact::Amount(payment.to_return())),
    ]
}

/// The payment as it is now, for an answer.
pub(super) fn shown(world: &World, booking: &Booking) -> Option<Box<Payment>> {
    payment_of(world, booking).cloned().map(Box::new)
}
