//! Release and expire: a hold ends, its units and its person's allowance return in one commit.

use crate::activity::ActivityKind;
use crate::claimant::Claimant as _;
use crate::decide::draft::{Draft, Told, next_seq};
use crate::decide::rule::{Lane, Needs, Rule};
use crate::decide::{Context, Decision, visible};
use crate::id::BookingId;
use crate::intent::Intent;
use crate::payment::Payment;
use crate::reject::Reject;
use crate::reply::Reply;
use crate::tickets::booking::{Booking, Status, Transition};
use crate::tickets::confirm;
use crate::tickets::reject::{BookingReject, Wanted};
use crate::world::World;

/// Give a hold back.
pub(crate) struct Release(pub(crate) BookingId);

impl Rule for Release {
    fn lane(&self) -> Lane {
        Lane::Booking(self.0)
    }

    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
        needs.booking(self.0);
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let booking = visible(world, intent, self.0)?;
        if booking.is_overdue(cx.now) || booking.status.next(Transition::Release).is_err() {
            return Err(refuse(world, cx, booking, Wanted::Release));
        }
        Ok(end_hold(world, intent, cx, Ending { booking, transition: Transition::Release }))
    }
}

/// End a hold whose deadline has passed.
pub(crate) struct Expire(pub(crate) BookingId);

impl Rule for Expire {
    fn lane(&self) -> Lane {
        Lane::Booking(self.0)
    }

    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
        needs.booking(self.0);
    }

    /// Ends the hold if its deadline has passed; whatever happened to it before is fine.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        Ok(match world.bookings.get(&(intent.account, self.0)) {
            Some(booking) if booking.is_overdue(cx.now) => {
                end_hold(world, intent, cx, Ending { booking, transition: Transition::Expire })
            }
            Some(_) | None => Decision { answer: Ok(Reply::Done), changes: Vec::new() },
        })
    }
}

/// End a hold as if its deadline had passed: how those who try things out need not wait for it.
pub(crate) struct ExpireNow(pub(crate) BookingId);

impl Rule for ExpireNow {
    fn lane(&self) -> Lane {
        Lane::Booking(self.0)
    }

    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
        needs.booking(self.0);
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let booking = visible(world, intent, self.0)?;
        // A hold that is overdue already is one that the sweep has not come to yet.
        if booking.status.next(Transition::Expire).is_err() {
            return Err(refuse(world, cx, booking, Wanted::Expire));
        }
        Ok(end_hold(world, intent, cx, Ending { booking, transition: Transition::Expire }))
    }
}

struct Ending<'a> {
    booking: &'a Booking,
    transition: Transition,
}

fn end_hold(world: &World, intent: &Intent, cx: &mut Context<'_>, ending: Ending<'_>) -> Decision {
    let Ending { booking, transition } = ending;
    let kind = match transition {
        Transition::Release => ActivityKind::BookingReleased,
        Transition::Expire => ActivityKind::BookingExpired,
        Transition::Confirm | Transition::Cancel => unreachable!("they do not end a hold"),
    };
    let mut ended = booking.clone();
    ended.status = booking.status.next(transition).expect("it was checked");
    ended.ended_at = Some(cx.now);
    ended.seq = next_seq(booking.seq);
    let mut draft = Draft::new(world, intent);
    draft.move_stock(Some(booking.stage()), &ended);
    let payment = confirm::shown(world, booking);
    let told = Told { booking: &ended, payment: payment.as_deref() };
    draft.put_booking(cx, kind, Some(booking.status), told);
    draft.done(Reply::Booking { booking: Box::new(ended), payment, created: false })
}

/// The booking is not where it would have to be for what was wanted.
pub(super) fn refuse(world: &World, cx: &Context<'_>, booking: &Booking, wanted: Wanted) -> Reject {
    let payment = confirm::shown(world, booking);
    let mut booking = Box::new(booking.clone());
    if booking.is_overdue(cx.now) {
        // The sweep has not come yet; for the client the hold is over all the same.
        booking.status = Status::Expired;
    }
    Reject::Booking(BookingReject::Status { wanted, booking, payment })
}

/// The booking's payment.
pub(super) fn payment_of<'a>(world: &'a World, booking: &Booking) -> Option<&'a Payment> {
    let payment = booking.payment?;
    world.payments.get(&(booking.account, payment))
}
