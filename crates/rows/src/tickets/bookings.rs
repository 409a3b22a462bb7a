//! Bookings, payments, refunds.

use domain::id::AccountId;
use domain::payment::{Method, Payment, PaymentStatus, Refund};
use domain::record::IntentKey;
use domain::tickets::booking::{Booking, Status};

use super::json;
use crate::{
    Corrupt, Source, account, get, instant, money, optional, optional_instant, parse, structured,
    word,
};

/// A booking.
///
/// # Errors
/// Where the row is none.
pub fn booking<S: Source>(row: &S) -> Result<Booking, S::Error> {
    let account = account(row)?;
    Ok(Booking {
        id: parse(row, "id")?,
        account,
        event: parse(row, "event_id")?,
        zone: parse(row, "zone_id")?,
        person: parse(row, "person_id")?,
        user_id: get(row, "user_id")?,
        quantity: get(row, "quantity")?,
        seats: structured(row, "seats", json::seats)?.unwrap_or_default(),
        total: money(row, "total")?,
        status: word(row, "status", Status::from_word)?,
        expires_at: instant(row, "expires_at")?,
        created_at: instant(row, "created_at")?,
        confirmed_at: optional_instant(row, "confirmed_at")?,
        ended_at: optional_instant(row, "ended_at")?,
        confirmation_code: get(row, "confirmation_code")?,
        cancel_reason: get(row, "cancel_reason")?,
        payment: optional(row, "payment_id")?,
        intent: intent(row, account)?,
        seq: get(row, "seq")?,
    })
}

fn intent<S: Source>(row: &S, account: AccountId) -> Result<Option<IntentKey>, S::Error> {
    match (get(row, "intent_user")?, get(row, "intent_key")?) {
        (Some(user), Some(key)) => Ok(Some(IntentKey { account, user, key })),
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => {
            Err(Corrupt::Broken("a booking has half an intent's name".to_owned()).into())
        }
    }
}

/// A payment.
///
/// # Errors
/// Where the row is none.
pub fn payment<S: Source>(row: &S) -> Result<Payment, S::Error> {
    Ok(Payment {
        id: parse(row, "id")?,
        booking: parse(row, "booking_id")?,
        method: word(row, "method", Method::from_word)?,
        reference: get(row, "reference")?,
        status: word(row, "status", PaymentStatus::from_word)?,
        amount: money(row, "amount")?,
        refunded: get(row, "refunded")?,
        created_at: instant(row, "created_at")?,
        seq: get(row, "seq")?,
    })
}

/// A refund.
///
/// # Errors
/// Where the row is none.
pub fn refund<S: Source>(row: &S) -> Result<Refund, S::Error> {
    Ok(Refund {
        id: parse(row, "id")?,
        payment: parse(row, "payment_id")?,
        amount: money(row, "amount")?,
        reason: get(row, "reason")?,
        created_at: instant(row, "created_at")?,
    })
}
