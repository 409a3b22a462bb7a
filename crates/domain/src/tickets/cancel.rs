//! Cancel: undo a sale, return its units, and refund what the policy allows. A hold just ends.

use crate::activity::ActivityKind;
use crate::claimant::Claimant as _;
use crate::decide::draft::{Draft, Told, next_seq};
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
        let paid = payment_of(world, booking);
        let refunds = paid.filter(|_| self.refund);
        let refunded = refunds.and_then(|paid| refunded(world, cx, booking, paid));
        let payment = refunded.as_ref().or(paid);
        let told = Told { booking: &cancelled, payment };
        draft.put_booking(cx, ActivityKind::BookingCancelled, Some(booking.status), told);
        if let (Some(before), Some(after)) = (paid, &refunded) {
            put_refund(&mut draft, cx, [before, after], self);
        }
        let payment = payment.cloned().map(Box::new);
        Ok(draft.done(Reply::Booking { booking: Box::new(cancelled), payment, created: false }))
    }
}

/// The payment once what the event's policy allows now is to go back, if anything is. The merchant took the
/// money, so the merchant carries the refund out: it stays pending.
fn refunded(world: &World, cx: &Context<'_>, booking: &Booking, paid: &Payment) -> Option<Payment> {
    let event = world.events.get(&(booking.account, booking.event));
    let event = event.expect("a booking has its event");
    let percent = event.policy.refund_percent(event.starts_at, cx.now);
    // What went back before counts as well. Of what never was taken nothing goes back.
    let due = paid.amount.percent(percent).minor.saturating_sub(paid.refunded);
    let after = paid.with_refund(due).ok()?;
    Some(Payment { seq: next_seq(paid.seq), ..after })
}

/// Tells what is to go back of a payment, and puts it.
fn put_refund(
    draft: &mut Draft<'_>,
    cx: &mut Context<'_>,
    [before, after]: [&Payment; 2],
    cancellation: &Cancellation,
) {
    put_payment(draft, cx, ActivityKind::PaymentRefundPending, Some(before), after);
    let due = after.refund_pending.saturating_sub(before.refund_pending);
    let refund = Refund {
        id: RefundId::from_raw(cx.fresh()),
        payment: after.id,
        amount: Money::new(due, after.amount.currency),
        reason: cancellation.reason.clone().unwrap_or_else(|| "cancelled".to_owned()),
        status: RefundStatus::Pending,
        reference: None,
        created_at: cx.now,
        ended_at: None,
    };
    draft.put(Change::of(draft.account(), refund));
}
