//! Cancel: undo a sale, return its units, and refund what the policy allows. A hold just ends.

use crate::activity::ActivityKind;
use crate::claimant::Claimant as _;
use crate::decide::draft::{Draft, next_seq};
use crate::decide::rule::{Lane, Needs, Rule};
use crate::decide::{Context, Decision, visible};
use crate::id::RefundId;
use crate::intent::Intent;
use crate::money::Money;
use crate::payment::{Payment, Refund, RefundStatus};
use crate::reject::Reject;
use crate::reply::Reply;
use crate::tickets::booking::{Booking, Status, Transition};
use crate::tickets::confirm::put_payment;
use crate::tickets::end::{Release, payment_of, refuse};
use crate::tickets::intent::Cancellation;
use crate::tickets::reject::Wanted;
use crate::world::{Change, World};

impl Rule for Cancellation {
    fn lane(&self) -> Lane {
        Lane::Booking(self.booking)
    }

    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
        needs.booking(self.booking);
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let booking = visible(world, intent, self.booking)?;
        if booking.status == Status::Reserved && !booking.is_overdue(cx.now) {
            // Nothing was sold yet: the hold ends, and a late copy of this finds no sale to undo.
            return Release(self.booking).decide(world, intent, cx);
        }
        let next = booking.status.next(Transition::Cancel);
        let Ok(status) = next else { return Err(refuse(world, cx, booking, Wanted::Cancel)) };

        // After this point the cancellation must succeed.
        let mut cancelled = booking.clone();
        cancelled.status = status;
        cancelled.ended_at = Some(cx.now);
        cancelled.cancel_reason.clone_from(&self.reason);
        cancelled.seq = next_seq(booking.seq);
        let mut draft = Draft::new(world, intent);
        draft.move_stock(Some(booking.stage()), &cancelled);
        draft.put_booking(cx, ActivityKind::BookingCancelled, Some(booking.status), &cancelled);
        let mut payment = payment_of(world, booking).cloned();
        if let Some(payment) = payment.as_mut().filter(|_| self.refund) {
            refund(&mut draft, cx, booking, payment, self);
        }
        let payment = payment.map(Box::new);
        Ok(draft.done(Reply::Booking { booking: Box::new(cancelled), payment, created: false }))
    }
}

/// Refunds what the event's policy allows now. The merchant took the money, so the merchant carries
/// the refund out: it stays pending.
fn refund(
    draft: &mut Draft<'_>,
    cx: &mut Context<'_>,
    booking: &Booking,
    payment: &mut Payment,
    cancellation: &Cancellation,
) {
    let event = draft
        .world()
        .events
        .get(&(booking.account, booking.event))
        .expect("a booking has its event");
    let percent = event.policy.refund_percent(event.starts_at, cx.now);
    // What went back before counts as well. Of what never was taken nothing goes back.
    let due = payment.amount.percent(percent).minor.saturating_sub(payment.refunded);
    let Ok(after) = payment.with_refund(due) else { return };
    let before = core::mem::replace(payment, after);
    payment.seq = next_seq(before.seq);
    put_payment(draft, cx, ActivityKind::PaymentRefunded, Some(&before), payment);
    let refund = Refund {
        id: RefundId::from_raw(cx.fresh()),
        payment: payment.id,
        amount: Money::new(due, payment.amount.currency),
        reason: cancellation.reason.clone().unwrap_or_else(|| "cancelled".to_owned()),
        status: RefundStatus::Pending,
        reference: None,
        created_at: cx.now,
        ended_at: None,
    };
    draft.put(Change::of(booking.account, refund));
}
