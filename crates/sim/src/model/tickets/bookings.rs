//! Confirm, release, expire and cancel, by the contract.

use domain::activity::ActivityKind;
use domain::id::BookingId;
use domain::tickets::intent::{Cancellation, Confirmation};
use domain::world::Of;
use domain::{Intent, Timestamp};

use super::{Booking, Event};
use crate::model::{Effect, Expected, Model};

impl Model {
    pub(in crate::model) fn confirm(
        &self,
        intent: &Intent,
        confirmation: &Confirmation,
        now: Timestamp,
    ) -> Expected {
        let id = confirmation.booking;
        let Some(before) = self.visible(intent, id) else { return not_found(id) };
        if before.status != "reserved" || before.expires_at <= now {
            return before.overdue(now).refuse("CANNOT_CONFIRM", id);
        }
        let mut booking = before.clone();
        let mut emitted = vec![ActivityKind::BookingConfirmed];
        if before.total > 0 {
            let Some(payment) = &confirmation.payment else {
                let total = before.total.to_string();
                return Expected::no(402, "PAYMENT_REQUIRED", [("total", total)]);
            };
            let reference = payment.reference.clone();
            if self.references.contains(&(intent.account, reference.clone())) {
                return Expected::no(409, "REFERENCE_USED", [("reference", reference)]);
            }
            booking.reference = Some(reference);
            emitted.push(ActivityKind::PaymentCaptured);
        }
        booking.status = "confirmed";
        booking.confirmed_at = Some(now);
        booking.done((intent.account, id), &emitted)
    }

    pub(in crate::model) fn release(
        &self,
        intent: &Intent,
        id: BookingId,
        now: Timestamp,
    ) -> Expected {
        let Some(before) = self.visible(intent, id) else { return not_found(id) };
        if before.status != "reserved" || before.expires_at <= now {
            return before.overdue(now).refuse("CANNOT_RELEASE", id);
        }
        let booking = Booking { status: "released", ended_at: Some(now), ..before.clone() };
        booking.done((intent.account, id), &[ActivityKind::BookingReleased])
    }

    pub(in crate::model) fn expire_now(
        &self,
        intent: &Intent,
        id: BookingId,
        now: Timestamp,
    ) -> Expected {
        let Some(before) = self.visible(intent, id) else { return not_found(id) };
        if before.status != "reserved" {
            return before.refuse("CANNOT_EXPIRE", id);
        }
        let booking = Booking { status: "expired", ended_at: Some(now), ..before.clone() };
        booking.done((intent.account, id), &[ActivityKind::BookingExpired])
    }

    pub(in crate::model) fn cancel(
        &self,
        intent: &Intent,
        cancellation: &Cancellation,
        now: Timestamp,
    ) -> Expected {
        let id = cancellation.booking;
        let Some(before) = self.visible(intent, id) else { return not_found(id) };
        if before.status == "reserved" && now < before.expires_at {
            return self.release(intent, id, now);
        }
        if before.status != "confirmed" {
            return before.overdue(now).refuse("CANNOT_CANCEL", id);
        }
        let mut booking = Booking {
            status: "cancelled",
            ended_at: Some(now),
            reason: cancellation.reason.clone(),
            ..before.clone()
        };
        let mut emitted = vec![ActivityKind::BookingCancelled];
        let event = self.events.get(&(intent.account, before.event));
        let percent = event.map_or(0, |event| event.refund_percent(now));
        let amount = before.total * i64::from(percent) / 100;
        if cancellation.refund && before.reference.is_some() && amount > 0 {
            booking.refunded = amount;
            emitted.push(ActivityKind::PaymentRefundPending);
        }
        booking.done((intent.account, id), &emitted)
    }

    /// A hold's deadline has passed.
    ///
    /// # Errors
    /// When it has not, or the booking is no hold.
    pub fn expire(&mut self, id: Of<BookingId>, now: Timestamp) -> Result<(), String> {
        let Some(booking) = self.bookings.get_mut(&id) else {
            return Err(format!("{id:?} expired, but never was"));
        };
        if booking.status != "reserved" || booking.expires_at > now {
            return Err(format!("{id:?} expired at {now:?}: {booking:?}"));
        }
        booking.status = "expired";
        booking.ended_at = Some(now);
        Ok(())
    }

    /// Holds whose deadline has passed.
    #[must_use]
    pub fn overdue(&self, now: Timestamp) -> Vec<BookingId> {
        let overdue = self
            .bookings
            .iter()
            .filter(|(_, booking)| booking.status == "reserved" && booking.expires_at <= now);
        overdue.map(|((_, id), _)| *id).collect()
    }
}

impl Booking {
    /// What an answer shows of it; its own id apart.
    pub(in crate::model) fn fields(&self) -> Vec<(&'static str, String)> {
        let instant = |at: Timestamp| at.as_millis().to_string();
        let mut fields = vec![
            ("status", self.status.to_owned()),
            ("event_id", self.event.to_string()),
            ("zone_id", self.zone.to_string()),
            ("user_id", self.user_id.clone()),
            ("quantity", self.quantity.to_string()),
            ("seats", self.seats.join(" ")),
            ("total", self.total.to_string()),
            ("expires_at", instant(self.expires_at)),
            ("created_at", instant(self.created_at)),
        ];
        fields.extend(self.confirmed_at.map(|at| ("confirmed_at", instant(at))));
        fields.extend(self.ended_at.map(|at| ("ended_at", instant(at))));
        fields.extend(self.reason.clone().map(|reason| ("reason", reason)));
        if let Some(reference) = self.reference.clone() {
            let status = if self.refunded > 0 { "refund_pending" } else { "captured" };
            fields.push(("reference", reference));
            fields.push(("payment_status", status.to_owned()));
            fields.push(("refunded", self.refunded.to_string()));
        }
        fields
    }

    /// The booking as a client is shown it: past its deadline a hold is over, swept or not.
    fn overdue(&self, now: Timestamp) -> Self {
        let mut shown = self.clone();
        if shown.status == "reserved" && shown.expires_at <= now {
            shown.status = "expired";
        }
        shown
    }

    fn refuse(&self, code: &'static str, id: BookingId) -> Expected {
        let mut fields = self.fields();
        fields.push(("booking_id", id.to_string()));
        Expected::yes(409, code, fields)
    }

    fn done(self, key: Of<BookingId>, emitted: &[ActivityKind]) -> Expected {
        let mut fields = self.fields();
        fields.push(("booking_id", key.1.to_string()));
        Expected::yes(200, "BOOKING", fields).with(Effect::Booking(key, Box::new(self)), emitted)
    }
}

impl Event {
    /// Full until the start, unless a policy says otherwise; nothing afterwards.
    fn refund_percent(&self, now: Timestamp) -> u32 {
        let left = self.starts_at.millis_since(now);
        if left <= 0 {
            return 0;
        }
        if self.terms.is_empty() {
            return 100;
        }
        let mut reached: Vec<_> = self.terms.iter().collect();
        reached.retain(|term| term.before_start_ms <= left);
        // Of two steps with equal days the later one counts.
        reached.sort_by_key(|term| term.before_start_ms);
        reached.last().map_or(0, |term| term.refund_percent)
    }
}

fn not_found(id: BookingId) -> Expected {
    let fields = [("booking_id", id.to_string())];
    Expected::no(404, "BOOKING_NOT_FOUND", fields).not_final()
}
