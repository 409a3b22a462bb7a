//! Payments: money that was taken for a booking, and what went back.

use crate::id::{BookingId, PaymentId, RefundId};
use crate::money::Money;
use crate::time::Timestamp;
use crate::words;

words! {
    /// How a booking is paid. The words are those of the contract.
    pub enum Method {
        /// Outside: the merchant took the money and names its reference.
        External = "external",
    }
}

words! {
    /// How far a payment has come. The words are those of the contract.
    pub enum PaymentStatus {
        /// The money was taken.
        Captured = "captured",
        /// Some of it is to go back; the merchant carries it out.
        RefundPending = "refund_pending",
    }
}

/// Money that was taken for a booking. Invariant: `0 <= refunded <= amount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// What it paid for.
    pub booking: BookingId,
    /// How.
    pub method: Method,
    /// The payment's name outside; unique within the account.
    pub reference: String,
    /// How far it has come.
    pub status: PaymentStatus,
    /// What was taken.
    pub amount: Money,
    /// Minor units of it that went back or are to.
    pub refunded: i64,
    /// When it was taken.
    pub created_at: Timestamp,
    /// Number of its last activity.
    pub seq: u32,
}

/// Money given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// The payment it comes from.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// When it was decided.
    pub created_at: Timestamp,
}
