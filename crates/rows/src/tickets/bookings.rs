//! Bookings, payments, refunds.

use domain::id::{AccountId, BookingId, EventId, PaymentId, PersonId, RefundId, ZoneId};
use domain::money::Money;
use domain::payment::{Method, Payment, PaymentStatus, Refund, RefundStatus};
use domain::record::{IntentKey, KeyScope};
use domain::resource::Resource;
use domain::tickets::booking::{Booking, Seat, Status};
use domain::world::Of;
use domain::{Currency, Timestamp};

use super::json;
use crate::Corrupt;
use crate::stored::stored;

stored! {
    hot bookings: Of<BookingId> => Booking;
    key |key| {
        account_id: AccountId = key.0,
        id: BookingId = key.1,
    } made (account_id, id);
    row |booking| {
        #[fixed] event_id: EventId = booking.event,
        #[fixed] zone_id: ZoneId = booking.zone,
        #[fixed] person_id: PersonId = booking.person,
        #[fixed] quantity: u32 = booking.quantity,
        #[fixed] seats: Option<Vec<Seat>> = json::seats_text(&booking.seats),
        #[fixed] total: i64 = booking.total.minor,
        #[fixed] currency: Currency = booking.total.currency,
        status: Status = booking.status,
        expires_at: Timestamp = booking.expires_at,
        #[fixed] created_at: Timestamp = booking.created_at,
        confirmed_at: Option<Timestamp> = booking.confirmed_at,
        ended_at: Option<Timestamp> = booking.ended_at,
        confirmation_code: Option<String> = booking.confirmation_code,
        cancel_reason: Option<String> = booking.cancel_reason,
        payment_id: Option<PaymentId> = booking.payment,
        #[fixed] intent_user: Option<KeyScope> = booking.intent.as_ref().map(|key| &key.scope),
        #[fixed] intent_key: Option<String> = booking.intent.as_ref().map(|key| &key.key),
        seq: u32 = booking.seq,
    } made |source, key| Booking {
        id: key.1,
        account: key.0,
        event: event_id,
        zone: zone_id,
        person: person_id,
        // Found with the person.
        user_id: crate::get(source, "user_id")?,
        quantity,
        seats: seats.unwrap_or_default(),
        total: Money::new(total, currency),
        status,
        expires_at,
        created_at,
        confirmed_at,
        ended_at,
        confirmation_code,
        cancel_reason,
        payment: payment_id,
        intent: intent(key.0, intent_user, intent_key)?,
        seq,
    };

    hot payments: Of<PaymentId> => Payment;
    key |key| {
        account_id: AccountId = key.0,
        id: PaymentId = key.1,
    } made (account_id, id);
    row |payment| {
        #[fixed] resource_id: Resource = payment.resource,
        #[fixed] method: Method = payment.method,
        #[fixed] reference: String = payment.reference,
        status: PaymentStatus = payment.status,
        #[fixed] amount: i64 = payment.amount.minor,
        #[fixed] currency: Currency = payment.amount.currency,
        refunded: i64 = payment.refunded,
        refund_pending: i64 = payment.refund_pending,
        #[fixed] created_at: Timestamp = payment.created_at,
        seq: u32 = payment.seq,
    } made |_, key| Payment {
        id: key.1,
        resource: resource_id,
        method,
        reference,
        status,
        amount: Money::new(amount, currency),
        refunded,
        refund_pending,
        created_at,
        seq,
    };

    cold refunds: Of<RefundId> => Refund;
    key |key| {
        account_id: AccountId = key.0,
        id: RefundId = key.1,
    } made (account_id, id);
    row |refund| {
        #[fixed] payment_id: PaymentId = refund.payment,
        #[fixed] amount: i64 = refund.amount.minor,
        #[fixed] currency: Currency = refund.amount.currency,
        #[fixed] reason: String = refund.reason,
        status: RefundStatus = refund.status,
        reference: Option<String> = refund.reference,
        #[fixed] created_at: Timestamp = refund.created_at,
        ended_at: Option<Timestamp> = refund.ended_at,
    } made |_, key| Refund {
        id: key.1,
        payment: payment_id,
        amount: Money::new(amount, currency),
        reason,
        status,
        reference,
        created_at,
        ended_at,
    };
}

fn intent(
    account: AccountId,
    scope: Option<KeyScope>,
    key: Option<String>,
) -> Result<Option<IntentKey>, Corrupt> {
    match (scope, key) {
        (Some(scope), Some(key)) => Ok(Some(IntentKey { account, scope, key })),
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => {
            Err(Corrupt::Broken("a booking has half an intent's name".to_owned()))
        }
    }
}
